"""The panel of lab 09 in a real JupyterLab and headless Chromium: what it costs, and how fast it answers."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.bench.measure import quartiles, record
from tests.browser import chromium
from tests.browser.notebook import LabNotebook
from tests.browser.server import Server

OPEN = """
import json, time
from IPython.display import display
from nblib import FineTuneConfig, FineTunePanel, Session, finetune
config = FineTuneConfig(max_train_samples=1024, max_eval_samples=512, epochs=20, eval_steps=100000, save_steps=100000)
"""
PANEL = "panel = FineTunePanel(config)\ndisplay(panel)"

# One press of an arrow key on the slider, to the frame after the one in which the schedule has changed. The pixels are
# read after a painting and not with each frame: reading them takes as long as all the rest.
SLIDE = """async ([name, key]) => {
  const slider = document.querySelector(`.nblib-panel input[type=range][aria-label="${name}"]`);
  const canvas = [...document.querySelectorAll('.nblib-panel .nblib-lines canvas')].at(-1);
  const context = canvas.getContext('2d');
  // The numbers at the axis: the curve fills its place whatever the peak.
  const drawn = () => context.getImageData(0, 0, 46 * devicePixelRatio, canvas.height).data.join();
  const before = drawn(), clear = context.clearRect;
  const painted = new Promise(done => {
    context.clearRect = (...box) => {
      clear.apply(context, box);
      queueMicrotask(() => { if (drawn() !== before) requestAnimationFrame(() => done(performance.now())); });
    };
  });
  const began = performance.now();
  slider.focus();
  slider.value = Number(slider.value) + key * 20 * Number(slider.step || 1);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  slider.dispatchEvent(new Event('change', { bubbles: true }));
  const ended = await Promise.race([painted, new Promise(done => setTimeout(() => done(null), 5000))]);
  delete context.clearRect;
  return ended && ended - began;
}"""
# Notes when the progress of a phase moves, so that it is known how long a batch of an evaluation took.
WATCH = """
import threading
seen = []
def watch():
    while True:
        session = panel.session
        now = (session.phase, session.progress) if session is not None else None
        if not seen or seen[-1][1] != now:
            seen.append((time.monotonic(), now))
        time.sleep(0.002)
