"""A multi-layer perceptron in numpy, forward and backward by hand: thousands of updates a second for a small net.

Back-propagation: P. Werbos, "Beyond Regression", 1974; D. Rumelhart, G. Hinton and R. Williams, "Learning
representations by back-propagating errors", Nature 323, 1986. Weights are drawn as X. Glorot and Y. Bengio do,
"Understanding the difficulty of training deep feedforward neural networks", 2010.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nblib.engine.errors import InputError

ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear")
OUTPUTS = ("tanh", "linear", "softmax")


class MLP:
    """sizes[0] inputs → hidden layers → sizes[-1] outputs.

    ``parameters`` is one flat vector; ``weights[l]`` [in, out] and ``biases[l]`` [out] are views of it, and
    ``gradient`` has the same layout. The loss is half the squared error, summed over the outputs, for output "tanh" or
    "linear", and the cross-entropy for "softmax" (targets: class numbers); both are means over the batch.

    Args:
        sizes: of all layers, at least input and output.
        activation: of the hidden layers, one of ``ACTIVATIONS``.
        output: of the last layer, one of ``OUTPUTS``.
        seed: of the generator that draws the weights; the biases begin at 0.
        scale: of the first weights, as a share of what Glorot and Bengio advise.
        dtype: float32 (fast, and short in a file) or float64.

    Raises InputError for a size below 1 or an unknown activation.
    """

    def __init__(
        self, sizes: Sequence[int], activation: str = "tanh", output: str = "tanh", *, seed: int = 0,
        scale: float = 1.0, dtype=np.float32,
    ):  # fmt: skip
        if len(sizes) < 2 or min(sizes) < 1:
            raise InputError(f"sizes: {list(sizes)} is no net; give at least one input and one output")
        if activation not in ACTIVATIONS or output not in OUTPUTS:
            raise InputError(f"activation: {activation!r}, {output!r} are not of {ACTIVATIONS} and {OUTPUTS}")
        self.sizes, self.activation, self.output = tuple(map(int, sizes)), activation, output
        shapes = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        self.parameters = np.zeros(sum(i * o + o for i, o in shapes), dtype)
        self.gradient = np.zeros_like(self.parameters)
        self.weights, self.biases = self._views(self.parameters)
        self._dw, self._db = self._views(self.gradient)
        rng = np.random.default_rng(seed)
        for weight, (inputs, outputs) in zip(self.weights, shapes, strict=True):
            limit = scale * np.sqrt(6 / (inputs + outputs)) * (np.sqrt(2) if activation == "relu" else 1)
            weight[:] = rng.uniform(-limit, limit, (inputs, outputs))
        self._buffers: dict[int, tuple[list[np.ndarray], list[np.ndarray]]] = {}

    def _views(self, flat: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        weights, biases, at = [], [], 0
        for inputs, outputs in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            weights.append(flat[at : at + inputs * outputs].reshape(inputs, outputs))
            at += inputs * outputs
            biases.append(flat[at : at + outputs])
            at += outputs
        return weights, biases

    @property
    def layers(self) -> int:
        return len(self.weights)

    @property
    def mask(self) -> np.ndarray:
        """1 where ``parameters`` holds a weight, 0 where a bias."""
        mask = np.zeros_like(self.parameters)
        for weight in self._views(mask)[0]:
            weight[:] = 1
        return mask

    def place(self, layer: int, source: int | None, target: int) -> int:
        """Where in ``parameters`` the weight from ``source`` to ``target`` of a layer stands; its bias for None."""
        inputs, outputs = self.sizes[layer], self.sizes[layer + 1]
        at = sum(i * o + o for i, o in zip(self.sizes[:layer], self.sizes[1 : layer + 1], strict=True))
        return at + (inputs * outputs if source is None else source * outputs) + target

    # -- forward -----------------------------------------------------------------------------------------------------

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """[n, inputs] → [n, outputs]; probabilities for softmax."""
        return self.forward(x)[-1]

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        """The answers of every layer, the hidden ones first: [n, sizes[1]], …, [n, sizes[-1]]."""
        answers = [np.empty((len(x), size), self.parameters.dtype) for size in self.sizes[1:]]
        self._forward(np.ascontiguousarray(x, self.parameters.dtype), answers)
        return answers

    def _forward(self, x: np.ndarray, answers: list[np.ndarray]) -> None:
        last = len(answers) - 1
        for number, (weight, bias, answer) in enumerate(zip(self.weights, self.biases, answers, strict=True)):
            np.dot(x, weight, out=answer)
            answer += bias
            kind = self.output if number == last else self.activation
            if kind == "tanh":
                np.tanh(answer, out=answer)
            elif kind == "relu":
                np.maximum(answer, 0, out=answer)
            elif kind == "sigmoid":
                # The same curve through tanh, which does not overflow.
                answer *= 0.5
                np.tanh(answer, out=answer)
                answer *= 0.5
                answer += 0.5
            elif kind == "softmax":
                answer -= answer.max(axis=1, keepdims=True)
                np.exp(answer, out=answer)
                answer /= answer.sum(axis=1, keepdims=True)
            x = answer

    def loss(self, x: np.ndarray, target: np.ndarray) -> float:
        """The mean loss over [n, inputs] against [n, outputs] (softmax: class numbers [n])."""
        return self._loss(self(x), target)

    def _loss(self, answer: np.ndarray, target: np.ndarray) -> float:
        if self.output == "softmax":
            chosen = answer[np.arange(len(answer)), target]
            return float(-np.log(np.maximum(chosen, np.finfo(answer.dtype).tiny)).mean())
        return float(0.5 * ((answer - target) ** 2).sum(axis=1).mean())

    # -- backward ----------------------------------------------------------------------------------------------------

    def backward(self, x: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Fill ``gradient`` with that of the mean loss over this batch; returns the answers [n, outputs].

        ``x`` [n, inputs] and ``target`` have the net's dtype and are contiguous. What is returned is overwritten by the
        next call.
        """
        n = len(x)
        if n not in self._buffers:
            make = lambda: [np.empty((n, size), self.parameters.dtype) for size in self.sizes[1:]]  # noqa: E731
            self._buffers[n] = make(), make()
        answers, deltas = self._buffers[n]
        self._forward(x, answers)
        delta, answer = deltas[-1], answers[-1]
        if self.output == "softmax":
            delta[:] = answer
            delta[np.arange(n), target] -= 1
        else:
            np.subtract(answer, target, out=delta)
            if self.output == "tanh":
                _times_slope(delta, answer, "tanh")
        delta *= 1 / n
        for number in range(self.layers - 1, -1, -1):
            below = answers[number - 1] if number else x
            np.dot(below.T, delta, out=self._dw[number])
            np.add.reduce(delta, axis=0, out=self._db[number])
            if number:
                before = deltas[number - 1]
                np.dot(delta, self.weights[number].T, out=before)
                _times_slope(before, below, self.activation)
                delta = before
        return answer

    def trace(self, x: np.ndarray, target: np.ndarray) -> dict[str, list[np.ndarray]]:
        """One example's computational graph: x [inputs], target [outputs] (softmax: a class number).

        ``values``: x and the answer of every layer; ``slopes``: ∂L/∂ of each of these; ``sums`` and ``sum_slopes``: of
        every layer before its activation; ``weight_slopes`` [in, out] and ``bias_slopes`` [out].
        """
        x = np.ascontiguousarray(np.asarray(x, self.parameters.dtype)[None])
        target = np.asarray(target)[None]
        kept = self.gradient.copy()
        values = [x, *(a.copy() for a in self.forward(x))]
        self.backward(x, target)
        deltas = [d.copy() for d in self._buffers[1][1]]
        traced = {
            "values": [v[0] for v in values],
            "sums": [(v @ w + b)[0] for v, w, b in zip(values[:-1], self.weights, self.biases, strict=True)],
            "sum_slopes": [d[0] for d in deltas],
            "weight_slopes": [g.copy() for g in self._dw],
            "bias_slopes": [g.copy() for g in self._db],
        }
        slopes = [(d @ w.T)[0] for d, w in zip(deltas, self.weights, strict=True)]
        if self.output == "softmax":
            last = np.zeros(self.sizes[-1], self.parameters.dtype)
            last[target[0]] = -1 / max(float(values[-1][0, target[0]]), 1e-30)
        else:
            last = (values[-1] - target)[0]
        traced["slopes"] = [*slopes, last]
        self.gradient[:] = kept
        return traced


def _times_slope(delta: np.ndarray, answer: np.ndarray, kind: str) -> None:
    """Multiply by the slope of an activation, which follows from its answer."""
    if kind == "tanh":
        delta -= delta * answer * answer
    elif kind == "relu":
        delta *= answer > 0
    elif kind == "sigmoid":
        delta *= answer * (1 - answer)
