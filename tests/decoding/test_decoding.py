"""Greedy and beam search against searching everything, and against transformers' generate."""

from __future__ import annotations

import itertools

import pytest
import torch

from nblib.decoding import beam_search, greedy
from nblib.decoding.beam import DROPPED, ENDED, KEPT, path

END = 2


class Table:
    """A made-up language: logits of the next symbol by the symbols so far."""

    def __init__(self, symbols: int, seed: int):
        self.symbols, self.seed, self.asked = symbols, seed, 0

    def logits(self, so_far: tuple[int, ...]) -> torch.Tensor:
        generator = torch.Generator().manual_seed(hash((self.seed, so_far)) % 2**31)
        return 2 * torch.randn(self.symbols, generator=generator)

    def step(self, symbols, state):
        self.asked += 1
        rows = [(*row, int(s)) for row, s in zip(state.rows, symbols, strict=True)]
        return torch.stack([self.logits(row) for row in rows]), Rows(rows), None

    def log_probability(self, symbols: tuple[int, ...]) -> float:
        so_far, total = (1,), 0.0
        for symbol in symbols:
            total += float(torch.log_softmax(self.logits(so_far), 0)[symbol])
            so_far = (*so_far, symbol)
        return total


class Rows:
    def __init__(self, rows):
        self.rows = rows

    def select(self, rows):
        return Rows([self.rows[int(r)] for r in rows])


def everything(symbols: int, max_length: int):
    """Every path that ends with END or at the greatest length."""
    for length in range(1, max_length + 1):
        for inner in itertools.product([s for s in range(symbols) if s != END], repeat=length - 1):
            for last in range(symbols) if length == max_length else [END]:
                yield (*inner, last)


@pytest.mark.parametrize("length_penalty", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_as_wide_as_the_tree_finds_the_best_path_there_is(seed, length_penalty):
    language, symbols, length = Table(4, seed), 4, 4
    ranked = sorted(everything(symbols, length), key=lambda p: -language.log_probability(p) / len(p) ** length_penalty)
    beam = beam_search(
        language.step, Rows([()]), begin=1, end=END, num_beams=300, max_length=length, length_penalty=length_penalty
    )
    assert [tuple(h.symbols) for h in beam.hypotheses[:5]] == ranked[:5]
    best = beam.hypotheses[0]
    assert best.log_probability == pytest.approx(language.log_probability(ranked[0]), abs=1e-5)
    assert best.score == pytest.approx(best.log_probability / len(best.symbols) ** length_penalty)


def test_one_beam_without_a_length_penalty_is_greedy():
    ended = 0
    for seed in range(8):
        language = Table(6, seed)
        found = greedy(language.step, Rows([()]), rows=1, begin=1, end=END, max_length=7)[0].tolist()
        beam = beam_search(language.step, Rows([()]), begin=1, end=END, num_beams=1, max_length=7, length_penalty=0.0)
        assert found == beam.hypotheses[0].symbols
        ended += END in found
    assert 0 < ended < 8


def test_the_tree_tells_what_became_of_each_path():
    beam = beam_search(Table(5, 3).step, Rows([()]), begin=1, end=END, num_beams=3, max_length=5)
    nodes = beam.nodes
    assert all(node.parent < number for number, node in enumerate(nodes))
    assert all(nodes[n.parent].fate == KEPT and nodes[n.parent].depth == n.depth - 1 for n in nodes[1:])
    for depth in range(1, 5):
        assert sum(n.fate == KEPT for n in nodes if n.depth == depth) <= 3
    assert {n.fate for n in nodes} == {KEPT, ENDED, DROPPED}
    for found in beam.hypotheses:
        assert path(nodes, found.node) == found.symbols and nodes[found.node].fate == ENDED
    scores = [h.score for h in beam.hypotheses]
    assert scores == sorted(scores, reverse=True) and len(scores) == 3


def test_nonsense_is_refused():
    for wrong in ({"num_beams": 0, "max_length": 3}, {"num_beams": 2, "max_length": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            beam_search(Table(4, 0).step, Rows([()]), begin=1, end=END, **wrong)


def test_greedy_ends_each_row_by_itself():
    language = Table(5, 1)
    both = greedy(language.step, Rows([(7,), (8,)]), rows=2, begin=1, end=END, max_length=9)
    for row, start in zip(both.tolist(), (7, 8), strict=True):
        alone = greedy(language.step, Rows([(start,)]), rows=1, begin=1, end=END, max_length=9)[0].tolist()
        assert row[: len(alone)] == alone and set(row[len(alone) :]) <= {END}


class Tokens:
    """The state of a model of transformers, without a cache: all tokens so far."""

    def __init__(self, ids):
        self.ids = ids

    def select(self, rows):
        return Tokens(self.ids[rows])


@pytest.mark.parametrize("num_beams", [2, 4])
@pytest.mark.parametrize("length_penalty", [0.5, 1.0])
def test_it_finds_what_generate_finds(num_beams, length_penalty):
    from transformers import GPT2Config, GPT2LMHeadModel

    for seed in range(3):
        config = GPT2Config(
            vocab_size=13, n_positions=32, n_embd=16, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=END,
            pad_token_id=0, initializer_range=0.6,
        )  # fmt: skip
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = GPT2LMHeadModel(config).eval()
        wanted = model.generate(
            torch.tensor([[5, 1]]), num_beams=num_beams, num_return_sequences=num_beams, max_new_tokens=8,
            length_penalty=length_penalty, do_sample=False, early_stopping=False,
            attention_mask=torch.ones(1, 2, dtype=torch.int64),
        )  # fmt: skip

        def step(symbols, state, model=model):
            ids = torch.cat([state.ids, symbols[:, None]], dim=1)
            return model(ids).logits[:, -1], Tokens(ids), None

        beam = beam_search(
            step, Tokens(torch.tensor([[5]])), begin=1, end=END, num_beams=num_beams, max_length=8,
            length_penalty=length_penalty,
        )  # fmt: skip
        found = [h.symbols for h in beam.hypotheses]
        theirs = [[t for t in row[2:].tolist() if t != 0] for row in wanted]
        assert found == theirs
