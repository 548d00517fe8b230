"""The Transformer: encoder, decoder, and the whole. Vaswani et al., "Attention is all you need", 2017."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nblib.models.attention import MultiHeadAttention, causal_mask, linear
from nblib.models.dropout import Dropout
from nblib.models.encoder_decoder import EncoderDecoder
from nblib.models.layers import Layers
from nblib.models.positions import sinusoidal
from nblib.models.seq2seq import PAD, embedding

# Standard deviation of an embedding times √D before training, as in BERT and GPT-2. As long as its position, the vector
# of a rare symbol drowns it, and the decoder reads the neighbour.
EMBEDDED = 0.02


class FeedForward(nn.Module):
    """max(0, x W₁ + b₁) W₂ + b₂, at every place by itself: (B, T, D) → (B, T, F) → (B, T, D)."""

    def __init__(self, hidden_size: int, intermediate_size: int, dropout: float, generator: torch.Generator | None):
        super().__init__()
        self.up = linear(hidden_size, intermediate_size, generator)
        self.down = linear(intermediate_size, hidden_size, generator)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.dropout(F.relu(self.up(x))))


class Residual(nn.Module):
    """x + part(x), and a layer norm: after the sum as in the paper, or before the part, as most do since.

    Xiong et al., "On layer normalization in the Transformer architecture", 2020, on what the difference does.
    """

    def __init__(self, hidden_size: int, dropout: float, norm_first: bool):
        super().__init__()
        self.norm, self.dropout, self.norm_first = nn.LayerNorm(hidden_size), Dropout(dropout), norm_first

    def forward(self, x: Tensor, part) -> Tensor:
        if self.norm_first:
            return x + self.dropout(part(self.norm(x)))
        return self.norm(x + self.dropout(part(x)))


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward net, each in a residual."""

    def __init__(self, hidden_size, num_heads, intermediate_size, dropout, norm_first, generator):
        super().__init__()
        self.attention = MultiHeadAttention(hidden_size, num_heads, dropout, generator=generator)
        self.feed_forward = FeedForward(hidden_size, intermediate_size, dropout, generator)
        self.residuals = Layers(Residual(hidden_size, dropout, norm_first) for _ in range(2))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """x: (B, S, D); mask: bool (B, 1, 1, S). → (B, S, D)."""
        x = self.residuals[0](x, lambda h: self.attention(h, mask=mask))
        return self.residuals[1](x, self.feed_forward)


class DecoderLayer(nn.Module):
    """Causal self-attention, attention to the source, the feed-forward net, each in a residual."""

    def __init__(self, hidden_size, num_heads, intermediate_size, dropout, norm_first, generator):
        super().__init__()
        self.attention = MultiHeadAttention(hidden_size, num_heads, dropout, generator=generator)
        self.cross = MultiHeadAttention(hidden_size, num_heads, dropout, generator=generator)
        self.feed_forward = FeedForward(hidden_size, intermediate_size, dropout, generator)
        self.residuals = Layers(Residual(hidden_size, dropout, norm_first) for _ in range(3))

    def forward(self, x: Tensor, source: Tensor | tuple, mask: Tensor | None, source_mask: Tensor | None, past=None):
        """x: (B, T, D); ``source`` (B, S, D), or its keys and values; ``past`` as ``Past.layers`` has it.

        → (B, T, D) and the keys and values (B, H, past + T, D/H) of this layer, where ``past`` was given.
        """
        kept = past

        def look_back(h: Tensor) -> Tensor:
            nonlocal kept
            if past is None:
                return self.attention(h, mask=mask)
            kept = tuple(torch.cat([old, new], dim=2) for old, new in zip(past, self.attention.project(h), strict=True))
            return self.attention(h, kept, mask)

        x = self.residuals[0](x, look_back)
        x = self.residuals[1](x, lambda h: self.cross(h, source, source_mask))
        return self.residuals[2](x, self.feed_forward), kept


class Past(NamedTuple):
    """Where a decoder stands: per layer its own keys and values so far and those of the source; how many tokens."""

    layers: list[tuple[Tensor, Tensor]]
    sources: list[tuple[Tensor, Tensor]]
    source_mask: Tensor
    done: int

    def select(self, rows: Tensor) -> Past:
        """The same for other rows of the batch, int64 (R): how a beam goes on from its survivors."""
        own = [(k[rows], v[rows]) for k, v in self.layers]
        return Past(own, [(k[rows], v[rows]) for k, v in self.sources], self.source_mask[rows], self.done)


