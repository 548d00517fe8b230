// A text with one neuron's value behind each character, and what was found about the neurons.

import { nb_button, nb_changes, nb_element, nb_map, nb_number, nb_theme } from "../../../ui/views/kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-neurons" });
  const table = nb_element("table", {});
  const slider = nb_element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "neuron" });
  const words = nb_element("span", {});
  const page = nb_element("div", { class: "nblib-page", tabindex: 0, role: "region", dir: "auto" });
  const said = nb_element("div", { class: "nblib-readout" });
  root.append(table, nb_element("label", { class: "nblib-scrub" }, words, slider), page, said);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let values = new Int8Array(0), letters = [], spans = [], count = 0, text = null, neuron = 0;

  function read() {
    const view = model.get("values");
    values = new Int8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    letters = model.get("letters");
    count = letters.length ? values.length / letters.length : 0;
    neuron = Math.max(0, Math.min(count - 1, model.get("neuron")));
    slider.max = Math.max(0, count - 1);
    const joined = letters.join("");
    if (joined !== text) {
      text = joined;
      spans = letters.map((c, k) => {
        // A line break keeps a mark, so that it has a place to be coloured.
        const span = nb_element("span", {}, c === "\n" ? "⏎\n" : c);
        span.dataset.k = k;
        return span;
      });
      page.replaceChildren(...(spans.length ? spans : [model.get("empty")]));
    }
    findings();
    paint();
  }

  function findings() {
    const rows = model.get("found");
    table.hidden = !rows.length;
    const head = nb_element("tr", {}, ...["meaning", "verdict", "score", "chance", "untrained", ""].map((t, k) => nb_element("th", { class: k > 1 && k < 5 ? "nblib-n" : null }, t)));
    table.replaceChildren(head, ...rows.map((row) => {
      const show = row.neuron < 0 ? "" : nb_button(`Show neuron ${row.neuron}`, `${row.meaning}: the best of all neurons`, () => choose(row.neuron));
      return nb_element("tr", {}, nb_element("td", {}, row.meaning), nb_element("td", {}, row.verdict),
        nb_element("td", { class: "nblib-n" }, row.score), nb_element("td", { class: "nblib-n" }, row.chance),
        nb_element("td", { class: "nblib-n" }, row.untrained ?? "–"), nb_element("td", {}, show));
    }));
  }

  function paint() {
    const dark = nb_theme(root).dark, map = nb_map(dark ? "diverging_dark" : "diverging");
    words.textContent = count ? `neuron ${neuron} of ${count}` : "no neurons yet";
    slider.value = neuron;
    slider.style.setProperty("--nblib-fill", `${(100 * neuron) / Math.max(1, count - 1)}%`);
    slider.setAttribute("aria-valuetext", words.textContent);
    root.dataset.neuron = neuron;
    for (const [k, span] of spans.entries()) {
      const value = values[k * count + neuron], entry = 4 * (value + 128);
      span.style.backgroundColor = `rgb(${map[entry]},${map[entry + 1]},${map[entry + 2]})`;
      // Dark letters on light places and light ones on dark, in either theme.
      const light = 0.3 * map[entry] + 0.6 * map[entry + 1] + 0.1 * map[entry + 2] > 120;
      span.style.color = light ? "#111" : "#fff";
    }
  }

  function choose(k) {
    neuron = Math.max(0, Math.min(count - 1, k));
    paint();
    model.set("neuron", neuron);
    model.save_changes();
  }

  slider.addEventListener("input", () => choose(Number(slider.value)));
  page.addEventListener("pointermove", (event) => {
    const k = event.target.dataset?.k;
    said.textContent = k === undefined ? "" : `after “${letters[k] === "\n" ? "⏎" : letters[k]}”, character ${Number(k) + 1}: ${nb_number(values[k * count + neuron] / 127)}`;
  });
  page.addEventListener("pointerleave", () => { said.textContent = model.get("caption"); });
  const themes = new MutationObserver(paint);
  themes.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-name"] });
  const unread = nb_changes(model, () => {
    said.textContent = model.get("caption");
    page.setAttribute("aria-label", "the text, coloured by the neuron");
    read();
  }, ["values", "letters", "found", "caption", "empty", "neuron"]);
  // Only on the page does the root have the theme's colours.
  requestAnimationFrame(paint);
  return () => { themes.disconnect(); unread(); };
}

export default { render };
