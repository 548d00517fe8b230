"""The model card: README.md beside the weights, which says what the model is, from what, and how good."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nblib import __version__
from nblib.engine.config import Setting, number_text
from nblib.engine.files import write_atomic
from nblib.engine.history import History
from nblib.training.finetune.config import FineTuneConfig
from nblib.training.schedules import schedule_text

_LANGUAGES = {"reviews": "en", "tweets": "en", "products": "en", "editorials": "en", "reviews-zh": "zh"}
# Where the offline pack's model is published; its name in the pack is no hub id.
_BASE_MODELS = {"minilm": "sentence-transformers/all-MiniLM-L6-v2"}
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(:[\w.-]+)?")
_DATA_SUFFIXES = {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".txt"}
# The ids that the hub knows, of those that models and data for text carry.
_LICENCES = {
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0", "cc-by-3.0", "cc-by-sa-3.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "mpl-2.0", "openrail",
    "unlicense", "afl-3.0", "artistic-2.0", "odc-by", "pddl", "llama2", "llama3", "gemma",
}  # fmt: skip
_FIGURES = (
    ("accuracy", "accuracy"),
    ("f1_macro", "F1, macro average"),
    ("precision_macro", "precision, macro average"),
    ("recall_macro", "recall, macro average"),
    ("loss", "loss (cross-entropy, nats)"),
)
_PACKAGES = ("torch", "transformers", "tokenizers", "accelerate", "datasets", "numpy")


def write_card(
    model_dir: str | Path,
    *,
    config: FineTuneConfig,
    metrics: dict[str, Any],
    label_names: Sequence[str],
    report_lines: Sequence[str] = (),
    base_model_licence: str = "",
    data_licence: str = "",
    history: History | None = None,
    confusion: Sequence[Sequence[int]] | None = None,
    language: str | None = None,
) -> Path:
    """Write ``README.md``, and beside it ``curves.svg`` and ``confusion.svg`` where there is something to draw.

    ``metrics`` is what a run writes into metrics.json; figures of the test split are shown where there are any, else of
    the validation split. ``report_lines`` come from the data set's report. ``confusion`` holds counts [true class,
    predicted class] on the split that is shown. ``language`` is an ISO 639-1 code, and known for the offline pack. Text
    from data and names is shown as text; paths are cut down to the name of the file. Returns the path of the card.

    Raises OSError where the folder cannot be written.
    """
    from huggingface_hub import ModelCard

    folder, names = Path(model_dir), list(label_names)
    split, prefix = ("test", "test_") if "test_accuracy" in metrics else ("validation", "eval_")
    shown = _draw(folder, metrics, names, history, confusion)
    body = [
        *_opening(config, names, metrics, language or _LANGUAGES.get(config.dataset)),
        *_use(),
        *_results(metrics, prefix, split, shown),
        *_data(config, metrics, report_lines, data_licence),
        *_training(config, metrics, history, shown),
        *_limits(config, base_model_licence, data_licence),
        *_again(config),
    ]
    data = _front_matter(config, metrics, prefix, split, base_model_licence, language)
    card = ModelCard(f"---\n{data.to_yaml()}\n---\n\n" + "\n".join(body) + "\n")
    path = folder / "README.md"
    write_atomic(path, str(card))
    return path


def _draw(folder: Path, metrics, names: list[str], history: History | None, confusion) -> list[str]:
    """Write the pictures that there is something for, remove those of an earlier card; the names of those written."""
    from nblib.training.finetune import card_figures

    standing = {
        "majority class": metrics.get("baseline_majority_accuracy"),
        "TF-IDF": metrics.get("baseline_tfidf_accuracy"),
    }
    pictures = {
        "curves.svg": history and card_figures.curves(history, {n: v for n, v in standing.items() if v is not None}),
        "confusion.svg": card_figures.confusion(confusion, names) if confusion is not None else None,
    }
    for name, picture in pictures.items():
        if picture:
            write_atomic(folder / name, picture)
        else:
            (folder / name).unlink(missing_ok=True)
    return [name for name, picture in pictures.items() if picture]


def markdown(text: object) -> str:
    """Any text as text: on one line, no HTML, no Markdown, no mathematics."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", str(text)).split())
    line = escape(line, quote=False).replace("$", "&#36;")
    line = re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", line)
    return re.sub(r"^(?=[-+] |\d+[.)] )", "&#8203;", line)


