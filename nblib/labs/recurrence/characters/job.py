"""A character language model that writes while it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nblib.engine.run import Run
from nblib.labs.recurrence.backpropagation import Trace, trace
from nblib.labs.recurrence.characters.config import CharactersConfig
from nblib.labs.recurrence.text import Text, dialogue_text, file_text
from nblib.models.recurrent import Recurrent
from nblib.training.fit import Fit, Loss

# Numbers of draws for evaluation and for writing, far from those of steps.
EVALUATION, WRITING = 10_000_000, 20_000_000
EVAL_BATCHES, EVAL_PIECES = 8, 32


def characters(config: CharactersConfig) -> Characters:
    """The job that trains a language model character by character: give it to a ``Session``."""
    return Characters(config)


class Characters(Fit):
    """Learns from pieces of text at random places, each begun with an empty state.

    The history gets ``loss`` and ``eval_loss`` in nats a character, and at every evaluation an event ``sample`` with
    what the model writes then: step, temperature, text. ``items`` are characters.
    """

    config: CharactersConfig
    text: Text

    def prepare(self, run: Run) -> None:
        config = self.config
        if config.dataset == "dialogues":
            self.text = dialogue_text(config.max_characters)
        else:
            self.text = file_text(config.dataset, config.max_characters)
        run.check()
        # Asked for once, so that a text that is too short is refused before the first step.
        self.text.windows(self.rng(0), 1, config.length)
        self.text.windows(self.rng(0), 1, config.length, held_out=True)

    def make_model(self, generator: torch.Generator) -> nn.Module:
        config, symbols = self.config, len(self.text.symbols)
        return Recurrent(
            config.cell, config.embedding_size, config.hidden_size, symbols, symbols=symbols,
            num_layers=config.num_layers, dropout=config.dropout, alphabet="".join(self.text.symbols),
            generator=generator,
        )  # fmt: skip

    def batch(self, step: int, size: int | None = None, held_out: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """x and y of a step, int64 (B, T): characters, and the ones that come next."""
        size = size or self.config.batch_size
        pieces = self.text.windows(self.rng(step), size, self.config.length, held_out=held_out)
        x, y = (torch.from_numpy(piece).to(self.device) for piece in pieces)
        return x, y

    def loss(self, model: nn.Module, step: int) -> Loss:
        x, y = self.batch(step)
        logits, _ = model(x)  # (B, T, symbols)
        return Loss(F.cross_entropy(logits.flatten(0, 1), y.flatten()), x.numel())

    def evaluate(self, model: nn.Module, run: Run) -> dict[str, float]:
        total = 0.0
        for number in range(EVAL_BATCHES):
            x, y = self.batch(EVALUATION + number, EVAL_PIECES, held_out=True)
            logits, _ = model(x)
            total += float(F.cross_entropy(logits.flatten(0, 1), y.flatten())) / EVAL_BATCHES
            run.check()
        said = self.sample(cast(Recurrent, model), self.done, check=run.check)
        temperature = self.live["temperature"]
        run.session.history.event("sample", step=self.done, temperature=temperature, text=said)
        return {"loss": total}

    def sample(
        self, model: Recurrent, number: int, prompt: str = "\n", check: Callable[[], None] = lambda: None
    ) -> str:
        """What the model writes now, at the temperature that is in force; ``number`` decides the draws."""
        found = []
        for k, symbol in enumerate(
            write(model, self.text, prompt, self.live["temperature"], self.rng(WRITING, number))
        ):
            found.append(symbol)
            if k + 1 >= self.config.sample_length:
                break
            if k % 64 == 63:
                check()
        return "".join(found)


def write(model: Recurrent, text: Text, prompt: str, temperature: float, rng: np.random.Generator) -> Iterator[str]:
    """Characters without end, each drawn from the model's distribution after the ones before it.

    The logits are divided by ``temperature``; at 0 the likeliest character is taken. ``UNKNOWN`` is never drawn. A
    prompt of any text will do; an empty one counts as the start of a line.
    """
    device = model.readout.weight.device
    numbers = torch.from_numpy(text.encode(prompt or "\n").astype(np.int64)).to(device)[None]
    state = None
    while True:
        # Switched on for each character, not around the yield: what runs in between is the caller's.
        with torch.no_grad():
            logits, state = model(numbers, state)
            last = logits[0, -1].double().cpu().numpy()
        last[0] = -np.inf
        if not np.isfinite(last[1:]).all():
            return
        if temperature:
            powers = np.exp((last - last.max()) / max(temperature, 1e-3))
            chosen = int(rng.choice(len(last), p=powers / powers.sum()))
        else:
            chosen = int(last.argmax())
        yield text.symbols[chosen]
        numbers = torch.full((1, 1), chosen, dtype=torch.int64, device=device)


def inside(model: Recurrent, numbers: np.ndarray) -> Trace:
    """The last layer while it reads a text: a Trace with a batch of one. ``numbers``: [characters]."""
    with torch.no_grad():
        fed = model.inputs(torch.from_numpy(np.asarray(numbers, np.int64)).to(model.readout.weight.device)[None])
        for k, layer in enumerate(model.layers):
            hidden, _ = layer(fed)
            if k + 1 == len(model.layers):
                return trace(model.cell, fed, hidden, model.weights(k))
            fed = hidden
    raise ValueError("a model without layers")


def neurons(model: Recurrent, numbers: np.ndarray) -> np.ndarray:
    """What each number of the last layer's state is at every character, within −1 … 1: float32 [characters, H].

    Of an LSTM tanh of the memory, of the others the hidden state.
    """
    found = inside(model, numbers)
    state = found.hidden if found.memory is None else torch.tanh(found.memory)
    return state[0].float().cpu().numpy()
