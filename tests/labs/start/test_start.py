"""Lab 00's pages: links only to labs that are here, everything escaped, the pack pulled and cleared by buttons."""

import re
from pathlib import Path

import pytest

from nblib import sources
from nblib.doctor import Finding
from nblib.engine.errors import InputError
from nblib.index import LABS as INDEX
from nblib.labs.start.links import _in_colab
from nblib.labs.start.machine import doctor
from nblib.labs.start.milestones import MILESTONES, _by_era, timeline
from nblib.labs.start.overview import lab_map
from nblib.labs.start.pack import PackPanel
from nblib.ui.exercises import progress

LABS = Path(__file__).parents[3] / "labs"


@pytest.fixture(autouse=True)
def a_cache_of_our_own(tmp_path, monkeypatch):
    monkeypatch.setenv("NBLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NBLIB_OFFLINE", raising=False)
    monkeypatch.setattr(progress, "_memory", {})


def html(page) -> str:
    return page._repr_mimebundle_()["text/html"]


def test_the_labs_that_exist_are_the_notebooks_that_are_there():
    assert {lab.file for lab in INDEX if lab.exists} == {path.name for path in LABS.glob("*.ipynb")}
    assert [lab.number for lab in INDEX] == [f"{n:02}" for n in range(len(INDEX))]


def test_the_timeline_has_every_milestone_and_links_only_what_is_there():
    shown = html(timeline())
    assert [m.year for m in MILESTONES] == [
        1943, 1957, 1974, 1980, 1982, 1997, 2013, 2014, 2017, 2018, 2019, 2020, 2022, 2023,
    ]  # fmt: skip
    assert all(m.name in shown and m.idea in shown for m in MILESTONES)
    named = {number for m in MILESTONES for number in m.labs}
    there = {lab.file for lab in INDEX if lab.exists and lab.number in named}
    assert set(re.findall(r'href="([^"]*)"', shown)) == there and "09_fine_tuning.ipynb" in there
    assert sum(len(items) for _, items in _by_era()) == len(MILESTONES)
    assert {number for m in MILESTONES for number in m.labs} <= {lab.number for lab in INDEX}


def test_the_map_counts_what_was_passed():
    assert "0 of 1 passed" in html(lab_map())
    progress.record("00-years")
    assert "1 of 1 passed" in html(lab_map())
    assert html(lab_map()).count("coming") == sum(not lab.exists for lab in INDEX)


def test_the_map_says_so_where_progress_cannot_be_kept(monkeypatch):
    assert progress.NOTE not in str(lab_map())
    monkeypatch.setattr(progress, "writable", lambda: False)
    assert progress.NOTE in str(lab_map())


def test_the_doctor_puts_problems_first_and_folds_away_packages_in_order():
    found = [
        Finding("ok", "torch", "2.13.0"), Finding("ok", "CPU", "two <cores>"), Finding("note", "GPU", "no card"),
        Finding("problem", "plotly", "is not installed"),
    ]  # fmt: skip
    shown = html(doctor(found))
    assert "1 problem to mend first" in shown and "two &lt;cores&gt;" in shown and "<cores>" not in shown
    assert shown.index("is not installed") < shown.index("no card") < shown.index("two") < shown.index("2.13.0")
    assert "1 packages in order" not in shown and "1 package in order" in shown
    assert "The labs can run here" in html(doctor(found[:3]))


def test_the_real_doctor_is_readable():
    assert "GPU" in str(doctor())


@pytest.mark.parametrize(
    ("origin", "link"),
    [
        ('{"url": "https://github.com/ada/labs/archive/v0.1.0.zip"}',
         "https://colab.research.google.com/github/ada/labs/blob/v0.1.0/labs/09_fine_tuning.ipynb"),
        ('{"url": "file:///home/ada/labs"}', ""),
        ("", ""),
    ],
)  # fmt: skip
def test_in_colab_a_link_leads_to_where_nblib_was_installed_from(origin, link):
    assert _in_colab(origin, "09_fine_tuning.ipynb") == link


# -- the offline pack ----------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(monkeypatch):
    """A pack of which nothing has to be fetched: the names that count as installed."""
    there = {"reviews"}

    def pull(name, progress):
        progress(name, 5, 10)
        if name == "tweets":
            raise InputError("tweets: no network; check the network")
        there.add(name)

    monkeypatch.setattr(sources, "installed", lambda name: name in there)
    monkeypatch.setattr(sources, "pull", pull)
    monkeypatch.setattr(
        sources, "clear", lambda names: there.difference_update([names] if type(names) is str else names)
    )
    return there


def press(panel, name):
    panel.rows[name].button.click()
    if panel._thread is not None:
        panel._thread.join(10)


def test_pull_fetches_in_a_thread_and_the_button_then_removes(shelf):
    panel = PackPanel()
    row = panel.rows["minilm"]
    assert row.button.description == "Pull minilm" and "83.5 MB" in row.state.value
    press(panel, "minilm")
    assert "minilm" in shelf and row.button.description == "Remove minilm" and "there" in row.state.value
    assert row.bar.layout.display == "none" and "minilm is there" in panel.place.value


def test_a_pull_that_fails_says_why_and_may_be_tried_again(shelf):
    panel = PackPanel()
    press(panel, "tweets")
    assert "no network" in panel.place.value
    assert panel.rows["tweets"].button.description == "Pull tweets" and not panel.rows["tweets"].button.disabled


def test_remove_asks_first(shelf):
    panel = PackPanel()
    row = panel.rows["reviews"]
    row.button.click()
    assert "reviews" in shelf and row.button.description == "Yes, remove reviews" and row.no.layout.display == ""
    row.no.click()
    assert row.button.description == "Remove reviews"
    row.button.click()
    row.button.click()
    assert "reviews" not in shelf and row.button.description == "Pull reviews"


def test_clear_the_cache_asks_first_and_leaves_progress(shelf):
    progress.record("00-years")
    panel = PackPanel()
    panel.clear_button.click()
    assert "reviews" in panel.question.value and shelf == {"reviews"}
    panel.no.click()
    assert shelf == {"reviews"} and panel.clear_button in panel.foot.children
    panel.clear_button.click()
    panel.yes.click()
    assert shelf == set() and panel.clear_button.disabled and "cleared" in panel.place.value
    assert list(progress.passed()) == ["00-years"]


def test_offline_nothing_can_be_pulled_and_the_button_says_why(shelf, monkeypatch):
    monkeypatch.setenv("NBLIB_OFFLINE", "1")
    row = PackPanel().rows["minilm"]
    assert row.button.disabled and "NBLIB_OFFLINE" in row.button.tooltip


def test_every_button_has_a_name_of_its_own(shelf):
    buttons = [row.button.description for row in PackPanel().rows.values() if row.item.filename]
    assert len(set(buttons)) == len(buttons)
