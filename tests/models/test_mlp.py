"""The net in numpy against torch's autograd and against finite differences; the descents against torch's."""

from __future__ import annotations

import numpy as np
import pytest

from nblib.engine.errors import InputError
from nblib.models.descent import Descent, regularise
from nblib.models.mlp import ACTIVATIONS, MLP

SIZES = (3, 5, 4, 2)


def batch(net: MLP, n: int = 7, seed: int = 1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, net.sizes[0])).astype(net.parameters.dtype)
    if net.output == "softmax":
        return x, rng.integers(0, net.sizes[-1], n)
    return x, rng.uniform(-1, 1, (n, net.sizes[-1])).astype(net.parameters.dtype)


def with_biases(net: MLP) -> MLP:
    for bias in net.biases:
        bias[:] = np.random.default_rng(2).normal(size=bias.shape) / 2
    return net


def torch_loss(net: MLP, x, y):
    """The same loss by torch, and its gradient in our layout."""
    import torch

    functions = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "linear": lambda z: z}
    weights = [torch.tensor(w, requires_grad=True) for w in net.weights]
    biases = [torch.tensor(b, requires_grad=True) for b in net.biases]
    z = torch.tensor(x)
    for number, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = z @ w + b
        if number < len(weights) - 1:
            z = functions[net.activation](z)
    if net.output == "softmax":
        loss = torch.nn.functional.cross_entropy(z, torch.tensor(y))
    else:
        loss = 0.5 * ((functions[net.output](z) - torch.tensor(y)) ** 2).sum(1).mean()
    loss.backward()
    parts = [part.grad.numpy().ravel() for pair in zip(weights, biases, strict=True) for part in pair]
    return loss.item(), np.concatenate(parts)


