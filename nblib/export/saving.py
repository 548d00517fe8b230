"""Export a run's model: build, load again in a fresh process, compare, and only then put it in its place."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.files import beside, replace_folder, restore, write_atomic
from nblib.engine.jobs import read_config
from nblib.engine.locks import FolderLock
from nblib.export import fresh
from nblib.export.formats import FORMATS, files_of, known, size_of
from nblib.export.report import Report
from nblib.export.rows import Rows, held_out, of_tokens

# Largest difference of a logit, for logits up to 1; in proportion for larger ones. A copy computes the same bits, and
# 1e-6 leaves room for another order of summation; ONNX fuses operations (6e-8 to 1e-6 was measured).
TOLERANCE = {"hf": 1e-6, "onnx": 1e-4}
LATENCY_TOKENS = 32
_SPARE = 20_000_000

Progress = Callable[[str, int, int], None]


class ExportFailed(RuntimeError):
    """A format could not be made or loaded; nothing of it was kept."""


class Mismatch(ExportFailed):
    """What was exported does not answer as the original does; nothing of it was kept."""


def save(
    run_dir: str | Path,
    formats: Iterable[str] = ("hf", "onnx"),
    verify: str | Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Write ``run_dir/export/<format>/`` and ``run_dir/export/report.json``.

    ``formats``: ``hf`` (a transformers folder) and ``onnx``. Each is built under another name, loaded in a fresh
    process with plain transformers or plain onnxruntime, and compared with the run's ``model/`` on up to 256 rows; it
    takes the place of an older export of the same format only then. ``verify`` names the data set whose test split is
    compared on; the run's own when left out. ``progress(what, done, of)`` is called at each stage.

    Raises InputError for a folder without a run or a model, an unknown format, a pickle in ``model/``, damaged weights,
    too little free space; ExportFailed where a format cannot be made; Mismatch where logits, labels or class names
    differ. Whatever is raised, OSError and KeyboardInterrupt too, nothing half-written stays.
    """
    formats = known(formats, FORMATS)
    run_dir = Path(run_dir)
    model = _model(run_dir)
    config = read_config(run_dir / "config.yaml")
    _ask_for_space(run_dir, model, formats)
    try:
        lock = FolderLock(run_dir)
    except OSError as error:
        raise InputError(f"{run_dir}: cannot be written ({error.strerror}); copy the run first") from None
    try:
        return _save(run_dir, model, config, formats, verify, progress or _silent)
    finally:
        lock.release()
        _leave_no_empty(run_dir / "export")


