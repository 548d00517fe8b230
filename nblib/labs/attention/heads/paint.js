// The grid of heads on canvas: what each one's silence costs as a colour, how much of it counts at its left edge.
import { colour_bar, colour_map, rgb, signed_entry, themed } from "../../../ui/views/colours.js";
import { fixed, number, places } from "../../../ui/views/numbers.js";

/**
 * @typedef {{ layers: number, heads: number, layer: number, head: number, scales: Float32Array, damage: Float32Array,
 *   hovered: [number, number] | null }} State `layer`, `head`: the chosen one; scales and damage [layers, heads]
 * @typedef {{ left: number, top: number, one: number }} Grid
 */

/** Whether any head was measured. @param {State} state */
export const measured = ({ damage, layers, heads }) => damage.length === layers * heads && damage.some(Number.isFinite);

/** Where the grid lies. @param {number} width @param {State} state @returns {Grid} */
export function grid_of(width, state) {
  const left = 26, bar = measured(state) ? 62 : 4;
  return { left, top: 20, one: Math.max(12, Math.min(36, (width - left - bar) / state.heads, 420 / state.layers)) };
}

/** The head at a place, null beside the grid. @param {Grid} grid @param {{ layers: number, heads: number }} size @param {number} x @param {number} y @returns {[number, number] | null} */
export function head_at({ left, top, one }, { layers, heads }, x, y) {
  const h = Math.floor((x - left) / one), l = Math.floor((y - top) / one);
  return h >= 0 && l >= 0 && h < heads && l < layers ? [l, h] : null;
}

/** Numbers of heads above and of layers beside a grid, and what they are below. @param {Pen} pen @param {Theme} theme @param {Grid} grid @param {{ layers: number, heads: number }} size */
export function paint_numbers(pen, theme, { left, top, one }, { layers, heads }) {
  pen.fillStyle = theme.soft;
  pen.textAlign = "center";
  for (const h of places(heads, Math.floor((one * heads) / 20))) pen.fillText(String(h + 1), left + (h + 0.5) * one, 10);
  pen.textAlign = "right";
  for (const l of places(layers, Math.floor((one * layers) / 15))) pen.fillText(String(l + 1), left - 5, top + (l + 0.5) * one);
  pen.textAlign = "left";
  pen.fillText("heads →, layers ↓", left, top + one * layers + 12);
}

/** @param {Pen} pen @param {Theme} theme @param {Grid} grid @param {State} state */
export function paint_grid(pen, theme, grid, state) {
  const { layers, heads, damage } = state, { left, top, one } = grid, any = measured(state);
  const most = any ? Math.max(1e-9, ...Array.from(damage, (d) => (Number.isFinite(d) ? Math.abs(d) : 0))) : 1;
  const map = colour_map(themed("diverging", theme));
  paint_numbers(pen, theme, grid, state);
  for (let k = 0; k < layers * heads; k += 1) {
    const x = left + (k % heads) * one, y = top + Math.floor(k / heads) * one;
    // Worse without it is orange, better without it blue.
    const colour = any && Number.isFinite(damage[k]) ? rgb(map, signed_entry(-damage[k] / most)) : null;
    paint_head(pen, theme, x, y, one, colour, state.scales[k]);
  }
  pen.strokeStyle = theme.dark ? "#fff" : "#000";
  pen.lineWidth = 2;
  pen.strokeRect(left + state.head * one, top + state.layer * one, one, one);
  pen.lineWidth = 1;
  if (!any) return;
  const bar = { left: left + one * heads + 12, top, height: one * layers, width: 9 };
  // Orange is above.
  const turned = Uint8ClampedArray.from(map, (_, k) => map[4 * (255 - (k >> 2)) + (k % 4)]), edge = Math.min(0.5, 6 / bar.height);
  colour_bar(pen, bar, turned, theme, [[1 - edge, `+${number(most)}`], [0.5, "0"], [edge, `−${number(most)}`]]);
}

/** @param {Pen} pen @param {Theme} theme @param {number} x @param {number} y @param {number} one @param {string | null} colour null: not measured @param {number} share */
function paint_head(pen, theme, x, y, one, colour, share) {
  pen.fillStyle = colour ?? theme.line;
  pen.globalAlpha = colour ? 1 : 0.25;
  pen.fillRect(x + 1, y + 1, one - 2, one - 2);
  pen.globalAlpha = 1;
  // How much of the head counts, as the filled part of its left edge.
  pen.fillStyle = theme.accent;
  pen.fillRect(x + 2, y + 2 + (one - 4) * (1 - share), Math.max(3, one / 7), (one - 4) * share);
  if (share !== 0) return;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x + one * 0.32, y + one * 0.3); pen.lineTo(x + one * 0.78, y + one * 0.7);
  pen.moveTo(x + one * 0.78, y + one * 0.3); pen.lineTo(x + one * 0.32, y + one * 0.7);
  pen.stroke();
}

/** The change of a probability, "" where three digits show none. @param {number} change */
export function change_text(change) {
  return Math.abs(change) < 0.0005 ? "" : `${change > 0 ? "+" : "−"}${Math.abs(change).toFixed(3)}`;
}

/** How wide a bar is, in percent: from the smallest value below 0 to 1, or to the largest where that is small. @param {number[]} before @param {number[]} now @param {string} about */
export function bar_scale(before, now, about) {
  const low = Math.min(0, ...before, ...now), high = Math.max(...before, ...now, 1e-9), top = about.startsWith("cos") || high > 0.5 ? 1 : high;
  return (/** @type {number} */ v) => (100 * (Math.max(low, v) - low)) / (top - low);
}

/** What silencing a head costs, in words. @param {number} damage */
export function damage_text(damage) {
  return Number.isFinite(damage) ? `${damage >= 0 ? "+" : "−"}${number(Math.abs(damage))} without it` : "not measured yet";
}

/** @param {number} value */
export const value_text = (value) => fixed(value, 3);
