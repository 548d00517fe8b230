"""Back-propagation through time by hand: how much the loss feels each hidden state.

The fast layers of torch keep their gates to themselves, and automatic differentiation of single steps costs a node for
each of them. Here all gates are computed at once from the hidden states, which the fast layer does give, and one pass
backwards over time gives dL/dh_t (Werbos, "Backpropagation through time: what it does and how to do it", 1990).
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from nblib.models.cells import Weights


class Trace(NamedTuple):
    """One layer over a sequence: ``hidden`` (B, T, H), ``before`` (B, T, H) the states that the steps began with,
    ``memory`` (B, T, H) of the LSTM, and the blocks by name, each (B, T, H)."""

    hidden: Tensor
    before: Tensor
    memory: Tensor | None
    blocks: dict[str, Tensor]


def trace(cell: str, x: Tensor, hidden: Tensor, w: Weights) -> Trace:
    """The gates of every step. x: (B, T, I), what the layer was fed from an empty state; hidden: (B, T, H), what it
    gave. Costs two matrix products for all steps together; draws no graph."""
    with torch.no_grad():
        before = torch.cat([torch.zeros_like(hidden[:, :1]), hidden[:, :-1]], dim=1)  # (B, T, H)
        from_x, from_h = F.linear(x, w.weight_ih, w.bias_ih), F.linear(before, w.weight_hh, w.bias_hh)  # (B, T, G·H)
        if cell == "rnn":
            return Trace(hidden, before, None, {"state": torch.tanh(from_x + from_h)})
        if cell == "gru":
            (r_x, z_x, n_x), (r_h, z_h, n_h) = from_x.chunk(3, dim=2), from_h.chunk(3, dim=2)
            r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
            return Trace(hidden, before, None, {"reset": r, "update": z, "new": torch.tanh(n_x + r * n_h)})
        i, f, g, o = (from_x + from_h).chunk(4, dim=2)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        memory, kept = torch.zeros_like(hidden[:, 0]), []
        for t in range(hidden.shape[1]):
            memory = f[:, t] * memory + i[:, t] * g[:, t]
            kept.append(memory)
        return Trace(hidden, before, torch.stack(kept, dim=1), {"input": i, "forget": f, "cell": g, "output": o})


def through_time(cell: str, found: Trace, direct: Tensor, w: Weights) -> Tensor:
    """dL/dh_t for every step t, through all steps that follow: (B, T, H).

    ``direct`` (B, T, H) is what reaches h_t from above at step t itself, through the readout. Each step hands on
    dL/dh_{t−1} = (∂h_t/∂h_{t−1})ᵀ dL/dh_t.
    """
    step = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}[cell]
    with torch.no_grad():
        steps = direct.shape[1]
        gradients = torch.empty_like(direct)
        from_later = torch.zeros_like(direct[:, 0])  # (B, H)
        from_memory = torch.zeros_like(from_later)
        for t in reversed(range(steps)):
            gradients[:, t] = here = direct[:, t] + from_later
            from_later, from_memory = step(found, t, here, from_memory, w)
    return gradients


def _rnn(found: Trace, t: int, here: Tensor, from_memory: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    inside = here * (1 - found.hidden[:, t] ** 2)
    return inside @ w.weight_hh, from_memory


def _lstm(found: Trace, t: int, here: Tensor, from_memory: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    i, f, g, o = (found.blocks[name][:, t] for name in ("input", "forget", "cell", "output"))
    kept = cast(Tensor, found.memory)  # an LSTM's trace has it
    open_memory = torch.tanh(kept[:, t])
    before = kept[:, t - 1] if t else torch.zeros_like(open_memory)
    memory = from_memory + here * o * (1 - open_memory**2)  # dL/dc_t
    inside = torch.cat(
        [
            memory * g * i * (1 - i),
            memory * before * f * (1 - f),
            memory * i * (1 - g**2),
            here * open_memory * o * (1 - o),
        ],
        dim=1,
    )  # (B, 4H), dL of what stands inside sigmoid and tanh
    return inside @ w.weight_hh, memory * f


def _gru(found: Trace, t: int, here: Tensor, from_memory: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    r, z, n = (found.blocks[name][:, t] for name in ("reset", "update", "new"))
    before = found.before[:, t]
    size = before.shape[1]
    inside_n = here * (1 - z) * (1 - n**2)
    inside_z = here * (before - n) * z * (1 - z)
    n_h = F.linear(before, w.weight_hh[2 * size :], w.bias_hh[2 * size :])
    inside_r = inside_n * n_h * r * (1 - r)
    inside = torch.cat([inside_r, inside_z, inside_n * r], dim=1)  # (B, 3H)
    return inside @ w.weight_hh + here * z, from_memory


def norms(gradients: Tensor) -> Tensor:
    """‖dL/dh_t‖ at every step over the whole batch: (B, T, H) → (T)."""
    return gradients.pow(2).sum(dim=(0, 2)).sqrt()
