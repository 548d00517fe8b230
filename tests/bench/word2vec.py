"""word2vec against gensim, one thread each: words a second, and how far the neighbours of frequent words agree.

Skip-gram, 100 numbers a word, window 5, 5 negatives, 5 epochs on ``dialogues``. Times are of the training alone: the
text is in memory and the vocabulary built, in both.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from tests.bench.measure import quartiles, record

SETTINGS = {"vector_size": 100, "window": 5, "negative": 5, "epochs": 5, "min_count": 5, "sample": 1e-3}
FREQUENT, NEIGHBOURS = 200, 10


def ours(seed: int):
    """Vectors, and words of text a second."""
    from nblib import Session, Word2VecConfig, word2vec

    session = Session(word2vec(Word2VecConfig(seed=seed, **SETTINGS))).run()
    return session.result, session.items_per_second


def theirs(sentences: list[list[str]], words: int, seed: int):
    """The same from gensim; ``words``: of the text that is not left out."""
    from gensim.models import Word2Vec

    from nblib.models.vectors import WordVectors

    model = Word2Vec(sg=1, workers=1, seed=seed, **SETTINGS)
    model.build_vocab(sentences)
    began = time.perf_counter()
    model.train(sentences, total_examples=model.corpus_count, epochs=SETTINGS["epochs"])
    taken = time.perf_counter() - began
    return WordVectors(model.wv.index_to_key, model.wv.vectors), SETTINGS["epochs"] * words / taken


def overlap(a, b, words: list[str]) -> float:
    """Share of the ten nearest neighbours that two sets of vectors have in common, mean over the words."""
    a, b = a.snapshot(), b.snapshot()
    found = [[{w for w, _ in v.nearest(word, NEIGHBOURS)} for v in (a, b)] for word in words]
    return float(np.mean([len(x & y) / NEIGHBOURS for x, y in found]))


def against_gensim(pairs: int) -> None:
    from nblib import sources

    text = sources.corpus("dialogues")
    sentences, often = list(text.sentences()), text.frequent(SETTINGS["min_count"])
    frequent = often.words[:FREQUENT].tolist()
    mine, other, models = [], [], []
    for number in range(pairs):
        runs = [lambda n=number: ours(n + 1), lambda n=number: theirs(sentences, len(often.tokens), n + 1)]
        found = [run() for run in (runs if number % 2 == 0 else runs[::-1])]
        (model, speed), (reference, rate) = found if number % 2 == 0 else found[::-1]
        mine.append(speed)
        other.append(rate)
        models.append((model, reference))
        print(f"  gensim: {speed:,.0f} against {rate:,.0f} words a second", file=sys.stderr, flush=True)
    record(
        "word2vec against gensim",
        {
            "ratio": quartiles(np.divide(mine, other)),
            "nblib": quartiles(mine),
            "other": quartiles(other),
            "unit": "words/s",
        },
    )
    agree = [overlap(model, reference, frequent) for model, reference in models]
    figure = {"overlap": quartiles(agree)}
    if pairs > 1:
        references = [reference for _, reference in models]
        figure["of two seeds of gensim"] = round(overlap(*references[:2], frequent), 4)
        figure["of two seeds of nblib"] = round(overlap(models[0][0], models[1][0], frequent), 4)
    record("word2vec neighbours in common with gensim", figure)


PANEL = """
import json
from IPython.display import display
from nblib import NgramPanel, Word2VecConfig, Word2VecPanel
panel = Word2VecPanel(Word2VecConfig(epochs=40))
ngram = NgramPanel(sentence="i like to eat").wait()
display(panel, ngram)
panel.step()
panel.session.wait_for("paused")
"""
# A word typed at once, to the frame after the one in which the rows have changed.
TYPE = """async ([name, text]) => {
  const input = document.querySelector(`.nblib-ask input[aria-label="${name}"]`);
  const rows = input.closest('.nblib-ask').querySelector('.nblib-ask-rows');
  const before = rows.textContent, began = performance.now();
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  while (rows.textContent === before) {
    if (performance.now() - began > 5000) return null;
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
QUESTIONS = {
    "Neighbours of": ["pizza", "guitar", "sad", "california", "math"],
    "sentence": ["i like to eat pizza", "how are you doing", "the end", "my mom and my dad", "that is so cool"],
}


def answering(times: int) -> None:
    """A word typed to its neighbours, a sentence to its factors: idle, and the first during training."""
    from tests.bench.panel import notebook

    def ask(opened, name: str) -> np.ndarray:
        found = []
        for number in range(times + 3):
            words = QUESTIONS[name]
            took = opened.page.evaluate(TYPE, [name, words[number % len(words)]])
            if took is None:
                raise TimeoutError(f"{name}: no answer within 5 s")
            found.append(took)
            time.sleep(0.2)
        return np.array(found[3:])

    def keep(name: str, took: np.ndarray) -> None:
        record(name, {"p95_ms": round(float(np.percentile(took, 95)), 1), "ms": quartiles(took)})

    with notebook([PANEL]) as opened:
        keep("word typed to its neighbours, paused", ask(opened, "Neighbours of"))
        keep("sentence typed to its factors", ask(opened, "sentence"))
        opened.execute("panel.resume()")
        keep("word typed to its neighbours, training", ask(opened, "Neighbours of"))
