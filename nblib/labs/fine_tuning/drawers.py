"""What a fine-tuning panel shows on demand: the data, the results, a sentence tried, the export, the run as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from nblib import figures
from nblib.engine.errors import InputError
from nblib.training.finetune.config import FineTuneConfig
from nblib.ui.drawer import Drawer
from nblib.ui.elements import html, picture, row
from nblib.ui.pages import table
from nblib.ui.run_bar import icon_button
from nblib.ui.views.copying import Copying

WORST = 8


class PictureDrawer(Drawer):
    """A drawer whose pictures the panel keeps as wide as their places."""

    def fill(self, content: widgets.Widget | list[widgets.Widget]) -> None:
        super().fill(content)
        self.panel.download.pictures += 1


class Data(PictureDrawer):
    title, icon = "Look at the data", "data"
    tooltip = "Read the data with these settings: sizes, classes, lengths, what was dropped"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self._described: FineTuneConfig | None = None

    def opened(self) -> None:
        config = self.panel.controls.config
        if config == self._described:
            return

        def task() -> Any:
            from nblib.training.finetune.data import describe

            facts = describe(config)
            self._described = config
            self.panel.known_rows(config, facts["num_rows"]["train"])
            return data_widgets(facts, config, self.panel.front)

        self.work("Reading the data and counting tokens …", task, self.fill)


def data_widgets(facts: dict[str, Any], config: FineTuneConfig, front: str) -> list[widgets.Widget]:
    rows = [[split, f"{number:,}"] for split, number in facts["num_rows"].items()]
    rows += [
        ["texts met twice", f"{facts['duplicates']:,}"],
        [f"training texts cut at {config.max_length} tokens", f"{facts['truncated_share']:.1%}"],
        ["padding with length groups", f"{facts['padding_share_grouped']:.1%}"],
        ["padding in random batches", f"{facts['padding_share_random']:.1%}"],
    ]
    rows += [[f"dropped: {reason}", f"{len(numbers):,} rows"] for reason, numbers in facts["dropped"].items()]
    lines = Markup("<br>").join(Markup.escape(line) for line in facts["report_lines"])
    lengths = figures.lengths(
        facts["token_lengths"], config.max_length, config.batch_size, cut_share=facts["truncated_share"],
        padding_grouped=facts["padding_share_grouped"], padding_random=facts["padding_share_random"],
    )  # fmt: skip
    return [
        row(
            picture(lengths, front),
            picture(figures.class_balance(facts["class_counts"]), front),
        ),
        html(Markup("{}<p>{}</p>").format(table(["", ""], rows, [1]).html, lines)),
    ]


class Results(PictureDrawer):
    title, icon = "Results", "results"
    tooltip = "Confusion matrix, figures beside the baselines, worst mistakes, calibration"

    def __init__(self, panel: Any):
        super().__init__(panel)
        # The folder, and when its predictions were written.
        self._shown: tuple[Path, int] | None = None

    def opened(self) -> None:
        folder = self.panel.run_folder
        if folder is None or not (folder / "predictions.json").is_file():
            self._shown = None
            stopped = folder is not None and (folder / "metrics.json").is_file()
            self.say(
                "The run was stopped before its last evaluation; press Resume to let it finish."
                if stopped else "There are no results yet: they are drawn once a run has finished."
            )  # fmt: skip
            return
        stamp = (folder, (folder / "predictions.json").stat().st_mtime_ns)
        if stamp == self._shown:
            return

        def task() -> Any:
            results = result_widgets(folder, self.panel.front)
            self._shown = stamp
            return results

        self.work("Reading the predictions …", task, self.fill)


def result_widgets(folder: Path, front: str) -> list[widgets.Widget]:
    """The widgets for a run folder with metrics.json and predictions.json."""
    metrics = _read(folder / "metrics.json")
    predictions = _read(folder / "predictions.json")
    names = [str(name) for name in predictions["labels"]]
    split = "test" if predictions.get("test", {}).get("label") else "validation"
    part = predictions[split]
    labels, logits = np.asarray(part["label"], np.int64), np.asarray(part["logits"], np.float64)
    probabilities = _softmax(logits)
    predicted = probabilities.argmax(axis=1)
    matrix = np.zeros((len(names), len(names)), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    heading = f"On the {split} split, {len(labels):,} examples"
    shown: list[widgets.Widget] = [html(Markup("{}<h4>{}</h4>").format(metrics_table(metrics), heading))]
    shown.append(
        row(
            picture(figures.confusion(matrix, names), front),
            picture(figures.calibration(probabilities, labels), front),
        )
    )
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(probabilities[wrong, labels[wrong]])][:WORST]
    if not len(worst):
        shown.append(html(Markup("<p>Not one mistake in {} examples.</p>").format(len(labels))))
        return shown
    texts = _texts(folder, split, worst)
    rows = [
        [_cut(text), names[labels[i]], f"{names[predicted[i]]} ({probabilities[i, predicted[i]]:.1%})"]
        for i, text in zip(worst, texts, strict=True)
    ]
    heading = f"The worst {len(worst)} of {len(wrong)} mistakes: most sure, and wrong"
    shown.append(html(Markup("<h4>{}</h4>{}").format(heading, table(["text", "true", "said"], rows).html)))
    return shown


def metrics_table(metrics: dict[str, Any]) -> Markup:
    def share(name: str) -> str:
        value = metrics.get(name)
        return "" if value is None else f"{value:.1%}"

    rows = [
        ["this model", *(share(f"{split}_{m}") for split in ("eval", "test") for m in ("accuracy", "f1_macro"))],
        ["words counted (TF-IDF, logistic regression)", share("baseline_tfidf_accuracy"), "",
         share("test_baseline_tfidf_accuracy"), ""],
        ["always the majority class", share("baseline_majority_accuracy"), "",
         share("test_baseline_majority_accuracy"), ""],
    ]  # fmt: skip
    head = ["", "validation accuracy", "validation macro F1", "test accuracy", "test macro F1"]
    return table(head, rows, [1, 2, 3, 4]).html


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise InputError(f"{path}: is no valid JSON; run the evaluation again") from None


def _texts(folder: Path, split: str, which: np.ndarray) -> list[str]:
    """The texts of some rows of a held-out split, as the run of this folder saw them."""
    from nblib import sources
    from nblib.engine.jobs import read_config
    from nblib.training.finetune.data import chosen_rows

    config = read_config(folder / "config.yaml")
    if not isinstance(config, FineTuneConfig):
        raise InputError(f"{folder}: is no run of fine-tuning; give the folder of one")
    tables = sources.load(config.dataset, **config.reading())
    rows = chosen_rows(len(tables[split]), config.max_eval_samples, config.split_seed)
    return [str(tables[split][int(rows[i])]["text"]) for i in which]


def _cut(text: str, letters: int = 300) -> str:
    text = " ".join(text.split())
    return text if len(text) <= letters else text[: letters - 1] + "…"


class Try(PictureDrawer):
    title, icon = "Try a sentence", "try"
    tooltip = "Type a sentence and see its class"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self._predictors: dict[Path, Any] = {}
        self.sentence = widgets.Text(
            description="Sentence", placeholder="Type a sentence and press Enter", continuous_update=False,
            layout={"flex": "1 1 300px", "min_width": "0"},
        )  # fmt: skip
        self.go = icon_button("Classify", "try", "Give the sentence to the model")
        self.sentence.observe(lambda _change: self.predict(), "value")
        self.go.on_click(lambda _button: self.predict())
        self.widget = widgets.VBox([row(self.sentence, self.go), self.content], layout={"width": "100%"})

    def opened(self) -> None:
        if self._folder() is None:
            self.say("There is no trained model yet: it is written when a run is over.")
        elif not self.content.children:
            self.say("The first sentence takes a moment, while the model is read.")

    def _folder(self) -> Path | None:
        folder = self.panel.run_folder
        return folder if folder is not None and (folder / "model").is_dir() else None

    def predict(self) -> None:
        folder, sentence = self._folder(), self.sentence.value.strip()
        if folder is None:
            self.opened()
        elif sentence:
            self.work("Reading …", lambda: html(self._answer(folder, sentence)), self.fill)

    def _answer(self, folder: Path, sentence: str) -> Markup:
        from nblib.training.finetune.predict import Predictor

        if folder not in self._predictors:
            self._predictors = {folder: Predictor(folder)}
        prediction = self._predictors[folder]([sentence])[0]
        bars = [
            [name, Markup('<span class="nblib-meter"><span style="width:{:.1f}%"></span></span>').format(100 * p),
             f"{p:.1%}"]
            for name, p in sorted(prediction["probabilities"].items(), key=lambda item: -item[1])
        ]  # fmt: skip
        return Markup("<p><b>{}</b> <span class='nblib-soft'>{}</span></p>{}").format(
            prediction["label"], _cut(sentence, 120), table(["class", "", "probability"], bars, [2]).html
        )


class Export(PictureDrawer):
    title, icon = "Export", "export"
    tooltip = "Write the model for use elsewhere, reload it in a fresh process and compare"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.formats = {
            "hf": widgets.Checkbox(value=True, description="transformers folder", indent=False),
            "onnx": widgets.Checkbox(value=True, description="ONNX", indent=False),
        }
        for box in self.formats.values():
            box.layout.width = "auto"
        self.go = icon_button("Export now", "export", "Write, reload in a fresh process, and compare")
        self.go.on_click(lambda _button: self.export())
        tools = row(*self.formats.values(), self.go)
        tools.add_class("nblib-tools")
        self.widget = widgets.VBox([tools, self.content], layout={"width": "100%"})

    def opened(self) -> None:
        if not self.background.busy and not self.content.children:
            self.say(self._hint())

    def _hint(self) -> str:
        if self.panel.run_folder is None or not (self.panel.run_folder / "model").is_dir():
            return "There is no trained model yet: it is written when a run is over."
        return f"Goes to {self.panel.run_folder / 'export'}. Each format is reloaded in a fresh process and compared."

    def export(self) -> None:
        folder, formats = self.panel.run_folder, [name for name, box in self.formats.items() if box.value]
        if self.background.busy:
            return
        if folder is None or not (folder / "model").is_dir() or self.panel.training:
            self.say("Export waits for the end of the run." if self.panel.training else self._hint())
            return
        if not formats:
            self.say("Tick at least one format.")
            return

        def task() -> Any:
            from nblib import export

            report = export.save(folder, formats=formats, verify=None)
            where = folder / "export"
            return html(
                Markup("<p>Written to {}, reloaded and compared:</p><pre>{}</pre>").format(where, report.table())
            )

        line = f"Writing {' and '.join(formats)}, reloading and comparing … ONNX takes half a minute."
        self.work(line, task, self.fill)


class Copy(Drawer):
    title, icon = "Copy as …", "copy"
    tooltip = "This run as code, as YAML, as a command"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.copying = Copying()
        self.content.children = (self.copying,)

    def opened(self) -> None:
        config = self.panel.controls.config
        self.copying.texts = [
            ["as code", config.as_code()],
            ["as YAML", config.to_yaml()],
            ["as a command", config.as_command()],
        ]


DRAWERS = {"data": Data, "results": Results, "try": Try, "export": Export, "copy": Copy}
