"""nblib: the engine under twelve labs of natural language processing.

Names are looked up on first use, so that ``from nblib import Session, FineTuneConfig`` brings in no torch,
transformers, datasets, pandas, plotly or ipywidgets.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "AttentionByHandPanel": "nblib.panels",
    "CharactersConfig": "nblib.config",
    "AttentionExplorer": "nblib.panels",
    "HeadsPanel": "nblib.panels",
    "CharactersPanel": "nblib.panels",
    "RecurrencePanel": "nblib.panels",
    "RecurrentConfig": "nblib.config",
    "UnrolledPanel": "nblib.panels",
    "characters": "nblib.training.characters",
    "recurrence": "nblib.training.recurrent",
    "Seq2SeqConfig": "nblib.config",
    "seq2seq": "nblib.training.translate",
    "TransformerConfig": "nblib.config",
    "RaceConfig": "nblib.config",
    "RacePanel": "nblib.panels",
    "race": "nblib.training.race",
    "TranslatePanel": "nblib.panels",
    "transformer": "nblib.training.translate",
    "DigitsConfig": "nblib.config",
    "DigitsPanel": "nblib.panels",
    "FineTuneConfig": "nblib.config",
    "PerceptronConfig": "nblib.config",
    "PerceptronPanel": "nblib.panels",
    "PlaygroundConfig": "nblib.config",
    "PlaygroundPanel": "nblib.panels",
    "digits": "nblib.training.digits",
    "playground": "nblib.training.playground",
    "History": "nblib.history",
    "InputError": "nblib.errors",
    "SessionError": "nblib.errors",
    "Run": "nblib.session",
    "Session": "nblib.session",
    "finetune": "nblib.training",
    "FineTunePanel": "nblib.panels",
    "NgramPanel": "nblib.panels",
    "Word2VecConfig": "nblib.config",
    "Word2VecPanel": "nblib.panels",
    "WordCountsPanel": "nblib.panels",
    "word2vec": "nblib.training.word2vec",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'nblib' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_HOME})
