"""Lab 01 in a real JupyterLab and headless Chromium: how fast it answers a hand, how fast it plays, what it reaches."""

from __future__ import annotations

import time

import numpy as np

from nblib.engine.session import Session
from nblib.labs.perceptron.digits.config import DigitsConfig
from nblib.labs.perceptron.digits.job import digits
from nblib.labs.perceptron.playground.config import FEATURE_NAMES, PlaygroundConfig
from nblib.labs.perceptron.playground.job import playground
from tests.bench.measure import quartiles, record
from tests.bench.panel import notebook, read

CIRCLE = PlaygroundConfig(dataset="circle", hidden_sizes="4, 2", batch_size=10)
SPIRAL = PlaygroundConfig(dataset="spiral", hidden_sizes="8, 8", features=", ".join(FEATURE_NAMES))
OPEN = "import json, time\nfrom IPython.display import display\nfrom nblib import *\n"

# One move of the slider w1, to the frame after the one in which a row of the field has changed.
W1 = """async step => {
  const slider = document.querySelector('.nblib-panel [data-name=w1] input[type=range]');
  const canvas = document.querySelector('.nblib-plane canvas'), context = canvas.getContext('2d');
  const at = () => context.getImageData(0, Math.round(canvas.height * 0.6), canvas.width, 1).data.join();
  const before = at(), began = performance.now();
  slider.value = Number(slider.value) + step;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  while (at() === before) {
    if (performance.now() - began > 5000) return null;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - began;
}"""
# One move of the pen on the pad, to the frame in which a bar has another length.
PAD = """async k => {
  const pad = document.querySelector('.nblib-pad-draw'), box = pad.getBoundingClientRect();
  const bars = () => [...document.querySelectorAll('.nblib-bars .nblib-meter > span')].map(b => b.style.width).join();
  const event = (name, x, y) => pad.dispatchEvent(new PointerEvent(name, {
    bubbles: true, pointerId: 1, clientX: box.left + x, clientY: box.top + y, button: name === 'pointermove' ? -1 : 0,
  }));
  pad.setPointerCapture = () => {};
  const before = bars(), began = performance.now();
  if (k === 0) event('pointerdown', 60, 40);
  event('pointermove', 60 + 90 * ((k % 12) / 11), 40 + 11 * k);
  while (bars() === before) {
    if (performance.now() - began > 5000) return null;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - began;
}"""


def _record(name: str, took: list[float | None]) -> None:
    if None in took:
        raise TimeoutError(f"{name}: {took.count(None)} of {len(took)} moves showed nothing within 5 s")
    found = np.array(took)
    record(name, {"p95_ms": round(float(np.percentile(found, 95)), 1), "ms": quartiles(found)})


def latencies(moves: int = 60) -> None:
    """Slider w1 to the repainted boundary of 60×60, through the kernel; a stroke on the pad to the ten bars."""
    with notebook([OPEN + "display(PerceptronPanel())"]) as opened:
        opened.page.wait_for_selector(".nblib-plane canvas")
        took = []
        for k in range(moves + 5):
            took.append(opened.page.evaluate(W1, 2 if k % 20 < 10 else -2))
            time.sleep(0.1)
        _record("w1 to boundary", took[5:])
    code = "panel = DigitsPanel(DigitsConfig(epochs=20))\ndisplay(panel)\npanel.start()\npanel.session.wait(60)"
    with notebook([OPEN + code]) as opened:
        opened.page.wait_for_selector(".nblib-pad-draw")
        took = []
        for _ in range(max(1, moves // 14)):
            opened.control("button", "Clear").click()
            time.sleep(0.5)
            for k in range(14):
                took.append(opened.page.evaluate(PAD, k))
                time.sleep(0.1)
        _record("stroke to bars", took)


def alone(config: PlaygroundConfig, seconds: float) -> float:
    """Updates a second of the job with no panel, in this process."""
    session = Session(playground(config))
    session.start()
    session.wait_for("running", timeout=60)
    time.sleep(0.5)
    began, first = time.perf_counter(), session.step_number
    time.sleep(seconds)
    rate = (session.step_number - first) / (time.perf_counter() - began)
    session.stop()
    session.wait(60)
    return rate


ALONE = """
def alone(seconds):
    session = Session(playground(config))
    session.start()
    time.sleep(0.5)
    began, first = time.perf_counter(), session.step_number
    time.sleep(seconds)
    rate = (session.step_number - first) / (time.perf_counter() - began)
    session.stop()
    session.wait(60)
    return rate
"""


def _playing(opened, seconds: float) -> float:
    """Updates a second of the panel while it plays, counted by the kernel between two looks."""
    opened.control("button", "Start").click()
    opened.page.wait_for_function("() => document.querySelector('.nblib-message').textContent === 'running'")
    time.sleep(0.5)
    look = "[time.perf_counter(), panel.session.step_number]"
    before = read(opened, look)
    time.sleep(seconds)
    after = read(opened, look)
    opened.control("button", "Stop").click()
    opened.page.wait_for_function("() => document.querySelector('.nblib-message').textContent.startsWith('stopped')")
    return (after[1] - before[1]) / (after[0] - before[0])


def rates(pairs: int = 5, seconds: float = 3.0) -> None:
    """Updates a second while playing in the browser, against the same job with no panel in the same kernel: pairs."""
    for name, config in (("circle", CIRCLE), ("spiral", SPIRAL)):
        code = f"{OPEN}config = {config!r}\npanel = PlaygroundPanel(config)\ndisplay(panel)\n{ALONE}"
        with notebook([code]) as opened:
            opened.page.wait_for_selector(".nblib-play .nblib-node")
            playing, quiet = [], []
            for _ in range(pairs):
                playing.append(_playing(opened, seconds))
                quiet.append(read(opened, f"alone({seconds})"))
        ratios = [a / b for a, b in zip(playing, quiet, strict=True)]
        record(f"playground {name}, playing", {
            "updates": round(float(np.median(playing))), "ratio": round(float(np.median(ratios)), 3),
            "playing": quartiles(playing), "alone": quartiles(quiet), "ratios": quartiles(ratios),
        })  # fmt: skip


def spiral(seeds: int = 10, seconds: float = 3.0) -> None:
    """Seconds until the test loss of the spiral is under 0.01, with the default settings, in this process."""
    reached, ends = [], []
    for seed in range(seeds):
        session = Session(playground(SPIRAL.replace(seed=seed)))
        session.start()
        session.wait_for("running", timeout=60)
        time.sleep(seconds)
        session.stop()
        session.wait(60)
        losses, at = session.history["eval_loss"], session.history.seconds("eval_loss")
        below = np.flatnonzero((losses < 0.01) & (at <= seconds))
        reached.append(float(at[below[0]]) if len(below) else None)
        ends.append(round(session.result["eval_loss"], 4))
    found = [t for t in reached if t is not None]
    record("spiral under 0.01", {"seeds": f"{len(found)} of {seeds}", "reached": len(found),
                                 "seconds": quartiles(found) if found else {}, "at_the_end": ends})  # fmt: skip


def read_digits(seeds: int = 5) -> None:
    """Test accuracy of 64-64-10 and the seconds it took."""
    accuracies, seconds = [], []
    for seed in range(seeds):
        began = time.perf_counter()
        accuracies.append(Session(digits(DigitsConfig(seed=seed))).run().result["eval_accuracy"])
        seconds.append(time.perf_counter() - began)
    record("digits 64-64-10", {"accuracy": round(min(accuracies), 4), "accuracies": quartiles(accuracies),
                               "seconds": quartiles(seconds)})  # fmt: skip
