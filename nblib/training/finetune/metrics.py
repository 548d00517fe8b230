"""What a classifier is measured by."""

from __future__ import annotations

import numpy as np


def classification_metrics(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Loss (mean cross-entropy, nats), accuracy, and macro-averaged precision, recall and F1.

    ``logits``: float [rows, classes]; ``labels``: int [rows]. Oracle in the tests: torch and scikit-learn.
    """
    logits = np.asarray(logits, np.float64)
    labels = np.asarray(labels)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    matrix = confusion_matrix(logits.argmax(axis=1), labels, logits.shape[1]).astype(np.float64)
    hits, told, true = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    # A class that is neither told nor true in these rows says nothing about the model.
    present = (told + true) > 0
    precision = np.divide(hits, told, out=np.zeros_like(hits), where=told > 0)
    recall = np.divide(hits, true, out=np.zeros_like(hits), where=true > 0)
    f1 = np.divide(2 * hits, told + true, out=np.zeros_like(hits), where=present)
    return {
        "loss": float(-log_probabilities[np.arange(len(labels)), labels].mean()),
        "accuracy": float(hits.sum() / len(labels)),
        "f1_macro": float(f1[present].mean()),
        "precision_macro": float(precision[present].mean()),
        "recall_macro": float(recall[present].mean()),
    }


def class_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """``rows / (classes * rows of the class)``, float32 [classes]: the mean over the rows is 1, so a loss that is
    weighed by them keeps its scale."""
    counts = np.bincount(labels, minlength=classes)
    return (len(labels) / (np.maximum(counts, 1) * len(counts))).astype(np.float32)


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Counts, int64 [true class, predicted class]."""
    flat = np.asarray(labels) * classes + np.asarray(predicted)
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)
