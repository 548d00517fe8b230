"""A run folder with a classifier of 20,000 random weights, made in a second without a network."""

import csv
import json
import random

from nblib.training.finetune.config import FineTuneConfig

WORDS = "the a film book was is very not good bad great awful dull bright plot actor scene end story and or of".split()
LABELS = ["<b>negative</b>", "positive"]


def tokenizer():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *(f"##{c}" for c in "abcdefghij"), *"abcdefghij.,"]
    vocabulary = {name: i for i, name in enumerate(names)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64, model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip


def classifier(labels=LABELS, seed=0):
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, pad_token_id=0, id2label=dict(enumerate(labels)),
        label2id={name: i for i, name in enumerate(labels)},
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BertForSequenceClassification(config).eval()
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return model


def texts(count: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(1, 40))) + f" {i}" for i in range(count)]


def write_data(path, labels=LABELS, count: int = 200) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows([text, labels[i % 2]] for i, text in enumerate(texts(count)))


def write_run(folder, *, data=None, **options):
    """A finished run in ``folder``: config.yaml, metrics.json, model/ with its card. Returns the folder."""
    from nblib.training.finetune.card import write_card

    folder.mkdir(parents=True)
    data = data or folder.parent / "reviews of mine.csv"
    if not data.exists():
        write_data(data)
    config = FineTuneConfig(dataset=str(data), max_length=24, output=str(folder), **options)
    (folder / "config.yaml").write_text(config.to_yaml(), encoding="utf-8")
    metrics = {"test_accuracy": 0.5, "steps": 3, "epochs": 1.0}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    classifier().save_pretrained(folder / "model")
    tokenizer().save_pretrained(folder / "model")
    write_card(folder / "model", config=config, metrics=metrics, label_names=LABELS, base_model_licence="MIT")
    return folder
