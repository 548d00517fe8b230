"""The few views with a script of their own: each a small ESM file beside its Python class."""

from nblib.views.ask import Ask
from nblib.views.cloud import Cloud
from nblib.views.copying import Copying
from nblib.views.download import Download
from nblib.views.explorer import Explorer
from nblib.views.form import Form
from nblib.views.gallery import Confusion, Gallery
from nblib.views.hand import ByHand
from nblib.views.heads import Heads
from nblib.views.heat import Heat
from nblib.views.lines import Lines
from nblib.views.neurons import Neurons
from nblib.views.pad import Pad
from nblib.views.plane import Plane
from nblib.views.playground import NetView
from nblib.views.status import Status
from nblib.views.tree import Tree
from nblib.views.unrolled import Unrolled
from nblib.views.writing import Writing

__all__ = [
    "Ask",
    "ByHand",
    "Cloud",
    "Confusion",
    "Copying",
    "Download",
    "Explorer",
    "Form",
    "Gallery",
    "Heads",
    "Heat",
    "Lines",
    "NetView",
    "Neurons",
    "Pad",
    "Plane",
    "Status",
    "Tree",
    "Unrolled",
    "Writing",
]
