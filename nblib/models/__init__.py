"""Models of ours: one idea a file, shapes in comments, the paper named."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
