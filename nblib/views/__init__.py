"""The few views with a script of their own: each a small ESM file beside its Python class."""

from nblib.views.copying import Copying
from nblib.views.download import Download
from nblib.views.form import Form
from nblib.views.status import Status

__all__ = ["Copying", "Download", "Form", "Status"]
