// A chart of curves drawn with a pen: a canvas's context, or one that writes SVG.

import { FONT } from "./canvas.js";
import { number, ticks } from "./numbers.js";
import { is_series, nearest, reaches, y_ticks } from "./lines_state.js";

/**
 * @typedef {import("./lines_state.js").Curve} Curve
 * @typedef {import("./lines_state.js").Interval} Interval
 * @typedef {import("./lines_state.js").Sight} Sight
 * @typedef {{ title: string, x_title: string, unit: string, log: boolean, level: number | null, axis: boolean,
 *   curves: Curve[], sight: Sight, at: number | null, drag: Interval | null }} Chart
 * @typedef {{ box: Place, X: (v: number) => number, Y: (v: number) => number, x: Interval }} Geometry
 * @typedef {{ colour: string, width: number, alpha: number, dash: number[], marks: boolean }} Look
 */

const LEFT = 46;
const RIGHT = 18;
const ROW = 20;
/** Kind → the series whose colour it has. @type {Record<string, string>} */
const COLOURS = { train: "lstm", raw: "lstm", validation: "rnn", cross: "rnn", accuracy: "gru", f1: "other" };
/** Pixels from one marker to the next at least. */
const BETWEEN_MARKS = 14;
/** Pixels that letters are high. */
const LETTERS = 10;
/** Pixels beyond the axes that belong to the curves. */
const BEYOND = 5;
/** Pixels from one number at y to the next at least. */
const BETWEEN_TICKS = 22;

/**
 * Where the axes of a chart lie.
 * @param {number} width
 * @param {number} height
 * @param {boolean} axis whether numbers and a title stand below
 * @param {number} top
 * @returns {Place}
 */
export function box_of(width, height, axis, top = 0) {
  return { left: LEFT, top: top + 8, width: width - LEFT - RIGHT, height: height - 8 - (axis ? 38 : 10) };
}

/**
 * How a curve is drawn, the same in the chart and in its legend.
 * @param {Curve} curve
 * @param {Theme} theme
 * @returns {Look}
 */
export function look_of(curve, theme) {
  const { kind, dash } = curve, dashed = dash.length > 0;
  if (kind === "level") return { colour: theme.soft, width: 1, alpha: 1, dash: [3, 4], marks: false };
  const colour = theme.series[COLOURS[kind] || kind] || theme.series.other;
  if (kind === "raw") return { colour, width: 1.2, alpha: 0.45, dash, marks: false };
  // What is planned has no measured points.
  return { colour, width: dashed ? 1.5 : 2, alpha: 1, dash, marks: dashed && kind !== "planned" };
}

/**
 * Grid, numbers, curves, the place read out.
 * @param {any} pen
 * @param {Place} box
 * @param {Theme} theme
 * @param {Chart} chart
 * @returns {Geometry}
 */
export function paint_chart(pen, box, theme, chart) {
  const { left, top, width, height } = box, { x, y } = chart.sight;
  const X = (/** @type {number} */ v) => left + ((v - x[0]) / (x[1] - x[0] || 1)) * width;
  const Y = (/** @type {number} */ v) => top + height - ((v - y[0]) / (y[1] - y[0] || 1)) * height;
  const geometry = { box, X, Y, x };
  paint_axes(pen, geometry, theme, chart);
  pen.save();
  pen.beginPath();
  // A marker at the end of an axis is a whole one.
  pen.rect(left - BEYOND, top - BEYOND, width + 2 * BEYOND, height + 2 * BEYOND);
  pen.clip();
  if (chart.level !== null) {
    const at = Y(chart.log ? Math.log10(chart.level) : chart.level);
    stroke(pen, { colour: theme.soft, width: 1, alpha: 1, dash: [3, 4], marks: false }, [[left, at], [left + width, at]]);
  }
  for (const curve of chart.curves) paint_curve(pen, geometry, theme, curve);
  pen.restore();
  pen.setLineDash([]);
  paint_levels(pen, geometry, theme, chart.curves);
  if (chart.at !== null) paint_read_out(pen, geometry, theme, chart, chart.at);
  if (chart.drag) {
    const from = Math.max(left, X(chart.drag[0])), to = Math.min(left + width, X(chart.drag[1]));
    pen.globalAlpha = 0.2;
    pen.fillStyle = theme.accent;
    pen.beginPath();
    pen.rect(from, top, to - from, height);
    pen.fill();
    pen.globalAlpha = 1;
  }
  return geometry;
}

/**
 * @param {any} pen
 * @param {Look} look
 * @param {number[][]} points
 */
function stroke(pen, look, points) {
  pen.strokeStyle = look.colour;
  pen.lineWidth = look.width;
  pen.globalAlpha = look.alpha;
  pen.setLineDash(look.dash);
  pen.beginPath();
  for (const [k, [u, v]] of points.entries()) if (k) pen.lineTo(u, v); else pen.moveTo(u, v);
  pen.stroke();
  pen.globalAlpha = 1;
}

/**
 * @param {any} pen
 * @param {Geometry} geometry
 * @param {Theme} theme
 * @param {Chart} chart
 */
