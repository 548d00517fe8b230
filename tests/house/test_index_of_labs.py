"""One row in nblib/index.py is what the house knows of a lab: README, notebooks and folders agree with it."""

import json
import re
from pathlib import Path

import pytest

from nblib import sources
from nblib.cli.publish import labs_table
from nblib.index import LABS, Lab, pack

ROOT = Path(__file__).parents[2]
THERE = [lab for lab in LABS if lab.exists]


def test_the_readmes_table_is_the_index():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert labs_table() in readme, "run `make stamp`"
    assert readme.count("](labs/") == len(THERE)


def test_what_the_table_says_of_a_lab():
    lab = Lab("12", "new", "A new one", "promise", "what it is", seconds=7, pack=("tweets", "products"))
    table = labs_table([lab])
    # Tweets and products come out of one archive of 2.4 MB.
    assert "| [12 A new one](labs/12_new.ipynb) | what it is | 7 s | 2 MB |" in table
    assert "these labs (`nblib pull --labs`) is 2 MB" in table
    assert "| 13 Later | soon | to come |  |" in labs_table([Lab("13", "later", "Later", "", "soon")])


def test_numbers_count_and_the_pack_has_what_the_labs_take():
    assert [lab.number for lab in LABS] == [f"{n:02}" for n in range(len(LABS))]
    assert set(pack()) <= {item.name for item in sources.catalogue()}


@pytest.mark.parametrize("lab", THERE, ids=lambda lab: lab.file)
def test_a_lab_is_a_notebook_and_a_folder_of_its_name_and_both_agree_with_its_row(lab):
    assert (ROOT / "nblib" / "labs" / lab.folder / "__init__.py").is_file()
    first = json.loads((ROOT / "labs" / lab.file).read_text(encoding="utf-8"))["cells"][0]
    heading = "".join(first["source"])
    assert heading.startswith(f"# Lab {lab.number}: {lab.name}\n")
    assert re.search(r"“Run All” about (\d+) s", heading)[1] == str(lab.seconds)
    needs = heading.partition("**Needs**")[2].partition("from the offline pack")[0]
    assert set(re.findall(r"`([\w-]+)`", needs)) == set(lab.pack)