def public_name(name: str) -> str:
    """A data set, model or folder as a card may name it: hub ids and names as they are, paths by their last part."""
    tail = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    if tail == name:
        return name
    is_path = Path(name).suffix.lower() in _DATA_SUFFIXES or Path(name).exists() or not _HUB_ID.fullmatch(name)
    return tail if is_path else name


def licence_id(text: str) -> str | None:
    """The hub's id of a licence that is told in words, such as "Apache-2.0 (the package: MIT)"; None if not known."""
    found = re.match(r"[\w.-]+", text.strip().lower())
    name = found[0] if found else ""
    return name if name in _LICENCES else None


def _public(config: FineTuneConfig) -> FineTuneConfig:
    changes = {"dataset": public_name(config.dataset), "model": public_name(config.model)}
    if config.output is not None:
        relative = not (Path(config.output).is_absolute() or config.output.startswith(("~", "..", "\\")))
        changes["output"] = config.output if relative and ":" not in config.output else public_name(config.output)
    return config.replace(**changes)


def _front_matter(config, metrics, prefix, split, base_model_licence, language):
    from huggingface_hub import EvalResult, ModelCardData

    public = _public(config)
    told = [(name, metrics.get(prefix + name)) for name, _ in _FIGURES if name != "loss"]
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=public.dataset,
            dataset_name=public.dataset,
            dataset_split=split,
            metric_type={"f1_macro": "f1", "precision_macro": "precision", "recall_macro": "recall"}.get(name, name),
            metric_name=title,
            metric_value=round(float(value), 4),
        )
        for (name, value), (_, title) in zip(told, _FIGURES, strict=False)
        if value is not None
    ]
    licence = licence_id(base_model_licence)
    base = _BASE_MODELS.get(config.model, public.model if _HUB_ID.fullmatch(public.model) else None)
    return ModelCardData(
        language=language or _LANGUAGES.get(config.dataset),
        license=licence or "other",
        license_name=None if licence else "see-below",
        base_model=base,
        # A name of the offline pack is no id on the hub, and may be somebody else's there.
        datasets=[public.dataset.partition(":")[0]] if _HUB_ID.fullmatch(public.dataset) else None,
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["nblib", "text-classification"],
        metrics=["accuracy", "f1"],
        model_name=_title(public),
        eval_results=results or None,
    )


def _title(public: FineTuneConfig) -> str:
    return f"{public.model.rpartition('/')[2]} fine-tuned on {public.dataset}"


def _opening(config, names: list[str], metrics, language) -> list[str]:
    public = _public(config)
    shown = ", ".join(markdown(name) for name in names[:20]) + (f" and {len(names) - 20} more" if names[20:] else "")
    steps, epochs = metrics.get("steps"), metrics.get("epochs")
    lines = [
        f"# {markdown(_title(public))}",
        "",
        f"A text classifier with {len(names)} classes: {shown}. It is {markdown(public.model)}, trained further on the "
        f"data set {markdown(public.dataset)}" + (f" ({_number(epochs)} epochs, {steps} steps)." if steps else "."),
    ]
    if metrics.get("state") == "stopped":
        lines += ["", "The training was stopped before its planned end; these are the weights it had then."]
    return lines


def _use() -> list[str]:
    return [
        "",
        "## How to use it",
        "",
        "```python",
        "from transformers import pipeline",
        "",
        'classify = pipeline("text-classification", model=".")  # "." is this folder',
        'for found in classify(["First text.", "Second text."], truncation=True):',
        '    print(found["label"], round(found["score"], 3))',
        "```",
    ]


def _results(metrics, prefix: str, split: str, shown: list[str]) -> list[str]:
    standing = "test_baseline_" if prefix == "test_" else "baseline_"
    rows = []
    for name, title in _FIGURES:
        value = metrics.get(prefix + name)
        if value is None:
            continue
        others = [metrics.get(f"{standing}{kind}_{name}") for kind in ("majority", "tfidf")]
        rows.append(f"| {title} | {_figure(value)} | {_figure(others[0])} | {_figure(others[1])} |")
    if not rows:
        return ["", "## Results", "", "The run was not evaluated before it ended."]
    count = metrics.get({"test_": "num_test_samples", "eval_": "num_eval_samples"}[prefix])
    lines = [
        "",
        "## Results",
        "",
        f"On the {split} split" + (f" ({count:,} rows)" if count else "") + ", beside two baselines on the same rows:",
        "",
        "| | this model | majority class | TF-IDF and logistic regression |",
        "|---|---:|---:|---:|",
        *rows,
    ]
    if "confusion.svg" in shown:
        lines += ["", f"![Confusion matrix on the {split} split](confusion.svg)"]
    return lines


