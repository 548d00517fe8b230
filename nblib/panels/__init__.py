"""Panels: the only place that knows ipywidgets."""

from nblib.panels.finetune import FineTunePanel

__all__ = ["FineTunePanel"]
