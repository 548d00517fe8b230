"""What every test has: no hub, no shared Jupyter settings, the folder of the repository; a model of 10,000 weights and
a data set that it can learn; and for panels, a wire in place of a front end."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Set before any library reads them.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")


def pytest_addoption(parser):
    parser.addoption("--whole-labs", help="labs that are run whole, as 00,09; of the others the first panel. All")


def pytest_collection_modifyitems(config, items):
    from tests import parts

    for item in items:
        if parts.slow(item.nodeid):
            item.add_marker(pytest.mark.slow)
    if whole := config.getoption("whole_labs"):
        kept = [item for item in items if parts.asks_for_no_more(item.nodeid, whole.split(","))]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from tests.parts import scheduler

    return scheduler(config, log)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of pyproject.toml."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(repository, tmp_path_factory) -> Path:
    """A wheel of this project, built from a copy of its files without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "nblib", source / "nblib", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, source)
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, source]
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *build], check=True)
    (made,) = folder.glob("nblib-*.whl")
    return made


GOOD = ["good", "great", "fine", "lovely", "bright", "warm"]
BAD = ["bad", "awful", "poor", "dull", "cold", "grim"]
REST = ["the", "a", "film", "was", "it", "and", "very", "story", "acting", "music", "plot", "scene", "end", "seen"]


@pytest.fixture(autouse=True)
def no_session_left_over():
    """A test that failed must not make the next ones fail: one session trains at a time."""
    from nblib.engine import session

    yield
    left = session.current()
    if left is not None and left.active:
        left.stop()
        left.wait_for("stopped", timeout=60)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A BERT of three layers and 24 numbers a token, with dropout, freshly drawn; its tokenizer knows whole words."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    # A model this small gains nothing from a second thread, and loses much where the cores are busy.
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny") / "tiny-bert"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *REST, ".", "!"]
    tokenizer = BertTokenizerFast(vocab={word: number for number, word in enumerate(words)})
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=64,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = BertModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def sentences(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Distinct sentences of mixed length with their class, which one word decides."""
    rng, rows, seen = random.Random(seed), [], set()
    while len(rows) < count:
        label = rng.choice(["negative", "positive"])
        words = [rng.choice(REST) for _ in range(rng.randint(2, 20))]
        words.insert(rng.randrange(len(words)), rng.choice(GOOD if label == "positive" else BAD))
        text = " ".join(words)
        if text not in seen:
            seen.add(text)
            rows.append((text, label))
    return rows


@pytest.fixture(scope="session")
def tiny_csv(tmp_path_factory) -> Path:
    """260 rows of ``text,label``."""
    path = tmp_path_factory.mktemp("data") / "tiny.csv"
    path.write_text("text,label\n" + "".join(f"{t},{label}\n" for t, label in sentences(260)))
    return path


@pytest.fixture
def config(tiny_model, tiny_csv, tmp_path):
    """``config("name", epochs=3)``: a run of the tiny model on the tiny data, in a folder of that name."""
    from nblib import FineTuneConfig

    def make(name: str = "run", **changes) -> FineTuneConfig:
        values = {
            "dataset": str(tiny_csv),
            "model": str(tiny_model),
            "output": str(tmp_path / name),
            "epochs": 2,
            "batch_size": 16,
            "max_length": 32,
            "learning_rate": 3e-3,
            **changes,
        }
        return FineTuneConfig(**values)

    return make


@pytest.fixture
def story(tmp_path) -> Path:
    """A plain text with quotations in it."""
    path = tmp_path / "story.txt"
    path.write_text("".join(f'A: he said "no {k}" twice\nB: did he?\n\n' for k in range(400)), encoding="utf-8")
    return path


@pytest.fixture
def wire(monkeypatch):
    """What the widgets made in this test would send to a browser."""
    from tests import wire as wires

    made = wires.Wire()
    wires.attach(made, monkeypatch)
    return made


@pytest.fixture
def gated():
    """Makes panels whose job waits at a gate; ends their sessions afterwards."""
    from nblib import FineTuneConfig, FineTunePanel
    from tests.fakes import PATIENCE, GatedJob

    made = []

    def make(config=None, job=None, **options):
        job = job or GatedJob(total=1000)
        panel = FineTunePanel(config or FineTuneConfig(), make_job=lambda _config: job, **options)
        made.append((panel, job))
        return panel, job

    yield make
    for panel, job in made:
        if panel.session is not None and panel.session.active:
            panel.session.stop()
            job.release()
            panel.session.wait_for("stopped", timeout=PATIENCE)
