"""Run a session in the foreground of a shell: progress, interrupt, failure, and the table at the end."""

from __future__ import annotations

import math
import shlex

from nblib.cli.output import Failure, first_process
from nblib.cli.progress import Progress
from nblib.engine.errors import InputError
from nblib.engine.session import Session
from nblib.engine.states import FINISHED
from nblib.engine.text import duration


def run(session: Session) -> int:
    """Run to the end and return the exit code; raises InputError and Failure."""
    progress = Progress() if first_process() else None
    if progress is not None:
        session.subscribe(progress)
    try:
        session.run()
    except InputError:
        raise
    except Exception as error:
        raise Failure(f"{session.message}{_way_on(session)}") from error
    finally:
        if progress is not None:
            progress.close(session)
    interrupted = session.interrupted is not None and session.state != FINISHED
    if progress is not None:
        for line in [session.message, *([] if interrupted else summary(session)), *_next(session, interrupted)]:
            progress.lines.say(line)
    return 130 if interrupted else 0


def _way_on(session: Session) -> str:
    return f"; what there is of the run is in {session.folder}" if session.folder else ""


def _next(session: Session, interrupted: bool) -> list[str]:
    if session.folder is None:
        return []
    run = shlex.quote(str(session.folder))
    if interrupted:
        return [f"to go on: nblib resume {run}"]
    lines = ["", f"model         {session.folder / 'model'}"]
    if session.config is None or session.config.kind != "finetune":
        return lines
    return [
        *lines,
        f"try it        nblib predict {run} 'a sentence'",
        f"take it away  nblib export {run} --format hf --format onnx",
    ]


def summary(session: Session) -> list[str]:
    """The model's figures beside the two baselines, as lines; nothing where the run left no metrics.

    Of a run that fine-tunes nothing, whatever it measured.
    """
    metrics = session.result
    if not isinstance(metrics, dict):
        return []
    if session.config is not None and session.config.kind != "finetune":
        numbers = {name: _number(metrics, name) for name in metrics}
        return ["", *(f"{name:<28}{value:>12.4g}" for name, value in numbers.items() if value is not None)]
    rows = [
        ("accuracy", "eval_accuracy", "test_accuracy"),
        ("F1, mean of the classes", "eval_f1_macro", "test_f1_macro"),
        ("always the largest class", "baseline_majority_accuracy", "test_baseline_majority_accuracy"),
        ("TF-IDF, logistic regression", "baseline_tfidf_accuracy", "test_baseline_tfidf_accuracy"),
    ]
    lines = ["", f"{'':<28}{'validation':>12}{'test':>10}"]
    for title, *names in rows:
        shown = [f"{value:.4f}" if (value := _number(metrics, name)) is not None else "-" for name in names]
        lines.append(f"{title:<28}{shown[0]:>12}{shown[1]:>10}")
    rate, seconds = _number(metrics, "train_samples_per_second"), _number(metrics, "train_runtime")
    if rate is not None:
        lines += ["", f"training      {rate:.1f} samples/s" + (f", {duration(seconds)}" if seconds is not None else "")]
    return lines


def _number(metrics: dict, name: str) -> float | None:
    value = metrics.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return None
    return float(value)
