"""Sequence to sequence with a GRU: encoder, decoder, and what lies between them."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nblib.models.attention import attention, linear
from nblib.models.dropout import Dropout
from nblib.models.encoder_decoder import EncoderDecoder

ATTENTIONS = ("none", "additive", "multiplicative")
PAD = 0


class Memory(NamedTuple):
    """What the decoder has of a source: ``states`` (B, S, H) of every token, ``mask`` bool (B, S), ``last`` (B, H)."""

    states: Tensor
    mask: Tensor
    last: Tensor


class State(NamedTuple):
    """Where a decoder stands: its memory of the source and its own ``hidden`` (B, H)."""

    memory: Memory
    hidden: Tensor

    def select(self, rows: Tensor) -> State:
        """The same for other rows of the batch, int64 (R): how a beam goes on from its survivors."""
        return State(Memory(*(t[rows] for t in self.memory)), self.hidden[rows])


class Additive(nn.Module):
    """score(h, s) = vᵀ tanh(W h + U s). Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to
    align and translate", 2015."""

    def __init__(self, hidden_size: int, generator: torch.Generator | None):
        super().__init__()
        self.query = linear(hidden_size, hidden_size, generator, bias=False)
        self.key = linear(hidden_size, hidden_size, generator)
        self.energy = linear(hidden_size, 1, generator, bias=False)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """query: (B, T, H) → contexts (B, T, H) and weights (B, T, S)."""
        both = self.query(query)[:, :, None] + self.key(memory.states)[:, None]  # (B, T, S, H)
        scores = self.energy(torch.tanh(both))[..., 0]  # (B, T, S)
        weights = torch.softmax(scores.masked_fill(~memory.mask[:, None], -math.inf), dim=-1)
        return weights @ memory.states, weights


class Multiplicative(nn.Module):
    """score(h, s) = hᵀ W s. Luong, Pham and Manning, "Effective approaches to attention-based neural machine
    translation", 2015 (their "general")."""

    def __init__(self, hidden_size: int, generator: torch.Generator | None):
        super().__init__()
        self.key = linear(hidden_size, hidden_size, generator, bias=False)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """query: (B, T, H) → contexts (B, T, H) and weights (B, T, S)."""
        values, weights = attention(query, self.key(memory.states), memory.states, memory.mask[:, None], scale=1.0)
        return values, weights


