"""From one sequence to another: a GRU with or without attention, and a Transformer, on the same batches."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nblib.decoding import Beam, beam_search, greedy
from nblib.engine.run import Run
from nblib.labs.seq2seq.config import Seq2SeqConfig, TransformerConfig, TranslateConfig
from nblib.models.encoder_decoder import EncoderDecoder
from nblib.models.seq2seq import Seq2Seq
from nblib.models.transformer import Transformer
from nblib.sources.pairs import BEGIN, END, PAD, Pairs, Side, pairs
from nblib.training.fit import Fit, Loss
from nblib.training.schedules import schedule_of

EVAL_BATCH = 200
# A translation may be this much longer than the longest that was trained on.
SPARE = 4
C = TypeVar("C", bound=TranslateConfig)


def seq2seq(config: Seq2SeqConfig) -> Translate:
    """The job that trains an encoder and a decoder of GRUs: give it to a ``Session``."""
    return GRUs(config)


def transformer(config: TransformerConfig) -> Translate:
    """The job that trains a Transformer: give it to a ``Session``."""
    return Transformers(config)


class Translate(Fit, Generic[C]):
    """Learns ``pairs(config.task)``. The batch of a step is a function of the seed and the step alone, so that two
    models see the same ones.

    The history gets ``loss`` in nats a symbol, without label smoothing; at every evaluation ``eval_loss``,
    ``eval_exact`` (the share of held-out pairs that greedy search gets right from end to end) and ``eval_exact_4`` for
    those with 4 symbols going in, and so on. ``items`` are symbols of the target.
    """

    config: C
    pairs: Pairs

    def prepare(self, run: Run) -> None:
        config = self.config
        self.pairs = pairs(config.task, tones=config.tones, most=config.max_train_samples)
        run.check()
        self._train = self.padded(self.pairs.train)
        few = self.pairs.validation.first(config.max_eval_samples)
        self._held, self._held_out = few, self.padded(few)
        self.max_length = self._train[1].shape[1] + SPARE
        self._order: dict[int, np.ndarray] = {}

    def padded(self, side: Side) -> tuple[Tensor, Tensor]:
        """All of a split as int64 (N, S) and (N, T), padded at the end."""
        both = []
        for vocabulary, texts in ((self.pairs.source, side.sources), (self.pairs.target, side.targets)):
            rows = [torch.tensor(vocabulary.encode(text)) for text in texts]
            both.append(nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD))
        return both[0], both[1]

    def make_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), betas=(0.9, self.config.adam_beta2), fused=True)

    # -- training ----------------------------------------------------------------------------------------------------

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Sources (B, S) and targets (B, T) of a step: all pairs once before any comes again."""
        source, target = self._train
        places = range((step - 1) * self.config.batch_size, step * self.config.batch_size)
        epochs = (divmod(place, len(source)) for place in places)
        rows = torch.tensor([self._epoch(epoch)[at] for epoch, at in epochs])
        return trimmed(source[rows]).to(self.device), trimmed(target[rows]).to(self.device)

    def _epoch(self, epoch: int) -> np.ndarray:
        if epoch not in self._order:
            self._order = {e: o for e, o in self._order.items() if e >= epoch - 1}
            self._order[epoch] = self.rng(epoch).permutation(len(self._train[0]))
        return self._order[epoch]

    def loss(self, model: nn.Module, step: int) -> Loss:
        source, target = self.batch(step)
        logits, _ = self.forward(model, source, begun(target), step)
        value, plain = smoothed(logits, target, self.live["label_smoothing"])
        return Loss(value, int((target != PAD).sum()), shown=plain)

    def forward(self, model: nn.Module, source: Tensor, target: Tensor, step: int) -> tuple[Tensor, Tensor | None]:
        return model(source, target)

    def schedule(self, step: int) -> float:
        return schedule_of(self.config, self.config.max_steps)(step)

    # -- evaluation --------------------------------------------------------------------------------------------------

    def evaluate(self, model: nn.Module, run: Run) -> dict[str, float]:
        total, count, right = 0.0, 0, []
        for start in range(0, len(self._held_out[0]), EVAL_BATCH):
            source, target = (trimmed(part[start : start + EVAL_BATCH]).to(self.device) for part in self._held_out)
            logits, _ = model(source, begun(target))
            total += float(F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD, reduction="sum"))
            count += int((target != PAD).sum())
            right += self.right(cast(EncoderDecoder, model), self._held.sources[start : start + EVAL_BATCH], source)
            run.check()
        found, lengths = np.array(right), self._held.lengths
        by_length = {f"exact_{n}": float(found[lengths == n].mean()) for n in np.unique(lengths)}
        return {"loss": total / count, "exact": float(found.mean()), **by_length}

    def right(self, model: EncoderDecoder, texts: list[str], source: Tensor | None = None) -> list[bool]:
        """Whether greedy search gets each text right, end to end."""
        return [self.pairs.right(t, said) for t, said in zip(texts, self.translate(model, texts, source), strict=True)]

    def source(self, texts: list[str]) -> Tensor:
        """int64 (B, S) of any texts."""
        rows = [torch.tensor(self.pairs.source.encode(text)) for text in texts]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD).to(self.device)

    @torch.no_grad()
    def translate(self, model: EncoderDecoder, texts: list[str], source: Tensor | None = None) -> list[str]:
        """The likeliest symbol at each place, for all texts at once. The model is to be in eval mode."""
        source = self.source(texts) if source is None else source
        found = greedy(
            model.step, model.start(model.encode(source)), rows=len(source), begin=BEGIN, end=END,
            max_length=self.max_length, device=self.device,
        )  # fmt: skip
        return [self.pairs.target.decode(row) for row in found.tolist()]

    def beam(self, model: EncoderDecoder, text: str, num_beams: int = 5, length_penalty: float = 1.0) -> Beam:
        """Beam search for one text. The model is to be in eval mode."""
        with torch.no_grad():
            state = model.start(model.encode(self.source([text])))
        return beam_search(
            model.step, state, begin=BEGIN, end=END, num_beams=num_beams, max_length=self.max_length,
            length_penalty=length_penalty, device=self.device,
        )  # fmt: skip


