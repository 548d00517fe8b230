"""The job: a pretrained model, a data set, and a run folder with everything that came of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from pathlib import Path

from nblib.engine import checkpoints
from nblib.engine.errors import Stopped
from nblib.engine.files import replace_folder, write_atomic
from nblib.engine.run import Run
from nblib.training.finetune.config import FineTuneConfig
from nblib.training.run_folder import checkpoint_of, folder_for, fresh, open_folder


def finetune(config: FineTuneConfig) -> FineTune:
    """The job that fine-tunes ``config.model`` on ``config.dataset``: give it to a ``Session``.

    The run folder (``config.output``, or a new one under ``runs/``) then holds ``config.yaml``, ``history.jsonl``,
    ``checkpoints/``, ``model/`` (safetensors, tokenizer, model card), ``metrics.json`` and ``predictions.json``.

    Raises InputError, when the session runs, for data or a model that will not do; nothing is written then.
    """
    return FineTune(config)


class FineTune:
    def __init__(self, config: FineTuneConfig):
        self.config = config

    def __repr__(self) -> str:
        return f"finetune({self.config!r})"

    def __call__(self, run: Run) -> dict:
        from nblib.training.finetune.data import prepare
        from nblib.training.finetune.pretrained import load_classifier, quiet

        config = self.config
        folder = self._folder(run)
        with run.phase("loading data"):
            prepared = prepare(config, between=run.check)
        for line in prepared.report.lines():
            run.say(line)
        resume_from = checkpoint_of(run, folder)
        with run.phase("loading model"):
            model = load_classifier(config, prepared.model_path, prepared.names, run.say)
            run.check()
        # Imported late: it brings in transformers' Trainer and accelerate.
        from nblib.training.finetune.arguments import arguments
        from nblib.training.finetune.trainer import SessionTrainer
        from nblib.training.rng import generators_kept

        with quiet():
            training_arguments = arguments(config, str(folder))
        main = int(os.environ.get("RANK", "0")) == 0
        if main:
            self._open(run, folder, resume_from)
        else:
            run.number = run.first = checkpoints.step_of(resume_from) if resume_from else 0
        with quiet():
            with generators_kept():
                trainer = SessionTrainer(config, run, model, prepared, training_arguments, folder)
            return self._train(run, folder, prepared, trainer, resume_from, main)

    def _train(self, run: Run, folder: Path, prepared, trainer, resume_from, main: bool) -> dict:
        config, splits = self.config, prepared.splits
        run.model = trainer.model
        standing = self._baselines(run, splits) if main else {}
        trainer.fill_cache()
        run.begin(total=trainer.total_steps)
        started, stopped = time.monotonic(), False
        try:
            trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
            if trainer.standing.evaluation_due:
                trainer.conclude()
            run.flush()
            runtime = time.monotonic() - started
            best = trainer.standing.best["step"]
            if config.early_stopping_patience and best not in (None, trainer.state.global_step):
                trainer.load_weights(best)
            found = {split: trainer.logits_of(split) for split in ("validation", "test")}
        except Stopped:
            stopped, runtime, found = True, time.monotonic() - started, {}
            trainer.save()
            if config.early_stopping_patience and trainer.standing.best["step"] is not None:
                trainer.load_weights(trainer.standing.best["step"])
        metrics = self._metrics(run, trainer, prepared, standing, found, runtime, stopped)
        if main and run.number:
            with run.phase("saving"):
                self._write(run, folder, trainer, prepared, metrics, found)
        trainer.processes.wait_for_all()
        if stopped:
            raise Stopped
        return metrics

    # -- the folder ----------------------------------------------------------------------------------------------

    def _folder(self, run: Run) -> Path:
        config = self.config
        base = f"{Path(config.dataset).stem}-{Path(config.model).name}".replace(" ", "-")
        return folder_for(config.output, run) or Path(fresh(str(Path("runs", base))))

    def _open(self, run: Run, folder: Path, checkpoint: Path | None) -> None:
        config = self.config.replace(output=str(folder))
        open_folder(config, run, folder, checkpoint, dataset=config.dataset, model=config.model)

    # -- figures -------------------------------------------------------------------------------------------------

    def _baselines(self, run: Run, splits) -> dict:
        from nblib.training.finetune.baselines import baselines

        for event in run.session.history.events:
            if event["event"] == "baselines":
                return event["figures"]
        with run.phase("baselines"):
            train = splits["train"]
            held_out = {name: (splits[name].texts, splits[name].labels) for name in ("validation", "test")}
            figures = baselines((train.texts, train.labels), held_out)
        run.session.history.event("baselines", step=0, figures=figures)
        run.check()
        return figures

    def _metrics(self, run: Run, trainer, prepared, standing, found, runtime: float, stopped: bool) -> dict:
        from nblib.training.finetune.memory import peak_memory_mb
        from nblib.training.finetune.metrics import classification_metrics
        from nblib.training.finetune.order import OrderedBatches, padding_share

        train, history = prepared.splits["train"], run.session.history
        metrics: dict = {"state": "stopped" if stopped else "finished", "steps": run.number}
        metrics["epochs"] = round(trainer.state.epoch or 0.0, 4)
        metrics |= {} if found else dict(trainer.standing.last_evaluation or {})
        for split, prefix in (("validation", "eval"), ("test", "test")):
            if split in found:
                figures = classification_metrics(found[split], prepared.splits[split].labels)
                metrics |= {f"{prefix}_{name}": value for name, value in figures.items()}
            for name, value in standing.get(split, {}).items():
                metrics[f"baseline_{name}" if prefix == "eval" else f"test_baseline_{name}"] = value
        order = OrderedBatches(
            len(train),
            self.config.batch_size,
            seed=self.config.seed,
            lengths=train.lengths if self.config.group_by_length else None,
        )
        metrics |= {
            "train_loss": float(history["loss"].mean()) if "loss" in history else None,
            "train_runtime": runtime,
            "train_samples_per_second": run.session.items_per_second if run.session.items else None,
            "num_train_samples": len(train),
            "num_eval_samples": len(prepared.splits["validation"]),
            "num_test_samples": len(prepared.splits["test"]),
            "label_names": prepared.names,
            "truncated_share": float(train.cut.mean()),
            "padding_share": padding_share(train.lengths, order.batches(0)),
            "peak_memory_mb": peak_memory_mb(),
            "seconds": {name: round(value, 3) for name, value in run.session.spent.items()},
            "world_size": trainer.processes.count,
            "device": str(trainer.args.device),
            "precision": "bf16" if trainer.args.bf16 else "fp32",
        }
        return metrics

    def _write(self, run: Run, folder: Path, trainer, prepared, metrics: dict, found: dict) -> None:
        from nblib.training.finetune.card import write_card
        from nblib.training.finetune.metrics import confusion_matrix

        confusion = None
        if "test" in found:
            logits, labels = found["test"], prepared.splits["test"].labels
            confusion = confusion_matrix(logits.argmax(axis=1), labels, len(prepared.names)).tolist()
        staging = folder / ".model.part"
        self._save_model(staging, trainer, prepared)
        write_card(
            staging,
            config=self.config.replace(output=str(folder)),
            metrics=metrics,
            label_names=prepared.names,
            report_lines=prepared.report.lines(),
            base_model_licence=model_licence(self.config.model, prepared.model_path),
            data_licence=prepared.report.licence,
            history=run.session.history,
            confusion=confusion,
        )
        replace_folder(staging, folder / "model")
        write_atomic(folder / "metrics.json", json.dumps(metrics, indent=1, ensure_ascii=False))
        if found:
            kept = {
                split: {"label": prepared.splits[split].labels.tolist(), "logits": logits.round(5).tolist()}
                for split, logits in found.items()
            }
            write_atomic(folder / "predictions.json", json.dumps({"labels": prepared.names, **kept}))

    def _save_model(self, staging: Path, trainer, prepared) -> None:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        trainer.model.save_pretrained(staging)
        tokenizer = prepared.tokenizer
        # What reads the folder elsewhere then cuts and pads as training did.
        tokenizer.model_max_length, tokenizer.padding_side = self.config.max_length, "right"
        tokenizer.save_pretrained(staging)


def model_licence(name: str, path) -> str:
    """The licence of a pretrained model: of the offline pack, or as the model's own card gives it."""
    from nblib import sources

    if name in {item.name for item in sources.catalogue()}:
        return sources.licence(name)
    card = Path(path) / "README.md"
    found = re.search(r"^license: *(.+)$", card.read_text(encoding="utf-8"), re.MULTILINE) if card.is_file() else None
    return found[1].strip() if found else "not stated by the model"
