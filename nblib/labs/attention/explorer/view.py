"""Every attention weight of a text, sent once as bytes and explored in the browser."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from nblib.engine.errors import InputError
from nblib.inspect.maps import Maps, packed, rollout
from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView, Content

SCRIPT = script("view.js", __file__)
STYLE = text("panel.css") + text("kit.css") + text("view.css", __file__)


class Explorer(AnsweringView):
    """All layers and heads as thumbnails, one head large, and lines from token to token.

    The maps come as a message and are no part of the widget's state, so that a saved notebook holds none of them; a
    page that shows the widget again asks for them. ``roles``: role → a list of the heads' scores for each layer,
    measured over ``role_texts`` sentences. ``alone``: the page has no kernel behind it.
    """

    host = "nblib-explorer-host"
    _esm = SCRIPT
    _css = STYLE

    roles = traits.mapping()
    role_texts = traits.whole()
    alone = traits.flag()

    def __init__(
        self,
        ask: Callable[[str, str], None] = lambda model, text: None,
        exact: Callable[[Content], float] | None = None,
        **values: Any,
    ):
        """``ask(model, text)`` is called with what a person typed; ``exact(place)`` gives one weight."""
        super().__init__(**values)
        self._ask, self._exact = ask, exact
        self._shown: tuple[dict, list[bytes]] | None = None
        self._said = ("", "plain")
        self._maps_number = 0
        self.listen(self._respond, lock=threading.RLock())

    def show(self, sets: list[tuple[str, Maps]], **content: Any) -> None:
        """Show the maps of one model, or of two that cut the text alike; in one message, with what ``content`` says of
        them (model, text, note, about)."""
        first = sets[0][1]
        layers, heads = first.weights.shape[:2]
        self._maps_number += 1
        message = {
            "type": "maps", "tokens": first.tokens, "causal": first.causal, "layers": layers, "heads": heads,
            "names": [name for name, _ in sets], "number": self._maps_number, **content,
        }  # fmt: skip
        buffers = []
        for _, maps in sets:
            more = np.stack([maps.weights.mean(axis=(0, 1)), rollout(maps.weights).astype(np.float32)])
            for array in (*maps.packed(), *packed(more[:, None], maps.causal)):
                buffers.append(array.tobytes())
        self._shown = (message, buffers)
        self._said = ("", "plain")
        self.send(message, buffers)

    def say(self, words: str, tone: str = "bad") -> None:
        """One line above the maps, which stay."""
        self._said = (words, tone)
        self.send({"type": "said", "text": words, "tone": tone})

    @property
    def bytes_sent(self) -> int:
        """What the browser was sent to explore the present text."""
        return sum(len(b) for b in self._shown[1]) if self._shown else 0

    def acknowledge(self) -> None:
        """Nothing: messages have no number, and a question is told before its answer that it was heard, for a model
        may take seconds to read."""

    def _respond(self, content: Content) -> None:
        kind = content.get("type")
        if kind == "ready":
            if self._shown:
                self.send(*self._shown)
            if self._said[0]:
                self.send({"type": "said", "text": self._said[0], "tone": self._said[1]})
        elif kind == "ask":
            self.send({"type": "heard"})
            self._ask(str(content.get("model", "")), str(content.get("text", "")))
        elif kind == "exact" and self._exact is not None:
            self.send({"type": "exact", "key": content["key"], "value": f"{self._exact(content):.6g}"})
        elif kind == "html":
            try:
                self.send({"type": "html"}, [self.html().encode()])
            except InputError as error:
                self.say(str(error))

    def html(self) -> str:
        """One page that shows the present maps with no network and no kernel. Raises InputError without maps."""
        if self._shown is None:
            raise InputError("explorer: there are no maps to save yet; show a sentence first")
        message, buffers = self._shown
        state = {"roles": self.roles, "role_texts": self.role_texts, "alone": True}
        # Nothing that a text holds may end the script that it stands in.
        data = json.dumps({"state": state, "message": message}, ensure_ascii=False).replace("<", "\\u003c")
        packs = json.dumps([base64.b64encode(b).decode() for b in buffers])
        script = SCRIPT.replace("export default { render };", "")
        title = f"Attention of {message.get('model', '')}".replace("<", "").replace("&", "")
        return _PAGE.format(title=title, css=STYLE, data=data, packs=packs, script=script)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<style>body {{ margin: 16px; background: #fff; }} {css}</style></head>
<body><div class="nblib-panel" id="explorer"></div>
<script type="application/json" id="data">{data}</script>
<script type="application/json" id="packs">{packs}</script>
<script>
{script}
const page = JSON.parse(document.getElementById("data").textContent);
const buffers = JSON.parse(document.getElementById("packs").textContent).map((pack) => {{
  const words = atob(pack), bytes = new Uint8Array(words.length);
  for (let k = 0; k < words.length; k += 1) bytes[k] = words.charCodeAt(k);
  return new DataView(bytes.buffer);
}});
let receive = null;
render({{ el: document.getElementById("explorer"), model: {{
  get: (name) => page.state[name], set() {{}}, save_changes() {{}}, off() {{}},
  on(name, heard) {{ if (name === "msg:custom") receive = heard; }},
  send(message) {{ if (message.type === "ready") setTimeout(() => receive(page.message, buffers)); }},
}} }});
</script></body></html>
"""
