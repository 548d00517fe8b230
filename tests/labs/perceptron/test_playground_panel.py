"""The playground's and the digits' panels with a wire that goes nowhere."""

from __future__ import annotations

import base64
import threading

import numpy as np
import pytest

from nblib import DigitsConfig, DigitsPanel, PlaygroundConfig, PlaygroundPanel
from nblib.sources.digits import as_scanned, load_digits
from tests.fakes import PATIENCE
from tests.wire import edit, from_browser, wait_until


@pytest.fixture
def make(wire):
    made = []

    def make_it(config=None, kind=PlaygroundPanel, **options):
        made.append(kind(config, **options))
        return made[-1]

    yield make_it
    for panel in made:
        if panel.session is not None and panel.session.active:
            panel.session.stop()
            panel.session.wait_for("stopped", timeout=PATIENCE)


def send(panel, **content):
    from_browser(panel.view, {"number": panel.view.seen + 1, **content})


def paused_after(panel, steps):
    panel.start()
    wait_until(lambda: panel.session.step_number >= steps)
    panel.pause()
    panel.session.wait_for("paused", timeout=PATIENCE)


def notice(panel):
    return panel.status.notice


def test_before_start_a_net_is_there_and_follows_the_settings(make):
    panel = make()
    assert panel.view.net["sizes"] == [2, 4, 2, 1] and len(panel.view.field) == 3600
    before = panel.view.points
    edit(panel, "dataset", "spiral")
    assert panel.view.points != before
    send(panel, type="neurons", layer=0, by=1)
    send(panel, type="layers", by=1)
    send(panel, type="feature", name="sin_x1")
    assert panel.config.hidden_sizes == "5, 2, 2" and panel.view.net["sizes"] == [3, 5, 2, 2, 1]
    assert len(panel.view.small) == 900 * (3 + 5 + 2 + 2)


def test_layers_and_neurons_keep_to_their_bounds_and_one_feature_stays(make):
    panel = make(PlaygroundConfig(hidden_sizes="8, 1", features="x1"))
    send(panel, type="neurons", layer=0, by=1)
    send(panel, type="neurons", layer=1, by=-1)
    assert panel.config.hidden_sizes == "8, 1"
    send(panel, type="feature", name="x1")
    assert panel.config.features == "x1" and "needs at least one" in notice(panel)
    for _ in range(3):
        send(panel, type="layers", by=-1)
    assert panel.config.hidden_sizes == "none" and panel.view.net["sizes"] == [1, 1]
    for _ in range(8):
        send(panel, type="layers", by=1)
    assert len(panel.config.hidden) == 6
    for nonsense in ({"type": "neurons", "layer": 9, "by": 1}, {"type": "feature", "name": "x9"}, {"type": "x"}):
        send(panel, **nonsense)


def test_it_plays_pauses_steps_and_everything_may_change_meanwhile(make):
    panel = make()
    paused_after(panel, 200)
    at = panel.session.step_number
    panel.step()
    wait_until(lambda: panel.session.step_number == at + 1 and panel.session.state == "paused")
    panel.resume()
    for name, text in (("dataset", "xor"), ("learning_rate", "0.01"), ("hidden_sizes", "3"), ("noise", "0.2")):
        edit(panel, name, text)
    send(panel, type="feature", name="x1_x2")
    wait_until(lambda: panel.view.net["sizes"] == [3, 3, 1])
    wait_until(lambda: panel.session.model.config == panel.config)
    panel.stop()
    panel.session.wait(PATIENCE)
    assert panel.session.view_errors == []


def test_fifty_moves_a_second_of_every_slider_do_no_harm(make):
    panel = make()
    panel.start()
    for name in ("noise", "batch_size", "regularisation_rate", "learning_rate"):
        setting = PlaygroundConfig.setting(name)
        for value in (*setting.slider, *setting.slider):
            edit(panel, name, str(int(value) if setting.kind == "int" else value), final=False)
        edit(panel, name, str(setting.default))
    wait_until(lambda: panel.session.model is not None and panel.session.model.config == panel.config)
    assert panel.session.state == "running" and panel.session.view_errors == []


def test_a_weight_is_pulled_before_and_while_it_plays(make):
    panel = make()
    send(panel, type="weight", layer=0, source=1, target=0, value=1.25, final=False)
    assert panel.shown().net.weights[0][1, 0] == 1.25
    assert np.frombuffer(panel.view.weights, np.float32)[panel.shown().net.place(0, 1, 0)] == 1.25
    # Start goes on from what the hand made.
    panel.step()
    panel.session.wait_for("paused", timeout=PATIENCE)
    assert abs(panel.session.model.net.weights[0][1, 0] - 1.25) < 0.1
    panel.resume()
    send(panel, type="weight", layer=1, source=None, target=0, value=-2.0, final=False)
    wait_until(lambda: panel.session.model.net.biases[1][0] == -2.0)
    send(panel, type="weight", layer=1, source=None, target=0, value=-2.0, final=True)
    wait_until(lambda: panel.session.model.held == {})


