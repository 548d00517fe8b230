from .by_hand.panel import AttentionByHandPanel as AttentionByHandPanel
from .by_hand.steps import saturation as saturation
from .explorer.panel import AttentionExplorer as AttentionExplorer
from .figures import sharpness_and_damage as sharpness_and_damage
from .heads.panel import HeadsPanel as HeadsPanel
