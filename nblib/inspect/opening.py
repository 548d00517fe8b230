"""A pretrained model opened to be looked at, with whatever head it was saved with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nblib import sources
from nblib.engine.errors import InputError
from nblib.training.finetune.predict import model_folder
from nblib.training.finetune.pretrained import load_tokenizer, quiet

# What a model says beside its hidden states, by the end of its architecture's name.
SAYS = {
    "ForCausalLM": "next token",
    "LMHeadModel": "next token",
    "ForMaskedLM": "masked token",
    "ForPreTraining": "masked token",
    "ForSequenceClassification": "classes",
}
# Beyond the weights: activations, the copy while loading, the rest of the program.
SPARE_BYTES = 500_000_000


@dataclass(frozen=True)
class Opened:
    """A model in eval mode, its tokenizer, its name, and what it ``says``.

    ``says``: "next token", "masked token", "classes", or "similarity" for a model without a head, whose hidden states
    are compared.
    """

    model: Any
    tokenizer: Any
    name: str
    says: str

    @property
    def labels(self) -> list[str]:
        """The names of its classes."""
        known = self.model.config.id2label
        return [str(known[i]) for i in sorted(known)]


def open_model(model: Any, tokenizer: Any = None) -> Opened:
    """Open a model by its name: an item of the offline pack, owner/name on the hub, a folder, or the folder of a run.

    A model of transformers that is in memory already is taken as it is, with its ``tokenizer``.

    Raises InputError for what cannot be found or read, for a model in memory without its tokenizer, and, with both
    sizes, for one that does not fit into memory: before any of it is loaded.
    """
    if isinstance(model, Opened):
        return model
    if not isinstance(model, (str, Path)):
        if tokenizer is None:
            raise InputError("tokenizer: a model in memory comes with its tokenizer; give it as the third argument")
        return Opened(
            model, tokenizer, _short(model.config.name_or_path or type(model).__name__), _kind([type(model).__name__])
        )
    folder = _folder(model)
    _fits(folder, str(model))
    return Opened(*_load(folder, str(model)), _short(model), _says_of(folder))


def _folder(model: str | Path) -> Path:
    if (Path(model).expanduser() / "config.yaml").is_file():
        return model_folder(Path(model).expanduser())
    return sources.model_path(str(model))


def _load(folder: Path, name: str) -> tuple[Any, Any]:
    import torch
    import transformers

    kind = {
        "next token": "AutoModelForCausalLM",
        "masked token": "AutoModelForMaskedLM",
        "classes": "AutoModelForSequenceClassification",
        "similarity": "AutoModel",
    }[_says_of(folder)]
    tokenizer = load_tokenizer(folder)
    with quiet(), torch.random.fork_rng(devices=[]):
        try:
            model = getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise InputError(
                f"{name}: its weights cannot be loaded ({str(error).strip().splitlines()[0][:200]})"
            ) from None
    return model.eval(), tokenizer


def _says_of(folder: Path) -> str:
    return _kind(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures"))


def _kind(architectures: list[str] | None) -> str:
    name = (architectures or [""])[0]
    return next((says for end, says in SAYS.items() if name.endswith(end)), "similarity")


def _fits(folder: Path, name: str) -> None:
    import psutil

    needed, free = weights_bytes(folder), psutil.virtual_memory().available
    if needed + SPARE_BYTES > free:
        raise InputError(
            f"{name}: {needed / 1e9:.1f} GB of weights in float32, and {free / 1e9:.1f} GB of memory are free; "
            "take a smaller model"
        )


def weights_bytes(folder: Path) -> int:
    """What a folder's weights take in memory as float32, read from the headers of its safetensors files."""
    numbers = 0
    for path in sorted(folder.glob("*.safetensors")):
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        for name, entry in header.items():
            if name != "__metadata__":
                count = 1
                for size in entry["shape"]:
                    count *= size
                numbers += count
    return 4 * numbers


def _short(name: Any) -> str:
    """What a person calls it: the last part of a path or of owner/name that says something."""
    parts = [p for p in re.split(r"[\\/]", str(name)) if p and p not in ("export", "hf", "model")]
    return parts[-1] if parts else str(name)
