"""The loops: ``finetune`` for pretrained models. Each is a job for a Session."""

from nblib.training.finetune import FineTune, finetune

__all__ = ["FineTune", "finetune"]
