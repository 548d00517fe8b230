"""``transformers.Trainer`` as a job of a Session.

Where the library's Trainer gets in the way it is mended here, and only here:

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

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerState, TrainingArguments
from transformers.trainer import TRAINER_STATE_NAME

from nblib.engine import checkpoints
from nblib.engine.errors import InputError, Stopped
from nblib.engine.run import Run
from nblib.training.finetune.config import FineTuneConfig
from nblib.training.finetune.data import Prepared, Split
from nblib.training.finetune.frozen import FrozenCache
from nblib.training.finetune.metrics import classification_metrics
from nblib.training.finetune.order import OrderedBatches
from nblib.training.finetune.pretrained import freeze, layers_of
from nblib.training.rng import generators_seeded, model_untouched

STATE_FILE = "nblib.json"
SCHEDULES = {
    "linear": "linear",
    "cosine": "cosine",
    "constant": "constant_with_warmup",
    "inverse_sqrt": "inverse_sqrt",
}


def arguments(config: FineTuneConfig, folder: str) -> TrainingArguments:
    """TrainingArguments from our config. Raises InputError where the batch does not divide over the processes."""
    cuda = torch.cuda.is_available()
    bf16 = config.precision == "bf16" or (config.precision == "auto" and cuda and torch.cuda.is_bf16_supported(False))
    made = TrainingArguments(
        output_dir=folder,
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        per_device_eval_batch_size=config.eval_batch_size,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
        learning_rate=config.learning_rate,
        lr_scheduler_type=SCHEDULES[config.lr_scheduler_type],
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim="adamw_torch_fused",
        bf16=bf16,
        use_cpu=not cuda,
        seed=config.seed,
        eval_strategy="no",
        save_strategy="no",
        logging_strategy="no",
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        ddp_find_unused_parameters=False,
    )
    world, parts = max(1, made.world_size), config.gradient_accumulation_steps
    if made.n_gpu > 1:
        # Several GPUs and one process: Trainer would split each batch over them by threads, the slow way.
        made._n_gpu = 1
    if config.batch_size % (world * parts):
        raise InputError(
            f"batch_size: {config.batch_size} examples do not divide over {world} processes and "
            f"gradient_accumulation_steps={parts}; make it a multiple of {world * parts}"
        )
    made.per_device_train_batch_size = config.batch_size // (world * parts)
    return made


class _Batches(DataLoader):
    """Batches as lists of example numbers; ``SessionTrainer.collate`` makes the tensors."""

    def set_epoch(self, epoch: int) -> None:
        self.batch_sampler.set_epoch(epoch)


class SessionTrainer(Trainer):
    def __init__(self, config: FineTuneConfig, run: Run, model, prepared: Prepared, args: TrainingArguments, folder):
        super().__init__(model=model, args=args)
        for callback in (PrinterCallback, ProgressCallback):
            self.remove_callback(callback)
        self.config, self.run, self.splits = config, run, prepared.splits
        self.checkpoint_folder = Path(folder) / "checkpoints"
        self.pad_token_id = prepared.tokenizer.pad_token_id or 0
        self.world_size, self.rank = max(1, self.args.world_size), self.args.process_index
        total = config.epochs * self.steps_per_epoch
        self.total_steps = min(total, config.max_steps) if config.max_steps else total
        self.args.warmup_steps = math.ceil(config.warmup_ratio * self.total_steps)
        self.frozen = freeze(self.model, config.freeze_layers)
        self.cache: FrozenCache | None = None
        self.best = {"step": None, "value": None, "waited": 0}
        self.evaluation_due = False
        self.sets: list[tuple[str, float]] = []
        self.live = {name: getattr(config, name) for name in ("learning_rate", "weight_decay", "max_grad_norm")}
        self.saved_step = -1
        self.handled_step = -1
        self.parts = 1
        self._early: dict[str, float] = {}
        self._step_batches: list[tuple] = []
        self._known: dict[str, tuple[int, np.ndarray]] = {}
        self._loaded: int | None = None
        train = self.splits["train"]
        counts = np.bincount(train.labels, minlength=model.config.num_labels)
        weights = len(train) / (np.maximum(counts, 1) * len(counts))
        self.class_weights = torch.tensor(weights, dtype=torch.float32) if config.class_weights else None
        run.on_set(self.apply)
        run.guard = lambda: model_untouched(self.model)

    # -- data ----------------------------------------------------------------------------------------------------

    def get_train_dataloader(self) -> DataLoader:
        split, config = self.splits["train"], self.config
        order = OrderedBatches(
            len(split),
            config.batch_size,
            seed=config.seed,
            lengths=split.lengths if config.group_by_length else None,
            accumulation=config.gradient_accumulation_steps,
            rank=self.rank,
            world_size=self.world_size,
        )
        # A generator of its own: DataLoader draws a number from the process-wide one otherwise.
        return _Batches(
            range(len(split)), batch_sampler=order, collate_fn=list, generator=torch.Generator().manual_seed(0)
        )

    def collate(self, split: Split, rows) -> dict[str, torch.Tensor]:
        """int64 [batch, longest] of ids, mask and, where the tokenizer gives them, types, on the device."""
        longest = max(int(split.lengths[r]) for r in rows)
        ids = np.full((len(rows), longest), self.pad_token_id, np.int64)
        mask = np.zeros((len(rows), longest), np.int64)
        types = np.zeros((len(rows), longest), np.int64) if "token_type_ids" in split.tokens[0] else None
        for i, r in enumerate(rows):
            row = split.tokens[r]
            n = len(row["input_ids"])
            ids[i, :n], mask[i, :n] = row["input_ids"], 1
            if types is not None:
                types[i, :n] = row["token_type_ids"]
        made = {"input_ids": ids, "attention_mask": mask} | ({} if types is None else {"token_type_ids": types})
        return {name: torch.from_numpy(array).to(self.args.device, non_blocking=True) for name, array in made.items()}

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
            inputs = self.collate(split, rows)
            with torch.no_grad():
                whole = self.model(**inputs).logits
                with cache.replay(cache.batch(rows, inputs["attention_mask"])):
                    again = self.model(**inputs).logits
        difference = float((whole - again).abs().max())
        # bf16 keeps three digits; float32 batches of another shape differ by 1e-6.
        if difference > (5e-2 if self.args.bf16 else 1e-3):
            self.run.say(f"{type(self.model).__name__} cannot start from a kept state; its frozen layers are computed")
            return
        self.cache = cache

    # -- one step ------------------------------------------------------------------------------------------------

    def _get_num_items_in_batch(self, batch_samples, device):
        return sum(len(rows) for rows in batch_samples) * self.world_size

    def floating_point_ops(self, inputs) -> int:
        return 0

    def training_step(self, model, inputs, num_items_in_batch=None):
        rows = inputs
        self._step_batches.append((rows, num_items_in_batch))
        model.train()
        # model.train() reaches the frozen layers too; their dropout would make every kept state a lie.
        for module in self.frozen:
            module.eval()
        try:
            loss = self._part(model, rows, num_items_in_batch, len(self._step_batches) - 1)
        except (RuntimeError, MemoryError) as error:
            # One process cannot repeat a step on its own: the others wait for its gradients.
            if not out_of_memory(error) or self.world_size > 1:
                raise
            loss = None
        if loss is None:
            # Outside the except clause: the traceback would keep the tensors of the failed part alive.
            loss = self._again_in_smaller_parts(model)
        if self.world_size == 1 and not self.accelerator.sync_gradients:
            # A stop here drops the gradients gathered so far: the checkpoint is of the last complete step.
            self.run.check(calls=False)
        return loss

    def _part(self, model, rows, total: int, part: int):
        """Forward and backward of one micro-batch, in ``self.parts`` pieces. Returns its share of the step's loss."""
        pieces = [p.tolist() for p in np.array_split(rows, min(self.parts, len(rows)))]
        step, loss_sum = self.state.global_step, 0.0
        for number, piece in enumerate(pieces):
            with generators_seeded(self.config.seed, 1, step, part, number, self.rank):
                loss = self.loss_of(model, self.splits["train"], piece, total)
                self.accelerator.backward(loss)
            loss_sum = loss_sum + loss.detach()
        return loss_sum

    def loss_of(self, model, split: Split, rows, total: int):
        """Summed cross-entropy of these rows over ``total``, the examples of the whole optimiser step.

        Gradients of several processes are averaged, so the sum is weighed by their number. Class weights are
        ``rows / (classes * rows of the class)``: their mean over the data is 1, so the loss keeps its scale.
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
        return losses * self.world_size / total

    def _again_in_smaller_parts(self, model):
        """Do the present optimiser step again from its beginning, each micro-batch in twice as many pieces."""
        largest = max(len(rows) for rows, _ in self._step_batches)
        while self.parts < largest:
            model.zero_grad()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            self.parts = min(2 * self.parts, largest)
            self.run.say(
                f"out of memory at step {self.state.global_step + 1}: going on from step {self.state.global_step} with "
                f"parts of {-(-largest // self.parts)} examples, accumulated to the same "
                f"batch_size={self.config.batch_size}"
            )
            try:
                # Only the last loss is this call's; the losses before it were already counted.
                for part, (rows, total) in enumerate(self._step_batches):
                    loss = self._part(model, rows, total, part)
                return loss
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
        examples = sum(len(rows) for rows, _ in self._step_batches) * self.world_size
        self._step_batches = []
        loss = tr_loss.detach().clone()
        tr_loss -= tr_loss
        if self.world_size > 1:
            torch.distributed.all_reduce(loss)
            loss /= self.world_size
        metrics = {"loss": loss, "learning_rate": learning_rate, "epoch": round(self.state.epoch, 6)}
        if grad_norm is not None:
            metrics["grad_norm"] = grad_norm
        go_on = self._agree(self.run.step(items=examples, **metrics))
        last = step >= self.state.max_steps
        epoch_ends = step % self.steps_per_epoch == 0
        self.evaluation_due = last or (step % self.config.eval_steps == 0 if self.config.eval_steps else epoch_ends)
        if not go_on:
            raise Stopped
        self._conclude()

    def _conclude(self) -> None:
        """What is due after a step: evaluation, checkpoint, the decision to stop early."""
        step, patience = self.state.global_step, self.config.early_stopping_patience
        improved = self.evaluate_if_due()
        last = step >= self.state.max_steps
        due = step % self.config.save_steps == 0 if self.config.save_steps else step % self.steps_per_epoch == 0
        enough = bool(patience) and self.best["waited"] >= patience
        if due or last or enough or (improved and patience):
            self.save()
        if enough and not last:
            self.control.should_training_stop = True
            self.run.finish(
                f"stopped early: {self.config.metric_for_best_model} was best at step {self.best['step']}, "
                f"{self.best['waited']} evaluations ago"
            )

    def _run_epoch(self, *args, **kwargs):
        if self.evaluation_due:
            # The run was stopped in the middle of the evaluation that belongs to its last step.
            self._conclude()
            if self.control.should_training_stop:
                return
        super()._run_epoch(*args, **kwargs)

    def _prepare_for_training(self, *args, **kwargs):
        prepared = super()._prepare_for_training(*args, **kwargs)
        for name, value in self._early.items():
            self.apply(name, value)
        return prepared

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.splits["train"]) // self.config.batch_size)

    def _agree(self, go_on: bool) -> bool:
        """What process 0 was asked decides for all."""
        if self.world_size == 1:
            return go_on
        told = [(go_on, self.sets)]
        torch.distributed.broadcast_object_list(told, src=0)
        go_on, sets = told[0]
        if self.rank:
            for name, value in sets:
                self.apply(name, value)
        self.sets = []
        return go_on

    def _check(self) -> None:
        """Between two batches of any phase but training. Raises Stopped, in all processes at once."""
        if self.world_size == 1:
            self.run.check()
            return
        go_on = True
        try:
            self.run.check()
        except Stopped:
            go_on = False
        if not self._agree(go_on):
            raise Stopped

    def apply(self, name: str, value: float) -> float:
        """A live change, between two steps. Returns the old value."""
        old, self.live[name] = self.live[name], value
        self.sets.append((name, value))
        if self.lr_scheduler is None:
            self._early[name] = value
        elif name == "max_grad_norm":
            self.args.max_grad_norm = value
        else:
            groups = self.optimizer.param_groups
            if name == "weight_decay":
                groups[0]["weight_decay"] = value
            else:
                # The schedule's base, not the groups' rate: the next scheduler step would write over that.
                scheduler = self.lr_scheduler
                scheduler.base_lrs = [value] * len(groups)
                for group, shape in zip(groups, scheduler.lr_lambdas, strict=True):
                    group["initial_lr"] = value
                    group["lr"] = value * shape(scheduler.last_epoch)
                scheduler._last_lr = [group["lr"] for group in groups]
        return old

    # -- evaluation ----------------------------------------------------------------------------------------------

    def evaluate_if_due(self) -> bool:
        """Whether the evaluation, if one is due now, found a better model than ever before."""
        if not self.evaluation_due:
            return False
        found = classification_metrics(self.logits_of("validation"), self.splits["validation"].labels)
        metrics = {f"eval_{name}": value for name, value in found.items()}
        self.evaluation_due = False
        self.run.log(**metrics)
        self.last_evaluation = metrics
        value = metrics[self.config.metric_for_best_model]
        less_is_better = self.config.metric_for_best_model.endswith("loss")
        best = self.best["value"]
        improved = math.isfinite(value) and (best is None or (value < best if less_is_better else value > best))
        if improved:
            self.best = {"step": self.state.global_step, "value": value, "waited": 0}
        else:
            self.best["waited"] += 1
        return improved

    last_evaluation: dict[str, float] | None = None

    def logits_of(self, name: str) -> np.ndarray:
        """float32 [rows, classes] in the order of the split. A look between every two batches."""
        if self._known.get(name, (None,))[0] == self.weights_of:
            return self._known[name][1]
        split, size = self.splits[name], self.config.eval_batch_size
        order = np.argsort(split.lengths, kind="stable")[::-1]
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        rounds = -(-len(batches) // self.world_size)
        found = np.zeros((len(split), self.model.config.num_labels), np.float32)
        self.model.eval()
        with self.run.phase("evaluation"):
            for number in range(rounds):
                mine = number * self.world_size + self.rank
                rows = batches[mine] if mine < len(batches) else order[:0]
                if len(rows):
                    with torch.no_grad():
                        found[rows] = self.model(**self.collate(split, rows)).logits.float().cpu().numpy()
                self.run.advance(number + 1, rounds)
                self._check()
        if self.world_size > 1:
            # Every row was filled by one process and is zero in the others.
            total = torch.from_numpy(found).to(self.args.device)
            torch.distributed.all_reduce(total)
            found = total.cpu().numpy()
        self._known[name] = (self.weights_of, found)
        return found

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
            if self.rank == 0:
                size = sum(p.numel() * p.element_size() for p in self.model.parameters())
                try:
                    checkpoints.write(self.checkpoint_folder, step, self._fill, need_bytes=3 * size)
                    checkpoints.prune(self.checkpoint_folder, keep=2, best=self.best["step"])
                except OSError as error:
                    kept = checkpoints.found(self.checkpoint_folder)
                    last = f"the last one is of step {checkpoints.step_of(kept[0])}" if kept else "there is none yet"
                    self.run.say(f"the checkpoint of step {step} could not be written ({error.strerror}); {last}")
                else:
                    self.run.session.history.event("checkpoint", step=step)
            if self.world_size > 1:
                torch.distributed.barrier()
        self.saved_step = step

    def _fill(self, folder: Path) -> None:
        from safetensors.torch import save_model

        save_model(self.model, str(folder / "model.safetensors"), metadata={"format": "pt"})
        self.model.config.save_pretrained(folder)
        torch.save(self.optimizer.state_dict(), folder / "optimizer.pt")
        torch.save(self.lr_scheduler.state_dict(), folder / "scheduler.pt")
        self.state.save_to_json(str(folder / TRAINER_STATE_NAME))
        own = {
            "best": self.best,
            "live": self.live,
            "evaluation_due": self.evaluation_due,
            "parts": self.parts,
            "last_evaluation": self.last_evaluation,
            "history_step": self.run.number,
        }
        (folder / STATE_FILE).write_text(json.dumps(own))

    def _load_from_checkpoint(self, resume_from_checkpoint, model=None):
        from safetensors.torch import load_model

        load_model(self.model, str(Path(resume_from_checkpoint) / "model.safetensors"))
        own = json.loads((Path(resume_from_checkpoint) / STATE_FILE).read_text())
        self.best, self.live = own["best"], own["live"]
        self.evaluation_due, self.parts = own["evaluation_due"], own["parts"]
        self.last_evaluation = own["last_evaluation"]
        self.args.max_grad_norm = self.live["max_grad_norm"]

    def _load_rng_state(self, checkpoint):
        """Nothing to load: the generators are seeded from the step before every step."""

    def _inner_training_loop(self, *args, resume_from_checkpoint=None, **kwargs):
        if resume_from_checkpoint is not None:
            state = TrainerState.load_from_json(str(Path(resume_from_checkpoint) / TRAINER_STATE_NAME))
            self.saved_step = self.handled_step = state.global_step
        return super()._inner_training_loop(*args, resume_from_checkpoint=resume_from_checkpoint, **kwargs)

    def load_weights(self, step: int) -> None:
        """The weights of a checkpoint into the model."""
        from safetensors.torch import load_model

        path = self.checkpoint_folder / checkpoints.name(step)
        checkpoints.verify(path)
        load_model(self.model, str(path / "model.safetensors"))
        self._loaded = step


def out_of_memory(error: BaseException) -> bool:
    """Whether torch says that memory is spent; on the CPU it does so in a plain RuntimeError."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)
