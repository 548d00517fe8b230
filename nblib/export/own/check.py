"""Load an exported folder in this fresh process and write down what it answers to the example in it.

``python -m nblib.export.own.check FORMAT FOLDER ANSWER.npz``. For ``onnx`` only onnxruntime is used, nothing of nblib.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def main(name: str, folder: str, answer: str) -> None:
    from safetensors.numpy import load_file

    example = load_file(Path(folder) / "example.safetensors")
    if name == "safetensors":
        from nblib.export.own import saving as own

        outputs = own.answer(own.load(folder), example)
    else:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            Path(folder) / "model.onnx", options, providers=["CPUExecutionProvider"]
        )  # fmt: skip
        feed = {entry.name: example[entry.name] for entry in session.get_inputs()}
        outputs = [np.asarray(output) for output in session.run(None, feed)]
    np.savez(answer, *outputs)


if __name__ == "__main__":
    main(*sys.argv[1:])
