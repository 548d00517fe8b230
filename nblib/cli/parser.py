"""Options of the command line, made from a config, and their complaints in one line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nblib.engine.errors import InputError
from nblib.engine.text import did_you_mean

if TYPE_CHECKING:
    from nblib.engine.config import RunConfig, Setting


class Parser(argparse.ArgumentParser):
    """As argparse's, but bad input is an InputError, and an unknown option gets the nearest names."""

    def __init__(self, **options: Any):
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        if self.prog != "nblib":
            self.add_argument("--traceback", action="store_true", help="after a failure inside, show where it happened")

    def error(self, message: str):
        raise InputError(f"{message.removeprefix('argument ')}; `{self.prog} --help` lists the options")

    def options(self) -> list[str]:
        return [name for action in self._actions for name in action.option_strings if name.startswith("--")]

    def parse(self, argv: list[str]) -> argparse.Namespace:
        """Parse the whole line. Raises InputError for a word too many or an unknown option."""
        argv = _negative_numbers_joined(argv, self.options())
        for word in argv[: argv.index("--") if "--" in argv else None]:
            name = word.partition("=")[0]
            if name.startswith("--") and name not in self.options():
                raise unknown("option", name, self.options())
        found, left = self.parse_known_intermixed_args(argv)
        if left:
            raise InputError(f"{left[0]!r} is one word too many; `{self.prog} --help` lists what can be given")
        return found


def _negative_numbers_joined(argv: list[str], options: list[str]) -> list[str]:
    """``--learning-rate -1e-4`` as ``--learning-rate=-1e-4``, which argparse would take for two options."""
    joined: list[str] = []
    for word in argv:
        if word.startswith("-") and _is_number(word) and joined and joined[-1] in options:
            joined[-1] += "=" + word
        else:
            joined.append(word)
    return joined


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def unknown(what: str, name: str, names: Iterable[str]) -> InputError:
    hint = did_you_mean(name, names, cutoff=0.5) or f"there are {', '.join(names)}"
    return InputError(f"unknown {what} {name!r}; {hint}")


def add_settings(parser: Parser, config: type[RunConfig]) -> None:
    """One option for each field, in the field's group; an option that is not given leaves no trace."""
    groups: dict[str, Any] = {}
    for s in config.settings():
        if s.group not in groups:
            groups[s.group] = parser.add_argument_group(s.group.lower())
        how: dict[str, Any] = {"dest": s.name, "default": argparse.SUPPRESS, "help": _help(s)}
        if s.kind == "bool":
            groups[s.group].add_argument(s.option, action=argparse.BooleanOptionalAction, **how)
        else:
            groups[s.group].add_argument(s.option, metavar=_metavar(s), **how)


def _metavar(s: Setting) -> str:
    if s.kind == "choice":
        return "{" + ",".join(s.choices) + "}"
    return {"int": "N", "float": "X", "str": "TEXT"}[s.kind]


def _help(s: Setting) -> str:
    from nblib.engine.config import number_text

    facts = []
    if s.kind in ("int", "float"):
        facts.append(s.range_text + (", or none" if s.optional else ""))
    if s.default is not None:
        facts.append(f"default {str(s.default).lower() if s.kind == 'bool' else number_text(s.default)}")
    return f"{s.description}{' (' + '; '.join(facts) + ')' if facts else ''}".replace("%", "%%")


def read(config: type[RunConfig], path: str | None, line: dict[str, Any]) -> RunConfig:
    """The config of a YAML file with the options of the line over it.

    Raises InputError, which names the file where the value came from there, and the option where it came from the line.
    """
    values = config.read_values(path) if path is not None else {}
    given = {name: _number(config.setting(name), value) for name, value in line.items()}
    try:
        return config(**{**values, **given})
    except InputError as error:
        name, _, reason = str(error).partition(":")
        if name in given:
            raise InputError(f"{config.setting(name).option}:{reason}") from None
        if name in values or (path is not None and not given):
            raise InputError(f"{path}: {error}") from None
        raise


def _number(s: Setting, value: Any) -> Any:
    """The number that a word of the line stands for; what is none is left for the config to refuse."""
    if s.kind not in ("int", "float") or not isinstance(value, str):
        return value
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return value
