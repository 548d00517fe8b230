"""What a head does, as far as where it looks tells: a score for each of six roles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nblib.inspect.maps import Maps

ROLES: tuple[str, ...] = ("previous token", "next token", "first token", "separator", "same token", "positional band")
# A head that always looks this far at most, whatever stands there, and does so with no other role, keeps a band.
BAND = 3


def roles(maps: Sequence[Maps], separators: Sequence[int] = ()) -> dict[str, np.ndarray]:
    """Role → float64 [layers, heads]: the share of a head's attention that goes where the role says, 0 to 1.

    The mean over all queries of all texts that have such a place: a token before, one behind, an equal one elsewhere
    in the text, a separator (their ids). "positional band" is what lies within three tokens on either side, the token
    itself left out. Voita et al., "Analyzing multi-head self-attention", 2019; Clark et al., "What does BERT look at?",
    2019.
    """
    shape = maps[0].weights.shape[:2]
    total = {role: np.zeros(shape) for role in ROLES}
    count = dict.fromkeys(ROLES, 0)
    for one in maps:
        for role, where in places(one, separators).items():
            asked = where.any(axis=1)
            total[role] += (one.weights * where).sum(axis=3)[:, :, asked].sum(axis=2)
            count[role] += int(asked.sum())
    return {role: total[role] / max(1, count[role]) for role in ROLES}


def places(maps: Maps, separators: Sequence[int] = ()) -> dict[str, np.ndarray]:
    """Role → bool [tokens, tokens]: which keys that role looks at, from each query."""
    n, ids = len(maps.tokens), np.asarray(maps.ids)
    query, key = np.indices((n, n))
    seen = key <= query if maps.causal else np.ones((n, n), bool)
    looked_at = {
        "previous token": key == query - 1,
        "next token": key == query + 1,
        "first token": (key == 0) & (query > 0),
        "separator": np.isin(ids, list(separators))[None, :].repeat(n, axis=0) & (key != query),
        "same token": (ids[:, None] == ids[None, :]) & (key != query),
        "positional band": (abs(key - query) <= BAND) & (key != query),
    }
    return {role: where & seen for role, where in looked_at.items()}
