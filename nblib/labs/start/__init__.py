"""Lab 00: the timeline, the map of the labs, and what this machine can do."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
