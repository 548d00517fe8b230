"""Panels: the only place that knows ipywidgets."""

from nblib.panels.attention_by_hand import AttentionByHandPanel
from nblib.panels.characters import CharactersPanel
from nblib.panels.digits import DigitsPanel
from nblib.panels.explorer import AttentionExplorer
from nblib.panels.finetune import FineTunePanel
from nblib.panels.heads import HeadsPanel
from nblib.panels.ngram import NgramPanel
from nblib.panels.perceptron import PerceptronPanel
from nblib.panels.playground import PlaygroundPanel
from nblib.panels.race import RacePanel
from nblib.panels.recurrence import RecurrencePanel
from nblib.panels.translate import TranslatePanel
from nblib.panels.unrolled import UnrolledPanel
from nblib.panels.word2vec import Word2VecPanel
from nblib.panels.word_counts import WordCountsPanel

__all__ = [
    "AttentionByHandPanel",
    "AttentionExplorer",
    "CharactersPanel",
    "DigitsPanel",
    "FineTunePanel",
    "HeadsPanel",
    "NgramPanel",
    "PerceptronPanel",
    "PlaygroundPanel",
    "RacePanel",
    "RecurrencePanel",
    "TranslatePanel",
    "UnrolledPanel",
    "Word2VecPanel",
    "WordCountsPanel",
]
