"""Words by how often they occur, and language models by how well they predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from nblib.engine.config import number_text
from nblib.figures.style import OKABE_ITO, frame, legend_above

DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
POINTS = 160


def frequencies(
    words: Sequence[str], counts: np.ndarray, kept: Mapping[str, np.ndarray], *, height: int = 330
) -> go.Figure:
    """How often words occur, the most frequent first, and how often they are used.

    Args:
        words, counts: [V], counts descending.
        kept: name of a subsampling → [V] probability that an occurrence is used.
    """
    places = np.unique(np.geomspace(1, len(counts), POINTS).round().astype(int)) - 1
    named = [words[i] for i in places]
    figure = go.Figure()
    lines = {"all": np.ones(len(counts)), **kept}
    for i, (name, share) in enumerate(lines.items()):
        figure.add_scatter(
            x=(places + 1).astype(np.float32), y=(counts * share)[places].astype(np.float32), name=name, text=named,
            mode="lines", hovertemplate="%{text}: %{y:,.0f}",
            line={"color": list(OKABE_ITO.values())[i % 6], "dash": DASHES[i % 4], "width": 2.5},
        )  # fmt: skip
    top = min(100, len(counts))
    share = counts[:top].sum() / counts.sum()
    used = "".join(f" Of it {(counts * p).sum() / counts.sum():.0%} is used with {name}." for name, p in kept.items())
    text = f"The {top} most frequent of {len(counts):,} words make up {share:.0%} of the text.{used}"
    frame(figure, height, text, hovermode="x unified", legend=legend_above())
    figure.update_xaxes(title_text="rank of the word", type="log", dtick=1)
    figure.update_yaxes(title_text="occurrences used", type="log", dtick=1, exponentformat="power")
    return figure


def perplexities(found: Mapping[str, Mapping[int, float]], *, height: int = 330) -> go.Figure:
    """Perplexity of n-gram models on sentences that they were not counted in: smoothing → order → perplexity.

    Infinite ones are left out and named in the sentence.
    """
    figure, best, without = go.Figure(), None, []
    for i, (name, values) in enumerate(found.items()):
        finite = {n: p for n, p in values.items() if np.isfinite(p)}
        if len(finite) < len(values):
            without.append(name)
        for n, p in finite.items():
            best = min(best or (p, n, name), (p, n, name))
        figure.add_scatter(
            x=np.array(list(finite), np.float32), y=np.array(list(finite.values()), np.float32), name=name,
            mode="lines+markers", hovertemplate="%{y:,.1f}", marker={"symbol": SYMBOLS[i % 4], "size": 9},
            line={"color": list(OKABE_ITO.values())[i % 6], "dash": DASHES[i % 4], "width": 2.5},
        )  # fmt: skip
    text = f"Lowest: {number_text(round(best[0], 1))}, {best[2]} with n = {best[1]}." if best else "Nothing to show."
    if without:
        text += f" Infinite for some n, because some word has P = 0: {', '.join(without)}."
    frame(figure, height, text, hovermode="x unified", legend=legend_above())
    orders = sorted({n for values in found.values() for n in values})
    figure.update_xaxes(title_text="n, the words of an n-gram", tickvals=orders)
    figure.update_yaxes(title_text="perplexity", type="log")
    return figure
