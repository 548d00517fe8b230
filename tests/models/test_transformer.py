"""The Transformer beside a GRU: speed-ups that change nothing, the race, sizes, schedules, time, and its myth."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nblib import InputError, RaceConfig, Seq2SeqConfig, Session, TransformerConfig, race
from nblib.engine.history import History
from nblib.labs.transformer import lengths as timing
from nblib.labs.transformer.duration_figure import growth, time_against_length
from nblib.labs.transformer.job import RACERS
from nblib.labs.transformer.parameters import parameter_table
from nblib.labs.transformer.schedule_figure import schedule_lines, schedules
from nblib.labs.transformer.schedule_trials import TRIALS, compare_schedules, schedule_table
from nblib.labs.transformer.sizes import blocks, gru_parameters, gru_size
from nblib.models.attention import MultiHeadAttention, causal_mask, padding_mask
from nblib.models.dropout import Dropout, give_generator
from nblib.models.seq2seq import Seq2Seq
from nblib.models.transformer import EncoderLayer, Transformer
from nblib.training import Series

TINY = {
    "task": "Chinese to English", "max_train_samples": 400, "max_eval_samples": 40, "batch_size": 16, "hidden_size": 16,
    "num_heads": 2, "intermediate_size": 24, "max_steps": 6, "eval_steps": 3,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tiny(**changes) -> RaceConfig:
    return RaceConfig(**{**TINY, **changes})


def ran(config):
    session = Session(config.make_job())
    session.run()
    return session, session.model


# -- what is faster gives the same ---------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
def test_attention_with_dropout_is_the_same_where_nothing_is_dropped(own):
    layer = MultiHeadAttention(16, 4, dropout=1e-9, generator=draws(1))
    made = torch.randn(3, 6, 16, generator=draws(2)), torch.randn(3, 6, 16, generator=draws(3))
    mask = padding_mask(torch.arange(6) < torch.tensor([[6], [4], [1]])) & causal_mask(6)
    found = []
    for training in (True, False):
        layer.train(training)
        x, source = (t.clone().requires_grad_() for t in made)
        layer.zero_grad()
        values = layer(x, None if own else source, mask)
        values.square().sum().backward()
        found.append([values, x.grad, *(p.grad.clone() for p in layer.parameters())])
    for dropping, plain in zip(*found, strict=True):
        torch.testing.assert_close(dropping, plain, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_dropout_drops_as_many_as_it_says_and_keeps_the_mean(probability):
    layer, x = Dropout(probability), torch.ones(500_001, requires_grad=True)
    give_generator(layer, draws(3))
    y = layer(x)
    assert abs((y == 0).float().mean().item() - probability) < 4 * (probability * (1 - probability) / len(x)) ** 0.5
    assert y.max().item() == pytest.approx(1 / (1 - probability)) and abs(y.mean().item() - 1) < 0.02
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())
    state = torch.get_rng_state()
    give_generator(layer, draws(3))
    assert torch.equal(layer(x), y) and torch.equal(state, torch.get_rng_state())


def test_dropout_of_every_shape_and_kind():
    for shape in ((), (3,), (0, 4), (2, 3, 5)):
        assert Dropout(0.5)(torch.ones(shape)).shape == shape
    assert Dropout(0.5)(torch.ones(8, 4, dtype=torch.float64).t()).dtype == torch.float64
    # Beyond what 16 bits can say: next to nothing is kept, and nothing raises.
    assert (Dropout(1 - 1e-9)(torch.ones(1000)) == 0).float().mean() > 0.99


# -- the race ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_each_racer_learns_to_the_bit_as_it_would_alone(dropout):
    session, model = ran(tiny(dropout=dropout, eval_steps=None))
    shared = {k: v for k, v in TINY.items() if k not in ("num_heads", "intermediate_size", "hidden_size")}
    shared |= {"dropout": dropout, "eval_steps": None, "label_smoothing": 0.1}
    size = model["gru"].config["hidden_size"]
    alone = {
        "transformer": TransformerConfig(**{**TINY, "dropout": dropout, "eval_steps": None}),
        "gru": Seq2SeqConfig(**shared, hidden_size=size, embedding_size=16),
    }
    for name, config in alone.items():
        other, lonely = ran(config)
        for (key, a), b in zip(model[name].state_dict().items(), lonely.state_dict().values(), strict=True):
            assert torch.equal(a, b), (name, key)
        np.testing.assert_array_equal(session.history[f"loss_{name}"], other.history["loss"])


def test_each_adam_forgets_as_its_config_says():
    session, _ = ran(tiny(max_steps=1, eval_steps=None, adam_beta2=0.95, gru_adam_beta2=0.9))
    assert [group["betas"] for group in session.job.optimizer.param_groups] == [(0.9, 0.9), (0.9, 0.95)]
    alone = {"max_steps": 1, "eval_steps": None}
    session, model = ran(TransformerConfig(**{**TINY, **alone}))
    assert session.job.optimizer.param_groups[0]["betas"] == (0.9, 0.98)
    given = {k: v for k, v in TINY.items() if k in ("task", "max_train_samples", "batch_size")}
    session, _ = ran(Seq2SeqConfig(**{**given, **alone, "hidden_size": 16, "embedding_size": 16}))
    assert session.job.optimizer.param_groups[0]["betas"] == (0.9, 0.999)


def test_embeddings_start_small_beside_their_positions():
    model = Transformer(500, 300, hidden_size=64, num_layers=1)
    for table in (model.source, model.target):
        assert (table.weight[1:] * 64**0.5).std().item() == pytest.approx(0.02, rel=0.05) and not table.weight[0].any()


def test_a_race_stopped_and_resumed_ends_in_the_same_bits_and_keeps_its_clocks(tmp_path):
    _, whole = ran(tiny(dropout=0.2, tied=True, output=str(tmp_path / "whole")))
    session = Session(tiny(dropout=0.2, tied=True, output=str(tmp_path / "half")).make_job())
    session.step(3)
    session.wait_for("paused", timeout=60)
    session.stop()
    session.wait(60)
    before = dict(session.job.seconds)
    again = Session.reopen(tmp_path / "half")
    again.run()
    assert again.step_number == 6 and again.job.steps == {"gru": 6, "transformer": 6}
    for (name, a), b in zip(whole.state_dict().items(), again.model.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert all(again.job.seconds[n] > before[n] > 0 for n in RACERS)
    history = again.history
    for name in RACERS:
        assert history[f"step_{name}"].tolist() == [1, 2, 3, 4, 5, 6]
        assert (np.diff(history[f"seconds_{name}"]) > 0).all()
    assert (tmp_path / "half" / "model" / "model.safetensors").is_file()


class Clock:
    """Every step of the GRU takes 3 seconds, of the Transformer 1."""

    def __init__(self, job):
        self.now, self.job, self.asked = 0.0, job, 0

    def __call__(self) -> float:
        self.asked += 1
        if self.asked % 2 == 0:
            self.now += 3.0 if self.job.model["gru"].training and self._grads("gru") else 1.0
        return self.now

    def _grads(self, name: str) -> bool:
        return any(p.grad is not None for p in self.job.model[name].parameters())


def test_with_equal_time_whoever_had_less_takes_the_next_step():
    job = race(tiny(equal="time", max_steps=40, eval_steps=None))
    job.clock = Clock(job)
    session = Session(job)
    session.run()
    assert job.steps == {"gru": 10, "transformer": 30} and job.seconds == {"gru": 30.0, "transformer": 30.0}
    history = session.history
    assert len(history["loss"]) == 40 and len(history["loss_gru"]) == 10
    assert history["step_transformer"].tolist() == list(range(1, 31))
    assert job.speed("gru")["epoch_seconds"] == pytest.approx(len(job.pairs.train.sources) / 16 * 3)
    assert job.speed("transformer")["tokens_per_second"] == pytest.approx(job.tokens["transformer"] / 30)


def test_evaluation_tells_of_both():
    session, model = ran(tiny(max_steps=4, eval_steps=2))
    history = session.history
    for name in RACERS:
        assert len(history[f"eval_exact_{name}"]) == 2 and 0 <= history[f"eval_exact_{name}"][-1] <= 1
        assert history[f"eval_step_{name}"].tolist() == [2, 4]
        assert history.last(f"eval_seconds_{name}") == pytest.approx(history.last(f"seconds_{name}"))
        speed = session.job.tokens[name] / session.job.seconds[name]
        assert history.last(f"eval_tokens_per_second_{name}") == pytest.approx(speed, rel=1e-4)
        assert any(m.startswith("eval_exact_") and m.endswith(f"_{name}") and m[11].isdigit() for m in history.metrics)
    assert session.result["eval_exact_gru"] == history.last("eval_exact_gru")


def test_live_rates_reach_the_racer_they_are_for():
    session = Session(race(tiny(max_steps=4, lr_scheduler_type="constant", warmup_ratio=0.0)))
    session.step(2)
    session.wait_for("paused", timeout=60)
    session.set(gru_learning_rate=0.0001, label_smoothing=0.1)
    session.resume()
    session.wait(60)
    history = session.history
    np.testing.assert_allclose(history["learning_rate_gru"], [session.config.gru_learning_rate] * 2 + [1e-4] * 2)
    np.testing.assert_allclose(history["learning_rate_transformer"], [session.config.learning_rate] * 4)


def test_a_size_that_is_odd_is_refused():
    with pytest.raises(InputError, match="gru_hidden_size: each direction of the encoder has half of it; 17 is odd"):
        tiny(gru_hidden_size=17)


# -- sizes ---------------------------------------------------------------------------------------------------------

SIZES = {"hanzi to pinyin": (4967, 31), "pinyin to hanzi": (31, 4967), "Chinese to English": (268, 285)}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("attention", ["additive", "multiplicative"])
@pytest.mark.parametrize("changes", [{}, {"tied": True}, {"hidden_size": 64, "num_layers": 1}])
def test_racers_have_the_same_number_of_parameters_within_a_tenth(sizes, attention, changes):
    c = RaceConfig(**changes, attention=attention)
    transformer = Transformer(
        *sizes, hidden_size=c.hidden_size, num_heads=c.num_heads, intermediate_size=c.intermediate_size,
        num_layers=c.num_layers, tied=c.tied,
    )  # fmt: skip
    wanted = sum(p.numel() for p in transformer.parameters())
    size = gru_size(wanted, *sizes, c.hidden_size, attention)
    gru = Seq2Seq(*sizes, hidden_size=size, embedding_size=c.hidden_size, attention=attention)
    count = sum(p.numel() for p in gru.parameters())
    assert count == gru_parameters(*sizes, size, c.hidden_size, attention)
    assert abs(count / wanted - 1) < 0.1


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
def test_the_table_of_a_transformer_adds_up_block_by_block(tied, norm_first):
    d, f, layers = 16, 24, 3
    model = Transformer(
        11, 9, hidden_size=d, num_heads=2, intermediate_size=f, num_layers=layers, tied=tied, norm_first=norm_first
    )
    found = {(b.part, b.block): b.parameters for b in blocks(model)}
    total = sum(p.numel() for p in model.parameters())
    assert sum(found.values()) == total
    for n in range(1, layers + 1):
        assert found[f"encoder, layer {n}", "self-attention"] == 4 * (d * d + d)
        assert found[f"decoder, layer {n}", "attention to the source"] == 4 * (d * d + d)
        assert found[f"decoder, layer {n}", "feed-forward net"] == 2 * d * f + f + d
        assert found[f"decoder, layer {n}", "layer norms"] == 3 * 2 * d
    assert found["embedding of the source", ""] == 11 * d and found["readout", ""] == (9 if tied else 9 * d + 9)
    text = repr(parameter_table(model))
    assert f"{total:,}" in text and ("shared, counted above" in text) == tied


@pytest.mark.parametrize("attention", ["none", "additive", "multiplicative"])
def test_the_table_of_a_gru_adds_up(attention):
    model = Seq2Seq(11, 9, hidden_size=16, embedding_size=12, attention=attention)
    found = blocks(model)
    total = sum(p.numel() for p in model.parameters())
    assert sum(b.parameters for b in found) == total and f"{total:,}" in repr(parameter_table(model))
    assert any(b.part == "attention to the source" for b in found) == (attention != "none")


# -- schedules -----------------------------------------------------------------------------------------------------


def test_the_chosen_schedule_stands_out_and_is_followed():
    config = tiny(lr_scheduler_type="cosine", max_steps=100)
    lines = schedule_lines(config, 100, History())
    assert [kind for _, kind, *_ in lines] == ["planned"] * 4 + ["rate"] and lines[-1][0] == "cosine, chosen"
    assert len({tuple(line[4]) for line in lines}) == 5
    session, _ = ran(tiny(lr_scheduler_type="inverse_sqrt", eval_steps=None))
    name, kind, steps, rates, dash = schedule_lines(session.config, 6, session.history)[-1]
    assert (name, kind, dash) == ("so far", "rate", ()) and len(steps) == 6
    figure = schedules(config, 100)
    assert [t.name for t in figure.data][-1] == "cosine, chosen" and len(figure.data) == 5


def test_schedules_compared_and_stopped():
    small = {k: TINY[k] for k in ("max_train_samples", "max_eval_samples", "hidden_size", "intermediate_size")}
    said = []
    rows = compare_schedules(TRIALS[4:], Series(said.append), max_steps=2, **small)
    assert [r["name"] for r in rows] == [name for name, _ in TRIALS[4:]] == [s.split(":")[0] for s in said]
    assert "norm after" in repr(schedule_table(rows))
    series = Series(lambda line: series.stop())
    assert len(compare_schedules(TRIALS[4:], series, max_steps=2, **small)) == 1


# -- time against length -------------------------------------------------------------------------------------------


def test_time_is_measured_for_both_and_can_be_stopped():
    models = timing.pair(hidden_size=16, max_length=64)
    sizes = [sum(p.numel() for p in m.parameters()) for m in models.values()]
    assert abs(sizes[0] / sizes[1] - 1) < 0.1
    rows = timing.against_length(models, (4, 8), batch_size=2, repeats=1)
    assert [r["length"] for r in rows] == [4, 8]
    assert all(r[f"{what}_{name}"] > 0 for r in rows for what in ("forward", "step", "tokens") for name in models)
    assert rows[1]["tokens_gru"] == pytest.approx(16 / rows[1]["step_gru"])
    series = Series(lambda line: series.stop())
    short = timing.against_length(models, (4, 8, 16), batch_size=2, repeats=1, steps=False, series=series)
    assert [r["length"] for r in short] == [4] and "step_gru" not in short[0]
    threads = torch.get_num_threads()
    timing.against_length(models, (4,), batch_size=1, repeats=1, threads=2)
    assert torch.get_num_threads() == threads
    figure = time_against_length(rows, "Two at a time.")
    assert len(figure.data) == 4 and len(time_against_length(short).data) == 2
    told = growth([{"length": 8, "forward_gru": 1, "forward_transformer": 1},
                   {"length": 64, "forward_gru": 8, "forward_transformer": 2}])  # fmt: skip
    assert "GRU with attention 8.0× and the Transformer 2.0×" in told and growth([]) == ""


# -- the myth ------------------------------------------------------------------------------------------------------


def test_self_attention_is_no_convolution():
    """Shuffled words come out shuffled, and every place depends on every other; of a convolution neither is true."""
    torch.manual_seed(0)
    layer, window = EncoderLayer(16, 2, 24, 0.0, True, draws()), nn.Conv1d(16, 16, 3, padding=1)
    x, order = torch.randn(1, 21, 16), torch.randperm(21)
    for run, kept, seen in (
        (lambda t: layer(t, None), True, 21),
        (lambda t: window(t.transpose(1, 2)).transpose(1, 2), False, 3),
    ):
        shuffled = (run(x[:, order]) - run(x)[:, order]).abs().max().item()
        assert (shuffled < 1e-5) == kept and (kept or shuffled > 0.1)
        given = x.clone().requires_grad_()
        run(given)[0, 10].sum().backward()
        assert int((given.grad[0].abs().sum(1) > 0).sum()) == seen
    # The same window of a convolution is weighed the same in any sentence; attention's weights come from the words.
    layer.attention.keep = True
    layer(x, None)
    first = layer.attention.weights.clone()
    layer(2 * x[:, order], None)
    assert not torch.allclose(first, layer.attention.weights, atol=1e-3)


# -- taken away ----------------------------------------------------------------------------------------------------


def test_a_tied_transformer_answers_the_same_in_onnx_for_any_lengths(tmp_path):
    import onnxruntime

    from nblib.labs.seq2seq import export as translator
    from nblib.labs.seq2seq.export import Translator

    session, model = ran(tiny(max_steps=2, eval_steps=None, tied=True, norm="after"))
    report = translator.save(tmp_path, session.job, model["transformer"], formats=["safetensors", "onnx"])
    assert [r["format"] for r in report.rows] == ["safetensors", "onnx"]
    assert all(r["largest_difference"] <= r["tolerance"] for r in report.rows)
    runtime = onnxruntime.InferenceSession(tmp_path / "onnx" / "model.onnx", providers=["CPUExecutionProvider"])
    transformer = model["transformer"].eval()
    for batch, source_length, target_length in ((1, 3, 2), (3, 9, 7), (4, 1, 1)):
        source = torch.randint(3, 60, (batch, source_length), generator=draws(batch))
        target = torch.randint(3, 60, (batch, target_length), generator=draws(batch + 1))
        source[0, 1:] = 0
        (found,) = runtime.run(None, {"source": source.numpy(), "target": target.numpy()})
        np.testing.assert_allclose(found, transformer(source, target)[0].detach().numpy(), atol=1e-4)
    text = session.job.pairs.validation.sources[0]
    assert Translator.load(tmp_path / "safetensors")(text) == session.job.translate(transformer, [text])[0]
