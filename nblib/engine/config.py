"""What a run can be told. One class gives the widgets, the command-line options, the YAML file, the checks on bad
input and the table in the model card."""

from __future__ import annotations

import math
import re
import types
import typing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nblib.engine.errors import InputError
from nblib.engine.text import nearest

if TYPE_CHECKING:
    from typing_extensions import Self

Scale = Literal["linear", "log", "choice", "switch", "text"]
Kind = Literal["int", "float", "bool", "str", "choice"]
KINDS: dict[type, Kind] = {int: "int", float: "float", bool: "bool", str: "str"}
SCALES: dict[Kind, Scale] = {"bool": "switch", "choice": "choice", "str": "text"}


@dataclass(frozen=True)
class Setting:
    """One field of a config, as widgets, options and tables need it.

    ``low`` and ``high`` bound what is valid (``low_open``: the bound itself is not); ``slider`` holds the two ends that
    a slider shows at first, which are a narrower thing.
    """

    name: str
    kind: Kind
    default: Any
    description: str
    group: str
    scale: Scale
    live: bool
    more: bool
    optional: bool
    low: float | None
    low_open: bool
    high: float | None
    slider: tuple[float, float] | None
    step: float | None
    choices: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def range_text(self) -> str:
        """The valid range in words, for help texts and messages."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        if self.kind == "str":
            return "text"
        noun = "a whole number" if self.kind == "int" else "a number"
        bounds = []
        if self.low is not None:
            bounds.append(f"{'above' if self.low_open else 'at least'} {number_text(self.low)}")
        if self.high is not None:
            bounds.append(f"at most {number_text(self.high)}")
        return " ".join([noun, " and ".join(bounds)]).strip()


def number_text(value: float) -> str:
    """A number as a person writes it: 1e-4 rather than 0.0001, 32 rather than 32.0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    text = f"{value:.4g}"
    if "e" in text or abs(value) < 1e-2:
        mantissa, exponent = f"{value:.3e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return text


def setting(
    default: Any,
    description: str,
    *,
    group: str,
    scale: Scale = "linear",
    slider: tuple[float, float] | None = None,
    step: float | None = None,
    live: bool = False,
    more: bool = False,
    **bounds: Any,
) -> Any:
    extra = {"group": group, "scale": scale, "slider": slider, "step": step, "live": live, "more": more}
    return Field(default, description=description, json_schema_extra=extra, **bounds)


_NOTHING = re.compile(r"\s*(none|null|off)?\s*", re.IGNORECASE)


