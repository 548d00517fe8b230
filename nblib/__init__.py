"""nblib: the engine under twelve labs of natural language processing.

Names are looked up on first use (``__init__.pyi`` lists them), so that ``from nblib import Session, FineTuneConfig``
brings in no torch, transformers, datasets, pandas, plotly or ipywidgets.
"""

import lazy_loader

__getattr__, _names, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"


def __dir__() -> list[str]:
    return sorted({*globals(), *_names()})
