"""The whole state of the playground as one line: settings, weights, the memory of the descent, the step.

    playground:?dataset=spiral&hidden_sizes=8%2C+8&seed=3&step=1200&weights=…&check=1f2e3d4c

Like a link, it can be mailed and pasted. Its end is a check over the rest, so that a line that was cut or edited is
refused and never half restored.
"""

from __future__ import annotations

import base64
import zlib
from urllib.parse import parse_qsl, urlencode

import numpy as np

from nblib.engine.errors import InputError
from nblib.labs.perceptron.playground.config import PlaygroundConfig
from nblib.labs.perceptron.playground.play import Play

PREFIX = "playground:?"
LONGEST = 50_000


def write_state(play: Play) -> str:
    """The line of a Play; restored, it goes on to the bit as this one does."""
    vectors = np.concatenate([play.net.parameters, *play.descent.memory]).astype("<f4")
    pairs = [(name, _text(value)) for name, value in play.config.changed().items()]
    packed = base64.urlsafe_b64encode(zlib.compress(vectors.tobytes(), 9)).decode().rstrip("=")
    body = urlencode([*pairs, ("step", play.step), ("weights", packed)])
    return f"{PREFIX}{body}&check={_check(body)}"


def read_state(line: str) -> Play:
    """The Play of a line. Raises InputError, in one line, for one that was cut, edited or is none."""
    line = "".join(line.split())
    if not line:
        raise InputError("state: nothing was given; paste a line that begins with playground:?")
    if not line.startswith(PREFIX):
        raise InputError("state: this is no playground's state; it begins with playground:?")
    body, mark, check = line[len(PREFIX) :].rpartition("&check=")
    if len(line) > LONGEST or not mark or check != _check(body):
        raise InputError("state: the line was cut or edited (its check does not fit); copy it again as a whole")
    values = dict(parse_qsl(body, keep_blank_values=True))
    try:
        step, packed = int(values.pop("step")), values.pop("weights")
        given = {name: None if v == "none" and name in _NULLABLE else v for name, v in values.items()}
        play = Play(PlaygroundConfig.parse(given))
        vectors = np.frombuffer(zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))), "<f4")
        vectors = vectors.reshape(1 + len(play.descent.memory), len(play.net.parameters))
    except InputError as error:
        raise InputError(f"state: {error}") from None
    except (KeyError, ValueError, zlib.error):
        raise InputError("state: its weights do not fit its settings; copy the line again as a whole") from None
    play.net.parameters[:], play.descent.memory[:] = vectors[0], vectors[1:]
    play.step = play.descent.count = step
    play.curve = []
    play.measure()
    return play


_NULLABLE = {s.name for s in PlaygroundConfig.settings() if s.optional}


def _text(value) -> str:
    return "none" if value is None else repr(value) if isinstance(value, float) else str(value)


def _check(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