def _save(run_dir: Path, model: Path, config, formats: list[str], verify, progress: Progress) -> Report:
    from nblib.training.finetune.predict import Predictor

    of = 1 + 2 * len(formats)
    progress("reading the model and the rows to compare on", 0, of)
    original = Predictor(run_dir, device="cpu")
    rows = held_out(config, original.labels, verify)
    reference = Reference(original, rows)
    folder = run_dir / "export"
    folder.mkdir(exist_ok=True)
    for leftover in folder.glob(".*.part"):
        shutil.rmtree(leftover, ignore_errors=True)
    report = _earlier(run_dir)
    for number, name in enumerate(formats):
        final = folder / name
        restore(final)
        temporary = beside(final)
        temporary.mkdir()
        try:
            progress(f"{name}: writing", 1 + 2 * number, of)
            started = time.monotonic()
            try:
                FORMATS[name](model, temporary, original.max_length)
            except fresh.ChildFailed as error:
                raise ExportFailed(f"{name}: the model could not be translated ({error})") from None
            built = time.monotonic()
            progress(f"{name}: comparing in a fresh process", 2 + 2 * number, of)
            figures = reference.compare(name, temporary)
            row = {
                "format": name,
                "size_bytes": size_of(temporary),
                **figures,
                "export_seconds": round(built - started, 2),
                "check_seconds": round(time.monotonic() - built, 2),
            }
            replace_folder(temporary, final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        kept = [r for r in report.rows if r["format"] != name]
        report.rows = sorted([*kept, row], key=lambda r: list(FORMATS).index(r["format"]))
        write_atomic(folder / "report.json", report.to_json() + "\n")
    progress("done", of, of)
    return report


class Reference:
    """What the original answers, and how far an export may be from it."""

    def __init__(self, original, rows: Rows):
        import torch

        self.rows, self.labels = rows, original.labels
        self.threads = torch.get_num_threads()
        self.logits = np.concatenate([original.batch_logits(batch) for batch in rows.batches]).astype(np.float64)
        if not np.isfinite(self.logits).all():
            raise InputError(f"{original.path}: the model answers with numbers that are not finite; train it again")
        texts = [text for batch in rows.batches[:-1] for text in batch]
        self.latency_text, self.latency_tokens = of_tokens(texts, LATENCY_TOKENS, original.count_tokens)

    def ask(self, name: str, folder: Path) -> dict[str, Any]:
        """What the exported folder answers in a fresh process. Raises ExportFailed."""
        with tempfile.TemporaryDirectory(prefix="nblib-export-") as work:
            request, answer = Path(work) / "request.json", Path(work) / "answer.json"
            asked = {"batches": self.rows.batches, "latency_text": self.latency_text, "threads": self.threads}
            request.write_text(json.dumps(asked), encoding="utf-8")
            try:
                fresh.run("nblib.export.check", name, folder.resolve(), request, answer, cwd=Path(work))
            except fresh.ChildFailed as error:
                raise ExportFailed(f"{name}: a fresh process could not use it ({error}); it was not kept") from None
            return json.loads(answer.read_text(encoding="utf-8"))

    def compare(self, name: str, folder: Path) -> dict[str, Any]:
        """The figures of an exported folder. Raises Mismatch where it differs, ExportFailed where it does not load."""
        answers = self.ask(name, folder)
        if answers["labels"] != self.labels:
            raise Mismatch(f"{name}: its classes are {answers['labels'][:5]}, those of the original {self.labels[:5]}")
        logits = np.array([row for batch in answers["logits"] for row in batch], np.float64)
        if logits.shape != self.logits.shape:
            raise Mismatch(f"{name}: {logits.shape} logits came back, {self.logits.shape} were expected")
        difference = np.abs(logits - self.logits)
        largest = float(difference.max()) if np.isfinite(logits).all() else float("inf")
        tolerance = TOLERANCE[name] * max(1.0, float(np.abs(self.logits).max()))
        n = self.rows.count
        if not largest <= tolerance:
            worst = int(np.argmax(np.where(np.isfinite(difference), difference, np.inf).max(axis=1)))
            where = f"row {worst + 1} of {n}" if worst < n else "a probe text"
            raise Mismatch(
                f"{name}: its logits differ from the original's by up to {largest:.2g} (allowed {tolerance:.2g}), "
                f"most in {where}; it was not kept"
            )
        best, original = logits[:n].argmax(axis=1), self.logits[:n].argmax(axis=1)
        top = np.sort(self.logits[:n], axis=1)
        close = top[:, -1] - top[:, -2] <= 2 * tolerance
        ties = int(((best != original) & close).sum())
        same = float(((best == original) | close).mean())
        if same < 1:
            raise Mismatch(f"{name}: {1 - same:.1%} of the rows get another class; it was not kept")
        labels = self.rows.labels[:n]
        known = labels >= 0
        return {
            "largest_difference": largest,
            "tolerance": tolerance,
            "same_labels": same,
            "ties": ties,
            "accuracy": float((best == labels)[known].mean()) if known.any() else None,
            "original_accuracy": float((original == labels)[known].mean()) if known.any() else None,
            "rows": n,
            "data": self.rows.data,
            "latency_ms": answers["latency_ms"],
            "batch_latency_ms": answers["batch_latency_ms"],
            "latency_tokens": self.latency_tokens,
            "threads": self.threads,
            "versions": answers["versions"],
        }


def _model(run_dir: Path) -> Path:
    from nblib.sources.models import check_folder

    if not run_dir.is_dir():
        raise InputError(f"{run_dir}: no such folder; give the folder that a run wrote")
    if not (run_dir / "config.yaml").is_file():
        raise InputError(f"{run_dir}: holds no run (no config.yaml); give the folder that a run wrote")
    model = run_dir / "model"
    if not model.is_dir():
        raise InputError(
            f"{run_dir}: the run has no model yet; let it train to its end, or go on with: nblib resume {run_dir}"
        )
    files_of(model)
    return check_folder(model)


def _ask_for_space(run_dir: Path, model: Path, formats: list[str]) -> None:
    need = int(size_of(model) * 1.05 + _SPARE) * len(formats)
    free = shutil.disk_usage(run_dir).free
    if free < need:
        raise InputError(
            f"{run_dir}: the export needs {need / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free; make room, or export "
            "one format at a time"
        )


def _earlier(run_dir: Path) -> Report:
    """The report that is there, of which rows are kept; a damaged one counts for nothing."""
    try:
        report = Report.read(run_dir)
    except InputError:
        return Report([], run_dir / "export")
    report.rows = [r for r in report.rows if r["format"] in FORMATS]
    return report


def _leave_no_empty(folder: Path) -> None:
    if folder.is_dir() and not os.listdir(folder):
        folder.rmdir()


def _silent(what: str, done: int, of: int) -> None:
    pass
