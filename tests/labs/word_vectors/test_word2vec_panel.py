"""The word2vec panel with a wire that goes nowhere: what is drawn, asked, refused, and how much is sent."""

import time

import numpy as np
import pytest
from gensim.models import KeyedVectors

from nblib import InputError, Session, Word2VecConfig, Word2VecPanel, word2vec
from nblib.labs.word_vectors.word2vec.word_lists import ASSOCIATIONS
from tests.fakes import PATIENCE
from tests.wire import edit, from_browser, wait_until

KINDS = (
    "pizza chicken rice cheese bread meat",
    "happy sad tired angry excited scared",
    "酒店 宾馆 前台 早餐 房间",
    "he him his she her hers math physics art poetry dance calculus work job home family",
)


@pytest.fixture(scope="module")
def text_file(tmp_path_factory):
    draw = np.random.default_rng(0)
    lines = [" ".join(draw.choice(KINDS[i % 4].split(), 6)) for i in range(3000)]
    path = tmp_path_factory.mktemp("text") / "kinds.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def panel(text_file):
    made = Word2VecPanel(config(text_file))
    yield made
    if made.training:
        made.stop()
        made.session.wait_for("stopped", timeout=PATIENCE)


def config(text_file, **changes):
    settings = {"corpus": text_file, "vector_size": 12, "sample": 0, "window": 3, "batch_words": 1000, "epochs": 8}
    return Word2VecConfig(**settings | {"learning_rate": 0.1} | changes)


def paused(panel, steps=1):
    panel.start() if panel.session is None else None
    panel.session.step(steps)
    wait_until(lambda: panel.status.message.startswith("paused at step") and panel.vectors is not None)
    wait_until(lambda: panel.cloud.curve_text)


def finished(panel):
    panel.start()
    panel.session.wait(60)
    wait_until(lambda: panel.status.message.startswith("finished"))


def places(panel):
    return np.frombuffer(panel.cloud.points, np.float32).reshape(-1, 3)


def ask(view, **texts):
    from_browser(view, {"type": "ask", "number": view.seen + 1, "texts": texts})


def test_before_the_start_it_says_what_will_come(panel):
    assert "once you press Start" in panel.cloud.empty and panel.cloud.words == []
    assert "press Start" in panel.neighbours.view.said and panel.vectors is None
    with pytest.raises(InputError, match="nothing is learnt yet"):
        panel.save("somewhere.txt")


def test_words_move_step_by_step_and_keep_their_colours(panel):
    paused(panel)
    before, words = places(panel), list(panel.cloud.words)
    assert len(before) == len(words) >= 30 and np.isfinite(before).all()
    groups = np.frombuffer(panel.cloud.groups, np.uint8)
    assert [name for name, _ in panel.cloud.legend][:2] == ["food", "feelings"]
    assert {w for w, g in zip(words, groups, strict=True) if g == 1} == set(KINDS[0].split())
    panel.session.step(20)
    wait_until(lambda: panel.status.message == "paused at step 21 of 144" and places(panel).shape == before.shape)
    wait_until(lambda: not np.array_equal(places(panel), before))
    assert panel.cloud.words == words and "loss" in panel.cloud.curve_text


def test_neighbours_and_analogies_answer_while_it_learns_and_when_it_is_over(panel):
    paused(panel)
    ask(panel.neighbours.view, word="pizza")
    assert len(panel.neighbours.view.rows) == 10 and panel.neighbours.view.seen == 1
    panel.resume()
    panel.session.wait(60)
    wait_until(lambda: panel.status.message.startswith("finished"))
    assert {row[0] for row in panel.neighbours.view.rows[:5]} == set(KINDS[0].split()) - {"pizza"}
    marked = [panel.cloud.words[i] for i in panel.cloud.marked]
    assert marked == ["pizza", *(row[0] for row in panel.neighbours.view.rows)]
    ask(panel.neighbours.view, word="酒店")
    assert {row[0] for row in panel.neighbours.view.rows[:4]} == set(KINDS[2].split()) - {"酒店"}
    ask(panel.analogy.view, a="pizza", b="rice", c="sad")
    assert len(panel.analogy.view.rows) == 5 and "rice − pizza + sad" in panel.analogy.view.said
    from_browser(panel.cloud, {"type": "pick", "word": "happy"})
    assert panel.neighbours.view.texts["word"] == "happy" and panel.cloud.words[panel.cloud.marked[0]] == "happy"
    from_browser(panel.neighbours.view, {"type": "pick", "word": "sad"})
    assert panel.neighbours.view.texts["word"] == "sad"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Type a word, as in pizza"),
        ("piza", "'piza' has no vector: it was never seen, or too seldom; seen were pizza"),
        ("🙂🙂", "no letters in '🙂🙂': type a word"),
        ("שלום", "'שלום' has no vector"),
        ("<img src=x>", "'img' has no vector"),
        ("x" * 10_000, "…' has no vector"),
        ("pizza " * 2_000, "2,000 words are too many for one question"),
    ],
)
def test_what_has_no_neighbours_is_answered_in_a_line(finished_panel, text, says):
    view = finished_panel.neighbours.view
    ask(view, word=text)
    assert says in view.said and view.rows == [] and len(view.said) < 200