function paint_axes(pen, { box, X, Y, x }, theme, chart) {
  const { left, top, width, height } = box, end = left + width;
  const grid = { colour: theme.line, width: 1, alpha: 0.45, dash: [], marks: false };
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  pen.fillStyle = theme.soft;
  for (const [at, text] of y_ticks(chart.sight.y, Math.max(2, height / BETWEEN_TICKS), chart.log, chart.unit)) {
    const v = Math.round(Y(at)) + 0.5;
    stroke(pen, grid, [[left, v], [end, v]]);
    pen.fillText(text, left - 6, v, left - 8);
  }
  stroke(pen, { ...grid, alpha: 0.9 }, [[left, Math.round(top + height) + 0.5], [end, Math.round(top + height) + 0.5]]);
  pen.textAlign = "center";
  for (const [at, text] of ticks(x[0], x[1], Math.max(2, Math.floor(width / 70)), false)) {
    const u = Math.round(X(at)) + 0.5;
    stroke(pen, grid, [[u, top + height], [u, top + height + 4]]);
    if (chart.axis) pen.fillText(text, u, top + height + 12);
  }
  if (chart.axis) pen.fillText(chart.x_title, left + width / 2, top + height + 28);
}

/**
 * @param {any} pen
 * @param {Geometry} geometry
 * @param {Theme} theme
 * @param {Curve} curve
 */
function paint_curve(pen, { X, Y }, theme, curve) {
  const look = look_of(curve, theme), { x, y, kind } = curve;
  /** @type {number[][]} */
  let piece = [];
  /** @type {number[][]} */
  const lone = [];
  let last = -Infinity;
  const end = () => {
    if (piece.length > 1) stroke(pen, look, piece); else if (piece.length) lone.push(piece[0]);
    piece = [];
  };
  for (let k = 0; k < y.length; k += 1) {
    if (!Number.isFinite(y[k])) { end(); continue; }
    const u = X(x[k]), v = Y(y[k]);
    if (kind === "mark" || kind === "cross") { paint_mark(pen, theme, look.colour, kind, u, v); continue; }
    piece.push([u, v]);
  }
  end();
  pen.setLineDash([]);
  pen.fillStyle = look.colour;
  for (const [u, v] of lone) { pen.beginPath(); pen.arc(u, v, 3, 0, 7); pen.fill(); }
  if (!look.marks) return;
  for (let k = 0; k < y.length; k += 1) {
    const u = X(x[k]);
    if (!Number.isFinite(y[k]) || (u - last < BETWEEN_MARKS && k < y.length - 1)) continue;
    pen.beginPath(); pen.arc(u, Y(y[k]), 3.5, 0, 7); pen.fill();
    last = u;
  }
}

/**
 * A diamond where a person changed something, a cross where numbers end.
 * @param {any} pen
 * @param {Theme} theme
 * @param {string} colour
 * @param {string} kind
 * @param {number} u
 * @param {number} v
 */
function paint_mark(pen, theme, colour, kind, u, v) {
  if (kind === "cross") {
    const look = { colour, width: 3, alpha: 1, dash: [], marks: false };
    stroke(pen, look, [[u - 5, v - 5], [u + 5, v + 5]]);
    stroke(pen, look, [[u - 5, v + 5], [u + 5, v - 5]]);
    return;
  }
  pen.fillStyle = colour;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(u, v - 6); pen.lineTo(u + 6, v); pen.lineTo(u, v + 6); pen.lineTo(u - 6, v);
  pen.closePath(); pen.fill(); pen.stroke();
}

/**
 * The names of levels at their lines: at the right end and below, or where the fewest curves and names lie.
 * @param {any} pen
 * @param {Geometry} geometry
 * @param {Theme} theme
 * @param {Curve[]} curves
 */
function paint_levels(pen, geometry, theme, curves) {
  const { box, Y } = geometry, end = box.left + box.width;
  /** @type {Place[]} */
  const taken = [];
  pen.textAlign = "left";
  pen.fillStyle = theme.soft;
  for (const curve of curves.filter((c) => c.kind === "level" && c.y.length)) {
    const v = Y(curve.y[0]), wide = pen.measureText(curve.name).width;
    const places = [end - 4 - wide, box.left + 6, box.left + (box.width - wide) / 2].flatMap((left) =>
      [v + 4, v - 14].map((top) => ({ left, top, width: wide, height: LETTERS })));
    const costs = places.map((place) => cost(place, geometry, curves, taken)), best = places[costs.indexOf(Math.min(...costs))];
    pen.fillText(curve.name, best.left, best.top + LETTERS / 2);
    taken.push(best);
  }
}

/**
 * How many pixels of curves lie in a place; more where another name lies there, a lot where it leaves the axes.
 * @param {Place} place
 * @param {Geometry} geometry
 * @param {Curve[]} curves
 * @param {Place[]} taken
 */
