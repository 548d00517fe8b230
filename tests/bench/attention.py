"""Lab 05 in a real JupyterLab and headless Chromium: how fast the matrices of attention by hand answer an edit."""

from __future__ import annotations

import time

import numpy as np

from tests.bench.measure import quartiles, record
from tests.bench.panel import notebook

BY_HAND = (
    "from nblib import AttentionByHandPanel\nfrom nblib.ui import show\npanel = AttentionByHandPanel()\nshow(panel)"
)
# A number typed into X and Enter, to the end of the frame in which the last matrix of all is painted anew, and to the
# message with which Python's own numbers have come.
EDIT = """async number => {
  const canvas = document.querySelector('.nblib-hand-grid'), root = document.querySelector('.nblib-hand');
  const event = key => new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  canvas.focus();
  canvas.dispatchEvent(event('Enter'));
  const input = document.querySelector('.nblib-hand-input');
  input.value = number;
  const ratio = canvas.width / canvas.clientWidth, [x, y] = canvas.nblib.centre('values/1', 0, 0);
  const place = [x - 18, y - 8, 36, 16].map(v => v * ratio);
  const painted = () => canvas.getContext('2d').getImageData(...place).data.join();
  const before = painted(), seen = root.dataset.seen;
  await new Promise(requestAnimationFrame);
  const began = performance.now();
  input.dispatchEvent(event('Enter'));
  let shown = null;
  while (shown === null || root.dataset.seen === seen) {
    if (performance.now() - began > 5000) return null;
    await new Promise(requestAnimationFrame);
    if (shown === null && painted() !== before) shown = performance.now() - began;
  }
  return [shown, performance.now() - began];
}"""


def by_hand(edits: int = 60) -> None:
    """A cell of X edited, to all matrices repainted, and to Python's numbers in them."""
    with notebook([BY_HAND]) as opened:
        opened.page.wait_for_selector(".nblib-hand-grid")
        opened.page.locator(".nblib-hand-grid").focus()
        took = []
        for k in range(edits + 5):
            took.append(opened.page.evaluate(EDIT, f"{(k * 7) % 31 / 10 - 1.55:.2f}"))
            time.sleep(0.1)
    if None in took:
        raise TimeoutError(f"{took.count(None)} of {len(took)} edits showed nothing within 5 s")
    shown, answered = np.array(took[5:]).T
    record("cell edited to matrices", {
        "p95_ms": round(float(np.percentile(shown, 95)), 1), "ms": quartiles(shown),
        "answered_p95_ms": round(float(np.percentile(answered, 95)), 1), "answered_ms": quartiles(answered),
    })  # fmt: skip
