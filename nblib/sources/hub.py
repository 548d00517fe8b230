"""Data sets and models of the Hugging Face hub by owner/name, through `datasets` and `huggingface_hub`.

Offline (`HF_HUB_OFFLINE`, `NBLIB_OFFLINE`) only what is cached is used and no network is waited for. Code from a
repository is never run: `trust_remote_code` is never set, and only safetensors weights are fetched.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nblib.engine.errors import InputError
from nblib.sources import cache
from nblib.sources.columns import find_columns
from nblib.sources.examples import Examples, build, check_classes, clean, distinct, sorted_names, without_shared
from nblib.sources.models import check_folder
from nblib.sources.report import Report
from nblib.sources.split import SPLITS, Fractions, stratified
from nblib.sources.tables import Table, first_line, named

if TYPE_CHECKING:
    import datasets

_MODEL_FILES = [
    "config.json",
    "generation_config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer*",
    "vocab*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.model",
    "chat_template*",
    "README.md",
    "LICENSE*",
]
_SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval"),
}
_TIMEOUT = 10.0  # seconds for the hub's first answer


def offline() -> bool:
    """Whether the hub must not be asked."""
    from huggingface_hub import constants

    by_environment = os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in ("1", "ON", "YES", "TRUE")
    return by_environment or constants.HF_HUB_OFFLINE or cache.offline()


@contextmanager
def _quiet(is_offline: bool) -> Iterator[None]:
    """No progress bars and no log lines; offline, both libraries are told so: they read the environment only once."""
    import datasets
    from datasets import config
    from huggingface_hub import constants
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    bars = datasets.is_progress_bar_enabled()
    hub_bars = not are_progress_bars_disabled()
    verbosity = datasets.logging.get_verbosity()
    before = constants.HF_HUB_OFFLINE, config.HF_HUB_OFFLINE
    datasets.disable_progress_bars()
    disable_progress_bars()
    datasets.logging.set_verbosity_error()
    if is_offline:
        constants.HF_HUB_OFFLINE = config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, config.HF_HUB_OFFLINE = before
        datasets.logging.set_verbosity(verbosity)
        if bars:
            datasets.enable_progress_bars()
        if hub_bars:
            enable_progress_bars()


def _unreachable(error: BaseException) -> bool:
    """Whether the network is behind the error: anywhere along its causes."""
    names = {"ConnectError", "ConnectTimeout", "ReadTimeout", "ProxyError", "OfflineModeIsEnabled", "NetworkError"}
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ConnectionError | TimeoutError) or type(seen).__name__ in names:
            return True
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return False


def _not_cached(name: str, kind: str) -> InputError:
    return InputError(
        f"{kind} {name!r} is not in the hub's cache on this machine, and fetching is switched off (HF_HUB_OFFLINE or "
        "NBLIB_OFFLINE); fetch it once with a network"
    )


def model_folder(name: str) -> Path:
    """The cached snapshot of a model: config, tokenizer and safetensors weights, fetched first when online.

    Raises:
        InputError: not on the hub, not cached while offline, the hub out of reach, no safetensors weights.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError

    is_offline = offline()
    with _quiet(is_offline):
        try:
            folder = snapshot_download(
                name,
                allow_patterns=_MODEL_FILES,
                ignore_patterns=["*/*"],
                local_files_only=is_offline,
                etag_timeout=_TIMEOUT,
            )
        except LocalEntryNotFoundError as error:
            if is_offline:
                raise _not_cached(name, "model") from error
            raise _out_of_reach(name, "model") from error
        except RepositoryNotFoundError as error:
            raise InputError(f"the hub has no model {name!r}, or it needs a login") from error
        except Exception as error:
            if _unreachable(error):
                raise _out_of_reach(name, "model") from error
            raise InputError(f"model {name!r} cannot be fetched from the hub: {first_line(error)}") from error
    return check_folder(Path(folder), name)


def _out_of_reach(name: str, kind: str) -> InputError:
    return InputError(
        f"the hub cannot be reached, and {kind} {name!r} is not in its cache on this machine; check the network, or "
        "take one of the offline pack"
    )


def download(name: str, configuration: str | None = None) -> "datasets.DatasetDict":
    """A data set of the hub as it is, from the cache or fetched first. Raises InputError, in one line."""
    import datasets

    is_offline = offline()
    no_network = is_offline or not _answers(name)
    with _quiet(no_network):
        try:
            data = datasets.load_dataset(name, configuration)
        except Exception as error:
            if not _unreachable(error):
                raise InputError(_data_error(name, error)) from error
            # without a network `datasets` itself looks only for tables that it has prepared before
            folder = _snapshot(name)
            if folder is None:
                raise (_not_cached if is_offline else _out_of_reach)(name, "data set") from error
            try:
                data = datasets.load_dataset(str(folder), configuration)
            except Exception as second:
                raise InputError(_data_error(name, second)) from second
    return data if isinstance(data, datasets.DatasetDict) else datasets.DatasetDict({"train": data})


def _answers(name: str) -> bool:
    """Whether the hub can be reached: asked once and briefly, as `datasets` tries for minutes and says so aloud.

    Raises:
        InputError: it can, and has no such data set.
    """
    from huggingface_hub import HfApi

    try:
        HfApi().dataset_info(name, timeout=_TIMEOUT)
    except Exception as error:
        if _unreachable(error):
            return False
        if type(error).__name__ in ("RepositoryNotFoundError", "HFValidationError"):
            raise InputError(_data_error(name, error)) from error
    return True