def _data(config, metrics, report_lines: Sequence[str], licence: str) -> list[str]:
    public = _public(config)
    counts = [(name, metrics.get(key)) for name, key in _SPLITS.items() if metrics.get(key) is not None]
    lines = ["", "## Data", "", f"Data set: {markdown(public.dataset)}. Licence: {markdown(licence or 'not stated')}."]
    if counts:
        lines += ["", "| split | rows used |", "|---|---:|", *(f"| {name} | {count:,} |" for name, count in counts)]
    lines += ["", *(f"- {markdown(_without_paths(line, config))}" for line in report_lines)] if report_lines else []
    cut = metrics.get("truncated_share")
    if cut is not None:
        lines += ["", f"{cut:.1%} of the training texts were cut at {config.max_length} tokens."]
    return lines


_SPLITS = {"train": "num_train_samples", "validation": "num_eval_samples", "test": "num_test_samples"}


def _training(config, metrics, history: History | None, shown: list[str]) -> list[str]:
    public = _public(config)
    lines = ["", "## Training", "", "Settings; those in bold are not the defaults.", ""]
    lines += ["| setting | value | default | meaning |", "|---|---|---|---|"]
    for s in type(config).settings():
        value, default = _value(s, getattr(public, s.name)), _value(s, s.default)
        changed = getattr(config, s.name) != s.default
        told = (f"**`{s.name}`**", f"**{value}**") if changed else (f"`{s.name}`", value)
        lines.append(f"| {told[0]} | {told[1]} | {default} | {markdown(s.description)} |")
    lines += ["", schedule_text(config)]
    changes = [e for e in history.events if e.get("event") == "set"] if history is not None else []
    if changes:
        lines += ["", "Changed while the run was going:", ""]
        lines += [
            f"- after step {e.get('step', 0)}: `{e.get('name')}` from {_number(e.get('old'))} to "
            f"{_number(e.get('new'))}"
            for e in changes
        ]
    facts = [
        ("train_runtime", lambda v: f"{v:,.0f} s of running"),
        ("train_samples_per_second", lambda v: f"{v:,.1f} examples a second in training"),
        ("peak_memory_mb", lambda v: f"{v:,.0f} MB of memory at most"),
        ("precision", lambda v: markdown(v)),
        ("device", lambda v: f"on {markdown(v)}"),
        ("world_size", lambda v: f"{v} processes" if v > 1 else ""),
    ]
    told = [text for key, say in facts if metrics.get(key) is not None and (text := say(metrics[key]))]
    lines += ["", "; ".join(told) + "."] if told else []
    if "curves.svg" in shown:
        lines += ["", "![Loss and accuracy by optimiser step](curves.svg)"]
    return lines


def _limits(config, base_model_licence: str, data_licence: str) -> list[str]:
    public = _public(config)
    return [
        "",
        "## Intended use and limits",
        "",
        "- Meant for texts like those it was trained on, in the same language. On another kind of text, or at another "
        "time, the figures above say little: measure it on rows of your own first.",
        f"- A text longer than {config.max_length} tokens is judged by its beginning.",
        "- It always names one of its classes, also for a text that belongs to none, and its probabilities were not "
        "calibrated.",
        "- What the data and the base model hold of prejudice and of errors in the labels, it has learned. It was not "
        "tested for that; do not let it decide about people on its own.",
        "",
        f"Licence of the base model, {markdown(public.model)}: {markdown(base_model_licence or 'not stated')}. Licence "
        f"of the data: {markdown(data_licence or 'not stated')}. Both bind whoever passes this model on.",
    ]


def _again(config) -> list[str]:
    command = _public(config).as_command()
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", command)), default=0))
    versions = [f"nblib {__version__}", f"Python {sys.version_info.major}.{sys.version_info.minor}"]
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ["", "## How to repeat it", "", f"{fence}sh", command, fence, "", "Made with " + ", ".join(versions) + "."]


def _without_paths(line: str, config) -> str:
    for name in (config.dataset, config.model):
        for form in {name, str(Path(name).expanduser()), str(Path(name).expanduser().absolute())}:
            line = line.replace(form, public_name(name)) if re.search(r"[/\\]", form) else line
    return line


def _value(s: Setting, value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else markdown(number_text(value))


def _number(value: Any) -> str:
    return number_text(value) if isinstance(value, (int, float)) else markdown(value)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
