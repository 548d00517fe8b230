"""The loop for models of ours, as a job of a ``Session``.

    class Parity(Fit):
        def make_model(self, generator): ...
        def loss(self, model, step): ...

    session = Session(Parity(config))

Everything that is random comes from numbers that (seed, step) decide: the first weights from a generator of their own,
each batch from ``self.rng(step)``, dropout from the generator that is seeded before every step. So a run that was
stopped at any step and goes on from its checkpoint ends in the same bits, and what other threads draw does not matter.

What cannot be shielded: modules of torch that draw from the process-wide generator (``nn.Dropout``, ``dropout=`` of
``nn.LSTM``, ``nn.MultiheadAttention`` and the like). Where a model has one, the process-wide generator is seeded for
each step and given back after it, and only a thread that draws in that same instant could still disturb it; models of
ours use ``nblib.models.dropout.Dropout``. On a GPU some kernels add in no fixed order: bits are not promised there.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from nblib.engine import checkpoints
from nblib.engine.errors import Diverged, InputError, Stopped
from nblib.engine.files import replace_folder, write_atomic
from nblib.engine.run import Run
from nblib.models.dropout import give_generator
from nblib.training.config import FitConfig
from nblib.training.rng import generators_seeded, model_untouched, seed_of
from nblib.training.run_folder import checkpoint_of, folder_for, open_folder

STATE_FILE = "nblib.json"
# What a number drawn for one purpose must not share with another.
WEIGHTS, DROPOUT, DATA, GLOBAL_DRAWS = 1, 2, 3, 4


class Loss(NamedTuple):
    """What a batch gives: ``value`` to go down (a scalar with its graph), ``items`` that it counts for the speed
    (examples, tokens), and further ``metrics`` for the history (numbers or tensors without a graph). ``shown``: what
    the history calls the loss, where that is not ``value``."""

    value: Tensor
    items: int
    metrics: Mapping[str, Any] = {}
    shown: Tensor | None = None

    @property
    def logged(self) -> Tensor:
        return (self.value if self.shown is None else self.shown).detach()


class Step(NamedTuple):
    """What an optimiser step tells the history: ``loss`` (a tensor without a graph), ``items`` that it counts for the
    speed, and further ``metrics``."""

    loss: Tensor
    items: int
    metrics: Mapping[str, Any]


class Fit:
    """One training. A subclass says what model, what batches, what loss; the loop is here.

    The history gets, at every step, ``loss``, ``learning_rate``, ``grad_norm`` (before clipping) and the metrics of the
    loss; ``eval_…`` every ``eval_steps`` and at the end. With ``config.output`` the run's folder holds ``config.yaml``,
    ``history.jsonl``, ``checkpoints/`` and, once the run is over, ``model/`` and ``metrics.json``.

    ``learning_rate`` and ``max_grad_norm`` may be set live, and any other setting of the config that is marked so:
    ``self.live[name]`` holds what is in force.

    Raises, when the session runs: InputError for settings that do not fit the data or the machine; Diverged, with the
    step, for a loss that is no finite number.
    """

    def __init__(self, config: FitConfig):
        self.config = config
        self.live = {s.name: getattr(config, s.name) for s in type(config).settings() if s.live}
        self.done = 0
        self._due = False
        self._saved = -1
        self._folder: Path | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"

    # -- what a subclass says ----------------------------------------------------------------------------------------

    def prepare(self, run: Run) -> None:
        """Load what is needed; called once, before the model is made. Give ``run.check`` a chance in long work."""

    def make_model(self, generator: torch.Generator) -> nn.Module:
        """The model before its first step, all weights drawn from ``generator`` (on the CPU)."""
        raise NotImplementedError

    def loss(self, model: nn.Module, step: int) -> Loss:
        """The loss of step 1, 2, …: batch and all a pure function of the step (see ``rng``) and of the weights."""
        raise NotImplementedError

    def evaluate(self, model: nn.Module, run: Run) -> dict[str, float]:
        """Metrics by name, without their ``eval_``; the model is in eval mode and no graph is drawn.

        Call ``run.check()`` between batches.
        """
        return {}

    def schedule(self, step: int) -> float:
        """Factor on the learning rate at step 1, 2, …"""
        return 1.0

    def make_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam([p for p in model.parameters() if p.requires_grad], fused=True)

    def clipped(self, model: nn.Module) -> dict[str, list[nn.Parameter]]:
        """Weights whose gradient is clipped together, by the name under which its norm is logged."""
        return {"grad_norm": [p for p in model.parameters() if p.requires_grad]}

    def take_step(self, step: int) -> Step:
        """The optimiser step 1, 2, … of the run. A job with several models says here whose turn it is."""
        return self.descend(self.model, step, self.parts, self.optimizer.param_groups, self.rate(step))

    def after_backward(self, model: nn.Module, step: int) -> None:
        """A look at the gradients of a step, before they are clipped."""

    def extra(self) -> dict[str, Tensor]:
        """Tensors beside the weights that a checkpoint must hold; ``restore`` gets them back."""
        return {}

    def restore(self, extra: dict[str, Tensor]) -> None: ...

    def save_model(self, model: nn.Module, folder: Path) -> None:
        """Write the finished model into an empty folder."""
        from safetensors.torch import save_model

        save_model(model, str(folder / "model.safetensors"), metadata={"format": "pt"})
        if (settings := getattr(model, "config", None)) is not None:
            (folder / "config.json").write_text(json.dumps(settings, indent=1, ensure_ascii=False), encoding="utf-8")

    # -- what a subclass may use -------------------------------------------------------------------------------------

    def rng(self, *key: int) -> np.random.Generator:
        """A fresh numpy generator that only (config.seed, key) decide."""
        return np.random.default_rng(seed_of(self.config.seed, DATA, *key))

    @property
    def device(self) -> torch.device:
        wanted = self.config.device
        if wanted == "cuda" and not torch.cuda.is_available():
            raise InputError("device: 'cuda' is not here (torch sees no GPU); give auto or cpu")
        return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")

    def rate(self, step: int) -> float:
        """The learning rate of step 1, 2, …"""
        return self.live["learning_rate"] * self.schedule(step)

    def descend(
        self, model: nn.Module, step: int, norms: Iterable[str], groups: Iterable[dict[str, Any]], rate: float
    ) -> Step:
        """Forward, backward, clipping and update of a model: ``step`` decides batch and dropout.

        ``norms``: names of the weights in ``clipped`` that are this model's; ``groups``: the optimiser's, which get
        ``rate``. Weights that are no part of the loss have no gradient, and the optimiser leaves them as they are.
        """
        seed = self.config.seed
        self.generator.manual_seed(seed_of(seed, DROPOUT, step))
        model.train()
        self.optimizer.zero_grad(set_to_none=True)
        with generators_seeded(seed, GLOBAL_DRAWS, step) if self._draws_globally else nullcontext():
            loss = self.loss(model, step)
            loss.value.backward()
        self.after_backward(model, step)
        limit = self.live["max_grad_norm"] or math.inf
        metrics = {name: nn.utils.clip_grad_norm_(self.parts[name], limit) for name in norms}
        for group in groups:
            group["lr"] = rate
        self.optimizer.step()
        return Step(loss.logged, loss.items, metrics | dict(loss.metrics))

    # -- the loop ----------------------------------------------------------------------------------------------------

    def __call__(self, run: Run) -> dict[str, float]:
        config, device = self.config, self.device
        self.done, self._due, self._saved = 0, False, -1
        self._folder = folder_for(config.output, run)
        with run.phase("loading data"):
            self.prepare(run)
        made = self.make_model(torch.Generator().manual_seed(seed_of(config.seed, WEIGHTS)))
        self.model = model = made.to(device)
        self.optimizer = self.make_optimizer(model)
        self.parts = self.clipped(model)
        self.generator = torch.Generator(device)
        give_generator(model, self.generator)
        self._draws_globally = draws_globally(model)
        if self._folder is not None:
            checkpoint = checkpoint_of(run, self._folder)
            open_folder(config, run, self._folder, checkpoint)
            if checkpoint is not None:
                self._load(checkpoint)
        run.on_set(self.apply)
        run.model, run.guard = model, lambda: model_untouched(model)
        run.begin(total=config.max_steps)
        try:
            if self._due:
                self._evaluate(run)
            while self.done < config.max_steps:
                self._step(run)
            run.flush()
        except Stopped:
            self.save(run)
            self._write(run, "stopped")
            raise
        except Diverged:
            first = run.session.history.first_nonfinite["loss"]
            raise Diverged(
                f"the loss is no longer a finite number since step {first}; press Reset, or lower the learning rate or "
                "the clipping, and start again"
            ) from None
        self.save(run)
        return self._write(run, "finished")

    def _step(self, run: Run) -> None:
        config, step = self.config, self.done + 1
        taken = self.take_step(step)
        self.done = step
        last = step == config.max_steps
        self._due = last or bool(config.eval_steps and step % config.eval_steps == 0)
        if not run.step(items=taken.items, loss=taken.loss, learning_rate=self.rate(step), **taken.metrics):
            raise Stopped
        if self._due:
            self._evaluate(run)
        if config.save_steps and step % config.save_steps == 0:
            self.save(run)

    def _evaluate(self, run: Run) -> None:
        self.model.eval()
        with run.phase("evaluation"), torch.no_grad():
            metrics = self.evaluate(self.model, run)
        self._due = False
        if metrics:
            run.log(**{f"eval_{name}": value for name, value in metrics.items()})

    def apply(self, name: str, value: Any) -> Any:
        """A live change, between two steps. Returns the old value."""
        old, self.live[name] = self.live[name], value
        return old

    # -- what is kept ------------------------------------------------------------------------------------------------

    def save(self, run: Run) -> None:
        """A checkpoint of the present step, unless there is one. A full disk is said; training goes on."""
        if self._folder is None or self.done in (0, self._saved):
            return
        # Raises where the loss is no finite number: such weights are no place to go on from.
        run.flush()
        folder, size = self._folder / "checkpoints", sum(p.numel() * p.element_size() for p in self.model.parameters())
        with run.phase("saving"):
            try:
                checkpoints.write(folder, self.done, self._fill, need_bytes=3 * size)
                checkpoints.prune(folder, keep=2)
            except OSError as error:
                run.say(f"the checkpoint of step {self.done} could not be written ({error.strerror})")
            else:
                run.session.history.event("checkpoint", step=self.done)
        self._saved = self.done

    def _fill(self, folder: Path) -> None:
        from safetensors.torch import save_file, save_model

        save_model(self.model, str(folder / "model.safetensors"), metadata={"format": "pt"})
        torch.save(self.optimizer.state_dict(), folder / "optimizer.pt")
        if extra := {name: tensor.contiguous().cpu() for name, tensor in self.extra().items()}:
            save_file(extra, str(folder / "extra.safetensors"))
        own = {"done": self.done, "live": self.live, "evaluation_due": self._due}
        (folder / STATE_FILE).write_text(json.dumps(own))

    def _load(self, folder: Path) -> None:
        from safetensors.torch import load_file, load_model

        load_model(self.model, str(folder / "model.safetensors"))
        self.optimizer.load_state_dict(torch.load(folder / "optimizer.pt", weights_only=True))
        if (folder / "extra.safetensors").is_file():
            self.restore(load_file(str(folder / "extra.safetensors")))
        own = json.loads((folder / STATE_FILE).read_text())
        self.live |= own["live"]
        self.done = self._saved = own["done"]
        self._due = own["evaluation_due"]

    def _write(self, run: Run, state: str) -> dict[str, float]:
        history, session = run.session.history, run.session
        metrics: dict[str, Any] = {"state": state, "steps": self.done, "loss": history.last("loss")}
        metrics |= {name: history.last(name) for name in history.metrics if name.startswith("eval_")}
        metrics |= {"items_per_second": session.items_per_second, "parameters": parameters(self.model)}
        metrics["seconds"] = {name: round(value, 3) for name, value in session.spent.items()}
        if self._folder is not None and self.done:
            with run.phase("saving"):
                staging = self._folder / ".model.part"
                shutil.rmtree(staging, ignore_errors=True)
                staging.mkdir()
                self.save_model(self.model, staging)
                replace_folder(staging, self._folder / "model")
                text = json.dumps({k: _finite(v) for k, v in metrics.items()}, indent=1)
                write_atomic(self._folder / "metrics.json", text)
        return metrics


def parameters(model: nn.Module) -> int:
    """How many weights learn."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def draws_globally(model: nn.Module) -> bool:
    """Whether a module of torch in this model draws from the process-wide generator in training."""
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.p:
            return True
        if isinstance(module, (nn.RNNBase, nn.MultiheadAttention)) and module.dropout:
            return True
        if isinstance(module, nn.RReLU):
            return True
    return False


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
