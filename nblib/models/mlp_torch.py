"""The nets of this lab as torch modules, for export and for checks against the numpy ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nblib.models.layers import Layers
from nblib.models.mlp import MLP

_ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "linear": lambda x: x}
_FEATURES = {
    "x1": lambda x, y: x,
    "x2": lambda x, y: y,
    "x1_squared": lambda x, y: x * x,
    "x2_squared": lambda x, y: y * y,
    "x1_x2": lambda x, y: x * y,
    "sin_x1": lambda x, y: torch.sin(x),
    "sin_x2": lambda x, y: torch.sin(y),
}


class TorchMLP(nn.Module):
    """``nblib.models.mlp.MLP`` in torch: x [n, inputs] → [n, outputs]; for "softmax" the logits.

    Args:
        sizes, activation, output: as there.
        features: names of what the points [n, 2] are turned into first; none takes the input as it is.
        divide_by: the input is divided by this first, e.g. 16 for the grey levels of a picture.
    """

    def __init__(
        self, sizes: Sequence[int], activation: str = "tanh", output: str = "tanh", features: Sequence[str] = (),
        divide_by: float = 1.0,
    ):  # fmt: skip
        super().__init__()
        self.activation, self.output = activation, output
        self.features, self.divide_by = tuple(features), divide_by
        self.layers = Layers(nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True))

    def forward(self, x: Tensor) -> Tensor:
        x = x / self.divide_by
        if self.features:
            a, b = x[:, 0], x[:, 1]
            x = torch.stack([_FEATURES[name](a, b) for name in self.features], dim=1)
        *hidden, last = self.layers
        for layer in hidden:
            x = _ACTIVATIONS[self.activation](layer(x))
        x = last(x)
        return torch.tanh(x) if self.output == "tanh" else x


def arguments(net: MLP, features: Sequence[str] = (), divide_by: float = 1.0) -> dict:
    """What ``TorchMLP`` is made with to be this net, as plain values for a JSON file."""
    return {
        "sizes": list(net.sizes),
        "activation": net.activation,
        "output": net.output,
        "features": list(features),
        "divide_by": divide_by,
    }


def to_torch(net: MLP, features: Sequence[str] = (), divide_by: float = 1.0) -> TorchMLP:
    """A torch module with the same weights, in float32."""
    module = TorchMLP(**arguments(net, features, divide_by)).eval()
    with torch.no_grad():
        for layer, weight, bias in zip(module.layers, net.weights, net.biases, strict=True):
            layer.weight.copy_(torch.tensor(weight.T))
            layer.bias.copy_(torch.tensor(bias))
    return module
