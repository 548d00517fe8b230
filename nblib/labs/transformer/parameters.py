"""A table of a model's parameters, block by block."""

from __future__ import annotations

from markupsafe import Markup
from torch import nn

from nblib.labs.transformer.sizes import Block, blocks
from nblib.models.seq2seq import Seq2Seq
from nblib.ui.pages import Page, table


def parameter_table(model: nn.Module) -> Page:
    """Every block of a ``Transformer`` or a ``Seq2Seq``: its tensors, its parameters, its share; their sum below."""
    found = blocks(model)
    total, rows = sum(b.parameters for b in found), []
    for block in found:
        rows.append([_named(block), block.shapes, f"{block.parameters:,}", f"{block.parameters / total:.1%}"])
    rows.append([Markup("<b>all</b>"), "", f"{total:,}", "100.0%"])
    return table(
        ["GRU" if isinstance(model, Seq2Seq) else type(model).__name__, "shapes", "parameters", "share"], rows, [2, 3]
    )


def _named(block: Block) -> str:
    return ": ".join(word for word in (block.part, block.block) if word)
