"""Classes for texts, from a run or from any transformers folder of a classifier."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.jobs import read_config

if TYPE_CHECKING:
    import torch

    from nblib.training.finetune.config import FineTuneConfig

# Texts tokenised at a time, so that a file of millions needs no more memory than one of thousands.
_CHUNK = 4096
# No text is read further than this many characters for every token that the model takes (at least 100,000): what
# lies beyond is cut off anyway, and a tokenizer takes seconds for 10 MB.
_CHARACTERS_PER_TOKEN = 64


class Predictor:
    """A trained classifier: ``Predictor("runs/demo")(["a sentence"])``.

    ``path`` is a run folder (its ``model/`` is used, and the ``max_length`` of its config) or a transformers folder.
    Weights are read from safetensors only. ``device`` is a torch device; a GPU is used where there is one. Calls from
    several threads are safe.

    Attributes: ``labels``, the class names in the order of the logits; ``max_length``, in tokens.

    Raises InputError where there is no model, or none that classifies.
    """

    def __init__(self, path: str | Path, *, device: str | None = None):
        import torch

        from nblib.sources.models import check_folder
        from nblib.training.finetune.pretrained import load_tokenizer, longest_text

        self.path = model_folder(path)
        check_folder(self.path)
        self.tokenizer = load_tokenizer(self.path)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.model = _load(self.path).to(self.device)
        config = self.model.config
        self.labels: list[str] = [str(config.id2label[i]) for i in range(config.num_labels)]
        limits = [self.tokenizer.model_max_length, longest_text(config) or 8192]
        run_config = (self.path.parent if self.path.name == "model" else Path(path)) / "config.yaml"
        if run_config.is_file():
            limits.append(cast("FineTuneConfig", read_config(run_config)).max_length)
        self.max_length: int = min(limits)
        self._lock = threading.Lock()

    def __call__(self, texts: list[str], batch_size: int = 32) -> list[dict]:
        """``[{"label": name, "probabilities": {name: share}}]``, one for each text, in their order."""
        found = []
        for row in self.logits(texts, batch_size).astype(np.float64):
            shares = np.exp(row - row.max())
            shares /= shares.sum()
            named = {name: float(share) for name, share in zip(self.labels, shares, strict=True)}
            found.append({"label": self.labels[int(row.argmax())], "probabilities": named})
        return found

    def logits(self, texts: list[str], batch_size: int = 32) -> np.ndarray:
        """float32 [texts, classes], in the order given; computed in batches of texts of like length."""
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise InputError("predict: give a list of texts; anything else in it, None for one, is no text")
        if batch_size < 1:
            raise InputError(f"batch_size: {batch_size} is not a whole number at least 1")
        found = np.empty((len(texts), len(self.labels)), np.float32)
        for start in range(0, len(texts), _CHUNK):
            rows = self._encode(texts[start : start + _CHUNK])
            for batch in _of_like_length(rows, batch_size):
                found[start + batch] = self._forward([rows[i] for i in batch])
        return found

    def batch_logits(self, texts: list[str]) -> np.ndarray:
        """float32 [texts, classes] of exactly this batch: one padded tensor, rows in the order given."""
        return self._forward(self._encode(texts))

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special ones too, before any cut."""
        with self._lock:
            return len(self.tokenizer(_readable(text), verbose=False)["input_ids"])

    def inputs(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """int64 tensors [texts, longest] that the model takes for this batch, on its device."""
        return self._pad(self._encode(texts))

    def _encode(self, texts: list[str]) -> list[dict[str, list[int]]]:
        longest = max(100_000, _CHARACTERS_PER_TOKEN * self.max_length)
        texts = [_readable(text[:longest]) for text in texts]
        # A fast tokenizer keeps the cut as a state of its own, and refuses to be used by two threads at once.
        with self._lock:
            made = self.tokenizer(texts, truncation=True, max_length=self.max_length)
        return [{name: made[name][i] for name in made} for i in range(len(texts))]

    def _pad(self, rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        import torch

        # On the right, as in training, whatever the tokenizer would do by itself.
        width = max(1, *(len(row["input_ids"]) for row in rows))
        fill = {"input_ids": self.tokenizer.pad_token_id or 0, "token_type_ids": self.tokenizer.pad_token_type_id}
        made = {name: np.full((len(rows), width), fill.get(name, 0), np.int64) for name in rows[0]}
        for i, row in enumerate(rows):
            for name, values in row.items():
                made[name][i, : len(values)] = values
        return {name: torch.from_numpy(array).to(self.device) for name, array in made.items()}

    def _forward(self, rows: list[dict[str, list[int]]]) -> np.ndarray:
        import torch

        with torch.inference_mode():
            return self.model(**self._pad(rows)).logits.float().cpu().numpy()


def model_folder(path: str | Path) -> Path:
    """The folder with the model: ``path/model`` of a run, else ``path``. Raises InputError where there is none."""
    path = Path(path)
    if (path / "model" / "config.json").is_file():
        return path / "model"
    if (path / "config.yaml").is_file():
        raise InputError(
            f"{path}: the run has no model yet; let it train to its end or stop it, or go on with: nblib resume {path}"
        )
    if not path.exists():
        raise InputError(f"{path}: no such folder; give the folder of a run or of a transformers model")
    if (path / "model.onnx").is_file():
        raise InputError(f"{path}: holds an ONNX model; give the folder of the run or its export/hf")
    if not (path / "config.json").is_file():
        raise InputError(f"{path}: holds no model (no config.json); give the folder of a run or a transformers model")
    return path


def _load(path: Path):
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification

    from nblib.training.finetune.pretrained import quiet

    try:
        with quiet():
            model, report = AutoModelForSequenceClassification.from_pretrained(
                path, dtype=torch.float32, use_safetensors=True, output_loading_info=True
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{path}: the model cannot be loaded ({_first_line(error)}); train it again") from None
    if report["missing_keys"]:
        missing = ", ".join(sorted(report["missing_keys"])[:3])
        raise InputError(f"{path}: is no trained classifier (it lacks {missing}); fine-tune it first")
    if model.config.num_labels < 2:
        raise InputError(f"{path}: tells no classes apart (num_labels is {model.config.num_labels})")
    return model.eval()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _readable(text: str) -> str:
    # Half a surrogate pair is legal in a Python string and in no encoding; a tokenizer cannot take it.
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _of_like_length(rows: list[dict[str, list[int]]], batch_size: int) -> Iterator[np.ndarray]:
    order = np.argsort([len(row["input_ids"]) for row in rows], kind="stable")[::-1]
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]
