"""Lab 05: how many bytes the explorer sends, and how long a person waits for what."""

from __future__ import annotations

import time

import numpy as np

from tests.bench.measure import quartiles, record

# bertviz 1.4's model_view of the same maps: 6 × 12 heads, 128 tokens.
BERTVIZ_BYTES = 52_400_000
# A BERT of any shape and small vectors: the maps are as large as a large model's, and its pass takes a moment.
MODEL = """
import time
import torch, transformers
from nblib import AttentionExplorer
from nblib.ui.pages import show
from nblib.inspect.opening import open_model
tokenizer = open_model("minilm").tokenizer
config = transformers.BertConfig(hidden_size=144, num_hidden_layers={layers}, num_attention_heads=12,
                                 intermediate_size=144, initializer_range=0.2)
torch.manual_seed(0)
explorer = AttentionExplorer(transformers.BertModel(config).eval(), "one", tokenizer, sentences=())
show(explorer)
"""
TEXT = "text = ' '.join(('the cat sat on the mat and ate a pizza with old friends '.split() * 60)[:{words}])"
TIMED = """
from nblib.labs.attention.explorer import panel as module
before = module.attention
def timed(*arguments):
    found = before(*arguments)
    print("pass over at", time.time() * 1000)
    return found
module.attention = timed
"""
# Writes down when the frame is over that shows new maps, in the clock that the kernel has too.
STAMP = """(() => {
  const root = document.querySelector('.nblib-explorer');
  if (!root?.dataset.shown) return false;
  window.stamps = [];
  new MutationObserver(() => requestAnimationFrame(() => {
    root.querySelector('.nblib-map-place canvas').getContext('2d').getImageData(50, 50, 1, 1);
    stamps.push(Date.now());
  })).observe(root, { attributeFilter: ['data-shown'] });
  return true;
})()"""
# One key or one move of the pointer, to the end of the frame that shows it.
KEY = """async ([place, key, shift]) => {
  const canvas = document.querySelector(`.nblib-${place}-place canvas`);
  const map = document.querySelector('.nblib-map-place canvas');
  const root = document.querySelector('.nblib-explorer'), before = root.dataset.at + root.dataset.token;
  await new Promise(requestAnimationFrame);
  const began = performance.now();
  canvas.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey: shift, bubbles: true }));
  map.getContext('2d').getImageData(50, 50, 1, 1);
  const took = performance.now() - began;
  return before === root.dataset.at + root.dataset.token ? null : took;
}"""
HOVER = """async ([x, y]) => {
  const canvas = document.querySelector('.nblib-map-place canvas'), place = canvas.getBoundingClientRect();
  const root = document.querySelector('.nblib-explorer'), before = root.dataset.token;
  await new Promise(requestAnimationFrame);
  const began = performance.now();
  const at = { clientX: place.left + x, clientY: place.top + y, bubbles: true };
  canvas.dispatchEvent(new PointerEvent('pointermove', at));
  canvas.getContext('2d').getImageData(50, 50, 1, 1);
  const took = performance.now() - began;
  return before === root.dataset.token ? null : took;
}"""
# From Enter in the field to the frame that shows the new maps.
ENTER = """async (text) => {
  const root = document.querySelector('.nblib-explorer'), field = root.querySelector('input.nblib-wide');
  const before = root.dataset.shown, map = root.querySelector('.nblib-map-place canvas');
  field.value = text;
  const began = performance.now();
  field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  while (root.dataset.shown === before) {
    if (performance.now() - began > 10000) return null;
    await new Promise(requestAnimationFrame);
  }
  map.getContext('2d').getImageData(50, 50, 1, 1);
  return performance.now() - began;
}"""
DIAL = """async (value) => {
  const root = document.querySelector('.nblib-dials'), slider = root.querySelector('input[type=range]');
  const now = () => Array.from(root.querySelectorAll('.nblib-bar-row'), (row) => row.dataset.value).join();
  const before = now();
  const began = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  while (now() === before) {
    if (performance.now() - began > 10000) return null;
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
WORDS = (
    "the old cat sat on a mat and ate pizza with friends who like to read long books in the garden of a house by sea"
)
CLASSIFIER = """
import transformers, torch
from nblib import HeadsPanel
from nblib.ui.pages import show
from nblib.inspect.opening import open_model
from nblib.sources import model_path
from transformers.utils import logging
logging.set_verbosity_error(); logging.disable_progress_bar()
model = transformers.AutoModelForSequenceClassification.from_pretrained(model_path("minilm")).eval()
with torch.no_grad():
    model.classifier.weight.normal_(0, 1)
