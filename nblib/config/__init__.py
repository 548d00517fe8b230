"""What a run can be told: one class gives the widgets, the command-line options, the YAML file, the checks on bad
input and the table in the model card."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from nblib.config.base import RunConfig, Setting, nearest, number_text, setting
from nblib.errors import InputError

__all__ = [
    "CharactersConfig",
    "DigitsConfig",
    "FineTuneConfig",
    "FitConfig",
    "NgramConfig",
    "PerceptronConfig",
    "PlaygroundConfig",
    "RaceConfig",
    "RecurrentConfig",
    "RunConfig",
    "Seq2SeqConfig",
    "Setting",
    "TransformerConfig",
    "Word2VecConfig",
    "nearest",
    "number_text",
    "read_config",
    "setting",
]

# Each in a file of its own, read when it is asked for: whoever needs one does not wait for all.
_HOME = {
    "CharactersConfig": "characters",
    "DigitsConfig": "digits",
    "FineTuneConfig": "finetune",
    "FitConfig": "fit",
    "NgramConfig": "ngram",
    "PerceptronConfig": "perceptron",
    "PlaygroundConfig": "playground",
    "RaceConfig": "race",
    "RecurrentConfig": "recurrent",
    "Seq2SeqConfig": "translate",
    "TransformerConfig": "translate",
    "Word2VecConfig": "word2vec",
}

# The kind of run that a folder's config.yaml names → its class, or the name of it.
CONFIGS: dict[str, Any] = {
    "characters": "CharactersConfig",
    "digits": "DigitsConfig",
    "finetune": "FineTuneConfig",
    "playground": "PlaygroundConfig",
    "race": "RaceConfig",
    "recurrence": "RecurrentConfig",
    "seq2seq": "Seq2SeqConfig",
    "transformer": "TransformerConfig",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return found


def read_config(path: str | Path) -> RunConfig:
    """The config of a run from its YAML file, whichever job it describes. Raises InputError, in one line."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path.parent}: holds no run (no {path.name}); give the folder that a run wrote")
    found = re.search(r"^job: *(\S+)", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    kind = found[1] if found else "finetune"
    if kind not in CONFIGS:
        raise InputError(f"{path}: describes a {kind!r} run, which this version of nblib does not know")
    known = CONFIGS[kind]
    return (__getattr__(known) if isinstance(known, str) else known).from_yaml(path)
