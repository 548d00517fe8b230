"""Take a model of ours away: written, loaded again in a fresh process, compared, and only then put in its place.

    from nblib.export import own

    report = own.save("export", "nblib.models.mlp_torch:TorchMLP", arguments, module, {"x": example}, title="…")
    model = own.load("export/safetensors")

``safetensors`` is a folder with the weights, ``config.json`` (which class, made with which arguments), and a model card
with the three lines that load it. ``onnx`` holds ``model.onnx`` for any runtime.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.files import beside, replace_folder, restore, write_atomic
from nblib.export import fresh
from nblib.export.formats import known
from nblib.export.own.card import card
from nblib.export.own.report import OwnReport
from nblib.export.saving import ExportFailed, Mismatch

if TYPE_CHECKING:
    import torch

FORMATS = ("safetensors", "onnx")
# Largest difference of an answer, for answers up to 1; in proportion for larger ones.
TOLERANCE = {"safetensors": 1e-6, "onnx": 1e-4}
WEIGHTS, CONFIG, EXAMPLE = "model.safetensors", "config.json", "example.safetensors"
_HOME = "nblib.models."
_SPARE = 20_000_000


def save(
    folder: str | Path,
    builder: str,
    arguments: Mapping[str, Any],
    model: torch.nn.Module,
    example: Mapping[str, np.ndarray],
    *,
    title: str,
    about: Iterable[str] = (),
    figures: Mapping[str, str] | None = None,
    formats: Iterable[str] = FORMATS,
    dynamic: Mapping[str, Mapping[int, str]] | None = None,
    progress: Callable[[str], None] = lambda what: None,
) -> OwnReport:
    """Write ``folder/<format>/`` and ``folder/report.json``; each format is compared with ``model`` in a fresh process.

    Args:
        builder: "nblib.models.x:Name" of the model's class; ``arguments`` (plain values) make one like it.
        model: its state dict is saved; it answers in eval mode with a tensor or a tuple whose first tensors count.
        example: inputs by the name of the argument of ``forward``, in its order; the first axis is the batch, and of
            it there are at least two.
        title, about, figures: for the card: what the model is, sentences, and name → text of what was measured.
        formats: of ``FORMATS``.
        dynamic: input → {axis: name} that may have any length in ONNX; the first axis of each when left out.
        progress: called with what is being done, in words.

    Raises InputError for a builder outside ``nblib.models``, an unknown format, weights that are no finite numbers, no
    space; ExportFailed where a format cannot be made or loaded; Mismatch where its answers differ. Nothing
    half-written stays, whatever is raised, and an older export of the same format only goes once the new one holds.
    """
    folder, formats = Path(folder), known(formats, FORMATS)
    _class(builder)
    weights, answers = _measure(model, example)
    _ask_for_space(folder, weights, len(formats))
    report = OwnReport.read(folder) if (folder / "report.json").is_file() else OwnReport([], folder)
    made = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    config = _config(builder, arguments, example, dynamic, len(answers))
    try:
        with tempfile.TemporaryDirectory(prefix="nblib-own-") as work:
            source = Path(work) / "source"
            _write_source(source, config, weights, example, card(title, about, figures or {}, config, weights))
            for name in formats:
                row = _one(name, folder, source, Path(work), answers, progress)
                report.rows = sorted([*(r for r in report.rows if r["format"] != name), row], key=_place)
                write_atomic(folder / "report.json", report.to_json())
    finally:
        if not made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return report


def load(folder: str | Path) -> torch.nn.Module:
    """The model of a ``safetensors`` folder, in eval mode.

    Raises InputError where the folder is none, is damaged, or names a class outside ``nblib.models``: no code of the
    folder's choice is run.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(folder)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        builder, arguments = config["builder"], config["arguments"]
    except FileNotFoundError:
        raise InputError(f"{folder}: holds no exported model (no {CONFIG})") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{folder / CONFIG}: is damaged; export the model again") from None
    model = _class(builder)(**arguments)
    try:
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, SafetensorError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"{folder / WEIGHTS}: does not hold this model's weights ({first}); export it again") from None
    return model.eval()


def answer(model: torch.nn.Module, example: Mapping[str, Any]) -> list[np.ndarray]:
    """What a model says to inputs by name: its tensor, or the tensors of its tuple, as arrays."""
    import torch

    with torch.inference_mode():
        output = model(**{name: torch.as_tensor(np.asarray(x)) for name, x in example.items()})
    outputs = output if isinstance(output, tuple | list) else (output,)
    return [part.detach().cpu().numpy() for part in outputs if isinstance(part, torch.Tensor)]


# -- inside --------------------------------------------------------------------------------------------------------


def _place(row: Mapping[str, Any]) -> int:
    """Where a row stands in the report."""
    return FORMATS.index(row["format"])


