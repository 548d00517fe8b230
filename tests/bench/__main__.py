"""``make bench``: what can be measured in 10 minutes. ``make bench-long``: the rest. Results go to results.json.

``python -m tests.bench --only NAME`` measures one; ``--table`` writes the table of docs/figures.md from results.json.
"""

from __future__ import annotations

import argparse

from tests.bench import (
    accuracy,
    attention,
    explorer,
    imports,
    labs,
    panel,
    playground,
    rates,
    recurrence,
    table,
    transformer,
    translate,
    word2vec,
)

SHORT = {
    "imports": imports.imports,
    "memory": rates.peak_memory,
    "grouped": lambda: rates.against("grouped", 1),
    "panel": lambda: panel.latencies(20),
    "hand": playground.latencies,
    "spiral": playground.spiral,
    "digits": playground.read_digits,
    "scrub": recurrence.scrub,
    "by-hand": attention.by_hand,
    "explorer-bytes": explorer.sent,
    "explorer-picture": explorer.first_picture,
    "explorer-switching": explorer.switching,
    "explorer-sentence": explorer.sentence,
    "dial": explorer.dial,
}
LONG = {
    "pinyin": translate.pinyin,
    "textbook": lambda: rates.against("textbook", 3),
    "trainer": lambda: rates.against("trainer", 3),
    "grouped-7": lambda: rates.against("grouped", 7),
    "frozen": lambda: rates.frozen(3),
    "drawing": lambda: panel.drawing(7),
    "weight": panel.weight,
    "accuracy": accuracy.compare,
    "adding": recurrence.adding,
    "characters": lambda: recurrence.characters(7),
    "playing": playground.rates,
    "labs": labs.run_all,
    "words": lambda: word2vec.answering(20),
    "unrolled": recurrence.unrolled,
    "transformer": lambda: transformer.step(7),
    "symbols": lambda: transformer.symbols(7),
    "word2vec": lambda: word2vec.against_gensim(3),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", choices=[*SHORT, *LONG], nargs="*")
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if not given.table:
        for name in given.only or (LONG if given.long else SHORT):
            {**SHORT, **LONG}[name]()
    table.write()


main()
