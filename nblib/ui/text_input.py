"""What a person types, made short enough to be shown."""

from __future__ import annotations


def whole(text: str) -> str:
    """Half a pair of code units, which a page may send, cannot be sent back; it is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shortened(text: str, most: int, unit: str = "characters") -> tuple[str, str]:
    """The first ``most`` characters, and a sentence that says so where that is not all."""
    text = whole(text)
    if len(text) <= most:
        return text, ""
    return text[:most], f"Shown are the first {most:,} of {len(text):,} {unit}."


def tokens(text: str, most: int, unit: str = "steps") -> tuple[list[str], str]:
    """Words; of a text without spaces characters. At most ``most``, and a sentence that says so where that is not
    all."""
    found = whole(text).split()
    if len(found) == 1 and len(found[0]) > 3 and not found[0].isascii():
        found = list(found[0])
    if len(found) <= most:
        return [token[:24] for token in found], ""
    return [token[:24] for token in found[:most]], f"Shown are the first {most} of {len(found):,} {unit}."
