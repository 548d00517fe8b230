from __future__ import annotations

import pytest

from tests.unit.fakes import PATIENCE, GatedJob
from tests.unit.panels import wire as wires


@pytest.fixture
def wire(monkeypatch):
    made = wires.Wire()
    wires.attach(made, monkeypatch)
    return made


@pytest.fixture
def gated():
    """Makes panels whose job waits at a gate; ends their sessions afterwards."""
    from nblib import FineTuneConfig, FineTunePanel

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