class Transformer(EncoderDecoder):
    """Encoder and decoder with the interface of ``Seq2Seq``: forward, ``encode``, ``start``, ``step``.

    Args:
        source_size, target_size: how many symbols there are on either side; 0, 1 and 2 are padding, begin and end.
        hidden_size: D. num_heads: heads of each attention. intermediate_size: width inside the feed-forward nets.
        num_layers: of the encoder, and of the decoder.
        norm_first: layer norm before each part and one more at the end, in place of after each sum.
        tied: the readout is the target's embedding (Press and Wolf, "Using the output embedding to improve language
            models", 2017).
        max_length: places for which positions are kept ready; a longer sequence is refused with a ValueError.
        generator: what all weights are drawn from.
    """

    positions: Tensor

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        hidden_size: int = 128,
        num_heads: int = 4,
        intermediate_size: int = 512,
        num_layers: int = 2,
        dropout: float = 0.1,
        norm_first: bool = True,
        tied: bool = False,
        max_length: int = 512,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        generator = generator or torch.Generator().manual_seed(0)
        self.config = {
            "source_size": source_size, "target_size": target_size, "hidden_size": hidden_size, "num_heads": num_heads,
            "intermediate_size": intermediate_size, "num_layers": num_layers, "dropout": dropout,
            "norm_first": norm_first, "tied": tied, "max_length": max_length,
        }  # fmt: skip
        sizes = (hidden_size, num_heads, intermediate_size, dropout, norm_first, generator)
        self.source = embedding(source_size, hidden_size, generator, EMBEDDED / hidden_size**0.5)
        self.target = embedding(target_size, hidden_size, generator, EMBEDDED / hidden_size**0.5)
        self.encoder = Layers(EncoderLayer(*sizes) for _ in range(num_layers))
        self.decoder = Layers(DecoderLayer(*sizes) for _ in range(num_layers))
        ends = [nn.LayerNorm(hidden_size) if norm_first else nn.Identity() for _ in range(2)]
        self.encoder_norm, self.decoder_norm = ends
        self.dropout = Dropout(dropout)
        self.readout = linear(hidden_size, target_size, generator)
        if tied:
            self.readout.weight = self.target.weight
        # Made from a formula: not saved with the weights.
        self.register_buffer("positions", sinusoidal(max_length, hidden_size), persistent=False)

    def embed(self, symbols: Tensor, table: nn.Embedding, first: int = 0) -> Tensor:
        """What each symbol is, made as long as its position is, and where it stands: (B, T) → (B, T, D)."""
        last = first + symbols.shape[1]
        if last > len(self.positions):
            raise ValueError(
                f"length: {last} symbols, and this model has places for {len(self.positions)} (max_length)"
            )
        return self.dropout(table(symbols) * table.embedding_dim**0.5 + self.positions[first:last])

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """source: int64 (B, S), padded with 0 → memory (B, S, D) and its mask bool (B, 1, 1, S)."""
        mask = (source != PAD)[:, None, None]
        x = self.embed(source, self.source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x), mask

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits (B, T, V) for what follows each of ``target`` (B, T), which starts with BEGIN.

        And the weights (B, T, S) of the last layer's attention to the source, mean of its heads, where it keeps them.
        """
        memory, source_mask = self.encode(source)
        mask = causal_mask(target.shape[1], target.device)
        x = self.embed(target, self.target)
        for layer in self.decoder:
            x, _ = layer(x, memory, mask, source_mask)
        return self.readout(self.decoder_norm(x)), self._looked()

    def start(self, memory: tuple[Tensor, Tensor]) -> Past:
        states, mask = memory
        sources = [layer.cross.project(states) for layer in self.decoder]
        empty = [(key[:, :, :0], value[:, :, :0]) for key, value in sources]
        return Past(empty, sources, mask, 0)

    def step(self, symbols: Tensor, state: Past) -> tuple[Tensor, Past, Tensor | None]:
        """One symbol (B) further: logits (B, V), the new state, weights (B, S) or None."""
        x, layers = self.embed(symbols[:, None], self.target, state.done), []
        for layer, past, source in zip(self.decoder, state.layers, state.sources, strict=True):
            x, kept = layer(x, source, None, state.source_mask, past)
            layers.append(kept)
        weights = self._looked()
        state = Past(layers, state.sources, state.source_mask, state.done + 1)
        return self.readout(self.decoder_norm(x))[:, 0], state, None if weights is None else weights[:, 0]

    def keep_weights(self, keep: bool) -> None:
        """Whether every attention keeps the weights of its last call in ``weights``."""
        for module in self.modules():
            if isinstance(module, MultiHeadAttention):
                module.keep, module.weights = keep, None

    def _looked(self) -> Tensor | None:
        weights = self.decoder[-1].cross.weights
        return None if weights is None else weights.mean(dim=1)
