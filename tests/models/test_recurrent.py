"""RNN, LSTM and GRU against torch.nn with the same weights: outputs, gradients, gates, and gradients through time."""

import pytest
import torch
import torch.nn.functional as F

from nblib.labs.recurrence.backpropagation import norms, through_time, trace
from nblib.models.cells import BLOCKS, GATES, STEPS, Weights, run_steps
from nblib.models.dropout import Dropout, give_generator
from nblib.models.recurrent import LAYERS, Recurrent

CELLS = ["rnn", "lstm", "gru"]
SINGLE = {"rnn": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}
B, T, I, H, O = 5, 13, 3, 7, 2  # noqa: E741


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(5)


@pytest.fixture
def model(request, generator):
    return Recurrent(request.param, I, H, O, weight_scale=1.8, generator=generator)


every_cell = pytest.mark.parametrize("model", CELLS, indirect=True)


def copies(w: Weights) -> Weights:
    return Weights(*(p.detach().clone().requires_grad_() for p in w))


@pytest.mark.parametrize("cell", CELLS)
def test_one_step_is_torchs_cell(cell, generator):
    theirs = SINGLE[cell](I, H)
    ours = Weights(theirs.weight_ih, theirs.weight_hh, theirs.bias_ih, theirs.bias_hh)
    x, h, c = (torch.randn(B, n, generator=generator) for n in (I, H, H))
    found = STEPS[cell](x, h, c if cell == "lstm" else None, ours)
    if cell == "lstm":
        hidden, memory = theirs(x, (h, c))
        torch.testing.assert_close(found.memory, memory, atol=1e-6, rtol=0)
    else:
        hidden = theirs(x, h)
    torch.testing.assert_close(found.hidden, hidden, atol=1e-6, rtol=0)
    assert tuple(found.blocks) == BLOCKS[cell]
    for name in GATES[cell]:
        assert 0 < found.blocks[name].min() and found.blocks[name].max() < 1


@every_cell
def test_steps_give_the_outputs_and_all_gradients_of_torchs_layer(model, generator):
    x = torch.randn(B, T, I, generator=generator)
    target = torch.randn(B, T, H, generator=generator)
    layer = LAYERS[model.cell](I, H, batch_first=True)
    layer.load_state_dict(model.layers[0].state_dict())
    theirs, _ = layer(x)
    F.mse_loss(theirs, target).backward()

    ours = copies(model.weights())
    steps = run_steps(model.cell, x, ours)
    hidden = torch.stack([s.hidden for s in steps], dim=1)
    F.mse_loss(hidden, target).backward()

    torch.testing.assert_close(hidden, theirs, atol=1e-5, rtol=0)
    for name, weight in zip(Weights._fields, ours, strict=True):
        torch.testing.assert_close(weight.grad, getattr(layer, f"{name}_l0").grad, atol=1e-5, rtol=1e-5)


@every_cell
def test_gates_and_gradients_through_time_are_those_of_single_steps(model, generator):
    x = torch.randn(B, T, I, generator=generator)
    ours = copies(model.weights())
    steps = run_steps(model.cell, x, ours)
    hidden = torch.stack([s.hidden for s in steps], dim=1)
    direct = torch.randn(B, T, H, generator=generator)
    (hidden * direct).sum().backward()
    wanted = torch.stack([s.hidden.grad for s in steps], dim=1)

    with torch.no_grad():
        fast, _ = model.hidden(x)
    found = trace(model.cell, x, fast, model.weights())
    for name in BLOCKS[model.cell]:
        torch.testing.assert_close(
            found.blocks[name], torch.stack([s.blocks[name] for s in steps], 1).detach(), atol=1e-5, rtol=0
        )
    torch.testing.assert_close(through_time(model.cell, found, direct, model.weights()), wanted, atol=1e-5, rtol=1e-5)
    assert norms(wanted).shape == (T,)
    assert norms(wanted)[3] == pytest.approx(float(wanted[:, 3].norm()), rel=1e-6)


@every_cell
def test_the_gradient_of_a_step_falls_to_nothing_beyond_the_last_loss(model, generator):
    x, direct = torch.randn(B, T, I, generator=generator), torch.zeros(B, T, H)
    direct[:, 4] = 1
    fast, _ = model.hidden(x)
    found = norms(through_time(model.cell, trace(model.cell, x, fast, model.weights()), direct, model.weights()))
    assert (found[5:] == 0).all() and (found[:5] > 0).all()


def test_an_empty_sequence_gives_no_steps():
    model = Recurrent("lstm", I, H, O)
    assert run_steps("lstm", torch.zeros(B, 0, I), model.weights()) == []


@every_cell
def test_a_state_handed_on_is_the_sequence_in_one_piece(model, generator):
    x = torch.randn(B, T, I, generator=generator)
    whole, _ = model(x)
    first, state = model(x[:, :6])
    second, _ = model(x[:, 6:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole, atol=1e-6, rtol=0)


@every_cell
def test_weights_are_drawn_from_the_given_generator_and_from_nothing_else(model):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    again = Recurrent(model.cell, I, H, O, weight_scale=1.8, generator=torch.Generator().manual_seed(5))
    assert torch.equal(torch.get_rng_state(), before)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name]), name
    other = Recurrent(model.cell, I, H, O, generator=torch.Generator().manual_seed(6))
    assert not torch.equal(other.readout.weight, model.readout.weight)


def test_the_scale_acts_on_the_recurrent_weights_alone():
    plain, scaled = (Recurrent("gru", I, H, O, weight_scale=s) for s in (1, 3))
    assert torch.equal(3 * plain.weights().weight_hh, scaled.weights().weight_hh)
    assert torch.equal(plain.weights().weight_ih, scaled.weights().weight_ih)


def test_a_forget_bias_opens_the_forget_gate_of_an_lstm_alone():
    x = torch.zeros(1, 3, I)
    for cell in CELLS:
        plain, raised = (Recurrent(cell, I, H, O, forget_bias=bias) for bias in (0.0, 4.0))
        gates = [trace(cell, x, m.hidden(x)[0].detach(), m.weights()).blocks for m in (plain, raised)]
        changed = [name for name in BLOCKS[cell] if not torch.equal(gates[0][name][:, 0], gates[1][name][:, 0])]
        assert changed == (["forget"] if cell == "lstm" else [])
        if cell == "lstm":
            assert gates[1]["forget"].mean() > 0.95


def test_symbols_become_vectors():
    model = Recurrent("rnn", I, H, O, symbols=11, num_layers=2)
    symbols = torch.tensor([[1, 2, 10, 0]])
    assert model.inputs(symbols).shape == (1, 4, I) and model(symbols)[0].shape == (1, 4, O)


def test_dropout_draws_from_its_generator_and_keeps_the_mean(generator):
    model = Recurrent("rnn", I, H, O, num_layers=2, dropout=0.5)
    give_generator(model, generator)
    x = torch.ones(B, T, I)
    before = torch.get_rng_state()
    first = model(x)[0]
    assert torch.equal(torch.get_rng_state(), before)
    generator.manual_seed(5)
    assert torch.equal(model(x)[0], first)
    assert not torch.equal(model(x)[0], first)
    model.eval()
    assert torch.equal(model(x)[0], model(x)[0])
    many = Dropout(0.25)
    many.generator = generator
    assert many(torch.ones(100_000)).mean() == pytest.approx(1, abs=0.01)
