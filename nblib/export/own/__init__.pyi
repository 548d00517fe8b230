from .report import OwnReport as OwnReport
from .saving import FORMATS as FORMATS
from .saving import TOLERANCE as TOLERANCE
from .saving import answer as answer
from .saving import load as load
from .saving import save as save