def test_the_graph_of_one_example_follows_the_net(make):
    panel = make()
    send(panel, type="example", off=False)
    graph = panel.view.graph
    assert len(graph["values"]) == 4 and len(graph["weight_slopes"]) == 3
    panel.step()
    panel.session.wait_for("paused", timeout=PATIENCE)
    wait_until(lambda: panel.view.graph != graph)
    send(panel, type="example", x=1.0, y=2.0, target=-1.0)
    wait_until(lambda: panel.view.graph.get("point") == [1.0, 2.0])
    send(panel, type="example", off=True)
    wait_until(lambda: panel.view.graph == {})


def test_the_code_on_screen_gives_the_outputs_of_the_net(make):
    import torch

    panel = make(PlaygroundConfig(dataset="spiral", hidden_sizes="8, 8", features="x1, x2, sin_x1"))
    paused_after(panel, 50)
    panel.show_drawer("code")
    copying = panel.drawers["code"].copying
    wait_until(lambda: len(copying.texts) == 3)
    space: dict = {}
    exec(dict(copying.texts)["torch"], space)
    play = panel.session.model
    with torch.no_grad():
        said = space["net"](torch.tensor(play.toy.points)).numpy()
    np.testing.assert_allclose(said, play.net(play.inputs), atol=1e-6)
    # The run as code ends where the screen is.
    weights, code = play.net.parameters.copy(), dict(copying.texts)["the run in Python"]
    panel.stop()
    panel.session.wait(PATIENCE)
    exec(code, space)
    assert (space["session"].model.net.parameters == weights).all()


def test_the_state_is_restored_from_its_line_and_a_wrong_one_changes_nothing(make):
    panel = make(PlaygroundConfig(dataset="xor", seed=4))
    paused_after(panel, 120)
    panel.show_drawer("state")
    drawer = panel.drawers["state"]
    wait_until(lambda: drawer.copying.texts)
    line = drawer.copying.texts[0][1]
    step, weights = panel.session.model.step, panel.session.model.net.parameters.copy()
    drawer.text.value = line
    drawer.restore()
    assert "press Stop first" in drawer.restored.value
    panel.stop()
    panel.session.wait(PATIENCE)
    panel.reset()
    edit(panel, "dataset", "circle")
    for wrong in (line[:-3], line.replace("seed=4", "seed=5"), "", "😀 مرحبا"):
        drawer.text.value = wrong
        drawer.restore()
        assert "state: " in drawer.restored.value and panel.config.dataset == "circle"
    drawer.text.value = line
    drawer.restore()
    assert "Restored" in drawer.restored.value and panel.config == PlaygroundConfig(dataset="xor", seed=4)
    assert panel.shown().step == step and (panel.shown().net.parameters == weights).all()
    panel.step()
    panel.session.wait_for("paused", timeout=PATIENCE)
    assert panel.session.model.step == step + 1


def test_the_net_on_screen_is_exported_and_an_empty_name_is_refused(make, tmp_path, monkeypatch):
    import torch

    from nblib.export.own import saving as own
    from nblib.labs.perceptron.playground import drawers as playground_drawers

    both = playground_drawers.export_play
    monkeypatch.setattr(playground_drawers, "export_play", lambda play, folder: both(play, folder, ("safetensors",)))
    panel = make(PlaygroundConfig(features="x1, x2, x1_x2"))
    paused_after(panel, 20)
    panel.show_drawer("export")
    drawer = panel.drawers["export"]
    drawer.path.value = " "
    drawer.export()
    wait_until(lambda: "is empty" in drawer.content.children[0].value and not drawer.button.disabled)
    drawer.path.value = str(tmp_path / "net")
    drawer.export()
    wait_until(lambda: not drawer.button.disabled)
    assert "in a fresh process" in drawer.content.children[0].value
    play = panel.session.model
    with torch.no_grad():
        said = own.load(tmp_path / "net" / "safetensors")(torch.tensor(play.toy.points)).numpy()
    np.testing.assert_allclose(said, play.net(play.inputs), atol=1e-6)
    assert "data set circle" in (tmp_path / "net" / "safetensors" / "README.md").read_text()


