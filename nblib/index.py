"""The index of labs: the one place that names them. Plain words, so that every floor may read it.

A lab is a notebook ``labs/NUMBER_FOLDER.ipynb``, a folder ``nblib/labs/FOLDER`` and a row here; the start page, the
README's table (`make stamp` writes it), the offline pack, times and tests come from the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lab:
    """One lab.

    ``promise``: what a person will be able to do; ``summary``: what the README says. ``seconds``: of "Run All" on two
    idle CPU cores; None for a lab that is not there yet. ``pack``: what it takes from the offline pack. ``runs_mb``:
    what its "Run All" leaves in runs/, in megabytes. ``jobs``: kind of run → "module:Config" within ``package``.
    """

    number: str
    folder: str
    name: str
    promise: str
    summary: str = ""
    seconds: int | None = None
    pack: tuple[str, ...] = ()
    runs_mb: int = 0
    jobs: Mapping[str, str] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        return self.seconds is not None

    @property
    def file(self) -> str:
        """The notebook's name within labs/."""
        return f"{self.number}_{self.folder}.ipynb"

    @property
    def package(self) -> str:
        return f"nblib.labs.{self.folder}"


LABS = (
    Lab(
        "00", "start", "Start here", "find your way, and see what this machine can do",
        "a timeline from the artificial neuron to ChatGPT; what your machine can do; what is on its disk",
        seconds=5,
    ),
    Lab(
        "01", "perceptron", "Perceptron to digits", "move a line by hand, then let a network read digits",
        "move a line, grow a network and drag its weights while it learns, draw a digit",
        seconds=15,
        jobs={"playground": "playground.config:PlaygroundConfig", "digits": "digits.config:DigitsConfig"},
    ),
    Lab(
        "02", "word_vectors", "Words into numbers", "watch words find their place among their neighbours",
        "train word vectors while they move; neighbours, analogies, bias; n-grams that write",
        seconds=40, pack=("dialogues", "reviews", "reviews-zh"), runs_mb=13,
    ),
    Lab(
        "03", "recurrence", "Recurrence", "see who remembers how far: RNN, LSTM, GRU",
        "watch gradients vanish in an RNN, see who remembers how far, find a neuron with a meaning",
        seconds=35, pack=("dialogues",), runs_mb=2,
        jobs={"recurrence": "memory.config:RecurrentConfig", "characters": "characters.config:CharactersConfig"},
    ),
    Lab(
        "04", "seq2seq", "Sequence to sequence", "read Chinese aloud, with and without attention",
        "read Chinese aloud with and without attention, watch it find its place, open a beam as a tree, type pinyin",
        seconds=75, pack=("pinyin",), runs_mb=4,
        jobs={"seq2seq": "config:Seq2SeqConfig", "transformer": "config:TransformerConfig"},
    ),
    Lab(
        "05", "attention", "Attention", "open every matrix, and every head of a real model",
        "type over every number of attention by hand; see every head of a real model, turn any of them down, and see "
        "what the model says change",
        seconds=55, pack=("minilm", "smollm2", "reviews"), runs_mb=360,
    ),
    Lab(
        "06", "transformer", "The Transformer", "build it block by block, and race it against lab 04",
        "build it block by block against torch, race it against a GRU by steps and by the clock, feel warm-up",
        seconds=40, pack=("pinyin",), runs_mb=2, jobs={"race": "config:RaceConfig"},
    ),
    Lab(
        "07", "pretraining", "Pretraining", "grow a small GPT and a small BERT from nothing",
        "GPT and BERT from nothing",
    ),
    Lab(
        "08", "decoding", "Decoding", "choose the next word: temperature, top-p, beams",
        "temperature, top-k, top-p, beam",
    ),
    Lab(
        "09", "fine_tuning", "Fine-tuning", "teach a pretrained model your task, and take it away",
        "fine-tune a pretrained model on real reviews, live; read its mistakes; take it away",
        seconds=80, pack=("minilm", "reviews"), runs_mb=410,
    ),
    Lab(
        "10", "assistant", "From language model to assistant", "tune with dialogues and with people's ratings",
        "instructions, rewards, preferences",
    ),
    Lab("11", "ship_it", "Ship it", "make it small, verified, served and safe", "compress, export, serve"),
)  # fmt: skip

# Kinds of runs that the command line does as well stand outside the labs.
_ENGINES_OWN = {"finetune": "nblib.training.finetune.config:FineTuneConfig"}


def jobs() -> dict[str, str]:
    """The kind of run that a folder's config.yaml names → "module:Config"."""
    return _ENGINES_OWN | {kind: f"{lab.package}.{home}" for lab in LABS for kind, home in lab.jobs.items()}


def pack(labs: Iterable[Lab] = LABS) -> list[str]:
    """What the labs that are there take from the offline pack, in the order of the labs."""
    return list(dict.fromkeys(name for lab in labs if lab.exists for name in lab.pack))


def badge_link(repository: str, ref: str, path: str) -> str:
    """The address that opens the notebook at ``path`` (in the repository) in Colab."""
    return f"https://colab.research.google.com/github/{repository}/blob/{ref}/{path}"
