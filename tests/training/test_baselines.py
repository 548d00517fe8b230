from __future__ import annotations

import numpy as np
import pytest

from nblib.training.finetune.baselines import baselines


def test_against_a_direct_computation():
    texts = ["good film", "fine film", "bad film", "awful film", "good end", "bad end"] * 4
    labels = np.array([1, 1, 0, 0, 1, 0] * 4)
    held_out = {"test": (["a good one", "bad bad", "fine", "fine"], np.array([1, 0, 1, 1]))}
    found = baselines((texts, labels), held_out)["test"]
    assert found["tfidf_accuracy"] == 1.0 and found["tfidf_f1_macro"] == 1.0
    # both classes have twelve rows: argmax takes the first
    assert found["majority_accuracy"] == 0.25
    assert found["majority_f1_macro"] == pytest.approx((2 * 0.25 / 1.25 + 0) / 2)


def test_chinese_is_read_by_characters():
    texts = ["这个酒店很好", "房间很好干净", "服务很差", "太差了不推荐"] * 5
    labels = np.array([1, 1, 0, 0] * 5)
    held_out = {"test": (["早餐很好", "位置太差"], np.array([1, 0]))}
    assert baselines((texts, labels), held_out)["test"]["tfidf_accuracy"] == 1.0


def test_texts_without_a_word_leave_the_majority():
    found = baselines((["", " ", "\t"], np.array([0, 1, 1])), {"test": (["", "x"], np.array([1, 0]))})["test"]
    assert found["tfidf_accuracy"] == found["majority_accuracy"] == 0.5
