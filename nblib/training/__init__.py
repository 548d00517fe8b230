"""The loops: ``fit`` for models of ours, ``finetune`` for pretrained ones. Each is a job for a Session."""

from nblib.training.finetune import FineTune, finetune

__all__ = ["FineTune", "finetune"]
