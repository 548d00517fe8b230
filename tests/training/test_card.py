import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from huggingface_hub import ModelCard

from nblib.engine.history import History
from nblib.training.finetune import card_figures
from nblib.training.finetune.card import licence_id, markdown, public_name, write_card
from nblib.training.finetune.config import FineTuneConfig

METRICS = {
    "steps": 40, "epochs": 2.0, "test_accuracy": 0.8612, "test_f1_macro": 0.861, "test_loss": 0.4,
    "test_baseline_majority_accuracy": 0.508, "test_baseline_tfidf_accuracy": 0.805,
    "test_baseline_tfidf_f1_macro": 0.8,
    "baseline_majority_accuracy": 0.51, "baseline_tfidf_accuracy": 0.8, "num_train_samples": 9072,
    "num_eval_samples": 1000, "num_test_samples": 1001, "truncated_share": 0.012,
}  # fmt: skip
NASTY = "a|b`c`*d*<script>alert(1)</script>[x](javascript:1)&amp; $x$ \x00\n# e"


def history():
    made = History()
    for step in range(1, 41):
        made.append(step, {"loss": 1 / step, "learning_rate": 1e-4})
        if step % 10 == 0:
            made.append(step, {"eval_loss": 0.5 - step / 100, "eval_accuracy": 0.6 + step / 200})
    made.append(41, {"loss": float("nan")})
    made.event("set", step=12, name="learning_rate", old=1e-4, new=3e-5)
    return made


def write(folder, **changes):
    options = {
        "config": FineTuneConfig(learning_rate=3e-4), "metrics": METRICS, "label_names": ["negative", "positive"],
        "report_lines": ["10 rows read"], "base_model_licence": "Apache-2.0 (the package x: MIT)",
        "data_licence": "MIT", "history": history(), "confusion": [[430, 70], [60, 441]],
    }  # fmt: skip
    path = write_card(folder, **{**options, **changes})
    return path.read_text(encoding="utf-8")


def test_front_matter(tmp_path):
    write(tmp_path)
    data = ModelCard.load(tmp_path / "README.md").data
    assert (data.license, data.language, data.pipeline_tag) == ("apache-2.0", "en", "text-classification")
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    accuracy = next(r for r in data.eval_results if r.metric_type == "accuracy")
    assert (accuracy.metric_value, accuracy.dataset_split) == (0.8612, "test")


def test_hub_ids_are_named_and_pack_names_are_not(tmp_path):
    write(tmp_path, config=FineTuneConfig(dataset="stanfordnlp/imdb", model="distilbert/distilbert-base-uncased"))
    data = ModelCard.load(tmp_path / "README.md").data
    assert data.datasets == ["stanfordnlp/imdb"] and data.base_model == "distilbert/distilbert-base-uncased"
    write(tmp_path)
    assert ModelCard.load(tmp_path / "README.md").data.datasets is None


def test_figures_stand_beside_both_baselines(tmp_path):
    text = write(tmp_path)
    assert "| accuracy | 0.8612 | 0.5080 | 0.8050 |" in text
    assert "| F1, macro average | 0.8610 |  | 0.8000 |" in text
    assert "| train | 9,072 |" in text and "1.2% of the training texts" in text


def test_a_stopped_run_shows_validation_and_says_so(tmp_path):
    text = write(tmp_path, metrics={"state": "stopped", "eval_accuracy": 0.7, "baseline_majority_accuracy": 0.5})
    assert "On the validation split" in text and "| accuracy | 0.7000 | 0.5000 |  |" in text
    assert "stopped before its planned end" in text
    assert "not evaluated" in write(tmp_path, metrics={"state": "stopped"})


def test_every_setting_is_listed_and_changed_ones_are_marked(tmp_path):
    text = write(tmp_path)
    for s in FineTuneConfig.settings():
        assert f"`{s.name}`" in text
    assert "| **`learning_rate`** | **3e-4** | 1e-4 |" in text
    assert "| `seed` | 0 | 0 |" in text
    assert "after step 12: `learning_rate` from 1e-4 to 3e-5" in text
    assert "nblib finetune --learning-rate 3e-4" in text


def test_names_from_data_stay_text(tmp_path):
    text = write(tmp_path, label_names=[NASTY, "positive"], report_lines=[NASTY], data_licence=NASTY)
    body = text.partition("\n---\n")[2]
    assert "<script" not in body and "\x00" not in body and not re.search(r"(?<!\\)\[x(?<!\\)\]", body)
    assert r"a\|b\`c\`\*d\*&lt;script&gt;" in body
    picture = (tmp_path / "confusion.svg").read_text(encoding="utf-8")
    assert "<script" not in picture
    assert any(
        NASTY.replace("\x00", "\ufffd") == t.text for t in ET.fromstring(picture).iter() if t.tag.endswith("title")
    )


def test_no_path_of_the_machine(tmp_path):
    data = tmp_path / "secret" / "my data.csv"
    config = FineTuneConfig(
        dataset=str(data), model=str(tmp_path / "models" / "mine"), output=str(tmp_path / "runs" / "x")
    )
    text = write(tmp_path, config=config, report_lines=[f"{data}: 10 rows read"])
    assert str(tmp_path) not in text and "secret" not in text
    assert "my data.csv: 10 rows read" in text
    assert "--dataset 'my data.csv' --model mine --output x" in text


def test_the_code_in_the_card_is_five_lines_of_python(tmp_path):
    code = re.search(r"```python\n(.*?)```", write(tmp_path), re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line]) <= 5
    compile(code, "card", "exec")


@pytest.mark.parametrize("name", ["curves.svg", "confusion.svg"])
def test_pictures_are_xml_without_a_background_or_links(tmp_path, name):
    text = write(tmp_path)
    assert f"]({name})" in text
    root = ET.parse(tmp_path / name).getroot()
    assert root.get("role") == "img" and not any(e.tag.endswith(("script", "image", "a")) for e in root.iter())
    assert "nan" not in (tmp_path / name).read_text().lower()


def test_without_a_history_or_a_matrix_there_is_no_picture(tmp_path):
    write(tmp_path)
    text = write(tmp_path, history=None, confusion=None)
    assert ".svg" not in text and not list(tmp_path.glob("*.svg"))
    assert card_figures.curves(History()) is None
    assert card_figures.confusion(np.eye(41), [str(i) for i in range(41)]) is None


def test_many_classes_are_numbered():
    picture = card_figures.confusion(np.eye(30, dtype=int), [f"class {i}" for i in range(30)])
    assert ">30 class 29<" in picture and ET.fromstring(picture) is not None


def test_ink_reads_on_every_cell():
    def luminance(colour):
        values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for share in np.linspace(0, 1, 101):
        cell, ink = (luminance(c) for c in card_figures._shade(share))
        assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Apache-2.0 (the package x: MIT)", "apache-2.0"), ("MIT", "mit"), ("not stated", None), ("", None)],
)
def test_licence_ids(text, expected):
    assert licence_id(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("reviews", "reviews"), ("stanfordnlp/imdb", "stanfordnlp/imdb"), ("data/my.csv", "my.csv"), ("/a/b c", "b c"),
     ("C:\\Users\\me\\x.csv", "x.csv"), ("../up/model", "model"), ("~/m/", "m")],
)  # fmt: skip
def test_public_names(name, expected):
    assert public_name(name) == expected


def test_markdown_leaves_plain_text_alone():
    assert markdown("0.5 GB, 3e-4 (ok)") == "0.5 GB, 3e-4 (ok)"
    assert markdown("1. one\n2. two") == "&#8203;1. one 2. two"
