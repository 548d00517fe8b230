"""What opens below the panel of sequence to sequence: beam search as a tree, readings, held-out pairs, the export."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from nblib.engine.errors import InputError, SessionError
from nblib.ui.drawer import Drawer
from nblib.ui.elements import Choice, html, row
from nblib.ui.pages import table
from nblib.ui.run_bar import icon_button
from nblib.ui.text_input import shortened
from nblib.ui.views.tree import Tree

MOST_SYMBOLS = 40
NO_MODEL = "There is no model yet: press Start."
ASKED_FIRST = "行长乐重还得"
MOST_CHARACTERS = 24
MOST_ROWS = 40
BEAM_PAIRS = 100


class _Drawer(Drawer):
    def ready(self) -> bool:
        """Whether there is a model to ask; says so where not."""
        panel = self.panel
        if panel.fit is None or panel.session is None or panel.model is None or not panel.fit.done:
            self.say(NO_MODEL)
            return False
        return True

    def copied(self) -> tuple[Any, Any]:
        """The job and a copy of its model, made between two steps. For a thread of its own: it waits for the worker."""
        job = self.panel.fit
        return job, self.panel.session.call(copy.deepcopy).result(60).eval()


class BeamDrawer(_Drawer):
    """Ranked answers to the panel's sentence as an input method shows them, and the tree that they were found in."""

    title, icon, tooltip = "Beam search", "try", "Several answers at once, ranked, and the tree of all that was tried"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.button = icon_button("Ask again", "try", "Ask the model as it is now", "116px")
        self.button.on_click(lambda _button: self.ask())
        panel.sentence.observe(lambda _change: self.ask(), "value")
        self.answers = html("")
        self.tree = Tree(steered=True, empty="The tree comes here once there is a model: press Start.")
        self.tree.observe(lambda _change: self.ask(), ["num_beams", "length_penalty"])
        self.widget = widgets.VBox(
            [self.button, self.answers, self.content, self.tree],
            layout={"width": "100%"},
        )
        self._asking = self._again = False

    def opened(self) -> None:
        self.ask()

    def ask(self) -> None:
        """Search with the model as it is now, between two steps of a run; a question that comes meanwhile is next."""
        if self.panel.shown_drawer != "beam":
            return
        if self._asking:
            self._again = True
            return
        if not self.ready():
            return
        text, note = shortened(self.panel.sentence.value, MOST_SYMBOLS)
        fit = self.panel.fit
        if not fit.pairs.source.split(text):
            self._nothing("The sentence is empty: type a word.")
            return
        beams, penalty = max(1, min(20, self.tree.num_beams)), max(0.0, min(2.0, self.tree.length_penalty))
        self._asking = True
        try:
            future = self.panel.session.call(lambda model: _searched(fit, model, text, beams, penalty))
        except (InputError, SessionError) as error:
            self._asking = False
            self.say(str(error))
            return

        def answered(future: Any) -> None:
            self._asking = False
            if error := future.exception():
                self._nothing("no tree")
                self.fail(error)
            else:
                self.show(fit, text, note, future.result())
            if self._again:
                self._again = False
                self.ask()

        future.add_done_callback(answered)

    def _nothing(self, why: str) -> None:
        self.answers.value = ""
        self.tree.show([], title="", empty=why)
        self.say("")

    def show(self, fit: Any, text: str, note: str, found: tuple) -> None:
        from nblib.decoding.tree import rows
        from nblib.labs.seq2seq.alignment import END_MARK, seen

        beam, greedy, step = found
        symbols = fit.pairs.target.symbols
        ranked = candidates(fit, text, beam)
        self.answers.value = html(chips(ranked, greedy, fit.pairs.right(text, greedy))).value
        self.tree.show(
            rows(beam, lambda n: END_MARK if n == 2 else seen(symbols[n])), title=f"{text}: what beam search tried",
            space=" " if fit.pairs.target.join is not "".join else "",
        )  # fmt: skip
        self.say(f"At step {step}. {note}".strip())


