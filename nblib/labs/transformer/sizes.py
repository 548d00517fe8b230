"""How many numbers a model learns, block by block, and a GRU as large as a Transformer."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

# A part of a parameter's dotted name → the block that it belongs to, in the words of the lab.
_BLOCKS = {
    "attention": "self-attention", "cross": "attention to the source", "feed_forward": "feed-forward net",
    "residuals": "layer norms",
}  # fmt: skip
_PARTS = {
    "source": "embedding of the source", "target": "embedding of the target", "encoder": "encoder",
    "decoder": "decoder", "encoder_norm": "layer norm at its end", "decoder_norm": "layer norm at its end",
    "readout": "readout", "bridge": "bridge: last state to first state", "attention": "attention to the source",
    "combine": "state and context joined",
}  # fmt: skip


class Block(NamedTuple):
    """``part`` of the model, ``block`` in it ("" where the part is one), the ``shapes`` of its tensors as text, and how
    many ``parameters`` it has."""

    part: str
    block: str
    shapes: str
    parameters: int


def blocks(model: nn.Module) -> list[Block]:
    """The blocks of a ``Transformer`` or a ``Seq2Seq``; their parameters add up to all of the model's.

    Weights that two parts share count once, where they come first.
    """
    seen, grouped = set(), {}
    for name, weight in model.named_parameters(remove_duplicate=False):
        key = _place(name)
        if id(weight) in seen:
            grouped.setdefault(key, []).append((None, 0))
            continue
        seen.add(id(weight))
        grouped.setdefault(key, []).append(("×".join(map(str, weight.shape)), weight.numel()))
    found = []
    for (part, block), tensors in grouped.items():
        shapes: dict[str, int] = {}
        for shape, _ in tensors:
            word = shape or "shared, counted above"
            shapes[word] = shapes.get(word, 0) + 1
        text = ", ".join(f"{n} of {shape}" if n > 1 else shape for shape, n in shapes.items())
        found.append(Block(part, block, text, sum(n for _, n in tensors)))
    return found


def _place(name: str) -> tuple[str, str]:
    first, *rest = name.split(".")
    if rest and rest[0].isdigit():
        return f"{_PARTS[first]}, layer {int(rest[0]) + 1}", _BLOCKS[rest[1]]
    if first.endswith("_norm"):
        return first.removesuffix("_norm"), _PARTS[first]
    return _PARTS.get(first, first), ""


def gru_parameters(
    source_size: int, target_size: int, hidden_size: int, embedding_size: int, attention: str = "multiplicative"
) -> int:
    """How many parameters a ``Seq2Seq`` with attention has."""
    h, e = hidden_size, embedding_size
    reads = 2 * 3 * (h // 2) * (e + h // 2 + 2)
    writes = 3 * h * (e + h + 2)
    looks = h * h if attention == "multiplicative" else 2 * h * h + 2 * h
    return (
        (source_size + target_size) * e + reads + writes + h * (h + 1) + looks + h * (2 * h + 1) + target_size * (h + 1)
    )


def gru_size(parameters: int, source_size: int, target_size: int, embedding_size: int, attention: str) -> int:
    """The even hidden size at which a ``Seq2Seq`` has about as many parameters as asked for."""
    sizes = range(2, 4098, 2)
    return min(
        sizes, key=lambda h: abs(gru_parameters(source_size, target_size, h, embedding_size, attention) - parameters)
    )