@pytest.mark.parametrize(
    ("three", "says"),
    [
        (("pizza", "", "sad"), "Three words"),
        (("pizza", "nothing", "sad"), "'nothing' has no vector"),
        (("pizza", "rice bread", "sad"), "one word in each field"),
    ],
)
def test_analogies_that_cannot_be_completed_are_answered_in_a_line(finished_panel, three, says):
    ask(finished_panel.analogy.view, **dict(zip("abc", three, strict=True)))
    assert says in finished_panel.analogy.view.said and finished_panel.analogy.view.rows == []


@pytest.fixture(scope="module")
def finished_panel(text_file):
    session = Session(word2vec(config(text_file))).run()
    return Word2VecPanel(session=session)


def test_a_panel_shows_a_session_that_is_over(finished_panel):
    assert finished_panel.vectors is not None and finished_panel.status.message.startswith("finished")
    assert len(finished_panel.cloud.words) == 33 == len(finished_panel.vectors)


def test_bias_is_measured_on_words_that_the_text_has(finished_panel):
    drawer = finished_panel.drawers["bias"]
    finished_panel.show_drawer("bias")
    assert drawer.view.said.startswith("Group 1 leans to A, against group 2") and "Without a vector" in drawer.view.said
    assert {row[0] for row in drawer.view.rows} == set("he him his she her hers".split())
    assert all(-1 <= row[1] <= 1 for row in drawer.view.rows)
    ask(drawer.view, first="he")
    assert "first group: 1 of the words have a vector" in drawer.view.said and drawer.view.rows == []
    drawer.choice.value = list(ASSOCIATIONS)[0]
    assert "words have a vector, and at least 2 are needed" in drawer.view.said
    finished_panel.show_drawer("bias")


def test_the_export_is_read_by_gensim(finished_panel, tmp_path):
    finished_panel.show_drawer("export")
    drawer = finished_panel.drawers["export"]
    assert drawer.path.value == "runs/vectors-kinds.txt"
    drawer.path.value = str(tmp_path / "vectors.txt")
    drawer.button.click()
    drawer.background.wait()
    assert (
        "33 words of 12 numbers" in drawer.content.children[0].value
        and "equal to the bit" in drawer.content.children[0].value
    )
    theirs = KeyedVectors.load_word2vec_format(drawer.path.value)
    assert np.array_equal(theirs.vectors, finished_panel.vectors.vectors)
    drawer.path.value = " "
    drawer.button.click()
    drawer.background.wait()
    assert "file: is empty" in drawer.content.children[0].value


def test_a_rate_that_is_too_high_ends_the_run_says_so_and_reset_leads_back(panel):
    edit(panel, "learning_rate", "100")
    panel.start()
    panel.session.wait_for("failed", timeout=60)
    wait_until(lambda: "overflowed" in panel.status.notice)
    assert "press Reset or lower the learning rate" in panel.status.notice and not panel.reset_button.disabled
    assert np.isfinite(places(panel)).all()
    panel.reset()
    assert panel.config.learning_rate == 0.1 and panel.cloud.words == [] and panel.status.notice == ""
    finished(panel)


def test_what_is_shown_is_a_copy_and_never_the_model_in_training(panel):
    paused(panel)
    assert not np.shares_memory(panel.vectors.vectors, panel.session.model.vectors)
    before = panel.vectors.vectors.copy()
    kept = panel.vectors
    panel.session.step(5)
    wait_until(lambda: panel.status.message.startswith("paused at step 6"))
    # The picture follows the words a moment later.
    wait_until(lambda: not np.array_equal(panel.vectors.vectors, before))
    assert np.array_equal(kept.vectors, before)


def test_live_settings_are_live_and_the_others_are_locked(panel):
    paused(panel)
    assert {"corpus", "vector_size", "epochs", "seed"} <= set(panel.controls.widget.locked)
    edit(panel, "window", "1")
    wait_until(lambda: "applied at step 1" in panel.controls.widget.notes.get("window", {}).get("text", ""))
    assert panel.config.window == 1


def test_a_text_that_is_not_there_is_named(panel):
    edit(panel, "corpus", "dialoges")
    panel.start()
    panel.session.wait_for("failed", timeout=60)
    wait_until(lambda: "no corpus 'dialoges'" in panel.status.notice)


def test_few_messages_leave_while_it_learns(wire, text_file):
    panel = Word2VecPanel(config(text_file, epochs=60))
    panel.neighbours.ask("pizza")
    wire.clear()
    began = time.monotonic()
    finished(panel)
    seconds = time.monotonic() - began
    sent = wire.of(panel.cloud)
    assert 1 <= len(sent) <= 2 * (5 * seconds + 6)
    assert max(m.size for m in sent) < 20_000
    assert {m.thread for m in sent} == {"nblib-session"}
    assert panel.session.view_errors == []


def test_a_question_of_a_keystroke_is_one_small_message(wire, finished_panel):
    panel = Word2VecPanel(session=finished_panel.session)
    wire.clear()
    ask(panel.neighbours.view, word="pizza")
    sizes = [m.size for m in wire.of(panel.neighbours.view)]
    assert len(sizes) <= 2 and sum(sizes) < 4_000
    assert sum(m.size for m in wire.messages) < 12_000
