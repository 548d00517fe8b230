// The explorer on canvas: all heads as thumbnails, one map, lines from token to token. Each gives where it lies.
import { FONT, shortened } from "../../../ui/views/canvas.js";
import { colour_bar, colour_map, themed } from "../../../ui/views/colours.js";
import { ticks } from "../../../ui/views/numbers.js";
import { paint_numbers } from "../heads/paint.js";
import { largest, map_picture } from "./maps.js";
import { strongest } from "./state.js";

/**
 * @typedef {import("./state.js").Look} Look
 * @typedef {import("../heads/paint.js").Grid} Grid
 * @typedef {{ values: Float32Array, side: number, top: number, name: string, canvas: HTMLCanvasElement | null }} Thumb
 * @typedef {{ left: number, top: number, side: number, one: number, height: number }} MapBox
 * @typedef {{ left: number, right: number, top: number, high: number }} Ends
 */

/** @param {Look} look @param {Theme} theme */
export const map_name = (look, theme) => (look.signed ? themed("diverging", theme) : "viridis");

/** Where the thumbnails lie. @param {number} width @param {{ layers: number, heads: number }} size @returns {Grid} */
export function thumbs_grid(width, { layers, heads }) {
  return { left: 26, top: 20, one: Math.max(10, Math.min(40, (width - 28) / heads, 420 / layers)) };
}

/** @param {Pen} pen @param {Theme} theme @param {Grid} grid @param {Look} look @param {Thumb[]} thumbs @param {number[][] | undefined} scores of the chosen role */
export function paint_thumbs(pen, theme, grid, look, thumbs, scores) {
  if (!look.maps) return;
  const { layers, heads } = look.maps, { left, top, one } = grid;
  paint_numbers(pen, theme, grid, look.maps);
  pen.imageSmoothingEnabled = true;
  for (let k = 0; k < layers * heads; k += 1) {
    const l = Math.floor(k / heads), h = k % heads, x = left + h * one, y = top + l * one;
    if (!thumbs[k]) { pen.fillStyle = theme.line; pen.globalAlpha = 0.3; pen.fillRect(x + 1, y + 1, one - 2, one - 2); pen.globalAlpha = 1; continue; }
    pen.globalAlpha = scores ? 0.25 : 1;
    pen.drawImage(thumb_picture(thumbs[k], map_name(look, theme), look.signed), x + 1, y + 1, one - 2, one - 2);
    pen.globalAlpha = 1;
    if (scores) paint_score(pen, theme, x, y, one, scores[l]?.[h] ?? 0);
  }
  pen.strokeStyle = theme.dark ? "#fff" : "#000";
  pen.lineWidth = 2;
  if (look.mode === "head") pen.strokeRect(left + look.head * one, top + look.layer * one, one, one);
  else if (look.mode === "layer") pen.strokeRect(left, top + look.layer * one, one * heads, one);
  else pen.strokeRect(left, top, one * heads, one * layers);
  pen.lineWidth = 1;
}

/** @param {Thumb} thumb @param {string} name @param {boolean} signed */
function thumb_picture(thumb, name, signed) {
  if (!thumb.canvas || thumb.name !== name) {
    thumb.name = name;
    thumb.canvas = map_picture(thumb.values, thumb.side, thumb.top, name, signed, true);
  }
  return thumb.canvas;
}

/** @param {Pen} pen @param {Theme} theme @param {number} x @param {number} y @param {number} one @param {number} score */
function paint_score(pen, theme, x, y, one, score) {
  pen.fillStyle = theme.accent;
  pen.fillRect(x + 1, y + 1 + (one - 2) * (1 - score), 4, (one - 2) * score);
  if (one < 24) return;
  pen.fillStyle = theme.ink;
  pen.textAlign = "center";
  pen.fillText(score.toFixed(2).replace(/^0/, ""), x + one / 2 + 1, y + one / 2 + 0.5);
}

/** Where the map lies. @param {Pen} pen @param {number} width @param {Look} look @returns {MapBox} */
export function map_box(pen, width, look) {
  let longest = 0;
  for (let t = 0; t < look.span; t += 1) {
    for (const first of look.first) longest = Math.max(longest, pen.measureText(shortened(look.tokens[first + t] ?? "", 14)).width);
  }
  const left = Math.min(110, longest + 12), top = Math.min(100, longest * 0.87 + 16), side = Math.max(60, Math.min(width - left - 58, 470));
  return { left, top, side, one: side / look.span, height: Math.ceil(top + side + 26) };
}

