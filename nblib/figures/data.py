"""The data before training: lengths, padding, classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import escape

from nblib.figures.points import Array
from nblib.figures.style import OKABE_ITO, class_ticks, frame, legend_above

if TYPE_CHECKING:
    import plotly.graph_objects as go


def lengths(
    token_counts: Array,
    max_length: int,
    batch_size: int,
    *,
    padding_grouped: float,
    padding_random: float,
    cut_share: float | None = None,
    height: int = 280,
) -> go.Figure:
    """Histogram of the texts' lengths in tokens, with what is cut at ``max_length`` and what is padding.

    ``token_counts``: int [texts]; counts that were taken after the cut need ``cut_share``. ``padding_grouped`` and
    ``padding_random``: the shares of padding with and without length groups (``nblib.training.finetune.order``).
    """
    import plotly.graph_objects as go

    counts = np.asarray(token_counts, np.int64)
    cut = float((counts > max_length).mean()) if cut_share is None and len(counts) else cut_share or 0.0
    longest = int(counts.max()) if len(counts) else max_length
    width = max(1, math.ceil(min(longest, 4 * max_length) / 48))
    edges = np.arange(0, min(longest, 4 * max_length) + 2 * width, width)
    number, edges = np.histogram(np.minimum(counts, edges[-1] - 1), bins=edges)
    middle = ((edges[:-1] + edges[1:] - 1) / 2).astype(np.float32)
    spans = [f"{a} to {b - 1} tokens" if b - 1 > a else f"{a} tokens" for a, b in zip(edges, edges[1:], strict=False)]
    figure = go.Figure(
        go.Bar(
            x=middle, y=number.astype(np.int32), width=width * 0.92, customdata=spans,
            marker={"color": [OKABE_ITO["vermillion"] if m > max_length else OKABE_ITO["blue"] for m in middle]},
            hovertemplate="%{customdata}: %{y} texts<extra></extra>",
        )
    )  # fmt: skip
    median = int(np.median(counts)) if len(counts) else 0
    text = (
        f"{len(counts):,} texts, half of them at most {median} tokens long; {cut:.1%} are cut at {max_length}. "
        f"In batches of {batch_size}, {padding_grouped:.0%} of the places are padding with length groups, "
        f"{padding_random:.0%} without."
    )
    frame(figure, height, text, showlegend=False, bargap=0.05)
    figure.add_vline(x=max_length, line={"color": OKABE_ITO["vermillion"], "dash": "dash", "width": 2})
    figure.add_annotation(
        text=f"cut at {max_length}", x=max_length, xanchor="right", y=1, yref="paper", yanchor="bottom",
        showarrow=False,
    )  # fmt: skip
    figure.update_xaxes(title_text="tokens", range=[0, max(float(edges[-1]), max_length * 1.04)])
    figure.update_yaxes(title_text="texts", rangemode="tozero")
    return figure


def class_balance(counts: Mapping[str, Any], *, height: int | None = None) -> go.Figure:
    """How many examples each class has: ``{class: number}``, or ``{split: {class: number}}``."""
    import plotly.graph_objects as go

    by_split = counts if counts and isinstance(next(iter(counts.values())), Mapping) else {"examples": counts}
    names = list(dict.fromkeys(name for split in by_split.values() for name in split))
    colours = [OKABE_ITO[c] for c in ("blue", "vermillion", "green")]
    figure = go.Figure()
    for i, (split, numbers) in enumerate(by_split.items()):
        values = [int(numbers.get(name, 0)) for name in names]
        total = max(1, sum(values))
        figure.add_bar(
            y=list(range(len(names))), x=values, orientation="h", name=str(escape(split)), text=values,
            textposition="outside", cliponaxis=False, customdata=[[str(escape(n)), v / total] for n, v in
                                                                  zip(names, values, strict=True)],
            marker={"color": colours[i % 3], "pattern": {"shape": ("", "/", ".")[i % 3], "solidity": 0.25}},
            hovertemplate="%{customdata[0]}: %{x} (%{customdata[1]:.1%})",
        )  # fmt: skip
    first = next(iter(by_split.values()), {})
    total = sum(first.values())
    text = "No class has an example."
    if total:
        most, least = max(first, key=lambda name: first[name]), min(first, key=lambda name: first[name])
        where = "" if len(by_split) == 1 else f" in {next(iter(by_split))}"
        text = (
            f"{len(names)} classes{where}: the largest is {most} with {first[most]:,} of {total:,} examples "
            f"({first[most] / total:.1%}), the smallest {least} with {first[least]:,} ({first[least] / total:.1%})."
        )
    tall = height or 90 + len(names) * (16 + 18 * len(by_split))
    frame(figure, tall, text, showlegend=len(by_split) > 1, legend=legend_above(), bargap=0.25)
    figure.update_layout(margin_r=60)
    figure.update_yaxes(autorange="reversed", showgrid=False, **class_ticks(names))
    figure.update_xaxes(title_text="examples", rangemode="tozero")
    return figure
