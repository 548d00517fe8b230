"""Word vectors as a text file that gensim's KeyedVectors reads: the format of the first word2vec program.

The first line holds the number of words and of numbers a word; then a line a word, the word first. UTF-8. Numbers are
written with as many digits as bring back the same float32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.files import replacing
from nblib.models.vectors import WordVectors


def save(vectors: WordVectors, path: str | Path) -> Path:
    """Write the file, read it again, compare every word and number, and only then give it its name.

    Raises InputError where a word holds a space, a number is none, or the disk refuses; a file of that name that was
    there before is then as it was.
    """
    path = Path(path)
    for word in vectors.words:
        if not word or any(letter.isspace() for letter in word):
            raise InputError(f"{word!r} holds a space or nothing, and the format divides words by spaces; leave it out")
    if not np.isfinite(vectors.vectors).all():
        raise InputError("some of the vectors are no finite numbers; train again with a lower learning rate")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            _write(vectors, temporary)
            again = load(temporary)
            if again.words.tolist() != vectors.words.tolist() or not np.array_equal(again.vectors, vectors.vectors):
                raise InputError(f"{path}: what was written reads back as something else; nothing was kept")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); give another folder") from None
    return path


def _write(vectors: WordVectors, path: Path) -> None:
    with open(path, "x", encoding="utf-8", newline="\n") as file:
        file.write(f"{len(vectors)} {vectors.vectors.shape[1]}\n")
        for begin in range(0, len(vectors), 1000):
            rows = vectors.vectors[begin : begin + 1000].astype(str)
            words = vectors.words[begin : begin + 1000]
            file.writelines(f"{word} {' '.join(row)}\n" for word, row in zip(words, rows, strict=True))


def load(path: str | Path) -> WordVectors:
    """The vectors in a file of this format, words in their order. Raises InputError that names the line at fault."""
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise InputError(f"{path}: cannot be read ({reason}); give a file of word vectors") from None
    try:
        number, size = map(int, lines[0].split())
    except ValueError:
        raise InputError(f"{path}, line 1: should hold two whole numbers, words and numbers a word") from None
    rows = lines[1:-1] if lines[-1] == "" else lines[1:]
    if len(rows) != number:
        raise InputError(f"{path}: has {len(rows)} words and promises {number}; it was cut off or edited")
    words, vectors = [], np.empty((number, size), np.float32)
    for place, row in enumerate(rows):
        word, *values = row.rstrip().split(" ")
        try:
            vectors[place] = np.array(values, dtype=np.float32)
        except ValueError:
            raise InputError(f"{path}, line {place + 2}: should hold a word and {size} numbers") from None
        words.append(word)
    return WordVectors(np.array(words, dtype=object), vectors)
