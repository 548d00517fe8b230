"""Local folders that hold a pretrained model."""

import importlib.util
import json
from pathlib import Path

from nblib.engine.errors import InputError
from nblib.sources import cache, pack
from nblib.sources.items import Item

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def check_folder(folder: Path, name: str | None = None) -> Path:
    """The folder itself if it has `config.json` and safetensors weights; pickled weights are refused, and why.

    Raises:
        InputError: a file, no config, no weights, an index that names missing files, weights cut short.
    """
    name = name or str(folder)
    if not folder.is_dir():
        raise InputError(f"{name} is a file: name the folder that holds config.json and model.safetensors")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{name} holds no model: it has no config.json") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: config.json cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise InputError(f"{name}: config.json is no JSON object")
    weights = _weights(folder, name)
    if not weights:
        pickled = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        if pickled:
            raise InputError(
                f"{name} has its weights in {pickled[0]}, a pickle, which can run any code when it is loaded; convert "
                "them to safetensors"
            )
        raise InputError(f"{name} holds no model: it has config.json but no model.safetensors")
    for path in weights:
        _check_weights(path, f"{name}: {path.name}")
    return folder


def _weights(folder: Path, name: str) -> list[Path]:
    whole = folder / "model.safetensors"
    if whole.is_file():
        return [whole]
    try:
        index = json.loads((folder / "model.safetensors.index.json").read_text(encoding="utf-8"))
        parts = sorted(set(index["weight_map"].values()))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{name}: model.safetensors.index.json cannot be read: {error}") from error
    for part in parts:
        if Path(part).name != part or not (folder / part).is_file():
            raise InputError(f"{name} lacks the weights {part!r} that model.safetensors.index.json names")
    return [folder / part for part in parts]


def _check_weights(path: Path, name: str) -> None:
    """The header fits the file's length: what a broken download or a full disk leaves behind is found here."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= size - 8:
            raise InputError(f"{name} is no safetensors file or is cut short ({size:,} bytes)")
        try:
            header = json.loads(file.read(length))
            end = max((e["data_offsets"][1] for key, e in header.items() if key != "__metadata__"), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            raise InputError(f"{name} is no safetensors file: its header cannot be read") from None
    if end + 8 + length != size:
        raise InputError(f"{name} is cut short or damaged: {size:,} bytes, {end + 8 + length:,} expected")


def from_pack(item: Item, progress: pack.Progress | None) -> Path:
    """The folder of a model of the pack, fetched and, for a GGUF file, converted when that has not been done."""
    gguf = next((target for _, target in item.files if target.endswith(".gguf")), None)
    if gguf is None:
        return pack.ensure(item.name, progress)
    place = pack.folder_of(item).with_name(f"{item.name}-safetensors")
    if not cache.is_sound(place, item.sha256):
        if importlib.util.find_spec("gguf") is None:
            raise InputError(f"{item.name!r} is converted on first use, which needs a package: run `pip install gguf`")
        _convert(item, pack.ensure(item.name, progress), gguf, place)
    return place


def _convert(item: Item, source: Path, gguf: str, place: Path) -> None:
    """Write the GGUF weights as a safetensors folder, once: reading them takes half a minute each time otherwise.

    They are kept as float16, which holds 4-bit weights times a float16 scale to 1 part in 2,048 at half the size of
    float32; the config asks for float32, in which a CPU computes.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    with cache.workspace(item.name) as work:
        cache.require_space(work, 600_000_000, f"converting {item.name}")
        made = work / "converted"
        with torch.random.fork_rng(devices=[]):  # making the model draws numbers before the weights replace them
            config = AutoConfig.from_pretrained(source, gguf_file=gguf)
            read = AutoModelForCausalLM.from_pretrained(source, gguf_file=gguf, dtype=torch.float32)
            # the one that was read counts as quantized and refuses to be saved, though its weights are plain numbers
            plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=gguf)
        plain.load_state_dict(read.state_dict())
        plain.half().save_pretrained(made)
        tokenizer.save_pretrained(made)
        saved = json.loads((made / "config.json").read_text(encoding="utf-8"))
        saved["dtype"] = "float32"
        (made / "config.json").write_text(json.dumps(saved, indent=2) + "\n", encoding="utf-8")
        check_folder(made, item.name)
        about = {"name": item.name, "converted_from": gguf, "licence": item.licence}
        cache.put(made, place, item.sha256, about)