def _searched(fit: Any, model: Any, text: str, num_beams: int, length_penalty: float) -> tuple:
    model.eval()
    return fit.beam(model, text, num_beams, length_penalty), fit.translate(model, [text])[0], fit.done


def candidates(fit: Any, text: str, beam: Any) -> list[tuple[str, float, float, bool]]:
    """Ranked answers: text, its probability, its score, whether it is known to be right."""
    import math

    found = []
    for h in beam.hypotheses:
        said = fit.pairs.target.decode(h.symbols)
        found.append((said, math.exp(h.log_probability), h.score, fit.pairs.right(text, said)))
    return found


def chips(ranked: Sequence[tuple[str, float, float, bool]], greedy: str, right: bool) -> Markup:
    """As an input method shows them: numbered, side by side."""
    made = Markup("").join(
        Markup(
            '<span style="display:inline-block;margin:0 14px 4px 0;padding:2px 8px;border:1px solid var(--nb-line);'
            'border-radius:3px"><b>{}</b> {}{} <span class="nblib-soft">P {}, score {:.2f}</span></span>'
        ).format(k + 1, said or "(nothing)", Markup(" ✓" if good else ""), _share(p), score)
        for k, (said, p, score, good) in enumerate(ranked)
    )
    line = Markup(
        '<div class="nblib-soft" style="font-size:12px">Greedy search says: {}{} (✓: right in the data)</div>'
    )
    return Markup("<div>{}</div>").format(made) + line.format(greedy or "(nothing)", " ✓" if right else "")


def _share(p: float) -> str:
    return f"{p:.0%}" if p >= 0.0995 else f"{p:.1%}" if p >= 0.0005 else f"{p:.0e}"


class ReadingsDrawer(_Drawer):
    """Characters with several readings in held-out phrases, and how often each reading is read right."""

    title, icon, tooltip = "Several readings", "data", "行, 长, 乐 …: characters that their neighbours decide"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.first = widgets.Text(
            value=ASKED_FIRST, description="Shown first", continuous_update=True, layout={"width": "320px"}
        )
        self.first.observe(lambda _change: self._fill(), "value")
        self.button = icon_button("Read again", "data", "Read the held-out phrases with the model as it is", "124px")
        self.button.on_click(lambda _button: self.read())
        self.place = _scrolled(html(""))
        self.widget = widgets.VBox([row(self.first, self.button), self.content, self.place], layout={"width": "100%"})
        self._rows: list = []
        # Which job was read, and at which step.
        self._read: tuple = ()

    def opened(self) -> None:
        if not self._rows or self._read != (id(self.panel.fit), getattr(self.panel.fit, "done", 0)):
            self.read()

    def read(self) -> None:
        if self.background.busy or not self.ready():
            return
        job = self.panel.fit
        if job.config.task != "hanzi to pinyin":
            self.place.value = ""
            self.say("Readings are a matter of the task “hanzi to pinyin”: choose it, and press Start.")
            return
        self.say(f"Reading {len(job.pairs.validation.sources):,} held-out phrases …")

        def work() -> tuple:
            from nblib.labs.seq2seq.scores import readings, translated

            job, model = self.copied()
            side, done = job.pairs.validation, job.done
            answers = translated(job, model, side.sources)
            return (id(job), done), readings(side.sources, side.targets, answers), len(side.sources)

        def shown(found: Any) -> None:
            self._read, self._rows, count = found
            self._fill()
            many, step = len({r.character for r in self._rows}), self._read[1]
            self.say(f"{count:,} held-out phrases, read at step {step}; characters with several readings: {many}.")

        self.work("", work, shown)

    def _fill(self) -> None:
        if self._rows:
            self.place.value = html(readings_table(self._rows, shortened(self.first.value, 60)[0]).html).value


