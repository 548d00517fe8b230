"""What an exported folder holds, format by format."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from nblib.engine.errors import InputError
from nblib.engine.files import write_atomic
from nblib.engine.text import nearest
from nblib.export import fresh

_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"}
_WEIGHTS = {".safetensors"}
_CARD = ("README.md", "curves.svg", "confusion.svg")

# A card's own words on how to load the model are about transformers; an ONNX folder has others.
_ONNX_USE = """## How to use it

It needs onnxruntime, tokenizers and numpy; no torch, no transformers.

```python
import json
import numpy as np
import onnxruntime
import tokenizers

labels = json.load(open("config.json", encoding="utf-8"))["id2label"]
tokenizer = tokenizers.Tokenizer.from_file("tokenizer.json")  # cuts and pads by itself
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])

rows = tokenizer.encode_batch(["First text.", "Second text."])
inputs = {{{inputs}}}
logits = session.run(["logits"], {{name: np.array(ids, np.int64) for name, ids in inputs.items()}})[0]
print([labels[str(i)] for i in logits.argmax(axis=1)])
```
"""
_FIELDS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


def files_of(model: Path) -> list[Path]:
    """The files of a model folder. Raises InputError where a pickle is among them."""
    files = sorted(p for p in model.rglob("*") if p.is_file())
    for path in files:
        if path.suffix.lower() in _PICKLES:
            raise InputError(f"{path}: a pickle can run code when it is loaded; refused. Delete it to export")
    return files


def size_of(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def fill_hf(model: Path, out: Path, max_length: int) -> None:
    """A copy of the model folder, its tokenizer told where to cut."""
    for path in files_of(model):
        target = out / path.relative_to(model)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _tell_max_length(out, max_length)


def fill_onnx(model: Path, out: Path, max_length: int) -> None:
    """``model.onnx``, and the tokenizer, class names and card that make it usable."""
    if not (model / "tokenizer.json").is_file():
        raise InputError(f"{model}: has no tokenizer.json, and ONNX needs one; export hf instead")
    fresh.run("nblib.export.to_onnx", model.resolve(), out.resolve(), cwd=out)
    for path in files_of(model):
        if path.parent == model and path.suffix not in _WEIGHTS and not path.name.endswith(".index.json"):
            shutil.copyfile(path, out / path.name)
    _tell_max_length(out, max_length)
    _tell_tokenizer(out, max_length)
    _tell_card(out)


FORMATS = {"hf": fill_hf, "onnx": fill_onnx}


def _tell_max_length(out: Path, max_length: int) -> None:
    path = out / "tokenizer_config.json"
    if not path.is_file():
        return
    settings = json.loads(path.read_text(encoding="utf-8"))
    if settings.get("model_max_length") != max_length:
        settings["model_max_length"] = max_length
        write_atomic(path, json.dumps(settings, indent=2, ensure_ascii=False) + "\n")


def _tell_tokenizer(out: Path, max_length: int) -> None:
    """Cut and pad by itself, for those who use tokenizers without transformers."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    pad_id = config.get("pad_token_id") or 0
    tokenizer.enable_truncation(max_length)
    tokenizer.enable_padding(pad_id=pad_id, pad_token=tokenizer.id_to_token(pad_id) or "[PAD]")
    write_atomic(out / "tokenizer.json", tokenizer.to_str())


def _tell_card(out: Path) -> None:
    path = out / "README.md"
    if not path.is_file():
        return
    import onnx

    given = [i.name for i in onnx.load(out / "model.onnx", load_external_data=False).graph.input]
    inputs = ", ".join(f'"{name}": [row.{_FIELDS[name]} for row in rows]' for name in given)
    head, _, rest = path.read_text(encoding="utf-8").partition("## How to use it\n")
    use = _ONNX_USE.format(inputs=inputs)
    _, mark, tail = rest.partition("\n## ")
    head = head.replace("library_name: transformers", "library_name: onnx")
    write_atomic(path, head + use + mark + tail)


def known(formats: Iterable[str], offered: Collection[str]) -> list[str]:
    """The formats asked for, each once. Raises InputError for none, and for one that is not offered."""
    wanted = list(dict.fromkeys([formats] if isinstance(formats, str) else formats))
    there = f"there are {', '.join(offered)}"
    if not wanted:
        raise InputError(f"format: none was given; {there}")
    for name in wanted:
        if name not in offered:
            raise InputError(f"format: unknown {name!r}{nearest(str(name), offered)}; {there}")
    return wanted
