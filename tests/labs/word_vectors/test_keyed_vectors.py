"""The file of word vectors: gensim reads the same numbers, we read them back, and a broken file is named."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from nblib import InputError
from nblib.labs.word_vectors.word2vec import keyed_vectors
from nblib.models.vectors import WordVectors


def vectors():
    draw = np.random.default_rng(0)
    words = ["pizza", "酒店", "don't", "שלום", "café"]
    numbers = draw.normal(size=(5, 7)) * 10.0 ** draw.integers(-9, 9, size=(5, 7))
    numbers[0, :3] = [0.0, -0.0, 1 / 3]
    return WordVectors(words, numbers)


def test_gensim_reads_what_was_written_to_the_bit(tmp_path):
    given = vectors()
    path = keyed_vectors.save(given, tmp_path / "new" / "vectors.txt")
    theirs = KeyedVectors.load_word2vec_format(path, binary=False)
    assert theirs.index_to_key == given.words.tolist()
    assert np.array_equal(theirs.vectors, given.vectors)
    assert theirs.most_similar("pizza", topn=4)[0][0] == given.nearest("pizza", 1)[0][0]
    ours = keyed_vectors.load(path)
    assert ours.words.tolist() == given.words.tolist() and np.array_equal(ours.vectors, given.vectors)


def test_we_read_what_gensim_wrote(tmp_path):
    given = vectors()
    theirs = KeyedVectors(7)
    theirs.add_vectors(given.words.tolist(), given.vectors)
    theirs.save_word2vec_format(tmp_path / "theirs.txt")
    ours = keyed_vectors.load(tmp_path / "theirs.txt")
    assert dict(zip(ours.words, map(tuple, ours.vectors), strict=True)) == dict(
        zip(given.words, map(tuple, given.vectors), strict=True)
    )


def test_a_failed_export_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = keyed_vectors.save(vectors(), tmp_path / "vectors.txt")
    before = path.read_bytes()
    broken = vectors()
    broken.vectors[2, 3] = np.nan
    with pytest.raises(InputError, match="no finite numbers"):
        keyed_vectors.save(broken, path)
    with pytest.raises(InputError, match="holds a space"):
        keyed_vectors.save(WordVectors(["a b"], np.ones((1, 2))), path)
    monkeypatch.setattr(keyed_vectors, "load", lambda path: WordVectors(["other"], np.ones((1, 7))))
    with pytest.raises(InputError, match="reads back as something else"):
        keyed_vectors.save(vectors(), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        keyed_vectors.save(vectors(), tmp_path / "file" / "vectors.txt")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("pizza 1 2\n", "line 1: should hold two whole numbers"),
        ("2 2\npizza 1 2\n", "has 1 words and promises 2; it was cut off"),
        ("1 2\npizza 1 x\n", "line 2: should hold a word and 2 numbers"),
        ("1 3\npizza 1 2\n", "line 2: should hold a word and 3 numbers"),
        (None, "cannot be read"),
    ],
)
def test_a_broken_file_is_named(tmp_path, content, says):
    path = tmp_path / "vectors.txt"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        keyed_vectors.load(path)