def readings_table(rows: Sequence[Any], first: str = ASKED_FIRST, most: int = MOST_CHARACTERS) -> Any:
    """A page with the readings of ``most`` characters, those of ``first`` before the others."""
    order = list(dict.fromkeys(r.character for r in rows))
    order = [c for c in dict.fromkeys(first) if c in order] + [c for c in order if c not in first]
    lines = []
    for character in order[:most]:
        for k, r in enumerate(r for r in rows if r.character == character):
            wrong = r.right < r.occurs
            example = f"{r.example[0]} → {r.example[1] or '(nothing)'}" + ("" if wrong else " ✓")
            lines.append(
                [character if k == 0 else "", r.reading, r.occurs, f"{r.right} ({r.right / r.occurs:.0%})", r.instead,
                 example]
            )  # fmt: skip
    note = "" if len(order) <= most else f"{most} of {len(order)} characters; those whose rarer readings occur most."
    head = ["", "reading", "phrases", "read right", "most often instead", "for example"]
    return table(head, lines, [2, 3], note)


class AnswersDrawer(_Drawer):
    """Held-out pairs with the model's answers, and exact match, BLEU and chrF over them."""

    title, icon, tooltip = "Held-out pairs", "results", "Answers beside the right ones; exact match, BLEU and chrF"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.which: Choice[str] = Choice(
            options=["wrong answers", "right answers", "all"], description="Show", layout={"width": "240px"}
        )
        self.which.observe(lambda _change: self._fill(), "value")
        self.button = icon_button("Score again", "results", "With the model as it is now", "132px")
        self.button.on_click(lambda _button: self.score())
        self.figures, self.place = html(""), _scrolled(html(""))
        self.widget = widgets.VBox(
            [row(self.which, self.button), self.content, self.figures, self.place], layout={"width": "100%"}
        )
        self._found: tuple = ()

    def opened(self) -> None:
        if not self._found or self._found[0] != (id(self.panel.fit), getattr(self.panel.fit, "done", 0)):
            self.score()

    def score(self) -> None:
        if self.background.busy or not self.ready():
            return
        self.say("Translating held-out pairs …")

        def work() -> tuple:
            from nblib.labs.seq2seq.scores import translated

            job, model = self.copied()
            done = job.done
            sources, targets, _ = (part[: job.config.max_eval_samples] for part in job.pairs.validation)
            answers = translated(job, model, sources)
            rows, beams = search_scores(job, model, sources, answers, say=self.say)
            return (id(job), done), rows, list(zip(sources, targets, answers, beams, strict=False)), job.pairs

        def shown(found: Any) -> None:
            self._found = found
            self.figures.value = html(found[1].html).value
            self._fill()
            self.say(f"Read at step {found[0][1]}.")

        self.work("", work, shown)

    def _fill(self) -> None:
        if not self._found:
            return
        _, _, answers, pairs = self._found
        wanted = {"wrong answers": (False,), "right answers": (True,), "all": (True, False)}[self.which.chosen]
        judged = [(s, t, a, b, pairs.right(s, a)) for s, t, a, b in answers]
        chosen = [row for row in judged if row[4] in wanted]
        lines = [[s, t, a or "(nothing)", "✓" if good else "✗", b] for s, t, a, b, good in chosen[:MOST_ROWS]]
        note = f"{min(len(chosen), MOST_ROWS)} of {len(chosen)} {self.which.value}, of {len(judged)} pairs."
        if not lines:
            self.place.value = html(f"There are none among {len(judged)} pairs.").value
            return
        head = ["source", "right", "greedy search", "", f"beam of 5, first {BEAM_PAIRS}"]
        self.place.value = html(table(head, lines, (), note).html).value


def _scrolled(widget: widgets.HTML) -> widgets.HTML:
    widget.layout.max_height, widget.layout.overflow = "420px", "auto"
    return widget


