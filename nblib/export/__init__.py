"""Take a trained model away: written, loaded again in a fresh process, compared, and only then put in its place."""

from nblib.export import own
from nblib.export.report import Report
from nblib.export.saving import FORMATS, ExportFailed, Mismatch, save

__all__ = ["FORMATS", "ExportFailed", "Mismatch", "Report", "own", "save"]
