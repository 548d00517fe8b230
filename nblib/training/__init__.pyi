from .finetune.config import FineTuneConfig as FineTuneConfig
from .finetune.data import describe as describe
from .finetune.data import prepare as prepare
from .finetune.job import FineTune as FineTune
from .finetune.order import OrderedBatches as OrderedBatches
from .finetune.pretrained import load_classifier as load_classifier
from .run_folder import fresh as fresh
