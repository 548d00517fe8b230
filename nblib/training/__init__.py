"""The loops: ``fit`` for models of ours, ``finetune`` for pretrained ones. Each is a job for a Session."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
