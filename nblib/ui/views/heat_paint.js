// How heatmaps are laid out and drawn: panes with their axes, and the colour bar.
import { FONT, blank, upwards } from "./canvas.js";
import { colour_bar, colour_map, entry, picture, themed } from "./colours.js";
import { places, ticks } from "./numbers.js";

/**
 * @typedef {{ data: Bytes, shape: [number, number, number], range: [number, number], scale: string, colours: string,
 *   title: string, names: string[], kinds: string[], row_title: string, column_title: string,
 *   row_labels: (string | number)[], row_start: number, column_labels: (string | number)[], height: number,
 *   stacked: boolean, scrub: boolean, profile: boolean, empty: string, caption: string }} Traits
 * @typedef {{ pane: number, row: number, column: number }} Cell
 * @typedef {{ values: Float32Array, panes: number, rows: number, columns: number, at: Cell | null, column: number,
 *   images: { name: string, canvas: HTMLCanvasElement }[], boxes: Place[] }} State `at`: the cell under the hand;
 *   `column`: the one that is scrubbed to
 */

/** As the colours count it: log10 where the scale is one. @param {Model<Traits>} model @param {number} v */
export function scaled(model, v) {
  return model.get("scale") === "log" ? Math.log10(Math.max(v, 1e-45)) : v;
}

/** The range as the colours count it. @param {Model<Traits>} model @returns {[number, number]} */
export function scaled_range(model) {
  const [low, high] = model.get("range");
  return [scaled(model, low), scaled(model, high)];
}

/**
 * Where each pane lies.
 * @param {{ panes: number, stacked: boolean, width: number, height: number, left: number }} room
 * @returns {Place[]}
 */
export function pane_boxes({ panes, stacked, width, height, left }) {
  const gap = stacked ? 24 : 12, top = 22, bottom = 38, tall = height - top - bottom;
  const wide = stacked ? width - left - BAR : (width - left - BAR - gap * (panes - 1)) / panes;
  const high = stacked ? (tall - gap * (panes - 1)) / panes : tall;
  return Array.from({ length: panes }, (_, pane) => ({
    left: left + (stacked ? 0 : pane * (wide + gap)), top: top + (stacked ? pane * (high + gap) : 0), width: wide, height: high,
  }));
}

/** The cell at a place, null beside all panes. @param {Place[]} boxes @param {number} rows @param {number} columns @param {number} x @param {number} y @returns {Cell | null} */
export function cell_at(boxes, rows, columns, x, y) {
  for (const [pane, box] of boxes.entries()) {
    if (x < box.left || x >= box.left + box.width || y < box.top || y >= box.top + box.height) continue;
    return { pane, row: Math.floor(((y - box.top) / box.height) * rows), column: Math.floor(((x - box.left) / box.width) * columns) };
  }
  return null;
}

/** The colour bar with its numbers, in pixels. */
const BAR = 68;

/** @param {Pen} pen @param {number} width @param {number} height @param {Theme} theme @param {Model<Traits>} model @param {State} state */
export function paint_heat(pen, width, height, theme, model, state) {
  const { panes, rows, columns, at } = state;
  state.boxes = [];
  if (!columns || !rows) { blank(pen, width, height, theme, model.get("empty")); return; }
  const stacked = model.get("stacked") && panes > 1;
  state.boxes = pane_boxes({ panes, stacked, width, height, left: margin(pen, model) });
  pen.imageSmoothingEnabled = false;
  for (const [pane, box] of state.boxes.entries()) {
    paint_pane(pen, theme, model, state, pane, box);
    if (!stacked || pane === panes - 1) column_axis(pen, theme, model, columns, box);
    if (stacked || pane === 0) row_axis(pen, theme, model, rows, box);
  }
  const [low, high] = scaled_range(model), top = 22, tall = height - 60;
  /** @type {[number, string][]} */
  const marks = ticks(low, high, 5, model.get("scale") === "log").map(([value, text]) => [(value - low) / (high - low || 1), text]);
  colour_bar(pen, { left: width - BAR + 14, top, height: tall }, map_of(model, theme), theme, marks);
  if (at) {
    const box = state.boxes[at.pane], w = box.width / columns, h = box.height / rows;
    pen.strokeStyle = theme.dark ? "#fff" : "#000";
    pen.strokeRect(box.left + at.column * w, box.top + at.row * h, Math.max(2, w), Math.max(2, h));
  }
}

