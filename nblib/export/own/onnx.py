"""Translate a model of ours into ONNX. ``python -m nblib.export.own.onnx SOURCE OUT``, both folders, does it in a
process of its own: the exporter prints, warns and holds the interpreter for seconds, none of which a notebook should
feel."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path


def build(source: str | Path, out: str | Path) -> None:
    """Write ``out/model.onnx`` from a ``safetensors`` folder; outputs are called ``out0``, ``out1``, …

    The axes that its config calls dynamic take any length. The file names no path of this machine.
    """
    import torch
    from safetensors.torch import load_file

    from nblib.export.graph import onnx_program
    from nblib.export.own import saving as own

    source = Path(source)
    config = json.loads((source / own.CONFIG).read_text(encoding="utf-8"))
    example = load_file(source / own.EXAMPLE)
    example = {name: example[name] for name in config["inputs"]}
    axes = {name: facts["dynamic"] for name, facts in config["inputs"].items()}
    dims = {word: torch.export.Dim.DYNAMIC for chosen in axes.values() for word in chosen.values()}
    shapes = {name: {int(axis): dims[word] for axis, word in chosen.items()} for name, chosen in axes.items()}
    with warnings.catch_warnings():
        # torch's own use of a deprecated pytree class, and remarks on the names of axes.
        warnings.simplefilter("ignore")
        program = onnx_program(own.load(source), example, [f"out{i}" for i in range(config["outputs"])], shapes)
    program.save(Path(out) / "model.onnx")


if __name__ == "__main__":
    build(*sys.argv[1:])