function cost({ left, top, width, height }, { box, X, Y }, curves, taken) {
  const right = left + width, bottom = top + height;
  let sum = top < box.top || bottom > box.top + box.height ? 1e5 : 0;
  for (const other of taken) if (left < other.left + other.width && right > other.left && Math.abs(top - other.top) < LETTERS + 4) sum += 1e4;
  for (const { x, y, kind } of curves) {
    // A curve is wider than a level, and has markers.
    const room = kind === "level" ? 0 : 4;
    for (let k = 1; k < y.length; k += 1) {
      const u = X(x[k - 1]), v = Y(y[k - 1]), w = (Y(y[k]) - v) / (X(x[k]) - u || 1);
      const from = Math.max(left, u), to = Math.min(right, X(x[k]));
      if (from > to) continue;
      const a = v + w * (from - u), b = v + w * (to - u);
      if (Math.min(a, b) < bottom + room && Math.max(a, b) > top - room) sum += 1 + to - from;
    }
  }
  return sum;
}

/**
 * A line where the curves are read out, and the points that are.
 * @param {any} pen
 * @param {Geometry} geometry
 * @param {Theme} theme
 * @param {Chart} chart
 * @param {number} at
 */
function paint_read_out(pen, { box, X, Y, x }, theme, chart, at) {
  if (at < x[0] || at > x[1]) return;
  const u = X(at), look = { colour: theme.soft, width: 1, alpha: 1, dash: [], marks: false };
  stroke(pen, look, [[u, box.top], [u, box.top + box.height]]);
  for (const curve of chart.curves) {
    if (!is_series(curve) || !reaches(curve, at)) continue;
    const k = nearest(curve, at), v = curve.y[k];
    if (!Number.isFinite(v) || curve.x[k] < x[0] || curve.x[k] > x[1]) continue;
    pen.fillStyle = look_of(curve, theme).colour;
    pen.strokeStyle = theme.back;
    pen.lineWidth = 1.5;
    pen.beginPath(); pen.arc(X(curve.x[k]), Y(v), 4, 0, 7); pen.fill(); pen.stroke();
  }
}

/**
 * A chart for a file: with the title and the legend that the page has around it.
 * @param {Chart} chart
 * @param {number} width
 * @param {number} height of the chart alone
 * @param {Theme} theme
 * @returns {import("./save.js").Part}
 */
export function part_of(chart, width, height, theme) {
  const top = paint_head(null, width, theme, chart);
  return {
    width, height: top + height,
    paint(pen, paper) {
      paint_head(pen, width, paper, chart);
      paint_chart(pen, box_of(width, height, chart.axis, top), paper, chart);
    },
  };
}

/**
 * Title and legend; how high they are.
 * @param {any} pen null to measure only
 * @param {number} width
 * @param {Theme} theme
 * @param {Chart} chart
 */
function paint_head(pen, width, theme, chart) {
  const entries = chart.curves.filter((c) => c.kind !== "level" && c.x.length);
  let row = chart.title ? 1 : 0, left = LEFT;
  if (pen && chart.title) {
    pen.textAlign = "left";
    pen.fillStyle = theme.ink;
    pen.font = `600 ${FONT}`;
    pen.fillText(chart.title, LEFT, 14);
    pen.font = FONT;
  }
  for (const curve of entries) {
    const wide = 34 + 7 * curve.name.length;
    if (left > LEFT && left + wide > width) { left = LEFT; row += 1; }
    if (pen) {
      const v = 14 + ROW * row, look = look_of(curve, theme);
      if (curve.kind === "mark" || curve.kind === "cross") paint_mark(pen, theme, look.colour, curve.kind, left + 11, v);
      else stroke(pen, look, [[left, v], [left + 22, v]]);
      pen.setLineDash([]);
      if (look.marks) { pen.fillStyle = look.colour; pen.beginPath(); pen.arc(left + 11, v, 3.5, 0, 7); pen.fill(); }
      pen.textAlign = "left";
      pen.fillStyle = theme.ink;
      pen.fillText(curve.name, left + 28, v);
    }
    left += wide + 14;
  }
  return ROW * (row + (entries.length ? 1 : 0)) + 8;
}

/**
 * The sample of a curve in the legend, as SVG.
 * @param {Curve} curve
 * @param {Theme} theme
 */
export function swatch(curve, theme) {
  const { colour, width, alpha, dash, marks } = look_of(curve, theme);
  if (curve.kind === "mark") return `<svg width="12" height="12"><path d="M6 1 11 6 6 11 1 6Z" fill="${colour}" stroke="${theme.ink}"/></svg>`;
  if (curve.kind === "cross") return `<svg width="12" height="12"><path d="M2 2 10 10M2 10 10 2" stroke="${colour}" stroke-width="3"/></svg>`;
  const dashes = dash.length ? ` stroke-dasharray="${dash.map(Number).join(" ")}"` : "";
  const dot = marks ? `<circle cx="12" cy="5" r="3.5" fill="${colour}"/>` : "";
  return `<svg width="24" height="10"><line x1="0" y1="5" x2="24" y2="5" stroke="${colour}" stroke-width="${Math.max(2, width)}" opacity="${alpha}"${dashes}/>${dot}</svg>`;
}

/** @param {number} value */
export function place_text(value) {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? String(Math.round(value)).replace("-", "−") : number(value);
}