class Seq2Seq(EncoderDecoder):
    """A GRU reads the source in both directions, another writes the target. Sutskever, Vinyals and Le, "Sequence to
    sequence learning with neural networks", 2014; Cho et al., "Learning phrase representations using RNN
    encoder-decoder", 2014.

    Args:
        source_size, target_size: how many symbols there are on either side; 0, 1 and 2 are padding, begin and end.
        hidden_size: H, a multiple of 2: each direction of the encoder has half of it.
        embedding_size: E, of the symbols' vectors.
        attention: "none", where all that the decoder knows of the source is one vector (B, H); "additive";
            "multiplicative".
        dropout: on the symbols' vectors and before the readout, in training.
        generator: what all weights are drawn from.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        hidden_size: int = 256,
        embedding_size: int = 128,
        attention: str = "multiplicative",
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        if attention not in ATTENTIONS:
            raise ValueError(f"attention: {attention!r} is none of {', '.join(ATTENTIONS)}")
        if hidden_size % 2:
            raise ValueError(f"hidden_size: each direction of the encoder has half of it, {hidden_size} is odd")
        generator = generator or torch.Generator().manual_seed(0)
        self.config = {
            "source_size": source_size, "target_size": target_size, "hidden_size": hidden_size,
            "embedding_size": embedding_size, "attention": attention, "dropout": dropout,
        }  # fmt: skip
        self.source = embedding(source_size, embedding_size, generator)
        self.target = embedding(target_size, embedding_size, generator)
        self.encoder = gru(embedding_size, hidden_size // 2, generator, bidirectional=True)
        # With a fixed vector the decoder is reminded of it at every step; otherwise it asks after each.
        self.fixed = attention == "none"
        self.decoder = gru(embedding_size + (hidden_size if self.fixed else 0), hidden_size, generator)
        self.bridge = linear(hidden_size, hidden_size, generator)
        kinds = {"additive": Additive, "multiplicative": Multiplicative}
        self.attention = None if self.fixed else kinds[attention](hidden_size, generator)
        self.combine = None if self.fixed else linear(2 * hidden_size, hidden_size, generator)
        self.dropout = Dropout(dropout)
        self.readout = linear(hidden_size, target_size, generator)

    def encode(self, source: Tensor) -> Memory:
        """source: int64 (B, S), padded with 0 at the end."""
        mask = source != PAD  # (B, S)
        lengths = mask.sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            self.dropout(self.source(source)), lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.encoder(packed)  # last: (2, B, H/2), where each direction ended
        states, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        return Memory(states, mask, torch.cat([last[0], last[1]], dim=1))

    def start(self, memory: Memory) -> State:
        return State(memory, torch.tanh(self.bridge(memory.last)))

    def _decode(self, symbols: Tensor, state: State) -> tuple[Tensor, State, Tensor | None]:
        """symbols: (B, T) → logits (B, T, V), the state after them, weights (B, T, S) or None."""
        x, memory = self.dropout(self.target(symbols)), state.memory  # (B, T, E)
        if self.fixed:
            x = torch.cat([x, memory.last[:, None].expand(-1, x.shape[1], -1)], dim=2)  # (B, T, E + H)
        hidden, last = self.decoder(x, state.hidden[None])  # (B, T, H)
        weights = None
        if self.attention is not None and self.combine is not None:
            context, weights = self.attention(hidden, memory)  # (B, T, H), (B, T, S)
            hidden = torch.tanh(self.combine(torch.cat([hidden, context], dim=2)))  # (B, T, H)
        return self.readout(self.dropout(hidden)), State(memory, last[0]), weights

    def step(self, symbols: Tensor, state: State) -> tuple[Tensor, State, Tensor | None]:
        """One symbol (B) further: logits (B, V), the new state, weights (B, S) or None."""
        logits, state, weights = self._decode(symbols[:, None], state)
        return logits[:, 0], state, None if weights is None else weights[:, 0]

    def forward(
        self, source: Tensor, target: Tensor, teacher_forcing: float = 1.0, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Logits (B, T, V) for what follows each of ``target`` (B, T), which starts with BEGIN; and weights (B, T, S).

        ``teacher_forcing``: at each place and in each row, the probability that the decoder is given the right symbol
        and not its own (Bengio et al., "Scheduled sampling", 2015); drawn from ``generator``.
        """
        state = self.start(self.encode(source))
        if teacher_forcing >= 1:
            logits, _, weights = self._decode(target, state)
            return logits, weights
        given = torch.rand(target.shape, generator=generator, device=target.device) < teacher_forcing  # (B, T)
        symbols, logits, weights = target[:, 0], [], []
        for t in range(target.shape[1]):
            if t:
                symbols = torch.where(given[:, t], target[:, t], logits[-1].argmax(dim=1))
            step_logits, state, step_weights = self.step(symbols, state)
            logits.append(step_logits)
            weights.append(step_weights)
        return torch.stack(logits, dim=1), None if self.fixed else torch.stack(weights, dim=1)


def embedding(symbols: int, size: int, generator: torch.Generator, std: float | None = None) -> nn.Embedding:
    """Vectors of standard deviation ``std``, 1/√size unless told, padding's zero."""
    layer = nn.Embedding(symbols, size, padding_idx=PAD, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.normal_(0, size**-0.5 if std is None else std, generator=generator)
        layer.weight[PAD] = 0
    return layer


def gru(inputs: int, hidden_size: int, generator: torch.Generator, bidirectional: bool = False) -> nn.GRU:
    layer = nn.GRU(inputs, hidden_size, batch_first=True, bidirectional=bidirectional, device="meta")
    layer = layer.to_empty(device="cpu")
    bound = hidden_size**-0.5
    with torch.no_grad():
        for weight in layer.parameters():
            weight.uniform_(-bound, bound, generator=generator)
    return layer
