from .background_button import BackgroundButton as BackgroundButton
from .exercises import check as check
from .pages import show as show
from .pages import table as table
from .views.gallery import Gallery as Gallery
from .views.heat import Heat as Heat
from .views.lines import Lines as Lines
from .views.tree import Tree as Tree