threading.Thread(target=watch, daemon=True).start()
"""
# The batch of an evaluation that was the last to be finished, in seconds.
LAST_BATCH = "(lambda at: at[-1] - at[-2])([when for when, now in seen if now and now[0] == 'evaluation'])"
# One plotly redraw and nothing else: what the slider of the panel is to be compared with.
BARE = """
import ipywidgets, numpy as np, plotly.graph_objects as go
from IPython.display import display
numbers = np.random.default_rng(0).random((60, 60), dtype=np.float32)
bare, shift = go.FigureWidget(go.Heatmap(z=numbers, showscale=False)), ipywidgets.IntSlider(max=59)
shift.observe(lambda change: bare.data[0].update(z=np.roll(numbers, change["new"], axis=0)), "value")
display(shift, bare)
"""
BARE_SLIDE = """async key => {
  const drawn = () => document.querySelector('.js-plotly-plot .heatmaplayer image')
    ?.getAttributeNS('http://www.w3.org/1999/xlink', 'href');
  const before = drawn(), began = performance.now();
  document.querySelector('.noUi-handle').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  while (drawn() === before) {
    if (performance.now() - began > 5000) return null;
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
MESSAGE = "() => document.querySelector('.nblib-panel .nblib-message').textContent"
STOP = """async () => {
  const began = performance.now();
  [...document.querySelectorAll('.nblib-panel button')].find(b => b.textContent.trim() === 'Stop').click();
  const said = document.querySelector('.nblib-panel .nblib-message');
  while (!said.textContent.startsWith('stopped at step')) {
    if (performance.now() - began > 30000) return null;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - began;
}"""


@contextmanager
def notebook(cells: list[str]) -> Iterator[LabNotebook]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        try:
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            with _Deaf.open(page, server, server.write_notebook("bench.ipynb", cells)) as opened:
                opened.run_all()
                yield opened
        finally:
            browser.close()
            server.close()


class _Deaf(LabNotebook):
    listens = False


def read(opened: LabNotebook, expression: str):
    return json.loads(opened.execute(f"print(json.dumps({expression}))"))


def wait_for_step(opened: LabNotebook, session: str, step: int) -> None:
    limit = time.monotonic() + 300
    while read(opened, f"{session}.step_number") < step:
        if time.monotonic() > limit:
            raise TimeoutError(f"step {step} did not come")
        time.sleep(0.3)


def slides(opened: LabNotebook, presses: int, bare: bool = False) -> np.ndarray:
    """Milliseconds [presses] of the panel's slider; with ``bare`` [presses, 2], a bare redraw after each."""
    found = []
    for number in range(presses + 3):
        took = [opened.page.evaluate(SLIDE, ["learning rate", 1 if number % 2 else -1])]
        time.sleep(0.25)
        if bare:
            took.append(opened.page.evaluate(BARE_SLIDE, "ArrowRight"))
            time.sleep(0.25)
        if None in took:
            raise TimeoutError("a figure was not drawn again within 5 s")
        found.append(took)
    return np.array(found[3:]) if bare else np.array(found[3:])[:, 0]


def latencies(presses: int = 20) -> None:
    """Slider to schedule, idle and during training; Stop, in training and in an evaluation."""
    with notebook([OPEN + PANEL, BARE]) as opened:
        idle, bare = slides(opened, presses, bare=True).T
        ratio = {"ratio": quartiles(idle / bare), "bare_p95_ms": round(float(np.percentile(bare, 95)), 1)}
        record("slider to schedule against a bare plotly redraw", {**ratio, "bare_ms": quartiles(bare)})
        record("slider to schedule, idle", {"p95_ms": round(float(np.percentile(idle, 95)), 1), "ms": quartiles(idle)})
    with notebook([OPEN + PANEL]) as opened:
        opened.control("button", "Start").click()
        opened.page.wait_for_function(MESSAGE + " === 'running'", timeout=300_000)
        wait_for_step(opened, "panel.session", 3)
        busy = slides(opened, 3 * presses)
        record(
            "slider to schedule, training",
            {"p95_ms": round(float(np.percentile(busy, 95)), 1), "ms": quartiles(busy)},
        )
        beyond = []
        for _ in range(5):
            took = opened.page.evaluate(STOP)
            # Stop was pressed in the last batch that was taken; batches differ by the length of their texts.
            *_, before, last = read(opened, "panel.session.history.seconds('loss').tolist()")
            beyond.append(max(0.0, took - 1000 * (last - before)))
            step = read(opened, "panel.session.step_number")
            opened.control("button", "Resume").click()
            wait_for_step(opened, "panel.session", step + 3)
        record("stop, training", {"beyond_ms": round(max(beyond), 1), "ms": quartiles(beyond)})
    with notebook([OPEN + "config = config.replace(eval_steps=2)\n" + PANEL, WATCH]) as opened:
        opened.control("button", "Start").click()
        wait_for_step(opened, "panel.session", 3)
        beyond = []
        for _ in range(5):
            opened.page.wait_for_function(MESSAGE + ".includes('evaluation')", timeout=300_000)
            took = opened.page.evaluate(STOP)
            beyond.append(max(0.0, took - 1000 * read(opened, LAST_BATCH)))
            opened.control("button", "Resume").click()
        record("stop, evaluation", {"beyond_ms": round(max(beyond), 1), "ms": quartiles(beyond)})


def weight() -> None:
    """What the panel sends to the page before its first curve: all messages of its widgets, JSON and buffers."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        try:
            page, sizes = browser.new_context().new_page(), []
            page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data))))
            with _Deaf.open(page, server, server.write_notebook("bench.ipynb", [OPEN, PANEL])) as opened:
                opened.run_cell(0)
                opened.execute("print(1)")
                before = sum(sizes)
                opened.run_cell(1)
                page.wait_for_selector(".nblib-panel .nblib-lines canvas")
                time.sleep(1)
                record("page weight before the first curve", {"bytes": sum(sizes) - before})
        finally:
            browser.close()
            server.close()


def drawing(pairs: int = 7) -> None:
    """The engine's own count of drawing over 60 s with the panel open; steps a second with the panel and without."""
    with notebook([OPEN + PANEL]) as opened:
        opened.control("button", "Start").click()
        time.sleep(5)
        wait_for_step(opened, "panel.session", 2)
        before = read(opened, "[time.monotonic(), panel.session.spent['drawing']]")
        time.sleep(60)
        after = read(opened, "[time.monotonic(), panel.session.spent['drawing']]")
        record("drawing", {"share": round((after[1] - before[1]) / (after[0] - before[0]), 5), "seconds": 60})
        opened.execute("panel.session.stop(); panel.session.wait()", timeout=60)
    ratios = []
    with notebook([OPEN, PANEL]) as opened:
        for number in range(pairs):
            rates = {}
            for how in ("with", "without") if number % 2 == 0 else ("without", "with"):
                rates[how] = _rate(opened, how)
            ratios.append(rates["with"] / rates["without"])
    record("steps a second with the panel", {"ratio": quartiles(ratios)})


def _rate(opened: LabNotebook, how: str) -> float:
    """Steps a second over the same first 18 batches, the first two left out."""
    if how == "with":
        opened.execute("panel.reset()")
        opened.control("button", "Start").click()
        time.sleep(5)
        session = "panel.session"
    else:
        opened.execute("alone = Session(finetune(config)).start()")
        session = "alone"
    wait_for_step(opened, session, 18)
    opened.execute(f"{session}.stop(); {session}.wait()", timeout=60)
    seconds = read(opened, f"{session}.history.seconds('loss').tolist()")
    return 16 / (seconds[17] - seconds[1])