def test_what_is_asked_for_while_it_stops_is_answered_after_the_end(make):
    panel = make()
    paused_after(panel, 20)
    asked = threading.Event()
    panel.session.call(lambda play: asked.wait(PATIENCE))
    panel.stop()
    panel.session.desk.enter("stopping", notify=False)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(panel.ask(lambda play: play.step)))
    asking.start()
    asked.set()
    asking.join(PATIENCE)
    assert answers == [panel.session.step_number] and panel.session.over


def test_overflow_is_said_and_reset_brings_back_a_net(make):
    panel = make(PlaygroundConfig(dataset="plane", optimiser="sgd", activation="linear", learning_rate=100))
    panel.start()
    panel.session.wait_for("failed", timeout=PATIENCE)
    wait_until(lambda: "press Reset" in notice(panel))
    panel.reset()
    assert notice(panel) == "" and np.isfinite(np.frombuffer(panel.view.weights, np.float32)).all()


def test_what_is_redrawn_is_small_and_seldom(wire, make):
    panel = make(PlaygroundConfig(max_steps=20_000))
    wire.clear()
    panel.start()
    panel.session.wait(60)
    redraws = wire.of(panel.view)
    seconds = panel.session.history.seconds("loss")[-1]
    assert 1 <= len(redraws) <= 5 * seconds + 5
    assert all(m.size < 20_000 for m in redraws)


def stroke_of_a_one():
    ink = np.zeros((64, 64), bool)
    ink[10:54, 30:35] = True
    return ink


def bits(ink):
    return base64.b64encode(np.packbits(ink).tobytes()).decode()


def test_ink_is_framed_as_the_data_are():
    image = as_scanned(stroke_of_a_one(), 8, 16.0).reshape(8, 8)
    assert image.max() >= 8 and (image[:, 3:5].sum() > 0.99 * image.sum()) and (image.sum(1) > 0).all()
    wide = as_scanned(stroke_of_a_one().T, 28, 255.0).reshape(28, 28)
    assert abs((wide.sum(1) @ np.arange(28)) / wide.sum() - 13.5) < 1
    assert not as_scanned(np.zeros((64, 64), bool), 8, 16.0).any()


def test_digits_are_read_from_the_pad_once_something_was_learnt(make):
    panel = make(DigitsConfig(epochs=25), DigitsPanel)
    from_browser(panel.pad, {"type": "ink", "bits": bits(stroke_of_a_one()), "number": 1})
    assert panel.pad.probabilities == b"" and "press Start" in panel.pad.message
    panel.start()
    panel.session.wait(60)
    wait_until(lambda: panel.pad.probabilities != b"")
    probabilities = np.frombuffer(panel.pad.probabilities, np.float32)
    assert probabilities.argmax() == 1 and probabilities.sum() == pytest.approx(1, abs=1e-5)
    from_browser(panel.pad, {"type": "ink", "bits": bits(np.zeros((64, 64), bool)), "number": 2})
    assert panel.pad.probabilities == b"" and panel.pad.seen == 2
    from_browser(panel.pad, {"type": "ink", "bits": "😀", "number": 3})
    assert "is no drawing" in notice(panel) and panel.pad.seen == 3


def test_the_pictures_behind_a_cell_of_the_confusion_matrix(make):
    panel = make(DigitsConfig(epochs=10), DigitsPanel)
    panel.start()
    panel.session.wait(60)
    counts = np.array(panel.confusion.counts).reshape(10, 10)
    assert counts.sum() == len(load_digits().test_labels)
    panel.confusion.chosen = [3, 3]
    assert panel.behind.message.startswith(f"{counts[3, 3]} test pictures of 3 read as 3")
    assert len(panel.behind.pictures) == 64 * min(24, counts[3, 3])
    assert len(panel.weights.pictures) == 64 * 64
    panel.reset()
    assert panel.confusion.counts == [0] * 100 and panel.behind.pictures == b""


def test_where_all_is_live_no_control_says_so(make):
    hints = {f["hint"] for f in make().controls.widget.fields}
    assert hints == {""}
    some = {f["name"]: f["hint"] for f in make(None, DigitsPanel).controls.widget.fields}
    assert some["learning_rate"] and not some["batch_size"]


def test_mnist_without_a_network_is_said_in_the_panel(make, monkeypatch, tmp_path):
    from nblib.sources import digits

    monkeypatch.setenv("NBLIB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    digits._mnist.cache_clear()
    panel = make(DigitsConfig(dataset="mnist"), DigitsPanel)
    panel.start()
    panel.session.wait_for("failed", timeout=PATIENCE)
    wait_until(lambda: "not in the hub's cache" in notice(panel))
    panel.reset()
    edit(panel, "dataset", "digits")
    panel.step()
    panel.session.wait_for("paused", timeout=PATIENCE)
    assert panel.session.step_number == 1
