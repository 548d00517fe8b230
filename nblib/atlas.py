"""Lab 00's pages: the timeline, the map of the labs with what was passed, and what this machine can do."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from nblib import exercises, sources
from nblib.doctor import Finding, findings
from nblib.pages import Page, table


@dataclass(frozen=True)
class Lab:
    """One of the twelve labs.

    ``seconds``: of "Run All" on two idle CPU cores; None for a lab that is not there yet. ``pack``: what it takes
    from the offline pack. ``runs_mb``: what its "Run All" leaves in runs/, in megabytes.
    """

    number: str
    file: str
    name: str
    promise: str
    seconds: int | None = None
    pack: tuple[str, ...] = ()
    runs_mb: int = 0

    @property
    def exists(self) -> bool:
        return self.seconds is not None


LABS = (
    Lab("00", "00_start.ipynb", "Start here", "find your way, and see what this machine can do", seconds=5),
    Lab(
        "01", "01_perceptron.ipynb", "Perceptron to digits", "move a line by hand, then let a network read digits",
        seconds=15,
    ),
    Lab(
        "02", "02_word_vectors.ipynb", "Words into numbers", "watch words find their place among their neighbours",
        seconds=40, pack=("dialogues", "reviews", "reviews-zh"), runs_mb=13,
    ),
    Lab(
        "03", "03_recurrence.ipynb", "Recurrence", "see who remembers how far: RNN, LSTM, GRU",
        seconds=35, pack=("dialogues",), runs_mb=2,
    ),
    Lab(
        "04", "04_seq2seq.ipynb", "Sequence to sequence", "read Chinese aloud, with and without attention",
        seconds=75, pack=("pinyin",), runs_mb=4,
    ),
    Lab(
        "05", "05_attention.ipynb", "Attention", "open every matrix, and every head of a real model",
        seconds=55, pack=("minilm", "smollm2", "reviews"), runs_mb=360,
    ),
    Lab(
        "06", "06_transformer.ipynb", "The Transformer", "build it block by block, and race it against lab 04",
        seconds=40, pack=("pinyin",), runs_mb=2,
    ),
    Lab("07", "07_pretraining.ipynb", "Pretraining", "grow a small GPT and a small BERT from nothing"),
    Lab("08", "08_decoding.ipynb", "Decoding", "choose the next word: temperature, top-p, beams"),
    Lab(
        "09", "09_fine_tuning.ipynb", "Fine-tuning", "teach a pretrained model your task, and take it away",
        seconds=80, pack=("minilm", "reviews"), runs_mb=410,
    ),
    Lab("10", "10_assistant.ipynb", "From model to assistant", "tune with dialogues and with people's ratings"),
    Lab("11", "11_ship_it.ipynb", "Ship it", "make it small, verified, served and safe"),
)  # fmt: skip


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
    lines = [f"{m.year}  {m.name}: {m.idea} ({', '.join(_plain(lab) for lab in _labs(m))})" for m in MILESTONES]
    return Page(html, "\n".join(lines))


def lab_map() -> Page:
    """The twelve labs: what each is for, the time and the disk that it takes, and the exercises that were passed."""
    passed = exercises.progress.passed()
    rows = []
    for lab in LABS:
        names = exercises.names(lab.number)
        done = sum(name in passed for name in names)
        if lab.exists:
            rows.append(
                [lab.number, _link(lab, lab.name), lab.promise, _time(lab), _disk(lab), _progress(done, len(names))]
            )
        else:
            soft = Markup('<span class="nbl-soft">{}</span>')
            rows.append([*(soft.format(text) for text in (lab.number, lab.name, lab.promise, "coming")), "", ""])
    note = (
        "Time: about, for “Run All” on two idle CPU cores; on a GPU, not measured. Disk: what the lab needs from the "
        "offline pack, and what its runs leave in labs/runs/."
    )
    if not exercises.progress.writable():
        note += f" {exercises.progress.NOTE}"
    return table(["", "Lab", "What you will be able to do", "Time", "Disk", "Exercises"], rows, note=note)


def doctor(found: Iterable[Finding] | None = None) -> Page:
    """What this machine has and lacks: problems first, then remarks; the packages that are in order are folded away."""
    found = list(findings() if found is None else found)
    order = {"problem": 0, "note": 1, "ok": 2}
    packages = [f for f in found if f.level == "ok" and f.text[:1].isdigit() and " " not in f.text]
    rest = sorted((f for f in found if f not in packages), key=lambda f: order[f.level])
    rows = [[_level(f.level), f.topic, f.text] for f in rest]
    problems = sum(f.level == "problem" for f in found)
    verdict = "The labs can run here." if not problems else f"{problems} problem{'s' * (problems > 1)} to mend first."
    made = table(["", "Topic", "Finding"], rows)
    html = Markup("<p><b>{}</b></p>{}").format(verdict, made.html)
    if packages:
        inside = table(["Package", "Version"], [[f.topic, f.text] for f in packages])
        folded = Markup("<details><summary>{} package{} in order</summary>{}</details>")
        html += folded.format(len(packages), "s" * (len(packages) > 1), inside.html)
    lines = [verdict, *(str(f) for f in rest), *(str(f) for f in packages)]
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
            Markup(" · ").join(_link(lab) for lab in _labs(m)),
        )
        for m in items
    )  # fmt: skip
    return Markup('<section class="nbl-era"><h4>{}</h4><ol class="nbl-list">{}</ol></section>').format(name, made)


def _dot(milestone: Milestone) -> Markup:
    """A dot on the scale; where a lab is here, a second way to it for those who point."""
    there = [lab for lab in _labs(milestone) if lab.exists]
    address = Markup('href="{}" tabindex="-1" ').format(_address(there[0])) if there else ""
    made = '<{0} {1}class="nbl-dot" style="left:{2:.2f}%" title="{3} {4}"></{0}>'
    tag = Markup("a" if there else "i")
    return Markup(made).format(tag, address, _place(milestone.year), milestone.year, milestone.name)


def _place(year: int) -> float:
    return 100 * (year - FIRST) / (LAST - FIRST)


def _link(lab: Lab, words: str = "") -> Markup:
    words = words or f"Lab {lab.number} {lab.name}"
    if not lab.exists:
        return Markup('<span class="nbl-soft">{}, coming</span>').format(words)
    address = _address(lab)
    target = Markup(' target="_blank" rel="noopener"') if address.startswith("https:") else ""
    return Markup('<a href="{}"{}>{}</a>').format(address, target, words)


def _address(lab: Lab) -> str:
    """Beside this notebook; in Colab, which knows no folder, where the labs are published."""
    if "google.colab" not in sys.modules:
        return lab.file
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        origin = distribution("nblib").read_text("direct_url.json") or ""
    except PackageNotFoundError:
        origin = ""
    return _in_colab(origin, lab.file) or lab.file


def _in_colab(origin: str, file: str) -> str:
    """The Colab address of a lab, from where pip says that nblib was installed from; "" where that says nothing."""
    import re

    from nblib.publish import badge_link

    found = re.search(r"github\.com/([^/\"]+/[^/\"]+)/archive/([^\"]+)\.zip", origin)
    return badge_link(found[1], found[2], f"labs/{file}") if found else ""


def _plain(lab: Lab) -> str:
    return f"lab {lab.number}" + ("" if lab.exists else ", coming")


def _time(lab: Lab) -> str:
    return f"{lab.seconds} s" if lab.seconds < 60 else f"{lab.seconds // 60} min {lab.seconds % 60:02} s"


def _disk(lab: Lab) -> str:
    items = [item for item in sources.catalogue() if item.name in lab.pack]
    if not items:
        return "none"
    return f"{sum(item.disk_bytes for item in items) / 1e6:.0f} MB, runs {lab.runs_mb} MB"


def _progress(done: int, of: int) -> str:
    return f"{done} of {of} passed" if of else "none"


def _level(level: str) -> Markup:
    colour, sign = {"problem": ("--nbl-bad", "✗"), "note": ("--nbl-warn", "!"), "ok": ("--nbl-good", "✓")}[level]
    return Markup('<span style="white-space:nowrap;color:var({})">{} {}</span>').format(colour, sign, level)