def _data_error(name: str, error: BaseException) -> str:
    kind = type(error).__name__
    if kind in ("DatasetNotFoundError", "RepositoryNotFoundError"):
        return f"the hub has no data set {name!r}, or it needs a login"
    if "Config name is missing" in str(error):
        return f"data set {name!r} has several configurations; write {name}:NAME. {' '.join(str(error).split())[:400]}"
    return f"data set {name!r} cannot be loaded: {first_line(error)}"


def _snapshot(name: str) -> Path | None:
    """The newest snapshot of a data set in the hub's cache."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, repo_type="dataset", local_files_only=True))
    except Exception:  # whatever the reason, there is nothing to fall back on
        return None


def _licence(name: str, data: "datasets.DatasetDict") -> str:
    from huggingface_hub import DatasetCard, try_to_load_from_cache

    stated = next(iter(data.values())).info.license
    card = try_to_load_from_cache(name, "README.md", repo_type="dataset")
    if not stated and isinstance(card, str):
        try:
            stated = DatasetCard.load(card).data.to_dict().get("license")
        except Exception:  # a card that cannot be read states nothing
            stated = None
    return ", ".join(stated) if isinstance(stated, list) else str(stated or "not stated")


def _standard(data: "datasets.DatasetDict", name: str) -> dict[str, "datasets.Dataset"]:
    """The repository's splits under our names; its only split counts as train whatever it is called."""
    splits = {}
    for ours, theirs in _SPLIT_NAMES.items():
        match = next((split for split in theirs if split in data), None)
        if match:
            splits[ours] = data[match]
    if "train" not in splits:
        if len(data) > 1:
            raise InputError(f"data set {name!r} has no train split; it has {', '.join(map(repr, data))}")
        return {"train": next(iter(data.values()))}
    return splits


def _table(split: "datasets.Dataset", name: str) -> Table:
    def values(column: str) -> list:
        return named(split[column][:], getattr(split.features[column], "names", None))

    return Table(name, None, list(split.column_names), list(range(1, len(split) + 1)), [], values)


def load_dataset(
    name: str, text_column: str | None, label_column: str | None, fractions: Fractions, seed: int
) -> tuple["datasets.DatasetDict", Report]:
    """A data set of the hub for classification. Its own validation and test splits are used; what is missing is taken
    from train, a share of the given fractions. A text that is in two splits stays in the later one only.

    Args:
        name: owner/name or owner/name:configuration.
        text_column, label_column, fractions, seed: as in `load`.

    Raises:
        InputError: not there, out of reach, no such columns, or unfit for classification.
    """
    name, _, configuration = name.partition(":")
    data = download(name, configuration or None)
    splits = _standard(data, name)
    report = Report(title=f"{name} on the hub", licence=_licence(name, data))
    text, label = find_columns(_table(splits["train"], name), text_column, label_column)
    report.notes.append(f"columns: text {text!r}, label {label!r}")
    parts = {}
    for split, rows in splits.items():
        part = _examples(rows, f"{name}, {split}", text, label, split, report)
        if part.texts or split == "train":
            parts[split] = part
        else:
            report.notes.append(f"{split}: no row has a label, so it is made from train instead")
    parts["train"] = check_classes(parts["train"], f"{name}, train", label, report)
    parts = without_shared({split: parts[split] for split in SPLITS if split in parts}, report)
    names = _names(splits["train"], label, parts["train"])
    parts = _complete(parts, fractions, seed)
    for split in ("validation", "test"):
        known = [position for position, given in enumerate(parts[split].labels) if given in names]
        if len(known) < len(parts[split].labels):
            report.notes.append(f"{split}: dropped {len(parts[split].labels) - len(known):,} rows (class not in train)")
            parts[split] = parts[split].take(known)
    return build(parts, names, report), report


def _examples(rows: "datasets.Dataset", where: str, text: str, label: str, split: str, report: Report) -> Examples:
    table = _table(rows, where)
    if not {text, label} <= set(table.columns):
        return Examples([], [], [])
    own = Report(title=where)
    examples = distinct(clean(table.values(text), table.values(label), table.numbers, own), own)
    report.rows_read += table.rows_read
    report.duplicates += own.duplicates
    for reason, numbers in own.dropped.items():
        report.drop(f"{split}: {reason}", numbers)
    if own.cut:
        report.notes.append(f"{split}: cut {len(own.cut):,} very long texts")
    return examples


def _names(train: "datasets.Dataset", label: str, examples: Examples) -> list[str]:
    """Class names in the order of the hub's ids where it has any, those that occur."""
    present = set(examples.labels)
    stated = getattr(train.features[label], "names", None)
    return [name for name in stated if name in present] if stated else sorted_names(present)


def _complete(parts: dict[str, Examples], fractions: Fractions, seed: int) -> dict[str, Examples]:
    """Cut the splits that are missing out of train."""
    missing = [split for split in SPLITS if split not in parts]
    if not missing:
        return parts
    train = parts["train"]
    cut = stratified(train.labels, seed, fractions)
    spare = [position for split in SPLITS if split not in missing for position in cut[split]]
    return {**parts, **{split: train.take(cut[split]) for split in missing}, "train": train.take(spare)}
