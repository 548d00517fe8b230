"""A model that translates, taken away together with its symbols: a text in, a text out.

from nblib.labs.seq2seq.export import Translator

translator = Translator.load("runs/export/safetensors")
translator("银行行长")
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nblib.decoding import Beam, beam_search, greedy
from nblib.engine.errors import InputError
from nblib.engine.files import write_atomic
from nblib.export.own import saving as own
from nblib.sources.pairs import BEGIN, END, Vocabulary, vocabularies

if TYPE_CHECKING:
    from nblib.export.own.report import OwnReport
    from nblib.labs.seq2seq.job import Translate
    from nblib.models.encoder_decoder import EncoderDecoder

SYMBOLS = "symbols.json"
LOADER = """from nblib.labs.seq2seq.export import Translator

translator = Translator.load({path!r})
translator({text!r})"""


class Translator:
    """A trained model and the symbols of both sides. Call it with a text; ``beam`` gives the ranked answers."""

    def __init__(self, model: EncoderDecoder, task: str, source: Vocabulary, target: Vocabulary, max_length: int):
        self.model, self.task, self.source, self.target = model.eval(), task, source, target
        self.max_length = max_length

    @classmethod
    def load(cls, folder: str | Path) -> Translator:
        """From a ``safetensors`` folder that ``save`` wrote. Raises InputError where it is none or is damaged."""
        # Whether it is one that translates is seen from the symbols beside it.
        model, file = cast("EncoderDecoder", own.load(folder)), Path(folder) / SYMBOLS
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            task, symbols, most = found["task"], (found["source"], found["target"]), int(found["max_length"])
            if not all(isinstance(s, str) for side in symbols for s in side):
                raise TypeError
            source, target = vocabularies(task, *symbols)
        except FileNotFoundError:
            raise InputError(f"{folder}: has no {SYMBOLS}; it is no model that translates") from None
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{file}: is damaged; export the model again") from None
        for side, vocabulary in (("source", source), ("target", target)):
            if len(vocabulary) != model.config[f"{side}_size"]:
                raise InputError(f"{file}: its {side} symbols are not this model's; export the model again")
        return cls(model, task, source, target, most)

    def __call__(self, text: str) -> str:
        """The likeliest symbol at each place."""
        found = greedy(
            self.model.step, self._start(text), rows=1, begin=BEGIN, end=END, max_length=self.max_length
        )  # fmt: skip
        return self.target.decode(found[0].tolist())

    def beam(self, text: str, num_beams: int = 5, length_penalty: float = 1.0) -> Beam:
        """All that beam search looked at; ``answers`` has the texts."""
        return beam_search(
            self.model.step, self._start(text), begin=BEGIN, end=END, num_beams=num_beams, max_length=self.max_length,
            length_penalty=length_penalty,
        )  # fmt: skip

    def answers(self, text: str, num_beams: int = 5, length_penalty: float = 1.0) -> list[str]:
        """Ranked answers, the best first."""
        return [self.target.decode(h.symbols) for h in self.beam(text, num_beams, length_penalty).hypotheses]

    def _start(self, text: str) -> Any:
        import torch

        with torch.no_grad():
            return self.model.start(self.model.encode(torch.tensor([self.source.encode(text)])))


def save(
    folder: str | Path,
    job: Translate,
    model: EncoderDecoder,
    *,
    formats: Iterable[str] = ("safetensors",),
    figures: Mapping[str, str] | None = None,
    **more: Any,
) -> OwnReport:
    """``nblib.export.own.save`` for the model of a job, on two held-out pairs, with ``symbols.json`` in each folder.

    Raises what ``own.save`` raises, and InputError for ONNX of a GRU.
    """
    from nblib.labs.seq2seq.job import begun

    formats, kind = list(formats), type(model).__name__
    if "onnx" in formats and kind == "Seq2Seq":
        raise InputError("onnx: the encoder packs sequences of several lengths, which ONNX cannot; take safetensors")
    source, target = job.padded(job.pairs.validation.first(2))
    builder = f"nblib.models.{'seq2seq' if kind == 'Seq2Seq' else 'transformer'}:{kind}"
    example = {"source": source.numpy(), "target": begun(target).numpy()}
    report = own.save(
        folder, builder, model.config, model, example, title=f"{job.config.task}, {_words(model)}",
        about=[
            "Reads the numbers of symbols and scores the symbol that follows each of the target, which starts with 1.",
            f"The symbols stand in {SYMBOLS}, by their number. As a translator, text in and text out: from "
            "nblib.labs.seq2seq.export import Translator; translator = Translator.load(this folder); translator(text).",
        ],
        figures=figures, formats=formats,
        dynamic={"source": {0: "batch", 1: "source_length"}, "target": {0: "batch", 1: "target_length"}}, **more,
    )  # fmt: skip
    symbols = {"task": job.config.task, "max_length": job.max_length, "source": job.pairs.source.symbols,
               "target": job.pairs.target.symbols}  # fmt: skip
    for name in formats:
        write_atomic(Path(folder) / name / SYMBOLS, json.dumps(symbols, ensure_ascii=False, indent=0))
    return report


def _words(model: EncoderDecoder) -> str:
    attention = model.config.get("attention")
    return "Transformer" if attention is None else f"GRU, attention {attention}"
