"""``transformers.Trainer`` as a job of a Session.

Where the library's Trainer gets in the way it is mended here, and only here:

- the learning rate's schedule: ours, which the preview shows too;
- order of the data, and batches over processes: ours (``OrderedBatches``), a pure function of (seed, epoch); its own
  length-grouped sampler draws from the process-wide generator;
- random numbers: seeded before every part of a step from (seed, step, part, rank), the caller's state given back; what
  Trainer saves and restores of the generators is left out;
- logging, evaluation, checkpoints: one method decides after each optimiser step, instead of flags and callbacks, and
  a checkpoint is complete or absent;
- the loss is divided by the examples of the whole optimiser step, over accumulation and processes;
- a stop in the middle of an evaluation leaves a checkpoint that knows that it is still to be done;
- out of memory: the optimiser step is done again in smaller parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import safetensors.torch as tensors
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PrinterCallback, ProgressCallback, Trainer, TrainerState, TrainingArguments
from transformers.trainer import TRAINER_STATE_NAME

from nblib.engine import checkpoints
from nblib.engine.errors import Stopped
from nblib.engine.run import Run
from nblib.training.finetune.batches import padded, train_loader
from nblib.training.finetune.config import FineTuneConfig
from nblib.training.finetune.data import Prepared, Split
from nblib.training.finetune.frozen import FrozenCache
from nblib.training.finetune.memory import out_of_memory
from nblib.training.finetune.metrics import class_weights, classification_metrics
from nblib.training.finetune.pretrained import freeze, layers_of
from nblib.training.finetune.processes import Processes
from nblib.training.finetune.scheduler import scheduler_of, set_peak
from nblib.training.finetune.standing import Standing
from nblib.training.rng import generators_seeded, model_untouched
from nblib.training.schedules import schedule_of

LIVE = ("learning_rate", "weight_decay", "max_grad_norm")


class SessionTrainer(Trainer):
    """One training, steered by ``run``.

    Raises, while it trains: Stopped; MemoryError where not even one example at a time can be computed.
    """

    # The library leaves open what these are, and whether they are there; ours are, from the first step at the latest.
    model: PreTrainedModel
    optimizer: torch.optim.Optimizer

    def __init__(self, config: FineTuneConfig, run: Run, model, prepared: Prepared, args: TrainingArguments, folder):
        super().__init__(model=model, args=args)
        for callback in (PrinterCallback, ProgressCallback):
            self.remove_callback(callback)
        self.config, self.run, self.splits = config, run, prepared.splits
        self.checkpoint_folder = Path(folder) / "checkpoints"
        # One token, as a classifier's tokenizer has; the library's types allow lists for other kinds.
        self.pad_token_id = cast("int | None", prepared.tokenizer.pad_token_id) or 0
        self.processes = Processes(self.args.world_size, self.args.process_index, self.args.device)
        total = config.epochs * self.steps_per_epoch
        self.total_steps = min(total, config.max_steps) if config.max_steps else total
        self.frozen = freeze(self.model, config.freeze_layers)
        self.cache: FrozenCache | None = None
        self.standing = Standing({name: getattr(config, name) for name in LIVE})
        self.sets: list[tuple[str, float]] = []
        self.saved_step = -1
        self.handled_step = -1
        self._early: dict[str, float] = {}
        self._step_batches: list[tuple[list[int], int]] = []
        self._known: dict[str, tuple[int, np.ndarray]] = {}
        self._loaded: int | None = None
        weights = class_weights(self.splits["train"].labels, model.config.num_labels)
        self.class_weights = torch.from_numpy(weights) if config.class_weights else None
        run.on_set(self.apply)
        run.guard = lambda: model_untouched(self.model)

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.splits["train"]) // self.config.batch_size)

    def create_scheduler(self, num_training_steps: int, optimizer=None) -> LambdaLR:
        if self.lr_scheduler is None:
            schedule = schedule_of(self.config, self.total_steps)
            self.lr_scheduler = scheduler_of(optimizer or self.optimizer, schedule)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    # -- data ----------------------------------------------------------------------------------------------------

    def get_train_dataloader(self) -> DataLoader:
        return train_loader(self.config, self.splits["train"], self.processes.rank, self.processes.count)

    def collate(self, split: Split, rows) -> dict[str, torch.Tensor]:
        """int64 [batch, longest] of ids, mask and, where the tokenizer gives them, types, on the device."""
        return padded(split, rows, self.pad_token_id, self.args.device)

    def fill_cache(self) -> None:
        """Compute what the frozen layers give, or say why it is computed anew each time."""
        config, split = self.config, self.splits["train"]
        if not (self.frozen and config.cache_frozen):
            return
        need = FrozenCache.bytes_needed(split.lengths, self.model.config.hidden_size)
        if need > config.frozen_cache_mb * 1e6:
            self.run.say(
                f"the frozen layers' output would take {need / 1e6:.0f} MB, more than frozen_cache_mb="
                f"{config.frozen_cache_mb}: it is computed anew each time"
            )
            return
        cache = FrozenCache(layers_of(self.model), config.freeze_layers, split.lengths)
        self.model.eval()

        def between(done: int, of: int) -> None:
            self.run.advance(done, of)
            self._check()

        with self.run.phase("caching frozen layers"):
            cache.fill(self.model, lambda rows: self.collate(split, rows), config.eval_batch_size, between)
            rows = list(range(min(8, len(split))))
            difference = cache.difference(self.model, rows, self.collate(split, rows))
        # bf16 keeps three digits; float32 batches of another shape differ by 1e-6.
        if difference > (5e-2 if self.args.bf16 else 1e-3):
            self.run.say(f"{type(self.model).__name__} cannot start from a kept state; its frozen layers are computed")
            return
        self.cache = cache

    # -- one step ------------------------------------------------------------------------------------------------

    def _get_num_items_in_batch(self, batch_samples, device):
        return sum(len(rows) for rows in batch_samples) * self.processes.count

    def floating_point_ops(self, inputs) -> int:
        return 0

    def training_step(self, model, inputs, num_items_in_batch=None):
        # What ``NumberLoader`` gives and ``_get_num_items_in_batch`` counts.
        rows, total = cast("list[int]", inputs), cast(int, num_items_in_batch)
        self._step_batches.append((rows, total))
        model.train()
        # model.train() reaches the frozen layers too; their dropout would make every kept state a lie.
        for module in self.frozen:
            module.eval()
        try:
            loss = self._part(model, rows, total, len(self._step_batches) - 1)
        except (RuntimeError, MemoryError) as error:
            # One process cannot repeat a step on its own: the others wait for its gradients.
            if not out_of_memory(error) or not self.processes.alone:
                raise
            loss = None
        if loss is None:
            # Outside the except clause: the traceback would keep the tensors of the failed part alive.
            loss = self._again_in_smaller_parts(model)
        if self.processes.alone and not self.accelerator.sync_gradients:
            # A stop here drops the gradients gathered so far: the checkpoint is of the last complete step.
            self.run.check(calls=False)
        return loss

    def _part(self, model, rows: list[int], total: int, part: int) -> torch.Tensor:
        """Forward and backward of one micro-batch, in as many pieces as memory asks for.

        Returns its share of the step's loss.
        """
        pieces = [p.tolist() for p in np.array_split(rows, min(self.standing.parts, len(rows)))]
        step, losses = self.state.global_step, []
        for number, piece in enumerate(pieces):
            with generators_seeded(self.config.seed, 1, step, part, number, self.processes.rank):
                loss = self.loss_of(model, self.splits["train"], piece, total)
                self.accelerator.backward(loss)
            losses.append(loss.detach())
        return sum(losses[1:], losses[0])

    def loss_of(self, model, split: Split, rows, total: int):
        """Summed cross-entropy of these rows over ``total``, the examples of the whole optimiser step.

        Gradients of several processes are averaged, so the sum is weighed by their number.
        """
        inputs = self.collate(split, rows)
        labels = torch.from_numpy(split.labels[rows]).to(self.args.device)
        if self.cache is not None:
            with self.cache.replay(self.cache.batch(rows, inputs["attention_mask"])):
                logits = model(**inputs).logits
        else:
            logits = model(**inputs).logits
        weight = self.class_weights.to(logits.device) if self.class_weights is not None else None
        losses = F.cross_entropy(
            logits.float(),
            labels,
            weight=weight,
            label_smoothing=self.config.label_smoothing_factor,
            reduction="sum",
        )
        return losses * self.processes.count / total

    def _again_in_smaller_parts(self, model):
        """Do the present optimiser step again from its beginning, each micro-batch in twice as many pieces."""
        largest = max(len(rows) for rows, _ in self._step_batches)
        standing = self.standing
        while standing.parts < largest:
            model.zero_grad()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            standing.parts = min(2 * standing.parts, largest)
            self.run.say(
                f"out of memory at step {self.state.global_step + 1}: going on from step {self.state.global_step} with "
                f"parts of {-(-largest // standing.parts)} examples, accumulated to the same "
                f"batch_size={self.config.batch_size}"
            )
            try:
                # Only the last loss is this call's; the losses before it were already counted.
                return [self._part(model, *batch, part) for part, batch in enumerate(self._step_batches)][-1]
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
        raise MemoryError("out of memory with a single example at a time; lower max_length or choose a smaller model")

    # -- after each step -----------------------------------------------------------------------------------------

    def _maybe_log_save_evaluate(self, tr_loss, grad_norm, model, *args, learning_rate=None, **kwargs):
        step = self.state.global_step
        if step == self.handled_step:
            return  # Trainer asks again at the end of an epoch
        self.handled_step = step
        examples = sum(len(rows) for rows, _ in self._step_batches) * self.processes.count
        self._step_batches = []
        loss = self.processes.mean(tr_loss.detach().clone())
        tr_loss -= tr_loss
        metrics = {"loss": loss, "learning_rate": learning_rate, "epoch": round(self.state.epoch, 6)}
        if grad_norm is not None:
            metrics["grad_norm"] = grad_norm
        go_on = self._agree(self.run.step(items=examples, **metrics))
        last = step >= self.state.max_steps
        self.standing.evaluation_due = last or step % (self.config.eval_steps or self.steps_per_epoch) == 0
        if not go_on:
            raise Stopped
        self.conclude()

    def conclude(self) -> None:
        """What is due after a step: evaluation, checkpoint, the decision to stop early."""
        step, patience = self.state.global_step, self.config.early_stopping_patience
        improved = self.evaluate_if_due()
        last = step >= self.state.max_steps
        due = step % (self.config.save_steps or self.steps_per_epoch) == 0
        enough = bool(patience) and self.standing.best["waited"] >= patience
        if due or last or enough or (improved and patience):
            self.save()
        if enough and not last:
            self.control.should_training_stop = True
            self.run.finish(
                f"stopped early: {self.config.metric_for_best_model} was best at step {self.standing.best['step']}, "
                f"{self.standing.best['waited']} evaluations ago"
            )

    def _run_epoch(self, *args, **kwargs):
        if self.standing.evaluation_due:
            # The run was stopped in the middle of the evaluation that belongs to its last step.
            self.conclude()
            if self.control.should_training_stop:
                return
        super()._run_epoch(*args, **kwargs)

    def _prepare_for_training(self, *args, **kwargs):
        prepared = super()._prepare_for_training(*args, **kwargs)
        for name, value in self._early.items():
            self.apply(name, value)
        return prepared

    def _agree(self, go_on: bool) -> bool:
        """What process 0 was asked decides for all."""
        go_on, sets = self.processes.from_first((go_on, self.sets))
        if self.processes.rank:
            for name, value in sets:
                self.apply(name, value)
        self.sets = []
        return go_on

    def _check(self) -> None:
        """Between two batches of any phase but training. Raises Stopped, in all processes at once."""
        try:
            self.run.check()
            go_on = True
        except Stopped:
            go_on = False
        if not self._agree(go_on):
            raise Stopped

    def apply(self, name: str, value: float) -> float:
        """A live change, between two steps. Returns the old value."""
        old, self.standing.live[name] = self.standing.live[name], value
        self.sets.append((name, value))
        if self.lr_scheduler is None:
            self._early[name] = value
        elif name == "max_grad_norm":
            self.args.max_grad_norm = value
        elif name == "weight_decay":
            self.optimizer.param_groups[0]["weight_decay"] = value
        else:
            set_peak(self.lr_scheduler, value)
        return old

    # -- evaluation ----------------------------------------------------------------------------------------------

    def evaluate_if_due(self) -> bool:
        """Whether the evaluation, if one is due now, found a better model than ever before."""
        if not self.standing.evaluation_due:
            return False
        measured = classification_metrics(self.logits_of("validation"), self.splits["validation"].labels)
        metrics = {f"eval_{name}": value for name, value in measured.items()}
        improved = self.standing.evaluated(metrics, self.config.metric_for_best_model, self.state.global_step)
        self.run.log(**metrics)
        return improved

    def logits_of(self, name: str) -> np.ndarray:
        """float32 [rows, classes] in the order of the split. A look between every two batches."""
        if self._known.get(name, (None,))[0] == self.weights_of:
            return self._known[name][1]
        split, size, classes = self.splits[name], self.config.eval_batch_size, cast(int, self.model.config.num_labels)
        order = np.argsort(split.lengths, kind="stable")[::-1]
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        rounds = -(-len(batches) // self.processes.count)
        logits = np.zeros((len(split), classes), np.float32)
        self.model.eval()
        with self.run.phase("evaluation"):
            for number in range(rounds):
                mine = number * self.processes.count + self.processes.rank
                rows = batches[mine] if mine < len(batches) else order[:0]
                if len(rows):
                    with torch.no_grad():
                        logits[rows] = self.model(**self.collate(split, rows)).logits.float().cpu().numpy()
                self.run.advance(number + 1, rounds)
                self._check()
        # Every row was filled by one process and is zero in the others.
        logits = self.processes.total(logits)
        self._known[name] = (self.weights_of, logits)
        return logits

    @property
    def weights_of(self) -> int:
        """The step whose weights the model holds."""
        return self.state.global_step if self._loaded is None else self._loaded

    # -- checkpoints ---------------------------------------------------------------------------------------------

    def save(self) -> None:
        """A checkpoint of the present step, unless there is one. A full disk is said; training goes on."""
        step = self.state.global_step
        if step == self.saved_step or not step:
            return
        self.run.flush()
        with self.run.phase("saving"):
            if self.processes.rank == 0:
                size = sum(p.numel() * p.element_size() for p in self.model.parameters())
                try:
                    checkpoints.write(self.checkpoint_folder, step, self._fill, need_bytes=3 * size)
                    checkpoints.prune(self.checkpoint_folder, keep=2, best=self.standing.best["step"])
                except OSError as error:
                    kept = checkpoints.found(self.checkpoint_folder)
                    last = f"the last one is of step {checkpoints.step_of(kept[0])}" if kept else "there is none yet"
                    self.run.say(f"the checkpoint of step {step} could not be written ({error.strerror}); {last}")
                else:
                    self.run.session.history.event("checkpoint", step=step)
            self.processes.wait_for_all()
        self.saved_step = step

    def _fill(self, folder: Path) -> None:
        tensors.save_model(self.model, str(folder / "model.safetensors"), metadata={"format": "pt"})
        self.model.config.save_pretrained(folder)
        torch.save(self.optimizer.state_dict(), folder / "optimizer.pt")
        torch.save(self.lr_scheduler.state_dict(), folder / "scheduler.pt")
        self.state.save_to_json(str(folder / TRAINER_STATE_NAME))
        self.standing.write(folder)

    def _load_from_checkpoint(self, resume_from_checkpoint, model=None):
        tensors.load_model(self.model, str(Path(resume_from_checkpoint) / "model.safetensors"))
        self.standing = Standing.read(Path(resume_from_checkpoint))
        self.args.max_grad_norm = self.standing.live["max_grad_norm"]

    def _load_rng_state(self, checkpoint):
        """Nothing to load: the generators are seeded from the step before every step."""

    def _inner_training_loop(self, *args, resume_from_checkpoint=None, **kwargs):
        if resume_from_checkpoint is not None:
            state = TrainerState.load_from_json(str(Path(resume_from_checkpoint) / TRAINER_STATE_NAME))
            self.saved_step = self.handled_step = state.global_step
        return super()._inner_training_loop(*args, resume_from_checkpoint=resume_from_checkpoint, **kwargs)

    def load_weights(self, step: int) -> None:
        """The weights of a checkpoint into the model."""
        path = self.checkpoint_folder / checkpoints.name(step)
        checkpoints.verify(path)
        tensors.load_model(self.model, str(path / "model.safetensors"))
        self._loaded = step
