"""Lab 03: the network unrolled, who remembers how far, characters that are written."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
