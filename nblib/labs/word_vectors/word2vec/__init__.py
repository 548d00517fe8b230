"""Word vectors that move while they are trained."""

from nblib.labs.word_vectors.word2vec import keyed_vectors

__all__ = ["keyed_vectors"]
