"""What an n-gram model is asked with: the text, the order, the smoothing and its amount."""

from __future__ import annotations

from typing import ClassVar, Literal

from nblib.engine.config import RunConfig, setting


class NgramConfig(RunConfig):
    """The controls of the n-gram panel; of the three amounts only that of the chosen smoothing is used."""

    kind: ClassVar[str] = "ngram"

    order: int = setting(
        3, "n: a word is told from the n − 1 words before it", group="Model", ge=1, le=5, slider=(1, 5), step=1
    )
    smoothing: Literal["none", "add-k", "interpolation", "kneser-ney"] = setting(
        "kneser-ney", "Where the probability of what was never seen comes from", group="Model"
    )
    k: float = setting(
        1e-2, "add-k: added to every count", group="Smoothing", scale="log", gt=0, le=1, slider=(1e-4, 1)
    )
    share: float = setting(
        0.6,
        "interpolation: λ, the share that the shorter context gets",
        group="Smoothing",
        ge=0,
        le=1,
        slider=(0, 1),
        step=0.01,
    )
    discount: float = setting(
        0.75,
        "kneser-ney: D, taken from every count and given to the shorter context",
        group="Smoothing",
        ge=0,
        le=1,
        slider=(0, 1),
        step=0.01,
    )
    temperature: float = setting(
        1.0,
        "Generate: below 1 likely words become likelier; 0 always takes the likeliest",
        group="Writing",
        ge=0,
        le=10,
        slider=(0, 2),
        step=0.05,
    )
    max_words: int = setting(
        30, "Generate: words at most", group="Writing", ge=1, le=1000, slider=(1, 100), step=1, more=True
    )
    min_count: int = setting(
        3, "Rarer words share one place, that of all unknown words", group="Text", ge=1, le=1000, slider=(1, 20),
        step=1, more=True,
    )  # fmt: skip
    corpus: str = setting(
        "dialogues", "Text of the offline pack, or path of a UTF-8 text file with a sentence a line", group="Text",
        more=True,
    )  # fmt: skip

    @property
    def amount(self) -> float | None:
        """The one number of the chosen smoothing, None without smoothing."""
        return {"add-k": self.k, "interpolation": self.share, "kneser-ney": self.discount}.get(self.smoothing)
