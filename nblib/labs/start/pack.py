"""The offline pack with one's hands on it: what is there, fetch what is not, remove what is no longer needed."""

from __future__ import annotations

import threading
import time

import ipywidgets as widgets
from markupsafe import Markup, escape

from nblib import sources
from nblib.engine.errors import InputError
from nblib.sources.cache import offline

_REDRAW_SECONDS = 0.2
_STYLE = """<style>
.nblib-pack { font: 14px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); max-width: 1080px; }
.nblib-pack :is(.widget-html-content, .jupyter-widgets-html-content) { line-height: 1.4; white-space: normal;
  color: var(--jp-ui-font-color1, inherit); }
.nblib-pack .nblib-line { border-bottom: 1px solid var(--jp-border-color2, rgba(128,128,128,.45)); padding: 3px 0; }
.nblib-pack-soft { color: var(--jp-ui-font-color2, #767676); font-size: 13px; }
.nblib-pack button:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px; }
</style>"""


class PackPanel(widgets.VBox):
    """Every item of the offline pack with its size and licence, a button to pull it, and one to remove it, which asks.

    Fetching runs in a thread, one item at a time; the kernel stays free.
    """

    def __init__(self):
        self._thread: threading.Thread | None = None
        self.rows = {item.name: _Row(item, self) for item in sources.catalogue()}
        self.place = widgets.HTML()
        self.clear_button = widgets.Button(description="Clear the cache", layout={"width": "auto"})
        self.clear_button.on_click(lambda _button: self.ask())
        self.yes = widgets.Button(description="Remove everything", button_style="danger", layout={"width": "auto"})
        self.no = widgets.Button(description="Keep it", layout={"width": "auto"})
        self.yes.on_click(lambda _button: self.clear())
        self.no.on_click(lambda _button: self.ask(False))
        self.question = widgets.HTML()
        self.confirm = widgets.HBox([self.question, self.yes, self.no], layout=_WRAP)
        self.foot = widgets.VBox(layout={"align_items": "flex-start", "width": "100%"})
        super().__init__([widgets.HTML(_STYLE), *(row.widget for row in self.rows.values()), self.foot])
        self.add_class("nblib-pack")
        self.ask(False)

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def refresh(self, notice: str = "") -> None:
        """Show what is on the disk now."""
        for row in self.rows.values():
            row.refresh()
        on_disk = sum(row.item.disk_bytes for row in self.rows.values() if row.there)
        self.place.value = _soft(f"{notice} In {sources.cache_folder()}: {on_disk / 1e6:,.0f} MB.".strip())
        self.clear_button.disabled = self.busy or not on_disk

    def pull(self, name: str) -> None:
        """Fetch an item in a thread; nothing happens while another one is being fetched."""
        if self.busy:
            return
        self._thread = threading.Thread(target=self._pull, args=(name,), name="nblib-pull", daemon=True)
        self._thread.start()

    def _pull(self, name: str) -> None:
        drawn = 0.0

        def progress(_name: str, done: int, of: int) -> None:
            nonlocal drawn
            if time.monotonic() - drawn >= _REDRAW_SECONDS or done == of:
                drawn = time.monotonic()
                self.rows[name].fetching(done, of)

        for row in self.rows.values():
            row.button.disabled = True
        self.rows[name].fetching(0, self.rows[name].item.download_bytes)
        notice = f"{name} is there."
        try:
            sources.pull(name, progress)
        except (InputError, OSError) as error:
            notice = str(error)
        self._thread = None
        self.refresh(notice)

    def remove(self, name: str) -> None:
        notice = f"{name} was removed."
        try:
            sources.clear(name)
        except InputError as error:
            notice = str(error)
        self.refresh(notice)

    def ask(self, asking: bool = True) -> None:
        """Ask before everything is removed, or take the question back."""
        there = [name for name, row in self.rows.items() if row.there]
        self.question.value = _soft(f"Remove {', '.join(there)}? It can be pulled again, with a network.")
        buttons = self.confirm if asking else self.clear_button
        self.foot.children = (self.place, buttons)
        if not asking:
            self.refresh()

    def clear(self) -> None:
        """Remove every item; what was passed of the exercises stays."""
        notice = "The cache was cleared."
        try:
            sources.clear([item.name for item in sources.catalogue()])
        except InputError as error:
            notice = str(error)
        self.ask(False)
        self.refresh(notice)


_WRAP = {"flex_flow": "row wrap", "align_items": "center", "width": "100%"}


class _Row:
    def __init__(self, item: sources.Item, panel: PackPanel):
        self.item, self.panel, self.there, self.asking = item, panel, False, False
        what = Markup('<b>{}</b><br><span class="nblib-pack-soft">{}. Licence: {}</span>').format(
            item.name, item.title, sources.licence(item.name)
        )
        text = widgets.HTML(str(what), layout={"flex": "1 1 300px", "min_width": "0", "margin": "0 12px 0 0"})
        self.state = widgets.HTML(layout={"width": "160px"})
        self.bar = widgets.IntProgress(min=0, max=1000, layout={"width": "150px", "height": "8px", "display": "none"})
        self.button = widgets.Button(layout={"width": "150px"})
        self.no = widgets.Button(description=f"Keep {item.name}", layout={"width": "150px", "display": "none"})
        self.button.on_click(lambda _button: self.press())
        self.no.on_click(lambda _button: self.keep())
        state = widgets.VBox([self.state, self.bar])
        self.widget = widgets.HBox([text, state, self.button, self.no], layout=_WRAP)
        self.widget.add_class("nblib-line")
        self.refresh()

    def press(self) -> None:
        if self.panel.busy:
            return
        if not self.there:
            self.panel.pull(self.item.name)
        elif self.asking:
            self.keep()
            self.panel.remove(self.item.name)
        else:
            self.asking = True
            self.button.description, self.button.button_style = f"Yes, remove {self.item.name}", "danger"
            self.button.layout.width = self.no.layout.width = "auto"
            self.no.layout.display = ""

    def keep(self) -> None:
        self.asking = False
        self.no.layout.display = "none"
        self.button.layout.width = "150px"
        self.refresh()

    def refresh(self) -> None:
        """What is on the disk, and the one button that makes sense of it."""
        item, self.asking = self.item, False
        self.there = sources.installed(item.name)
        bundled = not item.filename
        self.no.layout.display = self.bar.layout.display = "none"
        size = f"{item.disk_bytes / 1e6:,.1f} MB" if self.there else f"fetches {item.download_bytes / 1e6:,.1f} MB"
        self.state.value = _soft(
            f"comes with {item.package}" if bundled else f"✓ there, {size}" if self.there else size
        )
        self.button.description = f"{'Remove' if self.there else 'Pull'} {item.name}"
        self.button.button_style = ""
        self.button.layout.visibility = "hidden" if bundled else "visible"
        self.button.disabled = self.panel.busy or (offline() and not self.there)
        if offline() and not self.there:
            self.button.tooltip = "NBLIB_OFFLINE is set: nothing is fetched"

    def fetching(self, done: int, of: int) -> None:
        self.state.value = _soft(f"{done / 1e6:,.1f} of {of / 1e6:,.1f} MB")
        self.bar.value, self.bar.layout.display = int(1000 * done / max(1, of)), ""


def _soft(text: str) -> str:
    return f'<span class="nblib-pack-soft">{escape(text)}</span>'
