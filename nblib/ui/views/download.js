// Save the charts of a panel together, or open them as a plotly figure; keep plotly figures as wide as their places.

import { button as button_of, element } from "./dom.js";
import { parts_of } from "./lines_link.js";
import { save_charts } from "./save.js";

/** @param {{ model: any, el: HTMLElement }} place */
function render({ model, el }) {
  const panel = () => el.closest(`.${model.get("panel")}`);
  const said = element("span", { class: "nblib-said", role: "status" });
  const row = element("div", { class: "nblib-row nblib-download" });

  /** @param {string} word @param {string} title @param {() => void} press */
  function offer(word, title, press) {
    const button = button_of(word, title, press);
    button.setAttribute("aria-label", title);
    row.append(button);
  }
  for (const format of ["png", "svg"]) {
    offer(`⤓ ${format.toUpperCase()}`, `Save the curves as ${format.toUpperCase()}`, () => {
      const within = panel(), parts = within ? parts_of(model.get("group"), within) : [];
      said.textContent = parts.length ? "" : "no curve here yet";
      if (parts.length) save_charts(parts, format, model.get("filename"));
    });
  }
  if (model.get("opens")) offer("plotly", "Open the curves as a plotly figure", () => model.send({ type: "open" }));
  row.append(said);
  el.append(row);

  /** plotly measures its place once, often before it is on the page, and later only when the window changes. */
  function fit() {
    /** @type {any[]} */
    const plots = [...(panel()?.querySelectorAll(".js-plotly-plot") ?? [])];
    const misfit = (/** @type {any} */ plot) => plot.offsetWidth && Math.abs((plot._fullLayout?.width ?? 0) - plot.offsetWidth) > 1;
    if (plots.some(misfit)) window.dispatchEvent(new Event("resize"));
  }
  // Pictures that came are drawn within moments of each other, and none says when.
  const came = () => [100, 500, 1500, 4000].forEach((wait) => setTimeout(fit, wait));
  const sizes = new ResizeObserver(() => requestAnimationFrame(fit));
  requestAnimationFrame(() => { const here = panel(); if (here) sizes.observe(here); });
  model.on("change:pictures", came);
  return () => { sizes.disconnect(); model.off("change:pictures", came); };
}

export default { render };
