"""Fetch models and data sets of the offline pack, checked, into the cache. Without names: list what there is."""

from __future__ import annotations

from nblib.cli.output import Lines, megabytes
from nblib.cli.parser import Parser
from nblib.engine.errors import InputError


def command(parser: Parser, argv: list[str]) -> int:
    parser.add_argument("names", nargs="*", metavar="NAME", help="for example minilm reviews")
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--labs", action="store_true", help="what the labs need")
    several.add_argument("--all", action="store_true", help="everything in the pack")
    options = parser.parse(argv)
    from nblib import index, sources

    option = "--all" if options.all else "--labs" if options.labs else ""
    if option and options.names:
        raise InputError(f"{option}: takes no names, and {options.names[0]!r} is given; leave one of the two out")
    if not options.names and not option:
        _list(sources)
        return 0
    if options.all:
        names = [item.name for item in sources.catalogue()]
    else:
        names = index.pack() if options.labs else list(dict.fromkeys(options.names))
    there = {name: sources.installed(name) for name in names}
    lines, announced = Lines(), set()

    def progress(name: str, done: int, of: int) -> None:
        if name not in announced and not lines.live:
            lines.say(f"{name}: fetching {megabytes(of)}")
        announced.add(name)
        lines.show(f"{name}: {megabytes(done)} of {megabytes(of)}, {done / max(of, 1):.0%}")

    for name in names:
        sources.pull([name], progress)
        if next(item for item in sources.catalogue() if item.name == name).kind == "model":
            # Weights of another format are converted now, so that the first lab that needs them does not wait.
            lines.show(f"{name}: making it ready")
            sources.model_path(name, progress=progress)
        lines.say(f"{name}: {'was there already' if there[name] and name not in announced else 'ready'}")
    lines.say(f"in {sources.cache_folder()}")
    return 0


def _list(sources) -> None:
    items = sources.catalogue()
    width = max(len(item.name) for item in items)
    for item in items:
        state = "installed" if sources.installed(item.name) else megabytes(item.download_bytes)
        print(f"{item.name:<{width}}  {state:>9}  {item.title} ({item.licence})")
    print(f"\nin {sources.cache_folder()}; `nblib pull NAME…` fetches, `--labs` what the labs need, `--all` everything")
