"""Two baselines that every figure of a model stands beside."""

from __future__ import annotations

from typing import Any

import numpy as np


def baselines(train: tuple[list[str], np.ndarray], held_out: dict[str, tuple[list[str], np.ndarray]]) -> dict:
    """Accuracy and macro F1 of the majority class, and of TF-IDF with logistic regression, on each held-out split.

    ``train`` and each of ``held_out``: texts and int labels [rows]. Words and pairs of words, sublinear counts; Chinese
    and Japanese, which write no spaces, by characters one to three. Returns e.g.
    ``{"validation": {"majority_accuracy": .5, "tfidf_accuracy": .8, "majority_f1_macro": …, "tfidf_f1_macro": …}}``.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score

    texts, labels = train
    majority = int(np.bincount(labels).argmax())
    spaceless = np.mean([_spaceless(text) for text in texts[:500]]) > 0.5
    options: dict[str, Any] = {"analyzer": "char", "ngram_range": (1, 3)} if spaceless else {"ngram_range": (1, 2)}
    # A single letter or sign is a word here: texts may be as short as that.
    options |= {} if spaceless else {"token_pattern": r"(?u)\b\w+\b|[^\w\s]"}
    vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=200_000, **options)
    model = None
    try:
        features = vectorizer.fit_transform(texts)
    except ValueError:
        pass  # no word in any text: the majority class is all there is to learn
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=10.0, max_iter=200).fit(features, labels)
    found = {}
    for split, (texts, labels) in held_out.items():
        constant = np.full(len(labels), majority)
        told = model.predict(vectorizer.transform(texts)) if model is not None else constant
        found[split] = {}
        for name, predicted in (("majority", constant), ("tfidf", told)):
            found[split][f"{name}_accuracy"] = float(accuracy_score(labels, predicted))
            # scikit-learn has no types; "warn", the default, makes its argument look like a str.
            f1 = f1_score(labels, predicted, average="macro", zero_division=0)  # pyright: ignore[reportArgumentType]
            found[split][f"{name}_f1_macro"] = float(f1)
    return found


def _spaceless(text: str) -> bool:
    letters = [c for c in text if not c.isspace()]
    wide = sum("\u3040" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff" for c in letters)
    return bool(letters) and wide / len(letters) > 0.3