/** @param {Pen} pen @param {Theme} theme @param {MapBox} box @param {Look} look @param {HTMLCanvasElement} picture @param {number} most the weight at the end of the colours */
export function paint_map(pen, theme, { left, top, side, one }, look, picture, most) {
  const { first: [first_q, first_k], span, row, column, tokens, T } = look;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, first_k, first_q, span, span, left, top, side, side);
  pen.strokeStyle = theme.line;
  pen.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
  const every = Math.max(1, Math.ceil(14 / one));
  for (let t = 0; t < span; t += 1) {
    const q = first_q + t, k = first_k + t, at = (t + 0.5) * one;
    if (t % every === 0 || q === row) token(pen, theme, q === row, "right", shortened(tokens[q] ?? "", 14), left - 6, top + at, 0);
    if (t % every === 0 || k === column) token(pen, theme, k === column, "left", shortened(tokens[k] ?? "", 14), left + at, top - 6, -Math.PI / 3);
  }
  pen.fillStyle = theme.soft;
  pen.textAlign = "left";
  const part = span < T ? ` · tokens ${first_q + 1} to ${first_q + span} at ${first_k + 1} to ${first_k + span}, of ${T}` : "";
  pen.fillText(`each row looks at the columns${part}`, left, top + side + 13);
  const low = look.signed ? -most : 0;
  /** @type {[number, string][]} */
  const marks = ticks(low, most, 5).map(([value, text]) => [(value - low) / (most - low), text]);
  colour_bar(pen, { left: left + side + 12, top, height: side, width: 9 }, colour_map(map_name(look, theme)), theme, marks);
  if (row === null) return;
  const y = top + (row - first_q) * one, x = column === null ? -1 : left + (column - first_k) * one;
  if (y < top - 0.1 || y >= top + side) return;
  pen.strokeStyle = theme.dark ? "#fff" : "#000";
  pen.globalAlpha = 0.6;
  pen.strokeRect(left, y, side, Math.max(1, one));
  pen.globalAlpha = 1;
  if (x < left - 0.1 || x >= left + side) return;
  pen.lineWidth = 2;
  pen.strokeRect(x, y, Math.max(2, one), Math.max(2, one));
  pen.lineWidth = 1;
}

/** @param {Pen} pen @param {Theme} theme @param {boolean} chosen @param {"left" | "right"} align @param {string} text @param {number} x @param {number} y @param {number} turn */
function token(pen, theme, chosen, align, text, x, y, turn) {
  pen.save();
  pen.translate(x, y);
  if (turn) pen.rotate(turn);
  pen.textAlign = align;
  pen.font = chosen ? `600 ${FONT}` : FONT;
  if (chosen) {
    const wide = pen.measureText(text).width;
    pen.fillStyle = theme.back;
    pen.fillRect(align === "right" ? -wide - 2 : -2, -8, wide + 4, 16);
  }
  pen.fillStyle = chosen ? theme.ink : theme.soft;
  pen.fillText(text, 0, 0);
  pen.restore();
}

/** @param {Pen} pen @param {number} width @param {number} height @param {Theme} theme @param {Look} look @returns {Ends} */
export function paint_lines(pen, width, height, theme, look) {
  const { T, weights, row } = look, wide = Math.min(104, width * 0.3), left = wide, right = width - wide;
  const top = 26, high = Math.min(22, (height - top - 24) / T), y = (/** @type {number} */ t) => top + (t + 0.5) * high;
  pen.fillStyle = theme.soft;
  pen.textAlign = "right";
  pen.fillText("looks", left - 6, 10);
  pen.textAlign = "left";
  pen.fillText("at", right + 6, 10);
  const most = largest(weights), strong = strongest(weights, T, row, 600);
  pen.lineWidth = Math.max(1, Math.min(3, high / 5));
  for (const { q, k, value } of strong) {
    pen.globalAlpha = Math.min(1, Math.max(0.03, Math.abs(value) / most));
    pen.strokeStyle = value < 0 ? theme.series.rnn : theme.series.lstm;
    pen.beginPath();
    pen.moveTo(left, y(q));
    pen.lineTo(right, y(k));
    pen.stroke();
  }
  pen.globalAlpha = 1;
  pen.lineWidth = 1;
  paint_ends(pen, theme, look, row, strong.map((s) => s.q), left - 6, "right", y, high, height);
  paint_ends(pen, theme, look, look.column, strong.map((s) => s.k), right + 6, "left", y, high, height);
  return { left, right, top, high };
}

/** The tokens at one end of the lines; where not every one has room, those that the strongest lines reach come first. @param {Pen} pen @param {Theme} theme @param {Look} look @param {number | null} chosen @param {number[]} reached the strongest last @param {number} x @param {"left" | "right"} align @param {(t: number) => number} y @param {number} high @param {number} height */
function paint_ends(pen, theme, { tokens, T }, chosen, reached, x, align, y, high, height) {
  const all = [...Array(T).keys()], order = [...new Set([...(chosen === null ? [] : [chosen]), ...reached.slice().reverse(), ...all])];
  const taken = new Uint8Array(Math.ceil(height) + 20);
  for (const t of high >= 13 ? all : order.slice(0, 600)) {
    const at = Math.round(y(t));
    if (high < 13 && (taken[at] || taken[Math.max(0, at - 6)] || taken[at + 6])) continue;
    taken.fill(1, Math.max(0, at - 6), at + 7);
    token(pen, theme, t === chosen, align, shortened(tokens[t] ?? "", 12), x, y(t), 0);
  }
}