/** @param {Model<Traits>} model @param {Theme} theme */
const map_of = (model, theme) => colour_map(themed(model.get("colours"), theme));

/** @param {Pen} pen @param {Theme} theme @param {Model<Traits>} model @param {State} state @param {number} pane @param {Place} box */
function paint_pane(pen, theme, model, state, pane, { left, top, width, height }) {
  pen.drawImage(image_of(model, theme, state, pane), left, top, width, height);
  pen.strokeStyle = theme.line;
  pen.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
  pen.fillStyle = theme.series[model.get("kinds")[pane]] || theme.ink;
  pen.textAlign = "left";
  pen.font = `600 ${FONT}`;
  pen.fillText(model.get("names")[pane] ?? "", left, top - 12);
  pen.font = FONT;
  if (!model.get("scrub")) return;
  const one = width / state.columns;
  pen.strokeStyle = theme.dark ? "#fff" : "#000";
  pen.strokeRect(left + state.column * one, top - 2.5, Math.max(1.5, one), height + 5);
}

/** @param {Model<Traits>} model @param {Theme} theme @param {State} state @param {number} pane */
function image_of(model, theme, state, pane) {
  const name = themed(model.get("colours"), theme);
  if (state.images[pane]?.name === name) return state.images[pane].canvas;
  const { rows, columns, values } = state, [low, high] = scaled_range(model), base = pane * rows * columns;
  const canvas = picture(columns, rows, colour_map(name), (k) => {
    const value = values[base + k];
    return Number.isNaN(value) ? -1 : entry((scaled(model, value) - low) / (high - low || 1));
  });
  state.images[pane] = { name, canvas };
  return canvas;
}

/** Room for the labels of rows, a word as well as a number, and for the title beside them. @param {Pen} pen @param {Model<Traits>} model */
function margin(pen, model) {
  const widest = Math.max(0, ...model.get("row_labels").slice(0, 300).map((n) => pen.measureText(String(n)).width));
  return Math.max(46, Math.min(150, Math.ceil(widest) + 24));
}

/** @param {Pen} pen @param {Theme} theme @param {Model<Traits>} model @param {number} columns @param {Place} box */
function column_axis(pen, theme, model, columns, box) {
  const names = model.get("column_labels"), y = box.top + box.height;
  pen.fillStyle = theme.soft;
  pen.textAlign = "center";
  // Letters stand closer than words; where not all have room, every second one, every fifth …
  const one = names.length ? Math.max(...names.slice(0, 300).map((n) => pen.measureText(String(n)).width)) + 3 : 40;
  const room = names.some((n) => String(n).length > 1) || !names.length ? Math.max(one + 6, 14) : one - 1;
  for (const k of places(columns, Math.max(2, Math.floor(box.width / room)))) {
    pen.fillText(String(names[k] ?? k), Math.max(box.left + 4, box.left + ((k + 0.5) / columns) * box.width), y + 10);
  }
  pen.fillText(model.get("column_title"), box.left + box.width / 2, y + 27);
}

/** @param {Pen} pen @param {Theme} theme @param {Model<Traits>} model @param {number} rows @param {Place} box */
function row_axis(pen, theme, model, rows, box) {
  const labels = model.get("row_labels");
  pen.textAlign = "right";
  pen.fillStyle = theme.soft;
  for (const k of places(rows, Math.max(2, Math.floor(box.height / (labels.length ? 14 : 18))))) {
    pen.fillText(String(labels[k] ?? k + model.get("row_start")), box.left - 6, box.top + ((k + 0.5) / rows) * box.height);
  }
  upwards(pen, model.get("row_title"), 8, box.top + box.height / 2);
}
