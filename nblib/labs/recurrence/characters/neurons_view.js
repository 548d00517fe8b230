// A text with one neuron's value behind each character, and what was found about the neurons.
import { signed_bytes } from "../../../ui/views/bytes.js";
import { on_theme, theme_of } from "../../../ui/views/canvas.js";
import { colour_map, ink_on, rgb, themed } from "../../../ui/views/colours.js";
import { button, changes, element, fill, keep_keys } from "../../../ui/views/dom.js";
import { clamp, number } from "../../../ui/views/numbers.js";

/**
 * @typedef {{ neuron: number, meaning: string, verdict: string, score: string, chance: string, untrained: string | null }} Finding
 * @typedef {{ values: DataView, letters: string[], found: Finding[], neuron: number, caption: string, empty: string }} Traits
 */

/** @param {View<Traits>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-neurons" });
  const table = element("table");
  const slider = element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "neuron" });
  const about = element("span");
  const page = element("div", { class: "nblib-page", tabindex: 0, role: "region", dir: "auto", "aria-label": "the text, coloured by the neuron" });
  const said = element("div", { class: "nblib-readout" });
  root.append(table, element("label", { class: "nblib-scrub" }, about, slider), page, said);
  keep_keys(root);
  el.append(root);

  let values = new Int8Array(0), count = 0, neuron = 0, text = /** @type {string | null} */ (null);
  /** @type {string[]} */
  let letters = [];
  /** @type {HTMLElement[]} */
  let spans = [];

  function read() {
    values = signed_bytes(model.get("values"));
    letters = model.get("letters");
    count = letters.length ? values.length / letters.length : 0;
    neuron = clamp(model.get("neuron"), 0, Math.max(0, count - 1));
    slider.max = String(Math.max(0, count - 1));
    said.textContent = model.get("caption");
    if (letters.join("") !== text) {
      text = letters.join("");
      // A line break keeps a mark, so that it has a place to be coloured.
      spans = letters.map((c, k) => element("span", { "data-k": k }, c === "\n" ? "⏎\n" : c));
      page.replaceChildren(...(spans.length ? spans : [model.get("empty")]));
    }
    table.hidden = !model.get("found").length;
    table.replaceChildren(...findings(model.get("found"), choose));
    paint();
  }

  function paint() {
    const map = colour_map(themed("diverging", theme_of(root)));
    about.textContent = count ? `neuron ${neuron} of ${count}` : "no neurons yet";
    slider.value = String(neuron);
    fill(slider);
    slider.setAttribute("aria-valuetext", about.textContent);
    root.dataset.neuron = String(neuron);
    for (const [k, span] of spans.entries()) {
      const entry = values[k * count + neuron] + 128;
      span.style.backgroundColor = rgb(map, entry);
      span.style.color = ink_on(map, entry);
    }
  }

  /** @param {number} k */
  function choose(k) {
    neuron = clamp(k, 0, Math.max(0, count - 1));
    paint();
    model.set("neuron", neuron);
    model.save_changes();
  }

  slider.addEventListener("input", () => choose(Number(slider.value)));
  page.addEventListener("pointermove", (event) => {
    const k = /** @type {HTMLElement} */ (event.target).dataset?.k;
    if (k === undefined) { said.textContent = ""; return; }
    const at = Number(k), letter = letters[at] === "\n" ? "⏎" : letters[at];
    said.textContent = `after “${letter}”, character ${at + 1}: ${number(values[at * count + neuron] / 127)}`;
  });
  page.addEventListener("pointerleave", () => { said.textContent = model.get("caption"); });
  const themes = on_theme(paint);
  const unread = changes(model, read, ["values", "letters", "found", "caption", "empty", "neuron"]);
  // Only on the page does the root have the theme's colours.
  requestAnimationFrame(paint);
  return () => { themes(); unread(); };
}

/** The rows of the table. @param {Finding[]} rows @param {(neuron: number) => void} choose */
function findings(rows, choose) {
  const head = element("tr", {}, ...["meaning", "verdict", "score", "chance", "untrained", ""].map((t, k) => element("th", { class: k > 1 && k < 5 ? "nblib-n" : null }, t)));
  return [head, ...rows.map((row) => {
    const show = row.neuron < 0 ? "" : button(`Show neuron ${row.neuron}`, `${row.meaning}: the best of all neurons`, () => choose(row.neuron));
    return element("tr", {}, element("td", {}, row.meaning), element("td", {}, row.verdict),
      element("td", { class: "nblib-n" }, row.score), element("td", { class: "nblib-n" }, row.chance),
      element("td", { class: "nblib-n" }, row.untrained ?? "–"), element("td", {}, show));
  })];
}

export default { render };
