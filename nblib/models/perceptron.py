"""The perceptron: y = 1 if w·x + b > 0, else 0, and how it learns.

F. Rosenblatt, "The Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain",
Psychological Review 65, 1958. The bound on its updates: A. Novikoff, "On convergence proofs for perceptrons", 1962.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nblib.engine.errors import InputError

GATES = {
    "AND": ((0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1)),
    "OR": ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)),
    "NAND": ((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0)),
    "XOR": ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)),
}
# The search looks at every pair of points: 200 of them are 39,800 directions.
MOST_TO_SEARCH = 200


def gate(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The truth table of AND, OR, NAND or XOR: float64 [4, 2] and labels int64 [4], 0 or 1."""
    if name not in GATES:
        raise InputError(f"gate: {name!r} is not one of {', '.join(GATES)}")
    table = np.array(GATES[name], float)
    return table[:, :2], table[:, 2].astype(np.int64)


def predict(weights, bias: float, points) -> np.ndarray:
    """int64 [n] of 0 and 1 for ``points`` [n, d]; a point on the line itself is 0, as θ is not exceeded there."""
    return (np.asarray(points, float) @ np.asarray(weights, float) + bias > 0).astype(np.int64)


def errors(weights, bias: float, points, labels) -> int:
    """How many of the points [n, d] get another class than ``labels`` [n]."""
    return int((predict(weights, bias, points) != np.asarray(labels)).sum())


@dataclass(frozen=True)
class Update:
    """One example and what it did: ``w ← w + η·(t − y)·x`` and ``b ← b + η·(t − y)``."""

    point: tuple[float, ...]
    target: int
    activation: float
    answer: int
    rate: float
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def error(self) -> int:
        return self.target - self.answer

    def lines(self) -> list[str]:
        """The rule with its numbers; w1, w2, … and b last."""
        *w, b = self.before
        sum_ = " + ".join(f"{_n(a)}·{_n(x)}" for a, x in zip(w, self.point, strict=True))
        lines = [
            f"a = {sum_} + {_n(b)} = {_n(self.activation)}, so y = {self.answer}; wanted is t = {self.target}",
            f"t − y = {self.error}" + ("" if self.error else ": nothing changes"),
        ]
        if self.error:
            names = [f"w{i + 1}" for i in range(len(w))]
            inputs = [*self.point, 1.0]
            for name, old, x, new in zip([*names, "b"], self.before, inputs, self.after, strict=True):
                lines.append(f"{name} ← {_n(old)} + {_n(self.rate)}·({self.error})·{_n(x)} = {_n(new)}")
        return lines


