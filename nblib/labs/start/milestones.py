"""From the artificial neuron to GPT-4, each idea with the labs on it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from nblib.index import LABS, Lab
from nblib.labs.start.links import address, link, plain
from nblib.ui.pages import Page


@dataclass(frozen=True)
class Milestone:
    year: int
    name: str
    who: str
    idea: str
    labs: tuple[str, ...]


# fmt: off
MILESTONES = (
    Milestone(1943, "Artificial neuron", "McCulloch and Pitts",
              "A nerve cell as a sum and a threshold.", ("01",)),
    Milestone(1957, "Perceptron", "Rosenblatt",
              "The weights of such a cell, learnt from examples.", ("01",)),
    Milestone(1974, "Back-propagation", "Werbos",
              "Who is to blame for an error, layer by layer.", ("01",)),
    Milestone(1980, "Multi-layer perceptron", "",
              "Several layers draw what one line cannot divide.", ("01",)),
    Milestone(1982, "Recurrent network", "Hopfield",
              "A network that is fed with its own last state.", ("03",)),
    Milestone(1997, "LSTM", "Hochreiter and Schmidhuber",
              "Gates decide what to keep, so that memory lasts.", ("03",)),
    Milestone(2013, "word2vec", "Mikolov et al.",
              "A word is known by the words around it.", ("02",)),
    Milestone(2014, "GRU and seq2seq", "Cho et al., Sutskever et al.",
              "One network reads a sentence, another writes one.", ("03", "04")),
    Milestone(2017, "Transformer", "Vaswani et al.",
              "Attention alone: every word looks at every other.", ("05", "06")),
    Milestone(2018, "GPT-1 and BERT", "Radford et al., Devlin et al.",
              "Train once on plain text, then fine-tune for any task.", ("07", "09")),
    Milestone(2019, "GPT-2", "Radford et al.",
              "Predict the next word well enough, and pages come out.", ("07", "08")),
    Milestone(2020, "GPT-3", "Brown et al.",
              "At 175 billion weights, examples in the prompt will do.", ("10",)),
    Milestone(2022, "InstructGPT, ChatGPT", "Ouyang et al.",
              "People rate answers; the model learns to please them.", ("10",)),
    Milestone(2023, "GPT-4", "OpenAI",
              "Pictures as well as text, and a service used by millions.", ("11",)),
)
# fmt: on

ERAS = ((1943, "Neurons"), (1982, "Memory and words"), (2017, "Attention"), (2020, "Scale"))
FIRST, LAST = 1940, 2025

_STYLE = Markup("""<style>
.nbl-scale { position: relative; height: 58px; margin: 6px 16px 10px; border-bottom: 2px solid var(--nbl-line); }
.nbl-scale span { position: absolute; font-size: 12px; color: var(--nbl-soft); bottom: -24px;
  transform: translateX(-50%); }
.nbl-scale .nbl-dot { position: absolute; bottom: -6px; width: 10px; height: 10px; margin-left: -5px;
  border-radius: 50%; background: var(--jp-layout-color0, #fff); border: 2px solid var(--nbl-soft); }
.nbl-scale a.nbl-dot { background: var(--nbl-accent); border-color: var(--nbl-accent); }
.nbl-scale b { position: absolute; bottom: 16px; font-size: 13px; font-weight: 600; white-space: nowrap; }
.nbl-eras { display: grid; grid-template-columns: repeat(auto-fit, minmax(225px, 1fr)); gap: 18px 26px;
  margin-top: 38px; }
.nbl-era h4 { margin: 0 0 6px; font-size: 13px; font-weight: 600; color: var(--nbl-soft);
  border-bottom: 1px solid var(--nbl-line); padding-bottom: 3px; }
.nbl .nbl-eras ol.nbl-list { list-style: none; margin: 0; padding: 0; }
.nbl .nbl-eras ol.nbl-list > li { display: grid; grid-template-columns: 44px 1fr; margin: 0 0 12px; line-height: 1.4; }
.nbl-era li > span { font-variant-numeric: tabular-nums; color: var(--nbl-soft); }
.nbl-era .nbl-labs { display: block; font-size: 13px; }
</style>""")


def timeline() -> Page:
    """From 1943 to GPT-4; each idea with the labs on it, those that are there as links."""
    dots = Markup("").join(_dot(m) for m in MILESTONES)
    years = Markup("").join(
        Markup('<span style="left:{:.2f}%">{}</span>').format(_place(year), year) for year in range(1940, 2021, 20)
    )
    named = Markup("").join(
        Markup('<b style="left:{:.2f}%;transform:translateX({}%)">{}</b>').format(_place(year), -move, name)
        for year, name, move in ((1943, "Neurons", 0), (1982, "Memory", 0), (LAST, "Words, attention, scale", 100))
    )
    scale = Markup('<div class="nbl-scale" aria-hidden="true">{}{}{}</div>').format(named, years, dots)
    eras = Markup("").join(_era(name, items) for name, items in _by_era())
    html = _STYLE + scale + Markup('<div class="nbl-eras">{}</div>').format(eras)
    note = "A link opens a lab that is here; a filled dot has one. The others are coming."
    html += Markup('<p class="nbl-note">{}</p>').format(note)
    lines = [f"{m.year}  {m.name}: {m.idea} ({', '.join(plain(lab) for lab in _labs(m))})" for m in MILESTONES]
    return Page(html, "\n".join(lines))


def _labs(milestone: Milestone) -> list[Lab]:
    return [lab for lab in LABS if lab.number in milestone.labs]


def _by_era() -> list[tuple[str, list[Milestone]]]:
    ends = [*(year for year, _ in ERAS[1:]), LAST]
    return [
        (name, [m for m in MILESTONES if begin <= m.year < end]) for (begin, name), end in zip(ERAS, ends, strict=True)
    ]


def _era(name: str, items: list[Milestone]) -> Markup:
    made = Markup("").join(
        Markup('<li><span>{}</span><div><b>{}</b>{}<br>{}<span class="nbl-labs">{}</span></div></li>').format(
            m.year, m.name, Markup(' <span class="nbl-soft">{}</span>').format(m.who) if m.who else "", m.idea,
            Markup(" · ").join(link(lab) for lab in _labs(m)),
        )
        for m in items
    )  # fmt: skip
    return Markup('<section class="nbl-era"><h4>{}</h4><ol class="nbl-list">{}</ol></section>').format(name, made)


def _dot(milestone: Milestone) -> Markup:
    """A dot on the scale; where a lab is here, a second way to it for those who point."""
    there = [lab for lab in _labs(milestone) if lab.exists]
    way = Markup('href="{}" tabindex="-1" ').format(address(there[0])) if there else ""
    made = '<{0} {1}class="nbl-dot" style="left:{2:.2f}%" title="{3} {4}"></{0}>'
    tag = Markup("a" if there else "i")
    return Markup(made).format(tag, way, _place(milestone.year), milestone.year, milestone.name)


def _place(year: int) -> float:
    return 100 * (year - FIRST) / (LAST - FIRST)
