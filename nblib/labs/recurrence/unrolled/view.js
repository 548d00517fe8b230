// A recurrent network unrolled over a sentence: forward a step at a time, then the gradient back through time.
import { floats } from "../../../ui/views/bytes.js";
import { canvas } from "../../../ui/views/canvas.js";
import { button, changes, element, fill, keep_keys, offset } from "../../../ui/views/dom.js";
import { clamp } from "../../../ui/views/numbers.js";
import { paint_unrolled } from "./paint.js";
import { cell_text, last_moment, moment_name, moment_text } from "./time.js";

/**
 * @typedef {{ tokens: string[], states: Bytes, gradients: Bytes, weight_scale: number, whole: boolean, cell: string,
 *   verdict: string, empty: string, height: number }} Traits
 */

/** @param {View<Traits>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-unrolled" });
  const play = button("Play", "Walk forward, then back through time", () => toggle());
  const back = button("Step back", "One step back", () => { stop(); go(now - 1); });
  const next = button("Step", "One step on", () => { stop(); go(now + 1); });
  const slider = element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "moment" });
  const moment = element("span");
  const bar = element("div", { class: "nblib-strip-bar", role: "group", "aria-label": "Walk through time" },
    play, back, next, element("label", { class: "nblib-scrub" }, moment, slider));
  const scale = weight_scale(model);
  const place = element("div", { class: "nblib-canvas" });
  const formula = element("div", { class: "nblib-formula", role: "status" });
  root.append(bar, scale.label, place, formula);
  keep_keys(root);
  el.append(root);

  /** @type {import("./time.js").Walk} */
  let walk = { tokens: [], T: 0, H: 0, states: new Float32Array(0), gradients: new Float32Array(0) };
  /** @type {import("./paint.js").Cell[]} */
  let cells = [];
  let now = 0, timer = 0, hover = /** @type {import("./paint.js").Cell | null} */ (null);
  const last = () => last_moment(walk.T);

  function read() {
    const tokens = model.get("tokens"), states = floats(model.get("states")), T = tokens.length;
    walk = { tokens, T, H: T ? states.length / T : 0, states, gradients: floats(model.get("gradients")) };
    hover = null;
    slider.max = String(last());
    scale.show();
    go(model.get("whole") ? last() : now);
  }

  /** @param {number} to */
  function go(to) {
    now = clamp(to, 0, last());
    slider.value = String(now);
    fill(slider);
    root.dataset.moment = String(now);
    back.disabled = now === 0;
    next.disabled = now === last();
    moment.textContent = moment_name(walk.T, now);
    slider.setAttribute("aria-valuetext", moment.textContent);
    say();
    view.again();
  }
  function say() {
    formula.textContent = !walk.T ? model.get("empty") : hover ? cell_text(walk, hover.t, hover.k)
      : moment_text(walk, now, model.get("cell"), model.get("verdict"));
  }

  function stop() { clearInterval(timer); timer = 0; play.textContent = "Play"; }
  function toggle() {
    if (timer) { stop(); return; }
    if (now === last()) go(0);
    play.textContent = "Pause";
    timer = window.setInterval(() => { if (now >= last()) stop(); else go(now + 1); }, clamp(9000 / Math.max(1, last()), 60, 450));
  }

  const view = canvas(place, model.get("height"), (pen, width, height, theme) => { cells = paint_unrolled(pen, width, height, theme, walk, now); },
    { tabindex: 0, role: "img", "aria-label": "the network unrolled over time; arrow keys step" });
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); view.now(); });
  view.canvas.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    stop();
    go(now + move);
  });
  view.canvas.addEventListener("pointermove", (event) => {
    const [x, y] = offset(view.canvas, event);
    hover = cells.find((c) => x >= c.left && x < c.left + c.width && y >= c.top && y < c.top + c.height && c.t < now) ?? null;
    say();
  });
  view.canvas.addEventListener("pointerleave", () => { hover = null; say(); });
  const unread = changes(model, read);
  return () => { stop(); unread(); view.close(); };
}

/** A slider for the factor on the recurrent weights. @param {Model<Traits>} model */
function weight_scale(model) {
  const input = element("input", { type: "range", min: 0, max: 4, step: 0.1, "aria-label": "weight scale", title: "factor on the recurrent weights U" });
  const text = element("span");
  let dragging = false;
  function name() {
    const value = Number(input.value).toFixed(1);
    text.textContent = `weight scale ${value}`;
    input.setAttribute("aria-valuetext", value);
    fill(input);
  }
  input.addEventListener("input", () => {
    dragging = true;
    name();
    model.set("weight_scale", Number(input.value));
    model.save_changes();
  });
  input.addEventListener("change", () => { dragging = false; });
  return {
    label: element("label", { class: "nblib-scrub nblib-scale" }, text, input),
    /** What stands there while it is being dragged is the person's. */
    show() { if (!dragging) input.value = String(model.get("weight_scale")); name(); },
  };
}

export default { render };