def _n(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")


def update(weights, bias: float, point, label: int, learning_rate: float = 1.0) -> Update:
    """What one example [d] does to the weights [d] and the bias. Nothing is changed in place."""
    w, x = np.asarray(weights, float), np.asarray(point, float)
    activation = float(w @ x + bias)
    answer = int(activation > 0)
    error = int(label) - answer
    new = w + learning_rate * error * x
    before = (*map(float, w), float(bias))
    after = (*map(float, new), float(bias + learning_rate * error))
    return Update(tuple(map(float, x)), int(label), activation, answer, float(learning_rate), before, after)


@dataclass(frozen=True)
class Learnt:
    """``weights`` [d], ``bias``; ``updates`` that were made and ``passes`` over the points; ``converged`` when the last
    pass made none."""

    weights: np.ndarray
    bias: float
    updates: int
    passes: int
    converged: bool


def learn(points, labels, *, learning_rate: float = 1.0, most_passes: int = 1000, start=None) -> Learnt:
    """Present the points [n, d] in their order, again and again, until a pass goes by without a mistake.

    ``start``: weights and bias as one vector [d + 1]; zeros when left out. Raises InputError without points.
    """
    points, labels = _checked(points, labels)
    inputs = np.column_stack([points, np.ones(len(points))])
    vector = np.zeros(inputs.shape[1]) if start is None else np.array(start, float)
    updates = 0
    for number in range(1, most_passes + 1):
        before = updates
        for x, label in zip(inputs, labels, strict=True):
            error = label - int(vector @ x > 0)
            if error:
                vector += learning_rate * error * x
                updates += 1
        if updates == before:
            return Learnt(vector[:-1], float(vector[-1]), updates, number, True)
    return Learnt(vector[:-1], float(vector[-1]), updates, most_passes, False)


def margin(points, labels) -> float:
    """The largest margin γ with which a unit vector (w, b) separates the points [n, d] with a 1 put behind each.

    0 where no line separates them. It is the distance of the origin from the convex hull of the vectors ±(x, 1), found
    by P. Wolfe's method ("Finding the nearest point in a polytope", 1976).
    """
    points, labels = _checked(points, labels)
    signs = np.where(labels == 1, 1.0, -1.0)[:, None]
    distance = float(np.linalg.norm(nearest_to_origin(signs * np.column_stack([points, np.ones(len(points))]))))
    return distance if distance > 1e-9 else 0.0


def bound(points, labels) -> float:
    """Novikoff's bound on the number of updates from zero weights: (R / γ)², R the longest (x, 1); inf without γ."""
    points, labels = _checked(points, labels)
    gamma = margin(points, labels)
    longest = float(np.sqrt((points**2).sum(1).max() + 1))
    return (longest / gamma) ** 2 if gamma else float("inf")


def nearest_to_origin(vectors: np.ndarray) -> np.ndarray:
    """The point [d] of the convex hull of ``vectors`` [n, d] that is nearest to the origin."""
    active = [int((vectors**2).sum(1).argmin())]
    shares = np.array([1.0])
    for _ in range(50 * (vectors.shape[1] + 1) + len(vectors)):
        x = shares @ vectors[active]
        best = int((vectors @ x).argmin())
        if x @ x - vectors[best] @ x <= 1e-12 * max(1.0, x @ x) or best in active:
            break
        active.append(best)
        shares = np.append(shares, 0.0)
        while True:
            # The nearest point of the plane through the active vectors, whose shares add up to 1.
            chosen = vectors[active]
            n = len(active)
            system = np.block([[chosen @ chosen.T, np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
            wanted = np.linalg.lstsq(system, np.append(np.zeros(n), 1.0), rcond=None)[0][:n]
            if (wanted > 1e-12).all():
                shares = wanted
                break
            falling = wanted < shares
            step = min(1.0, (shares[falling] / (shares - wanted)[falling]).min())
            shares = shares + step * (wanted - shares)
            keep = shares > 1e-12
            active, shares = [a for a, k in zip(active, keep, strict=True) if k], shares[keep]
            if len(active) == n:
                break
    return shares @ vectors[active]


def clouds(gap: float, count: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``count`` points of the square [-0.9, 1.9]² on both sides of a line through its middle, none nearer to the line
    than ``gap``: float64 [count, 2] and labels int64 [count]. Raises InputError for a gap with no room beside it."""
    if not 0 <= gap <= 1.2:
        raise InputError(f"gap: {gap!r} is not a number at least 0 and at most 1.2")
    rng = np.random.default_rng([seed, 3])
    angle = rng.uniform(0.15, np.pi / 2 - 0.15)
    normal = np.array([np.cos(angle), np.sin(angle)])
    apart = np.empty((0, 2))
    while len(apart) < count:
        drawn = rng.uniform(-0.9, 1.9, (20 * count, 2))
        apart = np.concatenate([apart, drawn[np.abs((drawn - 0.5) @ normal) > gap]])
    points = apart[:count]
    return points, ((points - 0.5) @ normal > 0).astype(np.int64)


def updates_by_margin(gaps, *, count: int = 40, seed: int = 0) -> np.ndarray:
    """float64 rows (margin γ, updates made from zero weights, bound (R/γ)²), one for each gap between two clouds."""
    rows = []
    for gap in gaps:
        points, labels = clouds(gap, count, seed)
        rows.append((margin(points, labels), learn(points, labels, most_passes=5000).updates, bound(points, labels)))
    return np.array(sorted(rows))


@dataclass(frozen=True)
class BestLine:
    """The line that errs least: ``errors`` of it, and how many divisions of the points were ``tried``."""

    weights: tuple[float, float]
    bias: float
    errors: int
    tried: int


def best_line(points, labels) -> BestLine:
    """The best of all lines, by trying every way in which a line can divide the points [n, 2].

    The order of the points along a direction changes only where two of them fall on one another, so one direction from
    between each two such changes, and every place between two points along it, give all the divisions there are.

    Raises InputError without points and beyond 200 of them.
    """
    points, labels = _checked(points, labels)
    if len(points) > MOST_TO_SEARCH:
        raise InputError(
            f"points: every line is tried among at most {MOST_TO_SEARCH} points, and these are {len(points):,}; "
            "remove some"
        )
    i, j = np.triu_indices(len(points), 1)
    apart = points[j] - points[i]
    apart = apart[(apart**2).sum(1) > 0]
    critical = np.unique(np.round(np.mod(np.arctan2(apart[:, 1], apart[:, 0]) + np.pi / 2, np.pi), 12))
    if not len(critical):
        critical = np.array([0.0])
    angles = (critical + np.append(critical[1:], critical[0] + np.pi)) / 2
    best = (len(points) + 1, 0.0, 0.0, 0.0, 0.0)
    for angle in angles:
        direction = np.array([np.cos(angle), np.sin(angle)])
        along = points @ direction
        order = np.argsort(along)
        ranked, ones = along[order], labels[order]
        ends = (ranked[:1] - 1, (ranked[1:] + ranked[:-1]) / 2, ranked[-1:] + 1)
        cuts = np.concatenate(ends)
        # With the cut after the first k points: ones below it and zeros above it are wrong.
        below = np.concatenate([[0], np.cumsum(ones)])
        wrong = below + (len(ones) - np.arange(len(ones) + 1)) - (ones.sum() - below)
        same = np.concatenate([[False], ranked[1:] - ranked[:-1] < 1e-12, [False]])
        for sign, counts in ((1.0, wrong), (-1.0, len(ones) - wrong)):
            counts = np.where(same, len(points) + 1, counts)
            k = int(counts.argmin())
            # Of lines that err alike, the one with the most room around it.
            room = float(min(abs(along - cuts[k])))
            if (counts[k], -room) < (best[0], -best[4]):
                best = (int(counts[k]), *(sign * direction), -sign * float(cuts[k]), room)
    return BestLine((float(best[1]), float(best[2])), float(best[3]), best[0], 2 * len(angles) * (len(points) + 1))


def _checked(points, labels) -> tuple[np.ndarray, np.ndarray]:
    points, labels = np.asarray(points, float), np.asarray(labels).astype(np.int64)
    if points.ndim != 2 or not len(points):
        raise InputError("points: there are none; add some first")
    if not np.isfinite(points).all():
        raise InputError("points: a coordinate is no finite number; remove that point")
    return points, labels
