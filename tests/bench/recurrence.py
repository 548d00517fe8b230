"""Lab 03: the adding problem, characters a second against a plain loop, and how fast a training step is scrubbed."""

from __future__ import annotations

import time

import numpy as np

from tests.bench.measure import quartiles, record

LENGTH, ENOUGH, PATIENCE = 100, 0.01, 60.0
CHARACTER_STEPS = 120
UNROLLED = "from nblib import UnrolledPanel\nfrom nblib.ui.pages import show\nu = UnrolledPanel()\nshow(u)"
HEAT = """
import ipywidgets as widgets, numpy as np
from IPython.display import display
from nblib.ui.views.heat import Heat
heat = Heat(scale="log", scrub=True, profile=True, row_title="time step", column_title="training step")
heat.show(10 ** np.random.default_rng(0).uniform(-9, 0, (3, 200, 256)), names=["RNN", "LSTM", "GRU"],
          kinds=["rnn", "lstm", "gru"], column_labels=list(range(256)))
box = widgets.VBox([heat])
box.add_class("nblib-panel")
display(box)
"""
# One move of the slider, to the end of the frame that shows it.
SCRUB = """async (value) => {
  const slider = document.querySelector('.nblib-heat input[type=range]');
  await new Promise(requestAnimationFrame);
  const began = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const context = document.querySelector('.nblib-heat canvas').getContext('2d');
  // Reading a pixel back waits until all that was drawn is there.
  context.getImageData(50, 30, 1, 1);
  return performance.now() - began;
}"""
# A slider of Python's, to the frame after the one that shows the answer.
WEIGHTS = """async (value) => {
  const root = document.querySelector('.nblib-unrolled'), canvas = root.querySelector('canvas');
  const drawn = () => { const d = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0; for (let k = 0; k < d.length; k += 97) sum = (sum * 31 + d[k]) | 0; return sum; };
  const before = drawn(), began = performance.now();
  const slider = root.querySelector('input[aria-label="weight scale"]');
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  while (drawn() === before) {
    if (performance.now() - began > 5000) return null;
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


def adding() -> None:
    """Seconds until the error on new examples is below 0.01 at length 100; what the plain RNN has by then."""
    import torch

    from nblib import RecurrentConfig, Session, recurrence
    from nblib.labs.recurrence.memory import job as recurrent

    found = {}
    for cell in ("lstm", "rnn"):
        config = RecurrentConfig(
            cells=cell, length=LENGTH, hidden_size=64, batch_size=64, learning_rate=1e-2, max_grad_norm=1.0,
            max_steps=100_000, eval_steps=25, record_steps=100_000,
        )  # fmt: skip
        session = Session(recurrence(config))
        limit = PATIENCE if cell == "lstm" else found["lstm"]["seconds"]
        began = time.monotonic()

        def enough(s, began=began, limit=limit, cell=cell):
            error = s.history.last(f"eval_loss_{cell}")
            if error < ENOUGH or time.monotonic() - began > limit:
                s.stop()

        session.subscribe(enough)
        session.run(signals=False)
        error = session.history.last(f"eval_loss_{cell}")
        found[cell] = {
            "seconds": round(time.monotonic() - began, 1), "error": round(error, 4), "steps": session.step_number,
        }  # fmt: skip
    figure = {**found["lstm"], "rnn_error": found["rnn"]["error"], "threads": torch.get_num_threads()}
    figure["always_one"] = round(recurrent.tasks.ADDING_BY_CHANCE, 4)
    record("LSTM on the adding problem at length 100", figure)


def characters(pairs: int) -> None:
    """The same nn.LSTM, batches, clipping and optimiser, in the engine and in a plain loop, taking turns."""
    ratios, mine, other = [], [], []
    for number in range(pairs + 1):
        runs = [lambda: mine.append(_engine()), lambda: other.append(_plain())]
        for run in runs if number % 2 == 0 else runs[::-1]:
            run()
        ratios.append(mine[-1] / other[-1])
    # The first pair warms up.
    figure = {"ratio": quartiles(ratios[1:]), "nblib": quartiles(mine[1:]), "other": quartiles(other[1:])}
    record("character model, engine against a plain loop", {**figure, "unit": "characters/s"})


def _config():
    from nblib import CharactersConfig

    return CharactersConfig(max_steps=CHARACTER_STEPS, eval_steps=None)


def _engine() -> float:
    from nblib import Session
    from nblib.labs.recurrence.characters.job import Characters

    class Bare(Characters):
        def evaluate(self, model, run):
            return {}

    config = _config()
    session = Session(Bare(config))
    stamps = []
    session.subscribe(lambda s: stamps.append(time.perf_counter()) if s.state == "running" and not stamps else None)
    session.run(signals=False)
    return config.max_steps * config.batch_size * config.length / (time.perf_counter() - stamps[0])


def _plain() -> float:
    import torch
    import torch.nn.functional as F

    from nblib.labs.recurrence.characters.job import Characters

    config = _config()

    class Data(Characters):
        """For the same text, batches and first weights."""

    data = Data(config)
    data.prepare(_Nobody())
    model = data.make_model(torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
    losses = []
    began = time.perf_counter()
    for step in range(1, config.max_steps + 1):
        x, y = data.batch(step)
        logits, _ = model(x)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        optimizer.step()
        losses.append(loss.item())
    return config.max_steps * config.batch_size * config.length / (time.perf_counter() - began)


class _Nobody:
    def check(self) -> None: ...


def scrub(moves: int = 60) -> None:
    """A training step scrubbed through 3 heatmaps of 200 × 256, and the weight scale of the unrolled network moved."""
    from tests.bench.panel import notebook

    with notebook([HEAT]) as opened:
        opened.page.wait_for_function("() => document.querySelector('.nblib-heat')?.dataset.columns === '256'")
        found = [opened.page.evaluate(SCRUB, (k * 37) % 256) for k in range(moves)][5:]
    record("a training step scrubbed", {"p95_ms": round(float(np.percentile(found, 95)), 1), "ms": quartiles(found)})


def unrolled(moves: int = 30) -> None:
    """The weight scale of the unrolled network, from the slider through Python to the repaint."""
    from tests.bench.panel import notebook

    with notebook([UNROLLED]) as opened:
        opened.page.wait_for_function("() => document.querySelector('.nblib-unrolled')?.dataset.moment > 0")
        found = []
        for k in range(moves + 3):
            took = opened.page.evaluate(WEIGHTS, [0.5, 1.5, 2.5][k % 3])
            if took is None:
                raise TimeoutError("the network was not drawn again within 5 s")
            found.append(took)
            time.sleep(0.1)
    found = found[3:]
    record("weight scale to repaint", {"p95_ms": round(float(np.percentile(found, 95)), 1), "ms": quartiles(found)})
