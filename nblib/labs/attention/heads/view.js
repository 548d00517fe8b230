// Heads as dials. The newest setting is sent once the last one has been answered, so that a dragged slider never queues.
import { floats } from "../../../ui/views/bytes.js";
import { blank, canvas } from "../../../ui/views/canvas.js";
import { button, changes, element, fill, keep_keys, offset } from "../../../ui/views/dom.js";
import { sender } from "../../../ui/views/messages.js";
import { clamp } from "../../../ui/views/numbers.js";
import { bar_scale, change_text, damage_text, grid_of, head_at, measured, paint_grid, value_text } from "./paint.js";

/**
 * @typedef {import("./paint.js").State} State
 * @typedef {{ labels?: string[], before?: number[], now?: number[], about?: string }} Answer
 * @typedef {{ layers: number, heads: number, fields: [string, string][], texts: Record<string, string>, answer: Answer,
 *   scales: Bytes, damage: Bytes, damage_about: string, loss: string, said: string, tone: string, busy: number | null,
 *   busy_about: string, heard: number }} Traits
 */

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** @param {View<Traits>} view */
function render({ model, el }) {
  const questions = element("div", { class: "nblib-row nblib-questions" });
  const said = element("div", { class: "nblib-readout", role: "status" });
  const grid_place = element("div", { class: "nblib-canvas nblib-dials-place" });
  const slider = element("input", { type: "range", min: 0, max: 1, step: 0.01, value: 1, "aria-label": "share of the chosen head" });
  const which = element("span", { class: "nblib-which" });
  const buttons = element("div", { class: "nblib-row" });
  const bars = element("div", { class: "nblib-bars", role: "img" });
  const about = element("div", { class: "nblib-note" });
  const loss = element("div", { class: "nblib-readout nblib-loss" });
  const measure = button("Measure all heads", "Silence each head in turn, and see how much worse the model gets",
    () => messages.send("measure", { type: model.get("busy") === null ? "measure" : "stop" }));
  const progress = element("progress", { max: 1, "aria-label": "heads measured" });
  const progress_about = element("span", { class: "nblib-note" });
  const root = element("div", { class: "nblib-explorer nblib-dials" }, questions, said, element("div", { class: "nblib-explorer-views" },
    element("div", { class: "nblib-dials-left" }, grid_place, element("label", { class: "nblib-scrub" }, which, slider), buttons),
    element("div", { class: "nblib-dials-right" }, about, bars, loss, element("div", { class: "nblib-row" }, measure, progress, progress_about))));
  keep_keys(root);
  el.append(root);

  /** @type {State} */
  const state = { layers: 0, heads: 0, layer: 0, head: 0, scales: new Float32Array(0), damage: new Float32Array(0), hovered: null };
  let grid = grid_of(0, state);
  const messages = sender(model, root, { seen: "heard" });
  const fields = question_fields(model, questions, () => push("ask"));
  /** @param {string} type "set" while a hand moves, "settled" at its end, "ask" with other texts */
  function push(type) {
    messages.send("set", () => ({ type, scales: Array.from(state.scales), texts: fields.texts() }));
  }

  /** @param {(l: number, h: number) => boolean} mine @param {number} share @param {string} [type] */
  function set(mine, share, type = "settled") {
    for (let k = 0; k < state.scales.length; k += 1) if (mine(Math.floor(k / state.heads), k % state.heads)) state.scales[k] = share;
    dials.now();
    tune();
    push(type);
  }
  const chosen = (/** @type {number} */ l, /** @type {number} */ h) => l === state.layer && h === state.head;
  /** @param {number} l @param {number} h */
  function choose(l, h) {
    state.layer = clamp(l, 0, state.layers - 1);
    state.head = clamp(h, 0, state.heads - 1);
    tune();
    dials.now();
  }
  const share = () => state.scales[state.layer * state.heads + state.head] ?? 1;
  function tune() {
    slider.value = String(share());
    fill(slider);
    which.textContent = `Layer ${state.layer + 1}, head ${state.head + 1}: ${share().toFixed(2)}`;
    root.dataset.at = `${state.layer + 1} ${state.head + 1}`;
    restore.disabled = !state.scales.some((s) => s !== 1);
  }
  const restore = button("All as they were", "Every head counts in full again", () => set(() => true, 1));
  buttons.append(button("Silence the head", "Nothing of what it says is passed on", () => set(chosen, 0)),
    button("Silence the layer", "All heads of this layer", () => set((l) => l === state.layer, 0)), restore);
  slider.addEventListener("input", () => set(chosen, Number(slider.value), "set"));
  slider.addEventListener("change", () => set(chosen, Number(slider.value)));

  function read() {
    state.layers = model.get("layers");
    state.heads = model.get("heads");
    const scales = floats(model.get("scales")), count = state.layers * state.heads;
    // What a person is moving right now is not overwritten by the answer to an earlier move.
    if (scales.length === count && (state.scales.length !== count || !messages.busy())) state.scales = scales;
    state.damage = floats(model.get("damage"));
    state.layer = Math.min(state.layer, Math.max(0, state.layers - 1));
    state.head = Math.min(state.head, Math.max(0, state.heads - 1));
    said.textContent = model.get("said");
    said.hidden = !model.get("said");
    said.dataset.tone = model.get("tone");
    loss.textContent = model.get("loss");
    show_progress();
    fields.show();
    const answer = model.get("answer"), title = answer.about ?? "";
    about.textContent = title ? `${title[0].toUpperCase()}${title.slice(1)}: all heads (outline) and as they stand (filled)` : "";
    show_bars(bars, answer);
    root.dataset.answered = String(model.get("heard"));
    tune();
    dials.again();
  }
  function show_progress() {
    const busy = model.get("busy");
    measure.textContent = busy === null ? "Measure all heads" : "Stop";
    progress.hidden = busy === null;
    if (busy !== null) progress.value = busy;
    progress_about.textContent = busy === null ? model.get("damage_about") : model.get("busy_about");
    root.dataset.busy = busy === null ? "" : String(busy);
    root.dataset.damage = String(measured(state) ? state.damage.filter(Number.isFinite).length : 0);
  }
  function hint() {
    if (!state.hovered || !measured(state)) return;
    const [l, h] = state.hovered;
    progress_about.textContent = `Layer ${l + 1}, head ${h + 1}: ${damage_text(state.damage[l * state.heads + h])}`;
  }

  const dials = canvas(grid_place, 160, (pen, width, height, theme) => {
    if (!state.layers) { blank(pen, width, height, theme, "no model yet"); return; }
    grid = grid_of(width, state);
    dials.resize(Math.ceil(grid.top + grid.one * state.layers + 22));
    paint_grid(pen, theme, grid, state);
  }, { tabindex: 0, role: "img", "aria-label": "heads; arrow keys choose one, space silences it" });
  const under = (/** @type {MouseEvent} */ event) => head_at(grid, state, ...offset(dials.canvas, event));
  dials.canvas.addEventListener("pointerdown", (event) => { const hit = under(event); if (hit) choose(...hit); });
  dials.canvas.addEventListener("pointermove", (event) => { state.hovered = under(event); hint(); });
  dials.canvas.addEventListener("pointerleave", () => { state.hovered = null; show_progress(); });
  dials.canvas.addEventListener("keydown", (event) => {
    const move = STEPS[event.key];
    if (move) choose(state.layer + move[0], state.head + move[1]);
    else if (event.key === " ") set(chosen, share() === 0 ? 1 : 0);
    else return;
    event.preventDefault();
  });
  const unread = changes(model, read);
  return () => { unread(); messages.close(); dials.close(); };
}

