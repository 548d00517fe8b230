"""A recurrent network: numbers or symbols in, one answer a time step out."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from nblib.models.cells import Weights
from nblib.models.dropout import Dropout
from nblib.models.layers import Layers

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """Layers of one kind of cell, and a linear readout at every time step.

    The layers are ``torch.nn``'s, which are fast; ``weights(k)`` hands their weights to ``nblib.models.cells`` (one
    step at a time, every gate in sight) and to ``nblib.labs.recurrence.through_time``.

    Args:
        cell: "rnn", "lstm" or "gru".
        input_size: I, numbers a time step; or with ``symbols`` the size of their vectors.
        hidden_size: H. output_size: O.
        num_layers: layers on top of each other, with ``dropout`` between them and before the readout.
        symbols: where the input is symbols 0 … symbols − 1 rather than numbers, how many there are.
        alphabet: what the symbols stand for, a character each; kept for whoever reads the model later.
        weight_scale: factor on the recurrent weights U before training; at 1 they are as torch draws them, uniform
            within ±1/√H, and the largest eigenvalue of U is near 1/√3.
        forget_bias: added to the bias of an LSTM's forget gate before training (Jozefowicz, Zaremba and Sutskever, "An
            empirical exploration of recurrent network architectures", 2015, advise 1).
        generator: what all weights are drawn from; without one a generator with seed 0.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        output_size: int,
        *,
        num_layers: int = 1,
        dropout: float = 0.0,
        symbols: int | None = None,
        alphabet: str | None = None,
        weight_scale: float = 1.0,
        forget_bias: float = 0.0,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.cell, self.hidden_size = cell, hidden_size
        self.config = {
            "cell": cell, "input_size": input_size, "hidden_size": hidden_size, "output_size": output_size,
            "num_layers": num_layers, "dropout": dropout, "symbols": symbols, "alphabet": alphabet,
        }  # fmt: skip
        # Made without values: torch would draw them from the process-wide generator.
        self.embedding = nn.Embedding(symbols, input_size, device="meta").to_empty(device="cpu") if symbols else None
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        made = [LAYERS[cell](size, hidden_size, batch_first=True, device="meta") for size in sizes]
        self.layers = Layers(layer.to_empty(device="cpu") for layer in made)
        self.dropout = Dropout(dropout)
        self.readout = nn.Linear(hidden_size, output_size, device="meta").to_empty(device="cpu")
        self._draw(generator or torch.Generator().manual_seed(0), weight_scale)
        if cell == "lstm" and forget_bias:
            for layer in self.layers:
                layer.get_parameter("bias_ih_l0").data[hidden_size : 2 * hidden_size] += forget_bias

    def _draw(self, generator: torch.Generator, weight_scale: float) -> None:
        bound = 1 / math.sqrt(self.hidden_size)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name.startswith("embedding"):
                    parameter.normal_(generator=generator)
                else:
                    parameter.uniform_(-bound, bound, generator=generator)
                if "weight_hh" in name:
                    parameter *= weight_scale

    def weights(self, layer: int = 0) -> Weights:
        """The weights of a layer, which are the layer's own and no copy."""
        parameter = self.layers[layer].get_parameter
        return Weights(
            parameter("weight_ih_l0"), parameter("weight_hh_l0"), parameter("bias_ih_l0"), parameter("bias_hh_l0")
        )

    def inputs(self, x: Tensor) -> Tensor:
        """What the first layer gets: x itself, or the vectors of its symbols. → (B, T, I)."""
        return x if self.embedding is None else self.embedding(x)

    def forward(self, x: Tensor, state: list | None = None) -> tuple[Tensor, list]:
        """x: (B, T, I), or int64 (B, T) of symbols. Returns the answers (B, T, O) and the state to go on from."""
        hidden, states = self.hidden(x, state)  # (B, T, H)
        return self.readout(self.dropout(hidden)), states

    def hidden(self, x: Tensor, state: list | None = None) -> tuple[Tensor, list]:
        """The hidden states of the last layer at every time step, (B, T, H), and the state to go on from."""
        hidden = self.inputs(x)
        states = []
        for k, layer in enumerate(self.layers):
            hidden, last = layer(self.dropout(hidden) if k else hidden, None if state is None else state[k])
            states.append(last)
        return hidden, states