@pytest.mark.parametrize("output", ["tanh", "linear", "softmax"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_those_of_autograd(activation, output):
    net = with_biases(MLP(SIZES, activation, output, seed=3, dtype=np.float64))
    x, y = batch(net)
    net.backward(x, y)
    loss, gradient = torch_loss(net, x, y)
    assert net.loss(x, y) == pytest.approx(loss, abs=1e-12)
    np.testing.assert_allclose(net.gradient, gradient, atol=1e-12)


@pytest.mark.parametrize("output", ["tanh", "linear", "softmax"])
def test_gradients_are_finite_differences(output):
    net = with_biases(MLP(SIZES, "tanh", output, seed=4, dtype=np.float64))
    x, y = batch(net)
    net.backward(x, y)
    for place in range(len(net.parameters)):
        kept = net.parameters[place]
        losses = []
        for step in (1e-6, -1e-6):
            net.parameters[place] = kept + step
            losses.append(net.loss(x, y))
        net.parameters[place] = kept
        assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(net.gradient[place], abs=1e-8)


def test_batches_of_changing_size_do_not_disturb_each_other():
    net = MLP(SIZES, dtype=np.float64)
    x, y = batch(net, 9)
    net.backward(x[:4], y[:4])
    first = 4 * net.gradient
    net.backward(x[4:], y[4:])
    second = 5 * net.gradient
    net.backward(x, y)
    np.testing.assert_allclose(9 * net.gradient, first + second, atol=1e-12)


@pytest.mark.parametrize("output", ["tanh", "linear", "softmax"])
def test_the_trace_of_one_example_is_its_gradient(output):
    net = with_biases(MLP(SIZES, "tanh", output, seed=5, dtype=np.float64))
    x, y = batch(net, 1)
    net.backward(x, y)
    before = net.gradient.copy()
    found = net.trace(x[0], y[0])
    assert (net.gradient == before).all()
    flat = [p.ravel() for pair in zip(found["weight_slopes"], found["bias_slopes"], strict=True) for p in pair]
    np.testing.assert_allclose(np.concatenate(flat), before, atol=1e-12)
    np.testing.assert_allclose(found["values"][-1], net(x)[0])
    # ∂L/∂x by moving the example itself.
    for place in range(net.sizes[0]):
        step = np.zeros(net.sizes[0])
        step[place] = 1e-6
        slope = (net.loss(x + step, y) - net.loss(x - step, y)) / 2e-6
        assert slope == pytest.approx(found["slopes"][0][place], abs=1e-8)
    if output == "softmax":
        assert found["slopes"][-1][y[0]] == pytest.approx(-1 / found["values"][-1][y[0]])


def test_places_of_weights_and_biases():
    net = MLP(SIZES)
    net.parameters[:] = np.arange(len(net.parameters))
    for layer in range(net.layers):
        assert net.parameters[net.place(layer, 1, 1)] == net.weights[layer][1, 1]
        assert net.parameters[net.place(layer, None, 1)] == net.biases[layer][1]
    assert net.mask.sum() == 3 * 5 + 5 * 4 + 4 * 2


@pytest.mark.parametrize("kind", ["sgd", "momentum", "adam"])
def test_descents_are_those_of_torch(kind):
    import torch

    rng = np.random.default_rng(0)
    ours = rng.normal(size=6)
    theirs = torch.nn.Parameter(torch.tensor(ours.copy()))
    make = {"sgd": torch.optim.SGD, "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
            "adam": torch.optim.Adam}[kind]  # fmt: skip
    optimiser, descent = make([theirs], lr=0.1), Descent(ours, kind)
    for _ in range(30):
        gradient = rng.normal(size=6)
        theirs.grad = torch.tensor(gradient.copy())
        optimiser.step()
        descent.step(gradient, 0.1)
        np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-9)


def test_regularisation_pulls_weights_only_and_l1_stops_at_zero():
    mask = np.array([1.0, 1, 1, 0])
    weights = np.array([1.0, -0.05, 0.2, 1.0])
    regularise(weights, mask, "l1", 0.1)
    np.testing.assert_allclose(weights, [0.9, 0, 0.1, 1.0])
    regularise(weights, mask, "l2", 0.5)
    np.testing.assert_allclose(weights, [0.45, 0, 0.05, 1.0])
    regularise(weights, mask, "none", 9)
    np.testing.assert_allclose(weights, [0.45, 0, 0.05, 1.0])


def test_the_same_seed_draws_the_same_weights_and_leaves_the_global_generator_alone():
    np.random.seed(0)
    state = np.random.get_state()[1].copy()
    assert (MLP(SIZES, seed=8).parameters == MLP(SIZES, seed=8).parameters).all()
    assert (MLP(SIZES, seed=8).parameters != MLP(SIZES, seed=9).parameters).any()
    assert (np.random.get_state()[1] == state).all()


@pytest.mark.parametrize("sizes", [(3,), (3, 0, 1)])
def test_no_net(sizes):
    with pytest.raises(InputError, match="is no net"):
        MLP(sizes)
    with pytest.raises(InputError, match="'swish'"):
        MLP(SIZES, "swish")


def test_torch_module_and_printed_code_answer_as_the_net():
    import torch

    from nblib.labs.perceptron.playground import toys
    from nblib.labs.perceptron.playground.code import torch_code
    from nblib.models.mlp_torch import to_torch

    names = tuple(toys.FEATURES)
    points = np.random.default_rng(0).uniform(-6, 6, (50, 2)).astype(np.float32)
    for activation in ACTIVATIONS:
        for output, hidden in (("tanh", (8, 8)), ("linear", ())):
            net = with_biases(MLP((7, *hidden, 1), activation, output, seed=6))
            answers = net(toys.features(points, names))
            module = to_torch(net, names)
            space: dict = {}
            exec(torch_code(net, names), space)
            with torch.no_grad():
                for found in (module(torch.tensor(points)), space["net"](torch.tensor(points))):
                    np.testing.assert_allclose(found.numpy(), answers, atol=2e-6, rtol=2e-6)
