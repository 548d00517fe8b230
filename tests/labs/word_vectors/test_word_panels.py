"""The panels of counts: n-gram models and bags of words, what they answer and what they refuse."""

import numpy as np
import pytest

from nblib import NgramPanel, WordCountsPanel
from nblib.labs.word_vectors.counts.bag_of_words import WEIGHTINGS, BagOfWords
from nblib.labs.word_vectors.ngram.config import NgramConfig
from nblib.models.ngram import SMOOTHINGS
from nblib.ui.controls import exact_text
from tests.wire import edit, from_browser

LINES = ["the cat sat", "the dog sat", "a cat ran", "the cat and the dog ran", "<b>bold</b> & 'quoted'"] * 30
REVIEWS = ["a dull film", "a bright and moving film", "the film is dull, dull, dull", "dog bites man", "warm"]


def ask(view, **texts):
    from_browser(view, {"type": "ask", "number": view.seen + 1, "texts": texts})


@pytest.fixture(scope="module")
def ngram(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "<cats>.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return NgramPanel(NgramConfig(corpus=str(path), order=2), sentence="the cat ran").wait()


def test_each_factor_of_a_typed_sentence_is_shown(ngram):
    ask(ngram.view, sentence="The cat ran!")
    assert [row[0] for row in ngram.view.rows] == ["the", "cat", "ran", "the end"]
    assert [row[3] for row in ngram.view.rows] == [
        "P( the | beginning )", "P( cat | the )", "P( ran | cat )", "P( the end | ran )",
    ]  # fmt: skip
    product = np.prod([f.probability for f in ngram.model.factors(["the", "cat", "ran"])])
    assert f"{product:.3g}" in ngram.view.said and "over 4 factors" in ngram.view.said
    assert "Perplexity on 15 other sentences" in ngram.held.value


def test_smoothing_and_its_slider_change_the_factors(ngram):
    ask(ngram.view, sentence="dog the cat")
    seen, ends = (
        {},
        {"add-k": ("k", "1e-4", "1"), "interpolation": ("share", "0", "1"), "kneser-ney": ("discount", "0", "1")},
    )
    for smoothing in SMOOTHINGS:
        edit(ngram, "smoothing", smoothing)
        seen[smoothing] = ngram.view.said
        own = ends.get(smoothing, ("",))
        assert set(ngram.controls.widget.locked) == {name for name, *_ in ends.values()} - {own[0]}
        for end in own[1:]:
            edit(ngram, own[0], end, final=False)
            assert ngram.view.said.startswith("P(sentence) = ") and "Perplexity" in ngram.held.value
        if own[0]:
            edit(ngram, own[0], exact_text(NgramConfig.setting(own[0]).default))
    assert seen["none"].startswith("P(sentence) = 0: a factor was never seen") and len(set(seen.values())) == 4
    assert "∞" not in ngram.held.value and ngram.config.smoothing == "kneser-ney"


@pytest.mark.parametrize(
    ("text", "rows", "says"),
    [
        ("", 1, "An empty sentence has one factor: its end"),
        ("🙂 …", 1, "No letters in it"),
        ("zebra", 2, "Not in the vocabulary, so scored as “some rare word”: zebra"),
        ("שלום 你好", 3, "Not in the vocabulary"),
        ("x" * 10_000, 2, "xxxx…"),
        ("the cat sat " * 834, 41, "over 2503 factors"),
        ("y" * 100_001, 0, "100,001 letters are too many"),
    ],
)
def test_any_text_is_answered_in_a_line(ngram, text, rows, says):
    ask(ngram.view, sentence=text)
    assert len(ngram.view.rows) == rows and says in ngram.view.said and len(ngram.view.said) < 250


def test_a_continuation_is_written_and_shown_as_text(ngram):
    ask(ngram.view, sentence="<i> the")
    edit(ngram, "temperature", "0")
    ngram.write.click()
    assert "i the │" in ngram.written.value and "<i>" not in ngram.written.value
    first = ngram.written.value
    ngram.write.click()
    assert ngram.written.value == first
    assert "<cats>" not in ngram.about.value + ngram.held.value


def test_every_order_is_counted_when_it_is_asked_for(ngram):
    for order in (1, 5, 2):
        edit(ngram, "order", str(order))
        assert ngram.wait().model.order == order and f"of {order}" in ngram.about.value
        assert len(ngram.view.rows) > 0


def test_a_text_that_is_not_there_is_named():
    panel = NgramPanel(NgramConfig(corpus="nothing-here")).wait()
    assert "no corpus 'nothing-here'" in panel.view.said and panel.view.tone == "bad"
    panel.write.click()
    assert "no corpus" in panel.written.value
    edit(panel, "order", "7")
    assert "order: '7' is not a whole number at least 1 and at most 5" in panel.view.said


# -- bags of words -------------------------------------------------------------------------------------------------


def test_weights_are_those_of_the_formula():
    bag = BagOfWords(REVIEWS, "tf-idf")
    row = dict(zip(bag.words, bag.row("the film is dull, dull, dull").toarray()[0], strict=True))
    texts = [set(r.replace(",", "").split()) for r in REVIEWS]
    weight = {
        w: count * (np.log((1 + 5) / (1 + sum(w in t for t in texts))) + 1)
        for w, count in {"the": 1, "film": 1, "is": 1, "dull": 3}.items()
    }
    length = np.sqrt(sum(v**2 for v in weight.values()))
    assert {w: row[w] for w in weight} == pytest.approx({w: v / length for w, v in weight.items()})
    cosine, shared = bag.compare("a dull film", "dull dull film")
    assert cosine == pytest.approx(sum(s.product for s in shared))


def test_each_way_of_counting_loses_what_it_loses():
    bags = {w: BagOfWords(REVIEWS, w) for w in WEIGHTINGS}
    for bag in bags.values():
        assert bag.compare("dog bites man", "man bites dog")[0] == pytest.approx(1)
        assert bag.compare("bright", "warm")[0] == 0
    repeated = ("dull film", "dull dull dull film")
    assert bags["one-hot"].compare(*repeated)[0] == pytest.approx(1)
    assert bags["counts"].compare(*repeated)[0] < 0.9
    assert bags["tf-idf"].nearest("is the film dull", 1)[0][0] == 2
    assert bags["tf-idf"].nearest("nothing known", 3) == []


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("a dull film", "a moving film", "cosine 0.67"),
        ("", "", "Type two sentences"),
        ("zebra", "", "No word is left to compare. In no review: zebra"),
        ("🙂", "שלום", "In no review: שלום"),
        ("dull " * 2_000, "film", "cosine 0.00"),
        ("x" * 100_001, "", "100,000 letters are the most"),
    ],
)
def test_two_typed_sentences_are_compared(first, second, says):
    panel = WordCountsPanel(REVIEWS)
    ask(panel.view, first=first, second=second)
    assert says in panel.view.said
    for weighting in WEIGHTINGS:
        panel.weighting.value = weighting


def test_the_nearest_text_is_shown_with_the_words_that_count():
    panel = WordCountsPanel(REVIEWS, first="a moving film", second="a dull film")
    assert panel.found.rows[0][0] == "a bright and moving film" or panel.found.rows[0][0] == "a dull film"
    assert [row[3] for row in panel.view.rows] == ["adds 0.33", "adds 0.33", "only in 2", "only in 1"]
