"""Looking back at a run, and the spread over seeds."""

import threading

import numpy as np
import pytest

from nblib import FineTuneConfig, Session, finetune
from nblib.engine.errors import InputError
from nblib.labs.fine_tuning.experiments import Outcome, outcome, over_seeds
from nblib.training import Series


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
    first = over_seeds(config, [0, 1], series=Series(said.append))
    assert [line.partition(":")[0] for line in said] == ["seed 0", "seed 1"]
    assert first[0]["train_loss"] != first[1]["train_loss"]
    assert over_seeds(config, [1])[0]["test_loss"] == pytest.approx(first[1]["test_loss"], abs=1e-6)
    assert list(tmp_path.iterdir()) == []


def test_seeds_can_be_stopped_and_what_is_finished_is_kept(config):
    lines = []

    def stop_the_second(line):
        lines.append(line)
        threading.Timer(0.05, series.stop).start()

    series = Series(stop_the_second)
    assert len(over_seeds(config, [0, 1], series)) == 1 and len(lines) == 1
    assert over_seeds(config, [2], series) == []
