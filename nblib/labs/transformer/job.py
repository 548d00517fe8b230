"""A GRU with attention and a Transformer in one run: the same batches, and each one's own clock."""

from __future__ import annotations

import math
import time
from typing import cast

import torch
from torch import Tensor, nn

from nblib.engine.run import Run
from nblib.labs.seq2seq.job import Translate
from nblib.labs.transformer.config import NAMES, RaceConfig
from nblib.labs.transformer.sizes import gru_size
from nblib.models.encoder_decoder import EncoderDecoder
from nblib.models.layers import Networks
from nblib.models.seq2seq import Seq2Seq
from nblib.models.transformer import Transformer
from nblib.training.fit import Step, parameters

RACERS = tuple(NAMES)


def race(config: RaceConfig) -> Race:
    """The job that trains both: give it to a ``Session``."""
    return Race(config)


class Race(Translate[RaceConfig]):
    """Each racer learns as it would alone: the same first weights, batches, dropout and clipping, an Adam of its own.

    With ``equal="steps"`` both take every step of the run. With "time" a step of the run is one step of whoever has had
    less time so far; what the clock decides is not the same in two runs, and such a run ends in other bits each time.

    History, at every step and for each racer (``_gru``, ``_transformer``) that took it: ``loss``, ``step`` (of its
    own), ``seconds`` (of its own training so far: batch, forward, backward, update), ``grad_norm``, ``learning_rate``;
    at every evaluation ``eval_loss``, ``eval_exact``, ``eval_exact_4`` for 4 symbols going in and so on, its ``step``
    and ``seconds`` by then, ``tokens_per_second`` (symbols of the target) and ``epoch_seconds``, as ``eval_…_gru``.
    ``loss`` is the mean of those that took the step.
    """

    def __init__(self, config: RaceConfig):
        super().__init__(config)
        self.clock = time.perf_counter
        self._forget()

    def _forget(self) -> None:
        self.steps = dict.fromkeys(RACERS, 0)
        self.seconds = dict.fromkeys(RACERS, 0.0)
        self.tokens = dict.fromkeys(RACERS, 0)

    def prepare(self, run: Run) -> None:
        self._forget()
        super().prepare(run)

    def make_model(self, generator: torch.Generator) -> nn.ModuleDict:
        c, sizes = self.config, (len(self.pairs.source), len(self.pairs.target))
        # Each draws from the seed, as if it were alone.
        draws = [torch.Generator().manual_seed(generator.initial_seed()) for _ in RACERS]
        transformer = Transformer(
            *sizes, hidden_size=c.hidden_size, num_heads=c.num_heads, intermediate_size=c.intermediate_size,
            num_layers=c.num_layers, dropout=c.dropout, norm_first=c.norm == "before", tied=c.tied, generator=draws[1],
        )  # fmt: skip
        hidden = c.gru_hidden_size or gru_size(parameters(transformer), *sizes, c.hidden_size, c.attention)
        gru = Seq2Seq(
            *sizes, hidden_size=hidden, embedding_size=c.hidden_size, attention=c.attention, dropout=c.dropout,
            generator=draws[0],
        )  # fmt: skip
        model: Networks[EncoderDecoder] = Networks({"gru": gru, "transformer": transformer})
        model.config = {name: racer.config for name, racer in model.items()}
        return model

    def make_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        decays = {"gru": self.config.gru_adam_beta2, "transformer": self.config.adam_beta2}
        groups = [
            {"params": list(racer.parameters()), "betas": (0.9, decays[name])}
            for name, racer in racers_of(model).items()
        ]
        return torch.optim.Adam(groups, fused=True)

    def clipped(self, model: nn.Module) -> dict[str, list[nn.Parameter]]:
        return {f"grad_norm_{name}": list(racer.parameters()) for name, racer in racers_of(model).items()}

    def racer_rate(self, name: str, step: int) -> float:
        """The learning rate of a racer at a step of the run."""
        return self.live["learning_rate" if name == "transformer" else "gru_learning_rate"] * self.schedule(step)

    # -- training ----------------------------------------------------------------------------------------------------

    def take_step(self, step: int) -> Step:
        turn = RACERS if self.config.equal == "steps" else (min(RACERS, key=self.seconds.__getitem__),)
        steps = {name: self._racer_step(name, step) for name in turn}
        metrics = {key: value for taken in steps.values() for key, value in taken.metrics.items()}
        loss = torch.stack([taken.loss for taken in steps.values()]).mean()
        return Step(loss, sum(taken.items for taken in steps.values()), metrics)

    def _racer_step(self, name: str, step: int) -> Step:
        """One step of one racer, timed: its own batch and dropout, and the rate of the step of the run."""
        began, own, rate = self._now(), self.steps[name] + 1, self.racer_rate(name, step)
        group = self.optimizer.param_groups[RACERS.index(name)]
        taken = self.descend(racers_of(self.model)[name], own, [f"grad_norm_{name}"], [group], rate)
        self.seconds[name] += self._now() - began
        self.steps[name], self.tokens[name] = own, self.tokens[name] + taken.items
        metrics = {
            f"loss_{name}": taken.loss, f"step_{name}": own, f"seconds_{name}": self.seconds[name],
            f"learning_rate_{name}": rate, **taken.metrics,
        }  # fmt: skip
        return Step(taken.loss, taken.items, metrics)

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return self.clock()

    # -- evaluation --------------------------------------------------------------------------------------------------

    def evaluate(self, model: nn.Module, run: Run) -> dict[str, float]:
        metrics: dict[str, float] = {}
        for name in RACERS:
            own = super().evaluate(racers_of(model)[name], run)
            own |= {"step": self.steps[name], "seconds": self.seconds[name], **self.speed(name)}
            metrics |= {f"{metric}_{name}": float(value) for metric, value in own.items()}
        return metrics

    def speed(self, name: str) -> dict[str, float]:
        """Symbols of the target a second of training, and seconds for all pairs once. NaN before the first step."""
        steps, seconds = self.steps[name], self.seconds[name]
        if not steps or not seconds:
            return {"tokens_per_second": math.nan, "epoch_seconds": math.nan}
        pairs_a_second = steps * self.config.batch_size / seconds
        return {
            "tokens_per_second": self.tokens[name] / seconds,
            "epoch_seconds": len(self.pairs.train.sources) / pairs_a_second,
        }

    # -- kept in a checkpoint ----------------------------------------------------------------------------------------

    def extra(self) -> dict[str, Tensor]:
        return {
            "steps": torch.tensor([self.steps[n] for n in RACERS]),
            "seconds": torch.tensor([self.seconds[n] for n in RACERS], dtype=torch.float64),
            "tokens": torch.tensor([self.tokens[n] for n in RACERS]),
        }

    def restore(self, extra: dict[str, Tensor]) -> None:
        for name, held in (("steps", self.steps), ("seconds", self.seconds), ("tokens", self.tokens)):
            held.update(zip(RACERS, extra[name].tolist(), strict=True))


def racers_of(model: nn.Module) -> Networks[EncoderDecoder]:
    """What ``Race.make_model`` made, by name in the order of ``RACERS``: ``Fit`` hands it on as any Module."""
    return cast("Networks[EncoderDecoder]", model)