class RunConfig(BaseModel):
    """What every run shares: reading, checking and writing itself.

    Raises InputError, in one line, for an unknown field (with the nearest names), a value out of range, or a file that
    is no YAML mapping.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
    kind: ClassVar[str] = ""
    job: ClassVar[str] = ""

    def __init__(self, **values: Any):
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InputError(_one_line(type(self), error)) from None

    @field_validator("*", mode="before")
    @classmethod
    def _words(cls, value: Any, info) -> Any:
        s = cls.setting(info.field_name)
        if s.optional and isinstance(value, str) and _NOTHING.fullmatch(value):
            return None
        # pydantic would take true for 1 and 1.0 for 1; the second is harmless, the first hides a slip.
        if s.kind in ("int", "float") and isinstance(value, bool):
            raise ValueError(f"{value!r} is not {s.range_text}")
        if s.kind in ("str",) and isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        return value

    @field_validator("*")
    @classmethod
    def _finite(cls, value: Any, info) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{value!r} is not {cls.setting(info.field_name).range_text}")
        if isinstance(value, str) and not value.strip():
            raise ValueError("is empty; give a value or leave it out")
        return value

    @classmethod
    def settings(cls) -> list[Setting]:
        return [_setting(name, field) for name, field in cls.model_fields.items()]

    @classmethod
    def setting(cls, name: str) -> Setting:
        if name not in cls.model_fields:
            raise InputError(f"unknown option {name!r}{nearest(name, cls.model_fields)}")
        return _setting(name, cls.model_fields[name])

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        return cls(**values)

    def replace(self, **changes: Any) -> Self:
        """A copy with some values changed, all checks run again."""
        return type(self)(**{**self.model_dump(), **changes})

    def changed(self) -> dict[str, Any]:
        """The values that are not the defaults."""
        return {s.name: getattr(self, s.name) for s in self.settings() if getattr(self, s.name) != s.default}

    def to_yaml(self) -> str:
        import yaml

        values = {"job": self.kind, **self.model_dump()}
        return yaml.dump(values, Dumper=_dumper(), sort_keys=False, allow_unicode=True)

    @classmethod
    def read_values(cls, path: str | Path) -> dict[str, Any]:
        """The raw values of a YAML file, unchecked but for their names (so that options on the line can override)."""
        import yaml

        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise InputError(f"{path}: no such file; give the path of a YAML file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path}: cannot be read as text ({type(error).__name__}); give a UTF-8 YAML file"
            ) from None
        try:
            values = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark else ""
            raise InputError(f"{path}{where}: not valid YAML ({getattr(error, 'problem', error)})") from None
        if values is None:
            values = {}
        if not isinstance(values, dict):
            raise InputError(f"{path}: holds no options; write one 'name: value' a line")
        found = values.pop("job", cls.kind)
        if found != cls.kind:
            raise InputError(f"{path}: describes a {found!r} run, not a {cls.kind!r} run")
        for name in values:
            if name not in cls.model_fields:
                raise InputError(f"{path}: unknown option {name!r}{nearest(str(name), cls.model_fields)}")
        return values

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        values = cls.read_values(path)
        try:
            return cls(**values)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    def as_code(self) -> str:
        values = ", ".join(f"{name}={_literal(value)}" for name, value in self.changed().items())
        name = type(self).__name__
        verb = self.job.rpartition(":")[2]
        return (
            f"from nblib import Session, {name}, {verb}\n\nsession = Session({verb}({name}({values})))\nsession.run()"
        )

    def as_command(self) -> str:
        import shlex

        words = ["nblib", self.kind]
        for s in self.settings():
            value = getattr(self, s.name)
            if value == s.default:
                continue
            if s.kind == "bool":
                words.append(s.option if value else "--no-" + s.option[2:])
                continue
            text = "none" if value is None else _plain(value)
            # Apart, a text that begins with a dash would be taken for an option.
            words += [shlex.quote(f"{s.option}={text}")] if text.startswith("-") else [s.option, shlex.quote(text)]
        return " ".join(words)

    def make_job(self) -> typing.Callable:
        module, _, name = self.job.partition(":")
        return getattr(import_module(module), name)(self)


def _dumper():
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    # PyYAML writes 1e-05, which its own reader takes for a string: YAML 1.1 wants a dot in the mantissa.
    def number(dumper, value):
        text = repr(value)
        if "e" in text and "." not in text:
            text = text.replace("e", ".0e")
        return dumper.represent_scalar("tag:yaml.org,2002:float", text)

    Dumper.add_representer(float, number)
    return Dumper


def _plain(value: Any) -> str:
    return number_text(value) if isinstance(value, float) and float(number_text(value)) == value else str(value)


def _literal(value: Any) -> str:
    return _plain(value) if isinstance(value, float) else repr(value)


def _setting(name: str, field) -> Setting:
    annotation, optional = field.annotation, False
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = [a for a in typing.get_args(annotation) if a is not type(None)]
        optional, annotation = len(members) < len(typing.get_args(annotation)), members[0]
    choices: tuple[str, ...] = ()
    kind: Kind
    if typing.get_origin(annotation) is Literal:
        choices, kind = typing.get_args(annotation), "choice"
    else:
        kind = KINDS[annotation]
    low = high = None
    low_open = False
    for bound in field.metadata:
        if getattr(bound, "gt", None) is not None:
            low, low_open = bound.gt, True
        if getattr(bound, "ge", None) is not None:
            low = bound.ge
        if getattr(bound, "le", None) is not None:
            high = bound.le
    extra = field.json_schema_extra
    scale = SCALES.get(kind) or extra["scale"]
    return Setting(
        name, kind, field.default, field.description, extra["group"], scale, extra["live"], extra["more"], optional,
        low, low_open, high, extra["slider"], extra["step"], choices,
    )  # fmt: skip


def _one_line(cls: type[RunConfig], error: ValidationError) -> str:
    problem = error.errors()[0]
    name = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        return f"unknown option {name!r}{nearest(name, cls.model_fields)}"
    if not name:
        return problem["msg"].removeprefix("Value error, ")
    s = cls.setting(name)
    given = problem.get("input")
    if problem["type"] == "value_error":
        return f"{name}: {problem['msg'].removeprefix('Value error, ')}"
    close = nearest(str(given), s.choices) if s.choices else ""
    wanted = s.range_text + (" or none" if s.optional else "")
    return f"{name}: {given!r} is not {wanted}{close}"