/** The fields of the question, made anew where they are others. @param {Model<Traits>} model @param {HTMLElement} place @param {() => void} ask */
function question_fields(model, place, ask) {
  /** @type {Record<string, HTMLInputElement>} */
  let inputs = {};
  return {
    texts: () => Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value])),
    show() {
      const fields = model.get("fields");
      if (Object.keys(inputs).join() === fields.map((f) => f[0]).join()) return;
      inputs = Object.fromEntries(fields.map(([name, label]) => [name, element("input", {
        type: "text", spellcheck: "false", class: "nblib-wide", "aria-label": label, value: model.get("texts")[name] ?? "",
      })]));
      for (const input of Object.values(inputs)) input.addEventListener("keydown", (event) => { if (event.key === "Enter") ask(); });
      place.replaceChildren(...fields.map(([name, label]) => element("label", { class: "nblib-wide" }, element("span", {}, label), inputs[name])),
        button("Ask", "Ask the model (Enter)", ask));
    },
  };
}

/** Each label with what it was (outline) and is (filled). @param {HTMLElement} place @param {Answer} answer */
function show_bars(place, { labels = [], before = [], now = [], about = "" }) {
  const scale = bar_scale(before, now, about);
  place.replaceChildren(...labels.map((label, k) => {
    const was = element("span", { class: "nblib-was" }), is = element("span", { class: "nblib-is" });
    was.style.width = `${scale(before[k])}%`;
    is.style.width = `${scale(now[k])}%`;
    return element("div", { class: "nblib-bar-row", "data-value": now[k] },
      element("span", { class: "nblib-bar-label", title: label }, label),
      element("span", { class: "nblib-bar-track" }, is, was),
      element("span", { class: "nblib-bar-number" }, value_text(now[k])),
      element("span", { class: "nblib-bar-change" }, change_text(now[k] - before[k])));
  }));
  place.setAttribute("aria-label", labels.map((l, k) => `${l} ${now[k].toFixed(3)}`).join(", "));
}

export default { render };
