"""The drawer that takes word vectors away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
from markupsafe import Markup

from nblib.engine.errors import InputError
from nblib.labs.word_vectors.word2vec import keyed_vectors
from nblib.labs.word_vectors.word2vec.config import Word2VecConfig
from nblib.models.vectors import WordVectors
from nblib.ui.drawer import Drawer
from nblib.ui.elements import html
from nblib.ui.run_bar import icon_button

READ = "from gensim.models import KeyedVectors\nvectors = KeyedVectors.load_word2vec_format({path!r})"


class ExportVectors(Drawer):
    """Writes the vectors as they stand at the press of the button, in the text format that gensim reads."""

    title, icon, tooltip = "Export", "export", "Write the vectors to a file that gensim reads"

    def __init__(self, vectors: Callable[[], WordVectors | None], config: Callable[[], Word2VecConfig]):
        super().__init__()
        self._vectors, self._config = vectors, config
        self.path = widgets.Text(description="file", layout={"width": "420px", "max_width": "100%"})
        self.button = icon_button("Write vectors", "export", self.tooltip)
        self.button.on_click(lambda _button: self.start())
        top = widgets.HBox([self.path, self.button], layout={"flex_flow": "row wrap", "grid_gap": "8px"})
        self.widget = widgets.VBox([top, self.content], layout={"width": "100%"})

    def opened(self) -> None:
        if not self.path.value:
            name = Path(self._config().corpus).stem
            self.path.value = f"runs/vectors-{name}.txt"

    def start(self) -> None:
        """Write in a thread of its own; the answer stands below the button."""
        self.work("writing, and reading it again …", lambda: self._written(self.save(self.path.value)))

    def save(self, path: str | Path) -> Path:
        vectors = self._vectors()
        if vectors is None:
            raise InputError("nothing is learnt yet, so there is nothing to export; press Start first")
        if not str(path).strip():
            raise InputError("file: is empty; give a name, as in runs/vectors.txt")
        return keyed_vectors.save(vectors, path)

    def _written(self, path: Path) -> widgets.HTML:
        with open(path, encoding="utf-8") as file:
            rows, size = map(int, file.readline().split())
        return html(
            Markup("<p>{} words of {} numbers, {:.1f} MB, read back and equal to the bit: {}</p><pre>{}</pre>").format(
                f"{rows:,}", size, path.stat().st_size / 1e6, str(path), READ.format(path=str(path))
            )
        )
