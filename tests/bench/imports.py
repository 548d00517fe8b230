"""What the first line of a notebook and the first word on the command line cost."""

from __future__ import annotations

from tests.bench.measure import python, quartiles, record


def imports(runs: int = 15) -> None:
    bare = [python("-c", "pass") for _ in range(3)]
    names = [python("-c", "from nblib import Session, FineTuneConfig") for _ in range(runs)]
    helps = [python("-m", "nblib", "--help") for _ in range(runs)]
    record("from nblib import Session, FineTuneConfig", {"seconds": quartiles(names), "python itself": quartiles(bare)})
    record("nblib --help", {"seconds": quartiles(helps)})
