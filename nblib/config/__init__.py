"""What a run can be told: one class gives the widgets, the command-line options, the YAML file, the checks on bad
input and the table in the model card."""

from __future__ import annotations

import re
from pathlib import Path

from nblib.config.base import RunConfig, Setting, nearest, number_text, setting
from nblib.config.finetune import FineTuneConfig
from nblib.errors import InputError

__all__ = ["FineTuneConfig", "RunConfig", "Setting", "nearest", "number_text", "read_config", "setting"]

CONFIGS = {FineTuneConfig.kind: FineTuneConfig}


def read_config(path: str | Path) -> RunConfig:
    """The config of a run from its YAML file, whichever job it describes. Raises InputError, in one line."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path.parent}: holds no run (no {path.name}); give the folder that a run wrote")
    found = re.search(r"^job: *(\S+)", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    kind = found[1] if found else FineTuneConfig.kind
    if kind not in CONFIGS:
        raise InputError(f"{path}: describes a {kind!r} run, which this version of nblib does not know")
    return CONFIGS[kind].from_yaml(path)
