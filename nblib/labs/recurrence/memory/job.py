"""RNN, LSTM and GRU side by side: the same batches, and at every step how far back the gradient reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nblib.engine.run import Run
from nblib.labs.recurrence.backpropagation import norms, through_time, trace
from nblib.labs.recurrence.memory import tasks
from nblib.labs.recurrence.memory.config import RecurrentConfig
from nblib.models.cells import GATES
from nblib.models.layers import Networks
from nblib.models.recurrent import Recurrent
from nblib.training.fit import Fit, Loss

if TYPE_CHECKING:
    from nblib.labs.recurrence.text import Text

CELLS = ("rnn", "lstm", "gru")
# Gradients through time are looked at for this many examples of a batch, and kept in this many columns at most.
LOOKED_AT, COLUMNS = 16, 256
EVAL_BATCHES = 4
EVALUATION, EXAMPLE = 10_000_000, 20_000_000


def recurrence(config: RecurrentConfig) -> Recurrence:
    """The job that trains the networks of ``config.cells`` side by side: give it to a ``Session``."""
    return Recurrence(config)


@dataclass
class Columns:
    """‖dL/dh_t‖ at every time step, one column each time it was looked at; float32 [columns, time steps].

    When there are more than ``COLUMNS``, every second one is dropped, and only every second look is kept from then on.
    """

    every: int
    steps: list[int]
    norms: list[np.ndarray]

    def wants(self, step: int) -> bool:
        return step == 1 or step % self.every == 0

    def add(self, step: int, norms: np.ndarray) -> None:
        self.steps.append(step)
        self.norms.append(norms)
        if len(self.steps) > COLUMNS:
            self.every *= 2
            kept = [k for k, s in enumerate(self.steps) if self.wants(s)]
            self.steps, self.norms = [self.steps[k] for k in kept], [self.norms[k] for k in kept]

    @property
    def array(self) -> np.ndarray:
        """float32 [columns, networks, time steps]."""
        return np.stack(self.norms) if self.norms else np.zeros((0, 0, 0), np.float32)


class Recurrence(Fit):
    """Trains its networks as one model with the sum of their losses: no network sees another's gradient, each is
    clipped by itself, and Adam counts for every weight alone, so each learns as it would without the others.

    ``columns`` holds the gradient norms through time. History, a network each: ``loss_rnn``, ``grad_norm_rnn``,
    ``eval_loss_rnn`` and, where answers are right or wrong, ``eval_accuracy_rnn``; ``loss`` is the sum.
    """

    config: RecurrentConfig

    def __init__(self, config: RecurrentConfig):
        super().__init__(config)
        self.columns = Columns(config.record_steps, [], [])
        self.text: Text | None = None
        self._watched: dict[str, Tensor] = {}

    @property
    def cells(self) -> tuple[str, ...]:
        return CELLS if self.config.cells == "all" else (self.config.cells,)

    def prepare(self, run: Run) -> None:
        self.columns = Columns(self.config.record_steps, [], [])
        if self.config.task == "characters":
            from nblib.labs.recurrence.text import dialogue_text

            self.text = dialogue_text()
            run.check()

    def make_model(self, generator: torch.Generator) -> nn.Module:
        model = Networks({cell: self._network(cell, generator) for cell in self.cells})
        model.config = {cell: network.config for cell, network in model.items()}
        return model

    def _network(self, cell: str, generator: torch.Generator) -> Recurrent:
        config = self.config
        sizes = {"adding": (2, 1, None), "copy": (16, tasks.SYMBOLS, tasks.GO + 1)}
        if self.text is not None:
            sizes["characters"] = (32, len(self.text.symbols), len(self.text.symbols))
        inputs, outputs, symbols = sizes[config.task]
        hidden = config.hidden_size
        if config.equal == "weights":
            hidden = equal_size(cell, inputs, hidden, outputs)
        return Recurrent(
            cell, inputs, hidden, outputs, symbols=symbols, weight_scale=config.weight_scale,
            forget_bias=config.forget_bias, generator=generator,
        )  # fmt: skip

    # -- batches -----------------------------------------------------------------------------------------------------

    def batch(self, step: int, size: int | None = None) -> tuple[Tensor, Tensor]:
        """x and y of a step: of adding float (B, T, 2) and (B); of the others int64 (B, T), −1 where none is asked."""
        config, rng = self.config, self.rng(step)
        size = size or config.batch_size
        if config.task == "adding":
            x, y = tasks.adding(rng, size, config.length)
        elif config.task == "copy":
            x, y = tasks.copy(rng, size, config.length)
        elif self.text is not None:
            x, y = self.text.windows(rng, size, config.length, held_out=step >= EVALUATION)
        else:
            raise RuntimeError("batch: the text of characters is read by prepare(), which comes first")
        return torch.from_numpy(x).to(self.device), torch.from_numpy(y).to(self.device)

    def loss_of(self, answers: Tensor, y: Tensor) -> Tensor:
        if self.config.task == "adding":
            return F.mse_loss(answers[:, -1, 0], y)
        return F.cross_entropy(answers.flatten(0, 1), y.flatten(), ignore_index=-1)

    def loss(self, model: nn.Module, step: int) -> Loss:
        x, y = self.batch(step)
        self._x, losses, metrics = x, [], {}
        watched = self.columns.wants(step)
        networks = networks_of(model)
        for cell, network in networks.items():
            hidden, _ = network.hidden(x)  # (B, T, H)
            if watched:
                hidden.retain_grad()
                self._watched[cell] = hidden
            loss = self.loss_of(network.readout(hidden), y)
            metrics[f"loss_{cell}"] = loss.detach()
            losses.append(loss)
        return Loss(sum(losses[1:], losses[0]), x.shape[0], metrics if len(networks) > 1 else {})

    def clipped(self, model: nn.Module) -> dict[str, list[nn.Parameter]]:
        networks = networks_of(model)
        if len(networks) == 1:
            return super().clipped(model)
        return {f"grad_norm_{cell}": list(network.parameters()) for cell, network in networks.items()}

    def after_backward(self, model: nn.Module, step: int) -> None:
        if not self._watched:
            return
        columns = []
        for cell, hidden in self._watched.items():
            network, x = networks_of(model)[cell], self._x[:LOOKED_AT]
            # The backward pass is done, and ``loss`` asked for this gradient.
            direct = cast(Tensor, hidden.grad)[:LOOKED_AT]
            with torch.no_grad():
                fed = network.inputs(x)
            seen = trace(cell, fed, hidden.detach()[:LOOKED_AT], network.weights())
            columns.append(norms(through_time(cell, seen, direct, network.weights())))
        self.columns.add(step, torch.stack(columns).float().cpu().numpy())
        self._watched = {}

    def example(self, text: str) -> tuple[Tensor, list[str], str]:
        """One sequence to look into: x with a batch of one, a label a time step, and what it is, in words.

        For characters it is ``text`` (which may be empty), for the other tasks a fresh example of the task.
        """
        if self.text is not None:
            numbers = torch.from_numpy(self.text.encode(text).astype(np.int64)).to(self.device)
            return numbers[None], list(text), "Gates over the sentence"
        x, _ = self.batch(EXAMPLE, 1)
        if self.config.task == "adding":
            labels = [f"{number:.1f}{'+' if mark else ''}" for number, mark in x[0].tolist()]
            return x, labels, "Gates over an example: two numbers are marked with +"
        names = [*"ABCDEFGH", "·", "go"]
        return x, [names[k] for k in x[0].tolist()], "Gates over an example: four letters, a pause, go"

    # -- evaluation --------------------------------------------------------------------------------------------------

    def evaluate(self, model: nn.Module, run: Run) -> dict[str, float]:
        found: dict[str, float] = {}
        for number in range(EVAL_BATCHES):
            x, y = self.batch(EVALUATION + number, 128)
            for cell, network in networks_of(model).items():
                answers, _ = network(x)
                said = {f"loss_{cell}": self.loss_of(answers, y)}
                if self.config.task != "adding":
                    asked = y >= 0
                    said[f"accuracy_{cell}"] = (answers.argmax(dim=2)[asked] == y[asked]).float().mean()
                for name, value in said.items():
                    found[name] = found.get(name, 0.0) + float(value) / EVAL_BATCHES
                run.check()
        return found

    # -- kept in a checkpoint ----------------------------------------------------------------------------------------

    def extra(self) -> dict[str, Tensor]:
        steps = torch.tensor(self.columns.steps, dtype=torch.int64)
        return {
            "steps": steps, "norms": torch.from_numpy(self.columns.array), "every": torch.tensor(self.columns.every)
        }  # fmt: skip

    def restore(self, extra: dict[str, Tensor]) -> None:
        self.columns = Columns(int(extra["every"]), extra["steps"].tolist(), list(extra["norms"].numpy()))


def networks_of(model: nn.Module) -> Networks[Recurrent]:
    """What ``Recurrence.make_model`` made, by its cell: ``Fit`` hands it on as any Module."""
    return cast("Networks[Recurrent]", model)


def gates(network: Recurrent, x: Tensor) -> dict[str, np.ndarray]:
    """The gates over one sequence x (1, T[, I]): name → float32 [time steps, hidden size]; of an RNN, its state."""
    with torch.no_grad():
        hidden, _ = network.hidden(x)
        seen = trace(network.cell, network.inputs(x), hidden, network.weights())
    wanted = GATES[network.cell] or ("state",)
    return {name: seen.blocks[name][0].float().cpu().numpy() for name in wanted}


def equal_size(cell: str, inputs: int, hidden: int, outputs: int) -> int:
    """The hidden size at which ``cell`` has about as many weights as an LSTM of ``hidden``."""
    blocks = {"rnn": 1, "gru": 3, "lstm": 4}

    def weights(cell: str, size: int) -> int:
        return blocks[cell] * size * (inputs + size + 2) + outputs * (size + 1)

    wanted = weights("lstm", hidden)
    return min(range(hidden, 2 * hidden + 8), key=lambda size: abs(weights(cell, size) - wanted))