def search_scores(
    job: Any,
    model: Any,
    sources: Sequence[str],
    answers: Sequence[str],
    *,
    most: int = BEAM_PAIRS,
    num_beams: int = 5,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[Any, list[str]]:
    """A page with exact match, BLEU and chrF of greedy search, and of beam search on the first ``most`` pairs.

    ``answers``: those of greedy search. The second that comes back: the best answer of the beam, "" beyond ``most``.
    """
    from nblib.labs.seq2seq.scores import scores

    few = list(sources[:most])
    beams = []
    for k, text in enumerate(few):
        if k % 20 == 0:
            say(f"Beam search: {k} of {len(few)} …")
        found = job.beam(model, text, num_beams).hypotheses
        beams.append(job.pairs.target.decode(found[0].symbols) if found else "")
    rows = [("greedy", sources, answers)]
    if len(few) < len(sources):
        rows.append(("greedy, the first of them", few, answers[: len(few)]))
    rows.append((f"beam of {num_beams}", few, beams))
    lines = []
    for name, asked, said in rows:
        found = scores(job.pairs, asked, said)
        lines.append([name, f"{found.answers:,}", f"{found.exact:.1%}", f"{found.bleu:.1f}", f"{found.chrf:.1f}"])
    note = "BLEU and chrF by sacrebleu, 0 to 100, over all pairs of a row."
    page = table(["search", "pairs", "exact match", "BLEU", "chrF"], lines, [1, 2, 3, 4], note)
    return page, beams + [""] * (len(sources) - len(few))


class ExportDrawer(_Drawer):
    title, icon, tooltip = "Export", "export", "The model and its symbols, loaded in a fresh process and compared"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.path = widgets.Text(value="runs/translator", description="folder", layout={"flex": "0 1 340px"})
        self.formats = {
            name: widgets.Checkbox(
                value=name == "safetensors", description=name, indent=False, layout={"width": "auto"}
            )
            for name in ("safetensors", "onnx")
        }
        self.button = icon_button("Export now", "export", "Write, load in a fresh process, and compare")
        self.button.on_click(lambda _button: self.export())
        tools = row(self.path, *self.formats.values(), self.button)
        tools.add_class("nblib-tools")
        self.place = html("")
        self.widget = widgets.VBox([tools, self.content, self.place], layout={"width": "100%"})

    def opened(self) -> None:
        if self.ready() and not self.background.busy:
            self.say("Writes the model as it is now.")

    def export(self) -> None:
        """The kernel and the training go on meanwhile."""
        formats = [name for name, box in self.formats.items() if box.value]
        if self.background.busy or not self.ready():
            return
        folder = self.path.value.strip()
        if not folder or not formats:
            self.say("folder: is empty; give a name, as in runs/translator" if formats else "Tick at least one format.")
            return
        self.button.disabled = True
        self.say("Writing, loading in a fresh process, comparing …")

        def work() -> Any:
            from nblib.labs.seq2seq import export as translator

            job, model = self.copied()
            figures = {"steps": f"{job.done}"}
            exact = self.panel.session.history.last("eval_exact")
            if exact == exact:
                figures["held-out pairs right at the last evaluation"] = f"{exact:.1%}"
            return job, translator.save(folder, job, model.cpu(), formats=formats, figures=figures)

        def shown(found: Any) -> None:
            self.button.disabled = False
            from nblib.labs.seq2seq.export import LOADER

            job, report = found
            page = table(["format", "size", "largest difference", "compared on", "seconds"], report.cells())
            path, text = f"{folder}/safetensors", job.pairs.validation.sources[0]
            code = LOADER.format(path=path, text=text) if "safetensors" in formats else ""
            self.place.value = html(page.html + Markup("<pre>{}</pre>").format(code)).value
            self.say(f"Written to {folder}, with a model card and its symbols.")

        self.work("", work, shown)

    def fail(self, error: Exception) -> None:
        self.button.disabled, self.place.value = False, ""
        super().fail(error)
