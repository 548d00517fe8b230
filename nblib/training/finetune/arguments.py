"""Our config as ``transformers.TrainingArguments``."""

from __future__ import annotations

import torch
from transformers import TrainingArguments

from nblib.engine.errors import InputError
from nblib.training.finetune.config import FineTuneConfig


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
