from .experiments import outcome as outcome
from .experiments import over_seeds as over_seeds
from .panel import FineTunePanel as FineTunePanel
