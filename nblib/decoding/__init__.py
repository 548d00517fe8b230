"""From a model's probabilities to symbols, with a trace of how it came to them."""

from nblib.decoding.beam import Beam, Hypothesis, Node, beam_search
from nblib.decoding.greedy import greedy
from nblib.decoding.tree import rows as tree_rows

__all__ = ["Beam", "Hypothesis", "Node", "beam_search", "greedy", "tree_rows"]
