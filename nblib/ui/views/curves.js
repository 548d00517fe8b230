// A rectangle of curves with its axes.
import { ticks } from "./numbers.js";

/** @typedef {{ x: Numbers, y: Numbers, colour: string, dash?: number[], width?: number, marks?: boolean }} Curve */

/**
 * Curves, or with `marks` points that no line joins. Scales are linear; log values come as log10.
 * @param {Pen} context
 * @param {Place} box
 * @param {Theme} theme
 * @param {Curve[]} all
 * @param {Range2} range
 * @param {{ x: string, log?: boolean }} titles
 * @returns {{ X: (v: number) => number, Y: (v: number) => number }} from numbers to pixels
 */
export function curves(context, box, theme, all, range, titles) {
  const scale = scales(box, range);
  axes(context, box, theme, range, titles, scale);
  context.save();
  context.beginPath(); context.rect(box.left, box.top - 2, box.width + 1, box.height + 4); context.clip();
  context.lineJoin = "round";
  for (const one of all) if (one.marks) points(context, theme, one, scale); else curve(context, one, scale);
  context.restore();
  context.setLineDash([]);
  return scale;
}

/** @typedef {{ X: (v: number) => number, Y: (v: number) => number }} Scale */

/** @param {Place} box @param {Range2} range @returns {Scale} */
export function scales({ left, top, width, height }, range) {
  return {
    X: (v) => left + ((v - range.x[0]) / (range.x[1] - range.x[0] || 1)) * width,
    Y: (v) => top + height - ((v - range.y[0]) / (range.y[1] - range.y[0] || 1)) * height,
  };
}

/** @param {Pen} context @param {Place} box @param {Theme} theme @param {Range2} range @param {{ x: string, log?: boolean }} titles @param {Scale} scale */
function axes(context, { left, top, width, height }, theme, range, titles, { X, Y }) {
  context.strokeStyle = theme.line;
  context.fillStyle = theme.soft;
  context.lineWidth = 1;
  context.textAlign = "right";
  for (const [at, text] of ticks(range.y[0], range.y[1], Math.max(2, Math.floor(height / 30)), titles.log)) {
    const y = Math.round(Y(at)) + 0.5;
    context.globalAlpha = 0.45;
    context.beginPath(); context.moveTo(left, y); context.lineTo(left + width, y); context.stroke();
    context.globalAlpha = 1;
    context.fillText(text, left - 6, y);
  }
  context.textAlign = "center";
  for (const [at, text] of ticks(range.x[0], range.x[1], Math.max(2, Math.floor(width / 70)), false)) {
    const x = X(at);
    if (x > left + width - 6 && width < 120) continue;
    context.fillText(text, x, top + height + 11);
  }
  context.fillText(titles.x, left + width / 2, top + height + 27);
}

/** @param {Pen} context @param {Theme} theme @param {Curve} curve @param {Scale} scale */
function points(context, theme, { x, y, colour }, { X, Y }) {
  context.fillStyle = colour;
  context.strokeStyle = theme.ink;
  context.lineWidth = 1;
  context.setLineDash([]);
  for (let k = 0; k < y.length; k += 1) {
    if (!Number.isFinite(y[k])) continue;
    const u = X(x[k]), v = Y(y[k]);
    context.beginPath();
    context.moveTo(u, v - 6); context.lineTo(u + 6, v); context.lineTo(u, v + 6); context.lineTo(u - 6, v);
    context.closePath(); context.fill(); context.stroke();
  }
}

/** @param {Pen} context @param {Curve} curve @param {Scale} scale */
function curve(context, { x, y, colour, dash, width }, { X, Y }) {
  context.strokeStyle = colour;
  context.lineWidth = width || 2;
  context.setLineDash(dash || []);
  context.beginPath();
  let down = false;
  for (let k = 0; k < y.length; k += 1) {
    if (!Number.isFinite(y[k])) { down = false; continue; }
    if (down) context.lineTo(X(x[k]), Y(y[k])); else context.moveTo(X(x[k]), Y(y[k]));
    down = true;
  }
  context.stroke();
  if (y.length === 1) { context.fillStyle = colour; context.beginPath(); context.arc(X(x[0]), Y(y[0]), 3, 0, 7); context.fill(); }
}
