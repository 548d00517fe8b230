"""What a person types, made short enough to be shown."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """Half a pair of code units, which a page may send, cannot be sent back; it is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shortened(text: str, most: int, unit: str = "characters") -> tuple[str, str]:
    """The first ``most`` characters, and a sentence that says so where that is not all."""
    text = well_formed(text)
    if len(text) <= most:
        return text, ""
    return text[:most], f"Shown are the first {most:,} of {len(text):,} {unit}."


def words_or_characters(text: str, most: int, unit: str = "steps") -> tuple[list[str], str]:
    """Words; of a text without spaces characters. At most ``most``, and a sentence that says so where that is not
    all."""
    parts = well_formed(text).split()
    if len(parts) == 1 and len(parts[0]) > 3 and not parts[0].isascii():
        parts = list(parts[0])
    if len(parts) <= most:
        return [part[:24] for part in parts], ""
    return [part[:24] for part in parts[:most]], f"Shown are the first {most} of {len(parts):,} {unit}."
