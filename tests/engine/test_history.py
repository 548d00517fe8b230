"""The history: columns in memory, lines on disk."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from nblib import History


def rows(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def filled(path, steps=5) -> History:
    history = History(path)
    for n in range(1, steps + 1):
        history.append(n, {"loss": n / 10, "learning_rate": 1e-4}, seconds=n / 2)
    history.flush()
    return history


def test_columns_are_float32_beside_their_steps_and_seconds(tmp_path):
    history = filled(tmp_path / "h.jsonl")
    history.append(4, {"eval_loss": 0.25})
    assert history["loss"].dtype == np.float32 and history.steps("loss").dtype == np.int32
    assert history["loss"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert history.steps("loss").tolist() == [1, 2, 3, 4, 5]
    assert history.seconds("loss").tolist() == [0.5, 1, 1.5, 2, 2.5]
    assert history.metrics == ["loss", "learning_rate", "eval_loss"]
    assert (history.last("eval_loss"), history.last_step) == (0.25, 5)
    assert "eval_loss" in history and "accuracy" not in history
    assert math.isnan(history.last("accuracy")) and history.last("accuracy", 7) == 7
    with pytest.raises(KeyError, match="no metric 'accuracy' in this history; there are loss, learning_rate"):
        history["accuracy"]
    history.close()


def test_what_is_given_out_is_a_copy():
    history = History()
    history.append(1, {"loss": 1.0})
    history["loss"][0] = 9
    assert history["loss"].tolist() == [1.0]


def test_columns_grow_by_doubling():
    history, sizes = History(), set()
    for n in range(1, 10_001):
        history.append(n, {"loss": float(n)})
        if n % 100 == 0:
            history.flush()
            sizes.add(len(history._columns["loss"].values))
    assert sizes == {128, 256, 512, 1024, 2048, 4096, 8192, 16384}
    assert np.array_equal(history["loss"], np.arange(1, 10_001, dtype=np.float32))
    assert np.array_equal(history.steps("loss"), np.arange(1, 10_001))


def test_the_file_holds_one_object_a_line_and_reads_back_the_same(tmp_path):
    path = tmp_path / "h.jsonl"
    history = filled(path)
    history.event("set", step=5, name="learning_rate", old=1e-4, new=3e-5)
    history.close()
    assert rows(path)[0] == {"step": 1, "seconds": 0.5, "loss": 0.1, "learning_rate": 1e-4}
    assert rows(path)[-1] == {"event": "set", "step": 5, "name": "learning_rate", "old": 1e-4, "new": 3e-5}
    again = History.read(path)
    for metric in history.metrics:
        for read in (History.__getitem__, History.steps, History.seconds):
            assert np.array_equal(read(history, metric), read(again, metric))
    assert again.events == history.events


def test_a_path_is_written_to_from_the_beginning(tmp_path):
    history = History(tmp_path / "h.jsonl")
    history.append(1, {"loss": 1.0})
    history.close()
    assert len(rows(tmp_path / "h.jsonl")) == 1


def test_events_and_rows_from_before_a_path_was_known_are_written(tmp_path):
    history = History()
    history.event("note", text="2 rows dropped")
    history.append(1, {"loss": 1.0})
    history.attach(tmp_path / "h.jsonl")
    history.close()
    assert rows(tmp_path / "h.jsonl") == [
        {"event": "note", "text": "2 rows dropped"},
        {"step": 1, "seconds": 0.0, "loss": 1.0},
    ]


def test_without_a_path_no_line_is_kept():
    history = History()
    for n in range(1000):
        history.append(n, {"loss": 1.0})
    history.flush()
    assert history._lines == []


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_torn_last_line_is_passed_over_and_the_next_process_writes_on(tmp_path, cut):
    path = tmp_path / "h.jsonl"
    filled(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    kept = 4 if cut > 1 else 5
    assert History.read(path).steps("loss").tolist() == list(range(1, kept + 1))
    history = History.read(path)
    history.attach(path)
    history.append(6, {"loss": 6.0})
    history.close()
    again = History.read(path)
    assert again.steps("loss").tolist() == [*range(1, kept + 1), 6]


def test_bytes_that_are_no_text_are_passed_over(tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_bytes(b'{"step": 1, "loss": 1.0}\n\xff\xfe\x00\n[1, 2]\n"text"\n7\n\n{"step": 2, "loss": 2.0}\n')
    assert History.read(path).steps("loss").tolist() == [1, 2]


def test_it_can_be_read_while_it_is_being_written(tmp_path):
    path = tmp_path / "h.jsonl"
    history = History(path)
    for n in range(1, 50):
        history.append(n, {"loss": float(n)})
        history.flush()
        assert History.read(path).last_step == n
    history.close()


def test_a_resume_drops_the_rows_beyond_it_also_for_readers(tmp_path):
    path = tmp_path / "h.jsonl"
    history = filled(path)
    history.append(5, {"eval_loss": 0.5})
    history.event("checkpoint", step=3)
    history.event("set", step=4, name="learning_rate", old=1, new=2)
    history.event("resume", **{"from": 3})
    history.append(4, {"loss": 40.0})
    history.flush()
    for found in (history, History.read(path)):
        assert found.steps("loss").tolist() == [1, 2, 3, 4]
        assert found["loss"][-1] == 40
        assert found.steps("eval_loss").tolist() == []
        assert [e["event"] for e in found.events] == ["checkpoint", "resume"]
    assert history.last_step == 4
    history.close()


def test_a_second_resume_goes_further_back(tmp_path):
    history = filled(tmp_path / "h.jsonl")
    history.event("resume", **{"from": 4})
    history.append(5, {"loss": 50.0})
    history.event("resume", **{"from": 2})
    history.append(3, {"loss": 30.0})
    history.close()
    assert History.read(tmp_path / "h.jsonl")["loss"].tolist() == pytest.approx([0.1, 0.2, 30])


def test_no_finite_number_is_null_on_disk_and_nan_again(tmp_path):
    path = tmp_path / "h.jsonl"
    history = History(path)
    for n, loss in enumerate([1.0, math.nan, math.inf, -math.inf, 2.0], start=1):
        history.append(n, {"loss": loss})
    history.close()
    assert [row["loss"] for row in rows(path)] == [1.0, None, None, None, 2.0]
    again = History.read(path)
    assert np.isnan(again["loss"]).tolist() == [False, True, True, True, False]
    assert history.first_nonfinite == again.first_nonfinite == {"loss": 2}


def test_a_resume_before_a_nan_forgets_it(tmp_path):
    history = filled(tmp_path / "h.jsonl")
    history.append(6, {"loss": math.nan})
    history.event("resume", **{"from": 5})
    assert history.first_nonfinite == {}
    history.close()


class OnDevice:
    def __init__(self, value):
        self.value, self.reads = value, 0

    def __float__(self):
        self.reads += 1
        return self.value


def test_values_stay_on_their_device_until_a_flush(tmp_path):
    history, value = History(tmp_path / "h.jsonl"), OnDevice(0.5)
    history.append(1, {"loss": value})
    assert value.reads == 0
    history.flush()
    history.flush()
    assert value.reads == 1 and history["loss"].tolist() == [0.5]
    history.append(2, {"loss": value})
    assert history["loss"].tolist() == [0.5, 0.5], "whoever reads gets what was logged"
    history.close()


@pytest.mark.parametrize("text", ["你好，世界", "naïve — “quoted”", "<b>&amp;</b>", "a\nb\u2028c", "🙂", '"\\'])
def test_any_text_survives(tmp_path, text):
    path = tmp_path / "h.jsonl"
    history = History(path)
    history.event("note", step=0, text=text)
    history.close()
    assert History.read(path).events == [{"event": "note", "step": 0, "text": text}]
    assert path.read_bytes().count(b"\n") == 1


def test_what_json_does_not_know_becomes_text(tmp_path):
    history = History(tmp_path / "h.jsonl")
    history.event("start", folder=tmp_path)
    history.close()
    assert rows(tmp_path / "h.jsonl") == [{"event": "start", "folder": str(tmp_path)}]


def test_the_version_moves_with_every_row_and_event():
    history = History()
    seen = [history.version]
    history.append(1, {"loss": 1.0})
    seen.append(history.version)
    history.event("note", text="x")
    seen.append(history.version)
    assert seen == sorted(set(seen))


def test_frame_has_a_row_a_step_and_a_column_a_metric(tmp_path):
    history = filled(tmp_path / "h.jsonl")
    history.append(4, {"eval_loss": 0.25})
    history.append(4, {"eval_loss": 0.75})
    frame = history.frame()
    assert list(frame.columns) == ["loss", "learning_rate", "eval_loss"]
    assert (frame.index.name, frame.index.tolist()) == ("step", [1, 2, 3, 4, 5])
    assert frame["eval_loss"].dropna().to_dict() == {4: 0.75}
    assert History().frame().empty
    history.close()
