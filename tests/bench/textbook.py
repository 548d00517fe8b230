"""The loops that nblib is measured against. One run a process: ``python -m tests.bench.textbook METHOD STEPS``.

All train minilm in full on the same 1,024 reviews, batch 32, learning rate 1e-4, 50 warm-up steps, float32:

- ``textbook``: every batch padded to 128, eager attention, ``loss.item()`` after each step;
- ``trainer``: transformers.Trainer with its defaults and dynamic padding;
- ``grouped``: the same with ``train_sampling_strategy="group_by_length"``.
"""

from __future__ import annotations

import json
import sys
import time

ROWS, BATCH, RATE, WARMUP = 1024, 32, 1e-4, 50


def data(rows: int = ROWS):
    """The training split that ``nblib finetune`` makes of the reviews, as token ids and labels."""
    from nblib import FineTuneConfig
    from nblib.training.finetune.data import prepare

    made = prepare(FineTuneConfig(max_train_samples=rows, max_eval_samples=64))
    train = made.splits["train"]
    items = [{**tokens, "labels": int(label)} for tokens, label in zip(train.tokens, train.labels, strict=True)]
    return items, made


def model(path, attention: str = "sdpa"):
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers.AutoModelForSequenceClassification.from_pretrained(
        path, num_labels=2, attn_implementation=attention
    )


def textbook(steps: int) -> None:
    import torch
    from transformers import get_linear_schedule_with_warmup

    items, made = data()
    net = model(made.model_path, "eager").train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, max(steps, WARMUP + 1))
    loader = torch.utils.data.DataLoader(items, batch_size=BATCH, shuffle=True, collate_fn=list)
    done = 0
    while done < steps:
        for rows in loader:
            plain = [{k: v for k, v in row.items() if k != "labels"} for row in rows]
            batch = made.tokenizer.pad(plain, padding="max_length", max_length=128, return_tensors="pt")
            loss = net(**batch, labels=torch.tensor([row["labels"] for row in rows])).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            loss.item()
            done += 1
            if done == steps:
                return


def trainer(steps: int, **options):
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    rows, epochs, seed = options.pop("rows", ROWS), options.pop("epochs", 3), options.pop("seed", 0)
    items, made = data(rows)
    if options.get("train_sampling_strategy"):
        import datasets

        items = datasets.Dataset.from_list(items)
    arguments = TrainingArguments(
        output_dir="runs/bench-unused",
        per_device_train_batch_size=BATCH,
        learning_rate=RATE,
        warmup_steps=WARMUP,
        max_steps=steps,
        num_train_epochs=epochs,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        logging_strategy="no",
        seed=seed,
        use_cpu=True,
        **options,
    )
    made_trainer = Trainer(
        model=model(made.model_path),
        args=arguments,
        train_dataset=items,
        data_collator=DataCollatorWithPadding(made.tokenizer),
        processing_class=made.tokenizer,
    )
    made_trainer.train()
    return made_trainer, made


METHODS = {
    "textbook": textbook,
    "trainer": trainer,
    "grouped": lambda steps: trainer(steps, train_sampling_strategy="group_by_length"),
}

if __name__ == "__main__":
    began = time.perf_counter()
    METHODS[sys.argv[1]](int(sys.argv[2]))
    print(json.dumps({"seconds": time.perf_counter() - began}))
