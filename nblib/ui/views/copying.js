// The run as code, as YAML, as a command: shown, and copied at a press.
import { button, changes, element, keep_keys } from "./dom.js";
import { clamp } from "./numbers.js";

/** @param {View<{ texts: [string, string][] }>} view */
function render({ model, el }) {
  const row = element("div", { class: "nblib-row", role: "group", "aria-label": "Copy as" });
  const area = element("textarea", { readonly: true, spellcheck: "false" });
  const said = element("span", { class: "nblib-said", role: "status" });
  const copy = button("Copy", "", press);
  const root = element("div", { class: "nblib-copy" }, row, area);
  keep_keys(root);
  el.append(root);

  let chosen = 0;
  function show() {
    const texts = model.get("texts");
    chosen = clamp(chosen, 0, Math.max(0, texts.length - 1));
    row.replaceChildren(
      ...texts.map(([name], k) => {
        const choice = button(name, "", () => { chosen = k; said.textContent = ""; show(); });
        choice.setAttribute("aria-pressed", String(k === chosen));
        return choice;
      }),
      copy,
      said,
    );
    if (!texts.length) return;
    const [name, text] = texts[chosen];
    area.setAttribute("aria-label", name);
    if (area.value !== text) { area.value = text; said.textContent = ""; }
    area.rows = clamp(text.split("\n").length, 3, 16);
  }
  async function press() {
    try {
      await navigator.clipboard.writeText(area.value);
      said.textContent = "copied";
    } catch {
      // No secure page or no permission: the old way, and failing that the keyboard.
      area.focus();
      area.select();
      let done = false;
      try { done = document.execCommand("copy"); } catch { done = false; }
      said.textContent = done ? "copied" : "selected: press Ctrl+C (or ⌘C)";
    }
  }
  return changes(model, show, ["texts"]);
}

export default { render };
