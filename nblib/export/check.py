"""Load an exported folder the way a stranger would, and say what it answers.

``python -m nblib.export.check FORMAT FOLDER REQUEST ANSWER``. Here nothing of nblib is used: plain transformers for
``hf``, plain onnxruntime and tokenizers for ``onnx``. REQUEST is JSON: ``batches`` (lists of texts), ``latency_text``
and ``threads``. ANSWER gets JSON: ``labels``, ``logits`` (a matrix a batch), ``latency_ms``, ``batch_latency_ms``,
``versions``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median


def load_hf(folder: Path, threads: int):
    import torch
    import transformers
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=True).eval()

    def logits(texts: list[str]) -> list[list[float]]:
        inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            return model(**inputs).logits.float().tolist()

    labels = [model.config.id2label[i] for i in range(model.config.num_labels)]
    return logits, labels, {"torch": torch.__version__, "transformers": transformers.__version__}


def load_onnx(folder: Path, threads: int):
    import numpy as np
    import onnxruntime
    import tokenizers

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]

    def logits(texts: list[str]) -> list[list[float]]:
        rows = tokenizer.encode_batch(texts)
        columns = {
            "input_ids": [row.ids for row in rows],
            "attention_mask": [row.attention_mask for row in rows],
            "token_type_ids": [row.type_ids for row in rows],
        }
        (answers,) = session.run(["logits"], {name: np.array(columns[name], np.int64) for name in names})
        return np.asarray(answers).tolist()

    id2label = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
    labels = [id2label[str(i)] for i in range(len(id2label))]
    return logits, labels, {"onnxruntime": onnxruntime.__version__, "tokenizers": tokenizers.__version__}


LOADERS = {"hf": load_hf, "onnx": load_onnx}


def milliseconds(call: Callable[[], object], most: int, seconds: float = 2.0) -> float:
    """Median duration of a call: ``most`` times, or as often as fits into ``seconds`` and at least three times."""
    call()
    times: list[float] = []
    while len(times) < most and (len(times) < 3 or sum(times) < seconds):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return 1000 * median(times)


def main(name: str, folder: str, request: str, answer: str) -> None:
    asked = json.loads(Path(request).read_text(encoding="utf-8"))
    logits, labels, versions = LOADERS[name](Path(folder), asked["threads"])
    text = asked["latency_text"]
    measured = {
        "labels": labels,
        "logits": [logits(batch) for batch in asked["batches"]],
        "latency_ms": milliseconds(lambda: logits([text]), 30),
        "batch_latency_ms": milliseconds(lambda: logits([text] * 32), 10) / 32,
        "versions": versions,
    }
    Path(answer).write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
