"""From a run's folder to the class of its config: whichever kind of run it holds."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from nblib import index
from nblib.engine.config import RunConfig
from nblib.engine.errors import InputError

# The kind of run that a folder's config.yaml names → its class, or "module:name" of it, read when it is asked for.
CONFIGS: dict[str, Any] = dict(index.jobs())


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
    if isinstance(known, str):
        module, _, name = known.partition(":")
        known = getattr(import_module(module), name)
    return known.from_yaml(path)
