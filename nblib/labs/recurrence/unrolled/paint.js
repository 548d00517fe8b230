// The unrolled network on canvas: states as columns of colours, inputs below, gradients on their way back.
import { fitting } from "../../../ui/views/canvas.js";
import { colour_map, rgb, signed_entry, themed } from "../../../ui/views/colours.js";
import { number } from "../../../ui/views/numbers.js";
import { decades, first_in_sight, reached } from "./time.js";

/**
 * @typedef {import("./time.js").Walk} Walk
 * @typedef {{ left: number, top: number, width: number, height: number, t: number, k: number }} Cell
 * @typedef {{ walk: Walk, now: number, map: Uint8ClampedArray, theme: Theme, peak: number, height: number, left: number,
 *   top: number, tall: number, wide: number, pitch: number, X: (t: number) => number }} Scene
 */

/** Gives where the numbers of the states lie. @param {Pen} pen @param {number} width @param {number} height @param {Theme} theme @param {Walk} walk @param {number} now @returns {Cell[]} */
export function paint_unrolled(pen, width, height, theme, walk, now) {
  const { T, H } = walk;
  if (!T) return [];
  const left = 62, right = 40, room = width - left - right, top = 40, tall = height - 154;
  const fit = Math.max(2, Math.min(T, Math.floor(room / 26))), pitch = Math.min(120, room / fit);
  const first = first_in_sight(T, now, fit), end = Math.min(T, first + fit);
  /** @type {Scene} */
  const scene = {
    walk, now, theme, height, left, top, tall, pitch, map: colour_map(themed("diverging", theme)),
    peak: Math.max(...walk.gradients) || 1, wide: Math.max(10, Math.min(34, pitch - 12)), X: (t) => left + (t - first + 0.5) * pitch,
  };
  pen.textAlign = "right";
  pen.fillStyle = theme.soft;
  pen.fillText("state h", left - 12, top + tall / 2);
  pen.fillText("input x", left - 12, top + tall + 32);
  /** @type {Cell[]} */
  const cells = [];
  for (let t = first; t < end; t += 1) {
    for (let k = 0; k < H; k += 1) {
      cells.push({ left: scene.X(t) - scene.wide / 2, top: top + (k * tall) / H, width: scene.wide, height: tall / H, t, k });
    }
    paint_step(pen, scene, t);
    if (reached(T, now, t)) paint_gradient(pen, scene, t);
  }
  if (now > T) paint_loss(pen, scene, end === T);
  return cells;
}

/** @param {Pen} pen @param {Scene} scene @param {number} t */
function paint_step(pen, { walk, now, map, theme, left, top, tall, wide, pitch, X }, t) {
  const { tokens, states, H } = walk, x = X(t), known = t < now, one = tall / H;
  for (let k = 0; known && k < H; k += 1) {
    pen.fillStyle = rgb(map, signed_entry(states[t * H + k]));
    pen.fillRect(x - wide / 2, top + k * one, wide, one + 0.3);
  }
  pen.lineWidth = now === t + 1 ? 2.5 : 1;
  pen.strokeStyle = now === t + 1 ? theme.accent : theme.line;
  pen.strokeRect(x - wide / 2, top, wide, tall);
  pen.lineWidth = 1;
  pen.fillStyle = known ? theme.ink : theme.soft;
  pen.textAlign = "center";
  pen.fillText(fitting(pen, printed(tokens[t]), pitch - 3), x, top + tall + 32);
  arrow(pen, x, top + tall + 22, x, top + tall + 4, theme.soft, 1);
  if (t > 0) arrow(pen, Math.max(left, X(t - 1) + wide / 2), top + tall / 2, x - wide / 2 - 1, top + tall / 2, known ? theme.ink : theme.line, 1.2);
}

/** Back through time: from step t + 1 to step t. @param {Pen} pen @param {Scene} scene @param {number} t */
function paint_gradient(pen, { walk, theme, peak, height, top, tall, wide, pitch, X }, t) {
  const share = decades(walk.gradients[t] / peak), bar = Math.max(1, (height - top - tall - 54) * share), x = X(t);
  pen.fillStyle = theme.series.rnn;
  pen.fillRect(x - wide / 2, height - 6 - bar, wide, bar);
  if (t < walk.T - 1) arrow(pen, X(t + 1) - wide / 2, top - 12, x + wide / 2, top - 12, theme.series.rnn, 1 + 4 * share);
  if (pitch >= 44) pen.fillText(number(walk.gradients[t]), x, top - 26);
}

/** @param {Pen} pen @param {Scene} scene @param {boolean} end whether the last step is in sight */
function paint_loss(pen, { walk, theme, height, left, top, tall, wide, X }, end) {
  pen.fillStyle = theme.soft;
  pen.textAlign = "right";
  pen.fillText("‖dL/dh‖", left - 12, height - 34);
  pen.fillText("log", left - 12, height - 18);
  if (!end) return;
  const x = X(walk.T - 1) + wide / 2;
  arrow(pen, x + 24, top + tall / 2, x + 3, top + tall / 2, theme.series.rnn, 2);
  pen.textAlign = "left";
  pen.fillText("L", x + 27, top + tall / 2);
}

/** A space and a line break with a mark. @param {string} token */
const printed = (token) => (token === " " ? "␣" : token === "\n" ? "⏎" : token);

/** @param {Pen} pen @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {string} colour @param {number} width */
function arrow(pen, x0, y0, x1, y1, colour, width) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 3) return;
  const ux = (x1 - x0) / length, uy = (y1 - y0) / length, head = Math.min(6, length * 0.6);
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = width;
  pen.beginPath(); pen.moveTo(x0, y0); pen.lineTo(x1 - ux * head, y1 - uy * head); pen.stroke();
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x1 - ux * head - uy * head * 0.6, y1 - uy * head + ux * head * 0.6);
  pen.lineTo(x1 - ux * head + uy * head * 0.6, y1 - uy * head - ux * head * 0.6);
  pen.fill();
  pen.lineWidth = 1;
}
