"""One time step of an RNN, an LSTM and a GRU, written out.

The weights are called, shaped and ordered as in ``torch.nn``: ``weight_ih`` (G·H, I), ``weight_hh`` (G·H, H),
``bias_ih`` and ``bias_hh`` (G·H), with G = 1 block of rows for the RNN, 4 for the LSTM (input, forget, cell, output)
and 3 for the GRU (reset, update, new).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCKS = {"rnn": ("state",), "lstm": ("input", "forget", "cell", "output"), "gru": ("reset", "update", "new")}
# What is a gate, between 0 and 1, among those blocks.
GATES = {"rnn": (), "lstm": ("input", "forget", "output"), "gru": ("reset", "update")}


class Weights(NamedTuple):
    """The weights of one layer: (G·H, I), (G·H, H), (G·H), (G·H)."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor


class Step(NamedTuple):
    """What one time step gives: ``hidden`` (B, H), ``memory`` (B, H) or None, and the blocks by name, each (B, H)."""

    hidden: Tensor
    memory: Tensor | None
    blocks: dict[str, Tensor]


def rnn_step(x: Tensor, hidden: Tensor, memory: None, w: Weights) -> Step:
    """h' = tanh(W x + U h + b). Elman, "Finding structure in time", 1990. x: (B, I), hidden: (B, H)."""
    new = torch.tanh(F.linear(x, w.weight_ih, w.bias_ih) + F.linear(hidden, w.weight_hh, w.bias_hh))  # (B, H)
    return Step(new, None, {"state": new})


def lstm_step(x: Tensor, hidden: Tensor, memory: Tensor, w: Weights) -> Step:
    """c' = f·c + i·g, h' = o·tanh(c'). Hochreiter and Schmidhuber, "Long short-term memory", 1997; the forget gate is
    of Gers, Schmidhuber and Cummins, "Learning to forget", 2000. x: (B, I), hidden and memory: (B, H)."""
    both = F.linear(x, w.weight_ih, w.bias_ih) + F.linear(hidden, w.weight_hh, w.bias_hh)  # (B, 4H)
    i, f, g, o = both.chunk(4, dim=1)  # (B, H) each
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    kept = f * memory + i * g  # (B, H)
    return Step(o * torch.tanh(kept), kept, {"input": i, "forget": f, "cell": g, "output": o})


def gru_step(x: Tensor, hidden: Tensor, memory: None, w: Weights) -> Step:
    """h' = (1 − z)·n + z·h. Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014, in the form
    of torch: the reset gate acts after the product with the state. x: (B, I), hidden: (B, H)."""
    r_x, z_x, n_x = F.linear(x, w.weight_ih, w.bias_ih).chunk(3, dim=1)  # (B, H) each
    r_h, z_h, n_h = F.linear(hidden, w.weight_hh, w.bias_hh).chunk(3, dim=1)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + r * n_h)
    return Step((1 - z) * n + z * hidden, None, {"reset": r, "update": z, "new": n})


STEPS = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


def run_steps(cell: str, x: Tensor, w: Weights) -> list[Step]:
    """A layer over a whole sequence, one step at a time, from an empty state. x: (B, T, I); T steps come back.

    Every hidden state keeps its gradient after ``backward()``, in ``step.hidden.grad``: dL/dh_t through all that
    follows. An empty sequence gives an empty list.
    """
    size = w.weight_hh.shape[1]
    hidden = x.new_zeros(x.shape[0], size)  # (B, H)
    memory = x.new_zeros(x.shape[0], size) if cell == "lstm" else None
    steps = []
    for t in range(x.shape[1]):
        step = STEPS[cell](x[:, t], hidden, memory, w)
        hidden, memory = step.hidden, step.memory
        if hidden.requires_grad:
            hidden.retain_grad()
        steps.append(step)
    return steps
