// The grids on canvas: titles, labels, numbers on their colours, frames around what a cell is made of.
import { FONT, fitting } from "../../../ui/views/canvas.js";
import { colour_map, ink_on, rgb, signed_entry, themed } from "../../../ui/views/colours.js";
import { SIZE } from "./layout.js";
import { cell_text } from "./rules.js";

/**
 * @typedef {import("./rules.js").Matrix} Matrix
 * @typedef {import("./rules.js").Part} Part
 * @typedef {import("./layout.js").Box} Box
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {import("./state.js").Grids} Grids
 */

/** Colours of heads. */
const BANDS = ["lstm", "rnn", "gru"];

/** @param {Pen} pen @param {Theme} theme @param {Grids} grids @param {Layout} layout @param {string[]} titles of the stages @param {Part[]} parts of the cell that is pointed at */
export function paint_grids(pen, theme, grids, layout, titles, parts) {
  const { cursor, hover } = grids;
  pen.textAlign = "left";
  pen.fillStyle = theme.ink;
  pen.font = `600 ${FONT.replace("12px", "13px")}`;
  for (const { k, top } of layout.stages) pen.fillText(titles[k], 0, top + 11);
  pen.font = FONT;
  for (const m of grids.list) {
    const box = layout.boxes.get(m.name);
    if (box) paint_matrix(pen, theme, m, box, grids);
  }
  const frame = (/** @type {Part} */ part, /** @type {string} */ colour, /** @type {number} */ width) => paint_frame(pen, layout.boxes.get(part.name), part, colour, width);
  const at = hover || cursor;
  if (at) {
    for (const part of parts) frame(part, theme.series.mark, 2.5);
    frame(part_of(at), theme.accent, 2.5);
  }
  if (cursor && hover && cursor !== hover) frame(part_of(cursor), theme.accent, 1);
}

/** @param {import("./state.js").At} at @returns {Part} */
const part_of = ({ name, row, column }) => ({ name, rows: [row, row], columns: [column, column] });

/** @param {Pen} pen @param {Box | undefined} box @param {Part} part @param {string} colour @param {number} width */
function paint_frame(pen, box, { rows, columns }, colour, width) {
  if (!box) return;
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.strokeRect(box.left + columns[0] * SIZE.cell, box.top + rows[0] * SIZE.line,
    (columns[1] - columns[0] + 1) * SIZE.cell, (rows[1] - rows[0] + 1) * SIZE.line);
  pen.lineWidth = 1;
}

/** @param {Pen} pen @param {Theme} theme @param {Matrix} m @param {Box} box @param {Grids} grids */
function paint_matrix(pen, theme, m, box, grids) {
  paint_title(pen, theme, m, box);
  paint_labels(pen, m, box, grids.tokens);
  pen.textAlign = "center";
  const map = colour_map(themed("diverging", theme)), top = m.rule.kind === "softmax" ? 1 : m.top;
  for (let r = 0; r < m.shape[0]; r += 1) {
    for (let c = 0; c < m.shape[1]; c += 1) {
      const value = m.at(r, c), x = box.left + c * SIZE.cell, y = box.top + r * SIZE.line, entry = signed_entry(value / top);
      const plain = m.rule.kind === "entropy", masked = value === -Infinity;
      pen.fillStyle = masked ? (theme.dark ? "#3a3a3a" : "#dcdcdc") : plain ? theme.back : rgb(map, entry);
      pen.fillRect(x, y, SIZE.cell, SIZE.line);
      pen.fillStyle = masked || plain ? theme.ink : ink_on(map, entry);
      pen.fillText(cell_text(value), x + SIZE.cell / 2, y + SIZE.line / 2 + 0.5);
    }
  }
  pen.lineWidth = 1;
  pen.strokeStyle = m.edit ? theme.accent : theme.line;
  pen.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  if (m.bands) paint_bands(pen, theme, m, box, grids.head);
}

/** @param {Pen} pen @param {Theme} theme @param {Matrix} m @param {Box} box */
function paint_title(pen, theme, m, { left, top, width, height, label }) {
  if (m.sign && left > label + 4) {
    pen.fillStyle = theme.soft;
    pen.textAlign = "center";
    pen.font = FONT.replace("12px", "16px");
    pen.fillText(m.sign, left - label - SIZE.gap / 2 + 1, top + height / 2);
  }
  pen.textAlign = "left";
  pen.fillStyle = m.edit ? theme.accent : theme.ink;
  pen.font = `600 ${FONT}`;
  pen.fillText(m.title, left, top - 28);
  const after = left + pen.measureText(m.title).width + 7;
  pen.font = FONT;
  pen.fillStyle = theme.soft;
  if (m.columns !== "none" && after + 26 < left + width + 12) pen.fillText(`${m.shape[0]}×${m.shape[1]}`, after, top - 28);
}

/** What stands above the columns and beside the rows. @param {Pen} pen @param {Matrix} m @param {Box} box @param {string[]} tokens */
function paint_labels(pen, m, { left, top, label }, tokens) {
  const [rows, columns] = m.shape;
  pen.textAlign = "center";
  for (let c = 0; c < columns; c += 1) {
    const text = m.columns === "tokens" ? fitting(pen, tokens[c], SIZE.cell - 3) : m.columns === "numbers" ? String(c + 1) : ["bits", "‖∂‖"][c];
    pen.fillText(text, left + (c + 0.5) * SIZE.cell, top - 9);
  }
  if (m.columns === "none") return;
  pen.textAlign = "right";
  for (let r = 0; r < rows; r += 1) {
    pen.fillText(m.rows === "tokens" ? fitting(pen, tokens[r], label - 6) : String(r + 1), left - 6, top + (r + 0.5) * SIZE.line);
  }
}

/** Which columns belong to which head. @param {Pen} pen @param {Theme} theme @param {Matrix} m @param {Box} box @param {number} head in sight */
function paint_bands(pen, theme, m, { left, top, width, height }, head) {
  const one = width / m.bands;
  for (let h = 0; h < m.bands; h += 1) {
    pen.fillStyle = theme.series[BANDS[h]];
    pen.globalAlpha = h === head ? 1 : 0.35;
    pen.fillRect(left + h * one + 1, top - 3, one - 2, 3);
    pen.globalAlpha = 1;
    if (h) { pen.strokeStyle = theme.ink; pen.beginPath(); pen.moveTo(left + h * one, top - 3); pen.lineTo(left + h * one, top + height); pen.stroke(); }
  }
}