class GRUs(Translate[Seq2SeqConfig]):
    def make_model(self, generator: torch.Generator) -> nn.Module:
        c = self.config
        return Seq2Seq(
            len(self.pairs.source), len(self.pairs.target), hidden_size=c.hidden_size, embedding_size=c.embedding_size,
            attention=c.attention, dropout=c.dropout, generator=generator,
        )  # fmt: skip

    def forward(self, model: nn.Module, source: Tensor, target: Tensor, step: int) -> tuple[Tensor, Tensor | None]:
        # The generator that dropout draws from, seeded for this step.
        return model(source, target, self.live["teacher_forcing"], self.generator)


class Transformers(Translate[TransformerConfig]):
    def make_model(self, generator: torch.Generator) -> nn.Module:
        c = self.config
        return Transformer(
            len(self.pairs.source), len(self.pairs.target), hidden_size=c.hidden_size, num_heads=c.num_heads,
            intermediate_size=c.intermediate_size, num_layers=c.num_layers, dropout=c.dropout,
            norm_first=c.norm == "before", tied=c.tied, generator=generator,
        )  # fmt: skip


def smoothed(logits: Tensor, target: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy in nats a symbol, with this share of the target spread over all symbols, and without.

    logits (B, T, V), target (B, T) padded. Szegedy et al., "Rethinking the Inception architecture", 2016.
    """
    log_probs, real = F.log_softmax(logits, dim=-1), target != PAD
    plain = F.nll_loss(log_probs.flatten(0, 1), target.flatten(), ignore_index=PAD)
    if not smoothing:
        return plain, plain
    spread = -(log_probs.mean(dim=-1) * real).sum() / real.sum()
    return (1 - smoothing) * plain + smoothing * spread, plain


def trimmed(rows: Tensor) -> Tensor:
    """Without the columns that are padding in every row."""
    return rows[:, : max(1, int((rows != PAD).sum(dim=1).max()))]


def begun(target: Tensor) -> Tensor:
    """What the decoder is given: BEGIN, then the target without its last symbol. (B, T) → (B, T)."""
    return F.pad(target[:, :-1], (1, 0), value=BEGIN)
