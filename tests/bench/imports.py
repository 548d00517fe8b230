"""What the first line of a notebook and the first word on the command line cost."""

from __future__ import annotations

from tests.bench.measure import python, quartiles, record

LINE, NEEDED = "from nblib import Session, FineTuneConfig", "import numpy, pydantic"


def imports(runs: int = 15) -> None:
    bare = [python("-c", "pass") for _ in range(3)]
    # In pairs, so that a machine that is busy for a while is so for both.
    pairs = [(python("-c", LINE), python("-c", NEEDED)) for _ in range(runs)]
    names, needed = zip(*pairs, strict=True)
    helps = [python("-m", "nblib", "--help") for _ in range(runs)]
    record(LINE, {"seconds": quartiles(names), "python itself": quartiles(bare)})
    record(
        f"{LINE}, times {NEEDED}",
        {"ratio of the medians": round(quartiles(names)["median"] / quartiles(needed)["median"], 3),
         "of each pair": quartiles([a / b for a, b in pairs]), NEEDED: quartiles(needed)},
    )  # fmt: skip
    record("nblib --help", {"seconds": quartiles(helps)})
