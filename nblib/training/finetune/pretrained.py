"""A pretrained model, made ready to learn the classes of a data set."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, cast

from nblib.engine.errors import InputError
from nblib.training.finetune.config import FineTuneConfig
from nblib.training.rng import generators_kept, seed_of


@contextmanager
def quiet():
    """transformers reports new layers and progress in boxes and bars; what matters of it we say ourselves."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def load_tokenizer(path):
    """The tokenizer of a local folder, with a padding token. Raises InputError where there is none."""
    from transformers import AutoTokenizer

    with quiet():
        try:
            tokenizer = AutoTokenizer.from_pretrained(path)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path}: its tokenizer cannot be read ({_first_line(error)})") from None
    # Where the files are missing transformers makes a tokenizer that knows no word, without a word.
    if len(tokenizer) <= len(set(tokenizer.all_special_ids)):
        raise InputError(f"{path}: has no tokenizer (is tokenizer.json missing?); give a complete model folder")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_classifier(config: FineTuneConfig, path, names: list[str], say: Callable[[str], None]):
    """The model of a folder with a head for the classes ``names``, in float32, on the CPU.

    A head that was trained for the same classes is kept (rows put in our order); any other is begun anew from
    ``config.seed``. Raises InputError for a folder that transformers cannot read, and for more frozen layers than
    there are.
    """
    with quiet():
        settings = _settings_of(config, path)
        # A config without names has LABEL_0, LABEL_1, …, and numbers its classes by int.
        labels = cast("dict[int, str]", settings.id2label)
        old = [labels[i] for i in sorted(labels)] if _has_head(settings) else []
        kept = sorted(old) == sorted(names)
        model, new = _load_weights(config, path, settings, old if kept else names)
    if old and not kept:
        inside = {f"{model.base_model_prefix}.{name}" for name, _ in model.base_model.named_parameters()}
        new |= {name for name, _ in model.named_parameters()} - inside
    draw_anew(model, new, config.seed)
    if kept and old != names:
        _reorder_head(model, [old.index(n) for n in names])
        model.config.id2label = dict(enumerate(names))
        model.config.label2id = {n: i for i, n in enumerate(names)}
    if model.config.pad_token_id is None:
        model.config.pad_token_id = model.config.eos_token_id
    if kept:
        say(f"{config.model} was trained for these classes already; it is trained on from there")
    elif old:
        say(f"{config.model} was trained for other classes; its head is begun anew")
    _refuse_what_does_not_fit(config, model)
    return model


def _settings_of(config: FineTuneConfig, path):
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(path)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{config.model}: transformers cannot read its config.json ({_first_line(error)})") from None


def _load_weights(config: FineTuneConfig, path, settings, names: list[str]) -> tuple[Any, set[str]]:
    """The model with a head for ``names``, and the names of the parameters that the folder has no weights for."""
    import torch
    from transformers import AutoModelForSequenceClassification

    changes = {
        "num_labels": len(names),
        "id2label": dict(enumerate(names)),
        "label2id": {n: i for i, n in enumerate(names)},
    }
    if config.dropout is not None:
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"):
            if hasattr(settings, name):
                changes[name] = config.dropout
    try:
        # What is drawn at random while loading is drawn again afterwards; the caller's generators stay as they are.
        with generators_kept():
            model, loaded = AutoModelForSequenceClassification.from_pretrained(
                path,
                attn_implementation=config.attn_implementation,
                dtype=torch.float32,
                use_safetensors=True,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
                **changes,
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(f"{config.model}: its weights cannot be loaded ({_first_line(error)})") from None
    except Exception as error:
        if type(error).__name__ != "SafetensorError":
            raise
        raise InputError(f"{config.model}: its model.safetensors is damaged ({_first_line(error)})") from None
    return model, {*loaded["missing_keys"], *(key[0] for key in loaded["mismatched_keys"])}


def _refuse_what_does_not_fit(config: FineTuneConfig, model) -> None:
    layers, longest = layers_of(model), longest_text(model.config)
    if config.freeze_layers > len(layers):
        raise InputError(
            f"freeze_layers: {config.freeze_layers} is more than the {len(layers)} layers of {config.model}"
        )
    if longest and config.max_length > longest:
        raise InputError(
            f"max_length: {config.max_length} is more than the {longest} tokens that {config.model} can read"
        )


def longest_text(settings) -> int | None:
    """How many tokens a model with learned positions can read; None where there is no such bound."""
    positions = getattr(settings, "max_position_embeddings", None)
    # RoBERTa and its kin number positions from pad_token_id + 1.
    offset = settings.pad_token_id + 1 if settings.model_type in ("roberta", "xlm-roberta", "camembert") else 0
    return positions - offset if positions else None


def layers_of(model):
    """The list of layers of a transformers model (``torch.nn.ModuleList``), whatever it is called in it."""
    import torch

    base = model.base_model
    count = getattr(base.config, "num_hidden_layers", None)
    for module in base.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return module
    raise InputError(f"{type(model).__name__} has no list of layers that could be frozen; use freeze_layers 0")


def freeze(model, count: int) -> list:
    """Freeze everything below layer ``count``, the embeddings too. Returns the frozen modules."""
    if not count:
        return []
    layers = layers_of(model)
    frozen = []
    for child in model.base_model.children():
        if child is layers or any(m is layers for m in child.modules()):
            break
        frozen.append(child)
    frozen += list(layers[:count])
    for module in frozen:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
    return frozen


def _has_head(settings) -> bool:
    return any("ForSequenceClassification" in a for a in settings.architectures or ())


def _head_modules(model):
    inside = set(model.base_model.modules())
    return [m for m in model.modules() if m not in inside and m is not model]


def draw_anew(model, names: set[str], seed: int) -> None:
    """Draw these parameters from a generator of our own: matrices from a normal distribution, as transformers does,
    biases zero. The process-wide generator, which transformers draws from, may be drawn from by another thread."""
    import torch

    generator = torch.Generator().manual_seed(seed_of(seed, 0))
    spread = getattr(model.config, "initializer_range", 0.02)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if name in names and parameter.ndim > 1:
                parameter.normal_(0.0, spread, generator=generator)
            elif name in names and name.endswith("bias"):
                parameter.zero_()


def _reorder_head(model, rows: list[int]) -> None:
    import torch

    last = [m for m in _head_modules(model) if isinstance(m, torch.nn.Linear) and m.out_features == len(rows)][-1]
    with torch.no_grad():
        last.weight.copy_(last.weight[rows].clone())
        if last.bias is not None:
            last.bias.copy_(last.bias[rows].clone())


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