def _one(
    name: str, folder: Path, source: Path, work: Path, answers: list[np.ndarray], progress: Callable[[str], None]
) -> dict[str, Any]:
    final, answer_file = folder / name, work / f"{name}.npz"
    restore(final)
    temporary = beside(final)
    temporary.mkdir()
    try:
        progress(f"{name}: writing")
        began = time.monotonic()
        if name == "safetensors":
            shutil.copytree(source, temporary, dirs_exist_ok=True)
        else:
            for file in (CONFIG, EXAMPLE, "README.md"):
                shutil.copy(source / file, temporary)
            _run("nblib.export.own.onnx", name, work, source, temporary)
        built = time.monotonic()
        progress(f"{name}: comparing in a fresh process")
        _run("nblib.export.own.check", name, work, name, temporary, answer_file)
        with np.load(answer_file, allow_pickle=False) as file:
            theirs = [file[f"arr_{i}"] for i in range(len(file.files))]
        row = {"format": name, **_compare(name, answers, theirs)}
        row["size_bytes"] = sum(f.stat().st_size for f in temporary.rglob("*") if f.is_file())
        row["export_seconds"] = round(built - began, 2)
        row["check_seconds"] = round(time.monotonic() - built, 2)
        replace_folder(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return row


def _run(module: str, name: str, cwd: Path, *arguments: str | Path) -> None:
    try:
        fresh.run(module, *(a if isinstance(a, str) else a.resolve() for a in arguments), cwd=cwd)
    except fresh.ChildFailed as error:
        raise ExportFailed(f"{name}: a fresh process could not do it ({error}); it was not kept") from None


def _compare(name: str, ours: list[np.ndarray], theirs: list[np.ndarray]) -> dict[str, Any]:
    if [a.shape for a in ours] != [b.shape for b in theirs]:
        raise Mismatch(f"{name}: answers of shape {[b.shape for b in theirs]}, {[a.shape for a in ours]} were expected")
    largest = max((float(np.abs(a.astype(float) - b).max()) for a, b in zip(ours, theirs, strict=True)), default=0.0)
    allowed = TOLERANCE[name] * max(1.0, *(float(np.abs(a).max()) for a in ours))
    if not largest <= allowed:
        raise Mismatch(
            f"{name}: its answers differ from the original's by up to {largest:.2g} (allowed {allowed:.2g}); "
            "it was not kept"
        )
    return {"largest_difference": largest, "tolerance": allowed, "rows": int(len(ours[0]))}


def _measure(model: torch.nn.Module, example: Mapping[str, np.ndarray]) -> tuple[dict, list[np.ndarray]]:
    weights = {name: w.detach().cpu().contiguous() for name, w in model.state_dict().items()}
    for name, weight in weights.items():
        if weight.is_floating_point() and not weight.isfinite().all():
            raise InputError(f"{name}: a weight is no finite number; train the model again before you export it")
    if any(len(np.asarray(x)) < 2 for x in example.values()):
        raise InputError("example: a batch of at least two is needed to compare")
    training = model.training
    model.eval()
    try:
        return weights, answer(model, example)
    finally:
        model.train(training)


def _write_source(folder: Path, config: dict, weights: dict, example: Mapping[str, np.ndarray], text: str) -> None:
    from safetensors.numpy import save_file as save_arrays
    from safetensors.torch import save_file

    folder.mkdir()
    # Tied weights share their memory, and a file of tensors holds none twice: each gets a copy of its own.
    save_file({name: w.clone() for name, w in weights.items()}, folder / WEIGHTS)
    save_arrays(_arrays(example), folder / EXAMPLE)
    (folder / CONFIG).write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(text, encoding="utf-8")


def _config(
    builder: str,
    arguments: Mapping[str, Any],
    example: Mapping[str, np.ndarray],
    dynamic: Mapping[str, Mapping[int, str]] | None,
    outputs: int,
) -> dict[str, Any]:
    return {
        "builder": builder,
        "arguments": dict(arguments),
        "inputs": {
            name: {"dtype": str(x.dtype), "dynamic": _axes(dynamic, name)} for name, x in _arrays(example).items()
        },
        "outputs": outputs,
    }


def _arrays(example: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.ascontiguousarray(np.asarray(x)) for name, x in example.items()}


def _axes(dynamic: Mapping[str, Mapping[int, str]] | None, name: str) -> dict[str, str]:
    chosen = {0: "batch"} if dynamic is None else dynamic.get(name, {})
    return {str(axis): word for axis, word in chosen.items()}


def _class(builder: str) -> Any:
    module, _, name = builder.partition(":")
    if not module.startswith(_HOME) or not name.isidentifier():
        raise InputError(f"builder: {builder!r} is not a class of nblib.models; no other code is run")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError):
        raise InputError(f"builder: this version of nblib has no {builder!r}") from None


def _ask_for_space(folder: Path, weights: dict, formats: int) -> None:
    home = next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())
    if not home.is_dir():
        raise InputError(f"{folder}: {home} is a file; give the name of a folder")
    need = (sum(w.numel() * w.element_size() for w in weights.values()) + _SPARE) * formats
    free = shutil.disk_usage(home).free
    if free < need:
        raise InputError(f"{folder}: {need / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free; make room")
