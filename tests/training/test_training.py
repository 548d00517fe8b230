"""Fine-tuning: what it learns, what it writes, what it does when things go wrong."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from nblib import FineTuneConfig, InputError, Session, finetune, sources
from nblib.engine.errors import Diverged
from nblib.training.finetune.data import describe, prepare
from nblib.training.finetune.metrics import classification_metrics, confusion_matrix
from nblib.training.finetune.order import OrderedBatches, padding_share
from nblib.training.finetune.pretrained import freeze, layers_of, load_classifier


def test_it_learns_and_the_folder_has_everything(config):
    made = config(epochs=12, learning_rate=5e-3)
    session = Session(finetune(made)).run()
    folder = Path(made.output)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["eval_accuracy"] > 0.9 and metrics["test_accuracy"] > 0.9
    assert metrics["eval_accuracy"] > metrics["baseline_majority_accuracy"]
    assert metrics["steps"] == 12 * 13 == session.step_number
    assert session.result == metrics
    for key in ("eval_f1_macro", "eval_loss", "train_samples_per_second", "train_runtime", "peak_memory_mb"):
        assert metrics[key] > 0
    assert sorted(p.name for p in folder.iterdir()) == [
        ".lock", "checkpoints", "config.yaml", "history.jsonl", "lock", "metrics.json", "model", "predictions.json",
    ]  # fmt: skip
    assert FineTuneConfig.from_yaml(folder / "config.yaml") == made
    rows = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert all("event" in row or "step" in row for row in rows)
    assert rows[-1]["event"] == "finished"
    settings = json.loads((folder / "model" / "config.json").read_text())
    assert settings["id2label"] == {"0": "negative", "1": "positive"}
    assert not [p for p in (folder / "model").iterdir() if p.suffix in (".bin", ".pt", ".pkl")]
    assert (folder / "model" / "README.md").is_file()
    predictions = json.loads((folder / "predictions.json").read_text())
    logits, labels = np.array(predictions["test"]["logits"]), np.array(predictions["test"]["label"])
    assert accuracy_score(labels, logits.argmax(1)) == metrics["test_accuracy"]

    # What is called the test is the test split, as plain transformers sees the model that was written.
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tables = sources.load(made.dataset)
    model = AutoModelForSequenceClassification.from_pretrained(folder / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    for split in ("validation", "test"):
        batch = tokenizer(list(tables[split]["text"]), padding=True, truncation=True, return_tensors="pt")
        with torch.no_grad():
            plain = model(**batch).logits.numpy()
        assert predictions[split]["label"] == list(tables[split]["label"])
        assert np.array(predictions[split]["logits"]) == pytest.approx(plain, abs=1e-4)


def test_one_step_is_the_textbook_step(config, tiny_model):
    """Loss and gradient against plain torch, with accumulation, smoothing and class weights, dropout off."""
    made = config(
        max_steps=1, gradient_accumulation_steps=4, label_smoothing_factor=0.1, class_weights=True, dropout=0.0,
        max_grad_norm=0, weight_decay=0.0, warmup_ratio=0, learning_rate=1e-2,
    )  # fmt: skip
    session = Session(finetune(made)).run()
    data = prepare(made)
    model = load_classifier(made, data.model_path, data.names, lambda text: None)
    model.train()
    train = data.splits["train"]
    order = OrderedBatches(len(train), 16, seed=0, lengths=train.lengths)
    rows = order.batches(0)[0]
    counts = np.bincount(train.labels)
    weight = torch.tensor(len(train) / (2 * counts), dtype=torch.float32)
    longest = max(train.lengths[r] for r in rows)
    ids = torch.zeros(16, longest, dtype=torch.long)
    mask = torch.zeros(16, longest, dtype=torch.long)
    for i, r in enumerate(rows):
        ids[i, : train.lengths[r]] = torch.tensor(train.tokens[r]["input_ids"])
        mask[i, : train.lengths[r]] = 1
    logits = model(input_ids=ids, attention_mask=mask).logits
    target = torch.tensor(train.labels[rows])
    loss = F.cross_entropy(logits, target, weight=weight, label_smoothing=0.1, reduction="sum") / 16
    loss.backward()
    assert session.history["loss"][0] == pytest.approx(loss.item(), abs=1e-6)
    norm = torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]))
    assert session.history["grad_norm"][0] == pytest.approx(norm.item(), rel=1e-4)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    optimizer.step()
    trained = session.call(lambda m: {k: v.clone() for k, v in m.state_dict().items()}).result(5)
    for name, value in model.state_dict().items():
        assert torch.allclose(trained[name], value, atol=1e-5), name


def test_frozen_layers_stay_and_the_cache_changes_nothing(config, tiny_model):
    runs = {}
    for name, changes in {"cached": {}, "computed": {"cache_frozen": False}, "small": {"frozen_cache_mb": 0}}.items():
        made = config(name, freeze_layers=2, **changes)
        runs[name] = Session(finetune(made)).run()
    assert any("frozen_cache_mb=0" in note for note in runs["small"].notes)
    assert runs["computed"].history["loss"] == pytest.approx(runs["small"].history["loss"], abs=0)
    assert runs["cached"].history["loss"] == pytest.approx(runs["computed"].history["loss"], abs=2e-5)
    assert "caching frozen layers" in runs["cached"].spent and "caching frozen layers" not in runs["computed"].spent

    from transformers import AutoModel

    before = AutoModel.from_pretrained(tiny_model)
    after = AutoModel.from_pretrained(Path(runs["cached"].folder) / "model")
    for layer in range(3):
        same = all(
            torch.equal(a, b)
            for a, b in zip(
                before.encoder.layer[layer].parameters(), after.encoder.layer[layer].parameters(), strict=True
            )
        )
        assert same == (layer < 2)
    assert torch.equal(before.embeddings.word_embeddings.weight, after.embeddings.word_embeddings.weight)


@pytest.mark.parametrize("architecture", ["DistilBert", "Roberta", "Electra", "GPT2", "Llama"])
def test_other_architectures_start_from_their_kept_state(architecture):
    import transformers

    from nblib.training.finetune.frozen import FrozenCache

    sizes = {
        "DistilBert": {"dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 32, "max_position_embeddings": 40},
        "GPT2": {"n_embd": 16, "n_layer": 3, "n_head": 2, "n_positions": 40},
    }.get(
        architecture,
        {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
        | {"max_position_embeddings": 40},
    )  # fmt: skip
    if architecture == "Electra":
        sizes["embedding_size"] = 8
    settings = getattr(transformers, f"{architecture}Config")(vocab_size=50, num_labels=2, pad_token_id=1, **sizes)
    model = getattr(transformers, f"{architecture}ForSequenceClassification")(settings).eval()
    lengths = np.array([5, 9, 3, 7])
    rng = np.random.default_rng(0)
    texts = [rng.integers(2, 50, n) for n in lengths]

    def collate(rows):
        longest = max(lengths[r] for r in rows)
        ids, mask = np.ones((len(rows), longest), np.int64), np.zeros((len(rows), longest), np.int64)
        for i, r in enumerate(rows):
            ids[i, : lengths[r]], mask[i, : lengths[r]] = texts[r], 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    freeze(model, 2)
    cache = FrozenCache(layers_of(model), 2, lengths)
    cache.fill(model, collate, 2, lambda done, of: None)
    rows = [2, 0, 3]
    inputs = collate(rows)
    whole = model(**inputs).logits
    with cache.replay(cache.batch(rows, inputs["attention_mask"])):
        kept = model(**inputs).logits
    assert torch.allclose(whole, kept, atol=1e-5)
    kept.sum().backward()
    frozen = [p for p in layers_of(model)[0].parameters()]
    assert all(p.grad is None for p in frozen)
    assert all(p.grad is not None for p in layers_of(model)[2].parameters())


def test_metrics_against_scikit_learn_and_torch():
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(200, 4)).astype(np.float32), rng.integers(0, 4, 200)
    found, told = classification_metrics(logits, labels), logits.argmax(1)
    assert found["loss"] == pytest.approx(F.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item(), abs=1e-6)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, told))
    assert found["f1_macro"] == pytest.approx(f1_score(labels, told, average="macro"))
    assert found["precision_macro"] == pytest.approx(precision_score(labels, told, average="macro"))
    assert found["recall_macro"] == pytest.approx(recall_score(labels, told, average="macro"))
    matrix = confusion_matrix(told, labels, 4)
    assert matrix[2, 1] == ((labels == 2) & (told == 1)).sum() and matrix.sum() == 200


def test_order_is_a_function_of_seed_and_epoch():
    lengths = np.random.default_rng(0).integers(4, 60, 1003)

    def epoch(number, seed=0, **options):
        order = OrderedBatches(1003, 32, seed=seed, lengths=lengths, **options)
        order.set_epoch(number)
        return list(order), order

    first, order = epoch(0)
    assert sorted(i for batch in first for i in batch) == list(range(1003))
    assert len(order) == len(first) == 32 and [len(b) for b in first[:-1]] == [32] * 31 and len(first[-1]) == 11
    np.random.seed(4)
    torch.manual_seed(4)
    assert epoch(0)[0] == first != epoch(1)[0] != epoch(0, seed=1)[0]
    shuffled = OrderedBatches(1003, 32, seed=0).batches(0)
    assert padding_share(lengths, order.batches(0)) < 0.25 * padding_share(lengths, shuffled)
    # the order of the batches says nothing of their length
    means = [lengths[b].mean() for b in first[:-1]]
    assert abs(np.corrcoef(means, np.arange(31))[0, 1]) < 0.5

    parts = [epoch(0, rank=r, world_size=2, accumulation=2)[0] for r in (0, 1)]
    assert len(parts[0]) == len(parts[1]) == 31 * 2 + 1
    assert all(len(b) == 8 for part in parts for b in part[:-1])
    everything = [i for part in parts for batch in part for i in batch]
    assert len(everything) == 1004 and set(everything) == set(range(1003))
    for step, batch in enumerate(first[:-1]):
        seen = {i for part in parts for b in part[2 * step : 2 * step + 2] for i in b}
        assert seen == set(batch)


def test_a_loss_that_is_no_number_stops_the_run(config):
    made = config(learning_rate=1.0, warmup_ratio=0, max_grad_norm=0, epochs=4)
    session = Session(finetune(made))
    broken = 9

    def poison(model):
        with torch.no_grad():
            model.classifier.weight.fill_(math.nan)

    session.step(broken)
    session.wait_for("paused", timeout=60)
    session.call(poison).result(10)
    session.resume()
    with pytest.raises(Diverged, match=f"since step {broken + 1}; lower the learning rate"):
        session.wait(60)
    assert session.state == "failed"
    assert math.isnan(session.history["loss"][broken])
    kept = Session.reopen(made.output).history
    assert math.isnan(kept["loss"][broken]) and kept.events[-1]["event"] == "failed"


def test_out_of_memory_goes_on_in_smaller_parts(config, monkeypatch):
    from nblib.training.finetune.trainer import SessionTrainer

    whole = Session(finetune(config("whole", dropout=0.0, max_steps=10))).run()
    loss_of, refused = SessionTrainer.loss_of, []

    def with_little_memory(self, model, split, rows, total):
        if len(rows) > 5 and self.state.global_step >= 4:
            refused.append(len(rows))
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return loss_of(self, model, split, rows, total)

    monkeypatch.setattr(SessionTrainer, "loss_of", with_little_memory)
    for parts in (1, 2):
        refused.clear()
        session = Session(
            finetune(config(f"small-{parts}", dropout=0.0, max_steps=10, gradient_accumulation_steps=parts))
        ).run()
        assert refused[0] == 16 // parts and session.step_number == 10
        said = [note for note in session.notes if "out of memory at step 5: going on from step 4" in note]
        assert said and "accumulated to the same batch_size=16" in said[-1]
        assert session.history["loss"] == pytest.approx(whole.history["loss"], abs=1e-4)


def test_memory_for_not_even_one_example(config, monkeypatch):
    from nblib.training.finetune.trainer import SessionTrainer

    def none(self, *args):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(SessionTrainer, "loss_of", none)
    with pytest.raises(MemoryError, match="single example at a time; lower max_length"):
        Session(finetune(config(max_steps=2))).run()


def test_a_full_disk_costs_a_checkpoint_and_nothing_else(config, monkeypatch):
    import errno

    import safetensors.torch

    save_model, calls = safetensors.torch.save_model, []

    def full(model, path, **options):
        calls.append(path)
        if len(calls) == 2:
            Path(path).write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        save_model(model, path, **options)

    monkeypatch.setattr(safetensors.torch, "save_model", full)
    made = config(save_steps=4, max_steps=12)
    session = Session(finetune(made)).run()
    assert session.state == "finished"
    said = "the checkpoint of step 8 could not be written (No space left on device); the last one is of step 4"
    assert said in session.notes
    assert sorted(p.name for p in Path(made.output, "checkpoints").iterdir()) == ["step-000004", "step-000012"]


def test_early_stopping_keeps_the_best_weights(config):
    made = config(epochs=30, learning_rate=3e-2, eval_steps=3, early_stopping_patience=2, warmup_ratio=0)
    session = Session(finetune(made)).run()
    losses = session.history["eval_loss"]
    best = int(np.argmin(losses))
    assert session.state == "finished" and "stopped early: eval_loss was best at step" in session.message
    assert len(losses) == best + 3
    assert session.result["eval_loss"] == pytest.approx(losses[best], rel=1e-5)


def test_a_trained_model_is_trained_on(config):
    first = config("first", epochs=6, learning_rate=5e-3)
    Session(finetune(first)).run()
    on = config("on", model=str(Path(first.output) / "model"), max_steps=1, learning_rate=1e-6)
    session = Session(finetune(on)).run()
    assert any("trained on from there" in note for note in session.notes)
    before = json.loads((Path(first.output) / "metrics.json").read_text())
    assert session.result["eval_loss"] == pytest.approx(before["eval_loss"], abs=1e-3)


def test_train_samples_per_second_leaves_out_what_is_no_training(config):
    made = config(max_steps=13)
    session = Session(finetune(made))
    session.step(5)
    session.wait_for("paused", timeout=60)
    paused = session.spent["training"]
    assert session.call(lambda model: model.training is not None).result(5)
    assert session.spent["training"] == paused
    session.resume()
    session.wait(60)
    metrics = json.loads((Path(made.output) / "metrics.json").read_text())
    assert metrics["train_samples_per_second"] == pytest.approx(13 * 16 / session.spent["training"], rel=1e-6)
    assert session.spent["training"] < metrics["train_runtime"]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"freeze_layers": 9}, "freeze_layers: 9 is more than the 3 layers"),
        ({"max_length": 512}, "max_length: 512 is more than the 64 tokens"),
        ({"dataset": "no-such-file.csv"}, "no-such-file.csv"),
        ({"dataset": "reviewz"}, "reviews"),
        ({"model": "minilmm"}, "minilm"),
    ],
)
def test_refused_before_anything_is_written(config, changes, message):
    made = config(**changes)
    with pytest.raises(InputError, match=message) as caught:
        Session(finetune(made)).run()
    assert "\n" not in str(caught.value)
    assert not Path(made.output).exists()


def test_a_folder_with_another_run_is_refused(config):
    made = config(max_steps=1)
    Session(finetune(made)).run()
    before = sorted(p.name for p in Path(made.output).rglob("*"))
    with pytest.raises(InputError, match="holds another run; give another folder, or go on with: nblib resume"):
        Session(finetune(made)).run()
    assert sorted(p.name for p in Path(made.output).rglob("*")) == before


def test_the_facts_about_the_data(config):
    facts = describe(config(max_length=16))
    assert facts["num_rows"] == {"train": 208, "validation": 26, "test": 26}
    assert facts["token_lengths"].max() == 16 and 0 < facts["truncated_share"] < 1
    assert facts["padding_share_grouped"] < facts["padding_share_random"] < 1
    assert sum(facts["class_counts"]["train"].values()) == 208


def test_no_warning_and_no_word_on_the_console(config, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Session(finetune(config(max_steps=2, freeze_layers=1))).run()
    out, err = capfd.readouterr()
    assert out == "" and err == ""


def test_a_new_head_is_a_function_of_the_seed(config, tiny_model, monkeypatch):
    """Also when another thread draws from the process-wide generator while the model is loaded."""
    from transformers import BertForSequenceClassification

    drawn = BertForSequenceClassification._init_weights

    def disturbed(self, module):
        torch.rand(3)
        drawn(self, module)

    def head(seed: int) -> torch.Tensor:
        made = config(seed=seed)
        return load_classifier(made, tiny_model, ["negative", "positive"], lambda text: None).classifier.weight

    torch.manual_seed(1)
    quiet = head(0)
    torch.manual_seed(2)
    monkeypatch.setattr(BertForSequenceClassification, "_init_weights", disturbed)
    assert torch.equal(head(0), quiet) and not torch.equal(head(1), quiet)
    assert quiet.std().item() == pytest.approx(0.02, rel=0.3)
