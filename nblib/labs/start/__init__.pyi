from .machine import doctor as doctor
from .milestones import timeline as timeline
from .overview import lab_map as lab_map
from .pack import PackPanel as PackPanel
