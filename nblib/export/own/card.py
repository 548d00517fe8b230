"""The model card of a model of ours: what it is, how to load it in three lines, what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


def card(title: str, about: Iterable[str], figures: Mapping[str, str], config: Mapping[str, Any], weights: dict) -> str:
    """Markdown with a YAML head, as the hub reads it. Texts that are not ours cannot break out of their place."""
    count = sum(w.numel() for w in weights.values())
    inputs = ", ".join(f"`{name}` ({facts['dtype']})" for name, facts in config["inputs"].items())
    lines = ["---", "library_name: nblib", "tags:", "- nblib", "---", "", f"# {_plain(title)}", ""]
    lines += [_plain(sentence) for sentence in about]
    lines += ["", f"{count:,} parameters. Inputs: {inputs}; the first axis is the batch.", ""]
    lines += ["```python", "from nblib.export import own", "", 'model = own.load(".")  # this folder', "```", ""]
    lines += ["`example.safetensors` holds the inputs that it was compared with the original on."]
    if figures:
        lines += ["", "| measured | |", "|---|---|"]
        lines += [f"| {_plain(name)} | {_plain(text)} |" for name, text in figures.items()]
    lines += ["", "| made with | |", "|---|---|", f"| class | `{config['builder']}` |"]
    lines += [f"| {_plain(name)} | {_plain(str(value))} |" for name, value in config["arguments"].items()]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]|<>#])", r"\\\1", " ".join(str(text).split()))
