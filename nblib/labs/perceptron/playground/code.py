"""A net as a page of torch code that stands by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nblib.models.mlp import MLP

_FEATURES = {
    "x1": "x1", "x2": "x2", "x1_squared": "x1**2", "x2_squared": "x2**2", "x1_x2": "x1 * x2",
    "sin_x1": "torch.sin(x1)", "sin_x2": "torch.sin(x2)",
}  # fmt: skip
_MODULES = {"tanh": "nn.Tanh()", "relu": "nn.ReLU()", "sigmoid": "nn.Sigmoid()", "linear": ""}


def torch_code(net: MLP, features: Sequence[str]) -> str:
    """Python that makes ``net``, a torch module with these weights: points [n, 2] → [n, outputs]."""
    parts, places = [], []
    pairs = list(zip(net.sizes[:-1], net.sizes[1:], strict=True))
    for number, (inputs, outputs) in enumerate(pairs):
        places.append(len(parts))
        parts.append(f"nn.Linear({inputs}, {outputs})")
        kind = net.output if number == len(pairs) - 1 else net.activation
        if _MODULES.get(kind):
            parts.append(_MODULES[kind])
    columns = ", ".join(_FEATURES[name] for name in features)
    lines = [
        "import torch",
        "from torch import nn",
        "",
        "",
        "class Net(nn.Module):",
        "    def __init__(self):",
        "        super().__init__()",
        "        self.layers = nn.Sequential(",
        *(f"            {part}," for part in parts),
        "        )",
        "",
        "    def forward(self, points):  # (n, 2)",
        "        x1, x2 = points[:, 0], points[:, 1]",
        f"        return self.layers(torch.stack([{columns}], dim=1))  # (n, {net.sizes[-1]})",
        "",
        "",
        "weights = {",
    ]
    for place, weight, bias in zip(places, net.weights, net.biases, strict=True):
        lines += _tensor(f"layers.{place}.weight", weight.T) + _tensor(f"layers.{place}.bias", bias)
    lines += ["}", "net = Net()", "net.load_state_dict(weights)"]
    return "\n".join(lines) + "\n"


def _tensor(name: str, values: np.ndarray) -> list[str]:
    if values.ndim == 1:
        return [f'    "{name}": torch.tensor([{_numbers(values)}]),']
    return [f'    "{name}": torch.tensor([', *(f"        [{_numbers(row)}]," for row in values), "    ]),"]


def _numbers(row: np.ndarray) -> str:
    # The shortest text that gives the same float32 back.
    return ", ".join(np.format_float_positional(v, unique=True, trim="0") for v in row.astype(np.float32))
