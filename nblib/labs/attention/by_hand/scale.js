// The slider for the factor on the scores, and the picture of what it does to the weights.
import { floats } from "../../../ui/views/bytes.js";
import { canvas } from "../../../ui/views/canvas.js";
import { button, element, fill } from "../../../ui/views/dom.js";
import { short } from "./rules.js";

/** @typedef {import("./state.js").Grids} Grids */

/** Stops of the slider a decade; it goes from 0.01 to 100. */
const STOPS = 20;

/** The scale at a stop, with three digits that count. @param {number} stop −40 … 40 */
export const scale_at = (stop) => Number((10 ** (stop / STOPS)).toPrecision(3));
/** @param {number} scale */
export const stop_of = (scale) => (scale > 0 ? Math.round(STOPS * Math.log10(scale)) : -2 * STOPS);

/** @param {Grids} grids @param {(scale: number | null) => void} rescale null: as the formula has it */
export function scale_panel(grids, rescale) {
  const slider = element("input", { type: "range", min: -40, max: 40, step: 1, "aria-label": "scale", title: "factor on the scores before softmax" });
  const name = element("span"), said = element("div", { class: "nblib-readout" });
  const back = button("1/√d", "Back to the scale of the formula", () => { dragging = false; rescale(null); });
  const place = element("div", { class: "nblib-canvas nblib-hand-plot" });
  const node = element("div", { class: "nblib-hand-scale" },
    element("div", { class: "nblib-hand-sliding" },
      element("label", { class: "nblib-scrub" }, name, slider), element("div", { class: "nblib-row" }, back), said),
    place);
  let dragging = false;
  slider.addEventListener("input", () => { dragging = true; rescale(scale_at(Number(slider.value))); });
  slider.addEventListener("change", () => { dragging = false; });
  const plot = canvas(place, 146, (pen, width, height, theme) => paint_saturation(pen, width, height, theme, grids),
    { role: "img", "aria-label": "entropy of the weights and gradient through softmax against the scale" });

  function show() {
    const now = grids.scale, usual = grids.model.get("usual");
    if (!dragging) slider.value = String(stop_of(now));
    name.textContent = `scale ${short(now)}`;
    slider.setAttribute("aria-valuetext", short(now));
    fill(slider);
    back.textContent = `1/√${Math.round(1 / usual ** 2)} = ${short(usual)}`;
    back.setAttribute("aria-pressed", String(Math.abs(now - usual) < 1e-9));
    const figures = grids.by_name.get(`entropy/${grids.head + 1}`);
    if (!figures) return;
    const n = figures.shape[0], mean = (/** @type {number} */ c) => Array.from({ length: n }, (_, r) => figures.at(r, c)).reduce((a, b) => a + b, 0) / n;
    said.textContent = `Entropy of a row, on average: ${short(mean(0))} of at most ${short(Math.log2(n))} bits; gradient through softmax: ${short(mean(1))}.`;
  }
  return { node, show, again: plot.again, close: plot.close };
}

/** @param {Pen} pen @param {number} width @param {number} height @param {Theme} theme @param {Grids} grids */
function paint_saturation(pen, width, height, theme, { model, head, scale }) {
  const curves = floats(model.get("curves")), count = 1 + 2 * model.get("heads"), n = curves.length / count;
  if (!n || n !== Math.round(n)) return;
  const left = 34, top = 20, tall = height - 58, room = width - left - 104;
  const X = (/** @type {number} */ s) => left + ((Math.log10(Math.max(s, 0.01)) + 2) / 4) * room;
  const Y = (/** @type {number} */ v) => top + (1 - v) * tall;
  const upright = (/** @type {number} */ x) => { pen.beginPath(); pen.moveTo(x, top); pen.lineTo(x, top + tall); pen.stroke(); };
  pen.strokeStyle = theme.line;
  pen.fillStyle = theme.soft;
  pen.lineWidth = 1;
  pen.textAlign = "right";
  for (const v of [0, 0.5, 1]) {
    pen.globalAlpha = 0.45;
    pen.beginPath(); pen.moveTo(left, Math.round(Y(v)) + 0.5); pen.lineTo(left + room, Math.round(Y(v)) + 0.5); pen.stroke();
    pen.globalAlpha = 1;
    pen.fillText(String(v), left - 6, Y(v));
  }
  pen.textAlign = "center";
  for (const s of [0.01, 0.1, 1, 10, 100]) pen.fillText(String(s), X(s), top + tall + 11);
  pen.fillText("scale on the scores", left + room / 2, top + tall + 28);
  pen.setLineDash([2, 3]);
  pen.strokeStyle = theme.soft;
  upright(X(model.get("usual")));
  pen.setLineDash([]);
  pen.fillText("1/√d", X(model.get("usual")), top - 10);
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 2;
  upright(X(Math.min(100, scale)));
  pen.textAlign = "left";
  let below = Infinity;
  const drawn = [
    { k: 1 + 2 * head, name: "entropy, share", colour: theme.series.lstm, dash: [] },
    { k: 2 + 2 * head, name: "gradient", colour: theme.series.rnn, dash: [7, 3] },
  ];
  for (const { k, name, colour, dash } of drawn) {
    const y = curves.subarray(k * n, (k + 1) * n);
    pen.strokeStyle = pen.fillStyle = colour;
    pen.setLineDash(dash);
    pen.beginPath();
    for (let i = 0; i < n; i += 1) pen.lineTo(X(curves[i]), Y(y[i]));
    pen.stroke();
    pen.setLineDash([]);
    let at = Math.min(top + tall - 4, Math.max(top + 6, Y(y[n - 1])));
    if (Math.abs(at - below) < 15) at = below - 15;
    pen.fillText(name, left + room + 6, at);
    below = at;
  }
  pen.lineWidth = 1;
}