panel = HeadsPanel(model, {text!r}, tokenizer=open_model("minilm").tokenizer, texts=["a"], labels=["LABEL_0"])
show(panel)
"""


def _p95(values: list) -> float:
    if any(v is None for v in values):
        raise RuntimeError(f"{sum(v is None for v in values)} of {len(values)} moves showed nothing")
    return round(float(np.percentile(values, 95)), 1)


def sent() -> None:
    """Bytes for 6 × 12 heads and 128 tokens, and for 12 × 12 and 512: what leaves for the browser."""
    import torch
    import transformers

    from nblib import AttentionExplorer
    from nblib.inspect.opening import open_model

    tokenizer = open_model("minilm").tokenizer
    for layers, tokens in ((6, 128), (12, 512)):
        torch.manual_seed(0)
        config = transformers.BertConfig(hidden_size=144, num_hidden_layers=layers, intermediate_size=144)
        panel = AttentionExplorer(transformers.BertModel(config).eval(), "cat " * (tokens - 2), tokenizer, sentences=())
        size = panel.view.bytes_sent
        figure = {"megabytes": round(size / 1e6, 2), "share_of_bertviz": round(size / BERTVIZ_BYTES, 4)}
        record(f"explorer, {layers} × 12 heads, {tokens} tokens: bytes", figure)


def switching(moves: int = 60) -> None:
    """A head switched and a token hovered, at 128 and at 512 tokens."""
    from tests.bench.panel import notebook

    for layers, tokens in ((6, 128), (12, 512)):
        cells = [MODEL.format(layers=layers), TEXT.format(words=tokens - 2) + "\nexplorer.show(text)"]
        with notebook(cells) as opened:
            opened.page.wait_for_function(
                f"() => document.querySelector('.nblib-explorer').dataset.tokens === '{tokens}'"
            )
            opened.page.wait_for_function("() => document.querySelector('.nblib-explorer').dataset.thumbs")
            keys = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]
            heads = [opened.page.evaluate(KEY, ["heads", keys[k // 5 % 4], False]) for k in range(moves)]
            spots = [[120 + (k * 37) % 250, 120 + (k * 53) % 250] for k in range(moves)]
            hovers = [opened.page.evaluate(HOVER, spot) for spot in spots]
        name = f"{tokens} tokens"
        # The first moves compile what they need.
        record(f"explorer, head switched, {name}", {"p95_ms": _p95(heads[3:]), "ms": quartiles(heads[3:])})
        record(f"explorer, token hovered, {name}", {"p95_ms": _p95(hovers[3:]), "ms": quartiles(hovers[3:])})


def first_picture(times: int = 5) -> None:
    """12 × 12 heads, 512 tokens: from the end of the forward pass to the frame that shows the maps."""
    from tests.bench.tab import tab

    found = []
    with tab([MODEL.format(layers=12), TEXT.format(words=510) + TIMED]) as page:
        page.wait(STAMP)
        for k in range(times):
            over = float(page.execute("explorer.show(text)").split()[-1])
            page.wait(f"stamps.length > {k}")
            found.append((page.evaluate(f"stamps[{k}]") - over) / 1000)
    record("explorer, 12 × 12 heads, 512 tokens: first picture", {"seconds": quartiles(found)})


def sentence(times: int = 30) -> None:
    """A new sentence of 32 tokens on minilm, from Enter to the new maps."""
    from tests.bench.panel import notebook

    words = WORDS.split()
    with notebook(
        ["from nblib import AttentionExplorer\nfrom nblib.ui.pages import show\nshow(AttentionExplorer())"]
    ) as opened:
        opened.page.wait_for_function("() => document.querySelector('.nblib-explorer')?.dataset.shown")
        found = []
        for k in range(times + 3):
            text = " ".join((words[k % 20 :] + words)[:30])
            found.append(opened.page.evaluate(ENTER, text))
            time.sleep(0.1)
    record("a new sentence of 32 tokens to the new maps", {"p95_ms": _p95(found[3:]), "ms": quartiles(found[3:])})


def dial(times: int = 30) -> None:
    """A head's slider moved to new class probabilities: minilm with a head for classes, 32 tokens."""
    from tests.bench.panel import notebook

    text = " ".join(WORDS.split()[:30])
    with notebook([CLASSIFIER.format(text=text)]) as opened:
        opened.page.wait_for_function("() => document.querySelector('.nblib-dials')?.dataset.at")
        found = []
        for k in range(times + 3):
            found.append(opened.page.evaluate(DIAL, [0.1, 0.9, 0.4, 0.7][k % 4]))
            time.sleep(0.1)
    record("a head's slider to class probabilities", {"p95_ms": _p95(found[3:]), "ms": quartiles(found[3:])})
