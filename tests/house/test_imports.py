"""What comes with a name: a notebook's first import and a shell's first word must not load a deep-learning library."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from nblib.index import LABS

HEAVY = {
    "accelerate", "datasets", "ipywidgets", "anywidget", "IPython", "onnx", "onnxruntime", "onnxscript", "pandas",
    "plotly", "pyarrow", "safetensors", "scipy", "sklearn", "tokenizers", "torch", "transformers",
}  # fmt: skip


def modules_after(code: str) -> set[str]:
    """Top-level modules that a fresh process has loaded after the code."""
    report = "import json, sys; print(); print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(json.loads(done.stdout.splitlines()[-1]))


COMMANDS = [
    "--help",
    "--version",
    "finetune --help",
    "resume --help",
    "pull --help",
    "export --help",
    "predict --help",
    "doctor",
    "lab --help",
]


@pytest.mark.parametrize(
    "code",
    [
        "import nblib",
        "from nblib import Session, FineTuneConfig",
        "from nblib import FineTuneConfig; FineTuneConfig().to_yaml(); FineTuneConfig().as_command()",
        "from nblib import History, InputError, Run, SessionError",
        "from nblib import finetune, FineTuneConfig; finetune(FineTuneConfig())",
        "from nblib import CharactersConfig, RecurrentConfig; RecurrentConfig().to_yaml()",
        "from nblib import sources; sources.catalogue(); sources.installed('minilm')",
        *(f"from nblib.cli import main; main({line.split()!r})" for line in COMMANDS),
    ],
)
def test_nothing_heavy_comes_in(code):
    assert not modules_after(code) & HEAVY


def test_every_listed_name_is_there():
    """The stubs are read at run time: with this variable every name in them is looked up at once."""
    code = "import nblib, nblib.ui, nblib.models, nblib.training, nblib.inspect, nblib.export.own\n" + "\n".join(
        f"import {lab.package}" for lab in LABS if lab.exists
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "EAGER_IMPORT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_dir_lists_the_face_and_the_version():
    import nblib

    assert {"Session", "FineTunePanel", "__version__", "__file__"} <= set(dir(nblib))


def test_help_needs_neither_numpy_nor_pydantic():
    assert not modules_after("from nblib.cli import main; main(['--help'])") & {"numpy", "pydantic", "yaml"}
