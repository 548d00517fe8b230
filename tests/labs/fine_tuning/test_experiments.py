"""Looking back at a run, the spread over seeds, and the button for what takes longer."""

import threading

import numpy as np
import plotly.graph_objects as go
import pytest

from nblib import FineTuneConfig, Session, finetune
from nblib.engine.errors import InputError
from nblib.labs.fine_tuning import experiments
from nblib.labs.fine_tuning.experiments import Outcome, outcome, over_seeds
from nblib.ui.background_button import Later


@pytest.fixture(scope="module")
def config(tiny_model, tiny_csv):
    return FineTuneConfig(
        dataset=str(tiny_csv), model=str(tiny_model), max_train_samples=64, max_eval_samples=20, epochs=1,
        max_length=32, learning_rate=1e-2,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run_folder(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("looking") / "run"
    Session(finetune(config.replace(output=str(folder)))).run()
    return folder


def test_an_outcome_has_the_texts_that_the_logits_belong_to(run_folder):
    from nblib.training.finetune.predict import Predictor

    found = outcome(run_folder, "test")
    assert found.names == ["negative", "positive"] and len(found.texts) == len(found.labels) == 20
    np.testing.assert_allclose(Predictor(run_folder).logits(found.texts), found.logits, atol=1e-4)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert found.confusion.sum() == 20 and np.trace(found.confusion) == (found.said == found.labels).sum()


def test_an_outcome_is_asked_of_a_finished_run_and_a_held_out_split(run_folder, tmp_path):
    with pytest.raises(InputError, match="holds no predictions"):
        outcome(tmp_path)
    with pytest.raises(InputError, match="not held out"):
        outcome(run_folder, "train")


def test_the_worst_mistakes_come_first_and_are_escaped():
    logits = np.array([[0.0, 1.0], [0.0, 5.0], [9.0, 0.0], [0.0, 0.1]])
    made = Outcome(
        ["bad", "<good>"], ["mild", "<script>sure</script>", "right", "near"], np.array([0, 0, 0, 0]), logits
    )
    page = made.worst(2)
    assert page.text.index("sure") < page.text.index("mild") and "near" not in page.text
    assert "The 2 of 3 mistakes" in page.text
    assert "<script>" not in page.html and "&lt;good&gt;" in page.html


def test_seeds_change_the_run_and_leave_nothing(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = []
    first = over_seeds(config, [0, 1], say=said.append)
    assert [line.partition(":")[0] for line in said] == ["seed 0", "seed 1"]
    assert first[0]["train_loss"] != first[1]["train_loss"]
    assert over_seeds(config, [1])[0]["test_loss"] == pytest.approx(first[1]["test_loss"], abs=1e-6)
    assert list(tmp_path.iterdir()) == []


def test_seeds_can_be_stopped_and_what_is_finished_is_kept(config):
    def stop_the_second(line):
        threading.Thread(target=wait_and_stop).start()

    def wait_and_stop():
        while experiments._session is None:
            pass
        experiments.stop()

    assert len(over_seeds(config, [0, 1], say=stop_the_second)) == 1


def press(later):
    later.button.click()
    later.background.thread.join(30)


def test_the_button_works_in_a_thread_and_shows_what_came(monkeypatch):
    seen = []

    def work(say):
        say("half <b>way</b>")
        seen.append(later.place.children[0].value)
        return "<i>text</i>", go.Figure()

    later = Later("Do it", work)
    press(later)
    assert seen == ["half &lt;b&gt;way&lt;/b&gt;"] and not later.button.disabled
    assert "&lt;i&gt;" in later.place.children[0].value and len(later.place.children) == 2


def test_an_error_is_one_line_and_the_button_may_be_pressed_again():
    def work(say):
        raise InputError("no <such> run")

    later = Later("Do it", work)
    for _ in range(2):
        press(later)
        assert "no &lt;such&gt; run" in later.place.children[0].value


def test_stop_is_there_only_where_it_does_something_and_while_it_works():
    plain = Later("Do it", lambda say: "")
    assert plain.stop not in plain.children[0].children
    stopped = threading.Event()
    later = Later("Do it", lambda say: stopped.wait(30) and "over", stop=stopped.set)
    assert later.stop.disabled
    later.button.click()
    assert not later.stop.disabled and later.button.disabled
    later.stop.click()
    later.background.thread.join(30)
    assert later.stop.disabled and "over" in later.place.children[0].value
