"""The views that more than one lab shows: each a small ESM file beside its Python class."""
