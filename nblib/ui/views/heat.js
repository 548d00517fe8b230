// Heatmaps side by side over bytes that were sent once: hovering, scrubbing and the keyboard are answered here.
import { floats } from "./bytes.js";
import { canvas } from "./canvas.js";
import { curves } from "./curves.js";
import { changes, element, fill, keep_keys, offset } from "./dom.js";
import { cell_at, paint_heat, scaled_range } from "./heat_paint.js";
import { clamp, number } from "./numbers.js";

/** @typedef {import("./heat_paint.js").Traits} Traits @typedef {import("./heat_paint.js").State} State */

/** @param {View<Traits>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-heat" });
  const head = element("div", { class: "nblib-view-title" });
  const place = element("div", { class: "nblib-canvas" });
  const slider = element("input", { type: "range", min: 0, max: 0, step: 1 });
  const moment = element("span");
  const scrub = element("label", { class: "nblib-scrub" }, moment, slider);
  const profile_place = element("div", { class: "nblib-canvas" });
  const said = element("div", { class: "nblib-readout" });
  root.append(head, place, scrub, profile_place, said);
  keep_keys(root);
  el.append(root);

  /** @type {State} */
  const state = { values: new Float32Array(0), panes: 0, rows: 0, columns: 0, images: [], boxes: [], at: null, column: 0 };
  /** The values as log10, for the profile of a log scale. @type {Float32Array | null} */
  let logs = null;
  // The newest column is kept in sight until a person chooses another.
  let follows = true;

  function read() {
    [state.panes, state.rows, state.columns] = model.get("shape");
    state.values = floats(model.get("data"));
    if (state.values.length !== state.panes * state.rows * state.columns) state.panes = state.rows = state.columns = 0;
    state.images = [];
    logs = null;
    const { at, panes, rows, columns } = state, last = Math.max(0, columns - 1);
    if (at && (at.pane >= panes || at.row >= rows || at.column >= columns)) state.at = null;
    if (follows || state.column > last) state.column = last;
    slider.max = String(last);
    slider.value = String(state.column);
    root.dataset.columns = String(columns);
    heat.canvas.setAttribute("aria-label", `${model.get("title")}: heatmap; arrow keys read single cells`);
    say();
    heat.resize(columns && rows ? model.get("height") : 72);
    heat.again();
    profile.again();
  }

  /** @type {Paint} */
  function paint_profile(pen, width, height, theme) {
    const { values, panes, rows, columns, column } = state;
    if (!columns || !rows) return;
    const log = model.get("scale") === "log";
    logs ??= Float32Array.from(values, (v) => (v > 0 ? Math.log10(v) : NaN));
    const source = log ? logs : values, x = Float32Array.from({ length: rows }, (_, k) => k + model.get("row_start"));
    const all = Array.from({ length: panes }, (_, pane) => ({
      x, y: Float32Array.from({ length: rows }, (_, k) => source[pane * rows * columns + k * columns + column]),
      colour: theme.series[model.get("kinds")[pane]] || theme.series.other, dash: [[], [7, 3], [2, 3]][pane % 3],
    }));
    curves(pen, { left: 46, top: 8, width: width - 46 - 58, height: height - 46 }, theme, all,
      { x: [x[0], x[rows - 1]], y: scaled_range(model) }, { log, x: `${model.get("row_title")}, ${model.get("column_title")} ${label(column)}` });
  }

  const label = (/** @type {number} */ k) => String(model.get("column_labels")[k] ?? k);

  function say() {
    const { columns, rows, column, at, values } = state;
    head.textContent = model.get("title");
    head.hidden = !model.get("title");
    moment.textContent = `${model.get("column_title")} ${columns ? label(column) : "–"}`;
    slider.setAttribute("aria-label", model.get("column_title"));
    slider.setAttribute("aria-valuetext", columns ? label(column) : "");
    fill(slider);
    scrub.hidden = !model.get("scrub") || !columns;
    profile_place.hidden = !model.get("profile") || !columns;
    if (!columns || !rows) { said.textContent = ""; return; }
    if (!at) { said.textContent = model.get("caption"); return; }
    const name = model.get("names")[at.pane], row = model.get("row_labels")[at.row] ?? at.row + model.get("row_start");
    const where = `${model.get("row_title")} ${row}, ${model.get("column_title")} ${label(at.column)}`;
    said.textContent = `${name ? `${name}, ` : ""}${where}: ${number(values[(at.pane * rows + at.row) * columns + at.column])}`;
  }

  /** @param {number} k */
  function choose(k) {
    state.column = clamp(k, 0, state.columns - 1);
    follows = state.column === state.columns - 1;
    slider.value = String(state.column);
    say();
    heat.now();
    if (model.get("profile")) profile.now();
  }
  /** @param {State["at"]} at */
  function point(at) { state.at = at; say(); heat.again(); }

  const heat = canvas(place, model.get("height"), (pen, width, height, theme) => paint_heat(pen, width, height, theme, model, state), { tabindex: 0, role: "img" });
  const profile = canvas(profile_place, 150, paint_profile, { role: "img", "aria-label": "the chosen column as curves" });
  slider.addEventListener("input", () => choose(Number(slider.value)));
  const under = (/** @type {MouseEvent} */ event) => cell_at(state.boxes, state.rows, state.columns, ...offset(heat.canvas, event));
  heat.canvas.addEventListener("pointermove", (event) => point(under(event)));
  heat.canvas.addEventListener("pointerleave", () => point(null));
  heat.canvas.addEventListener("pointerdown", (event) => {
    const hit = under(event);
    if (hit && model.get("scrub")) choose(hit.column);
  });
  heat.canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { point(null); return; }
    const move = MOVES[event.key];
    if (!move || !state.columns) return;
    event.preventDefault();
    const at = walked(state, state.at ?? { pane: 0, row: 0, column: model.get("scrub") ? state.column : 0 }, move);
    point(at);
    if (model.get("scrub")) choose(at.column);
  });
  const unread = changes(model, read);
  return () => { unread(); heat.close(); profile.close(); };
}

/** Rows down, columns to the right. @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * The cell that lies one step on; beyond the last column comes the next pane.
 * @param {{ panes: number, rows: number, columns: number }} size
 * @param {import("./heat_paint.js").Cell} at
 * @param {[number, number]} move
 */
export function walked({ panes, rows, columns }, at, [down, right]) {
  const row = clamp(at.row + down, 0, rows - 1);
  let { pane } = at, column = at.column + right;
  if (column < 0 && pane > 0) { pane -= 1; column = columns - 1; }
  if (column >= columns && pane < panes - 1) { pane += 1; column = 0; }
  return { pane, row, column: clamp(column, 0, columns - 1) };
}

export default { render };
