// Heads as dials. The newest setting is sent once the last one has been answered, so that a dragged slider never queues.

import { nb_button, nb_canvas, nb_changes, nb_element, nb_floats, nb_map, nb_number, nb_places } from "../../../ui/views/kit.js";

const NB_STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-explorer nblib-dials" });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  const questions = nb_element("div", { class: "nblib-row nblib-questions" });
  const said = nb_element("div", { class: "nblib-readout", role: "status" });
  const grid_place = nb_element("div", { class: "nblib-canvas nblib-dials-place" });
  const slider = nb_element("input", { type: "range", min: 0, max: 1, step: 0.01, value: 1, "aria-label": "share of the chosen head" });
  const which = nb_element("span", { class: "nblib-which" });
  const dial = nb_element("label", { class: "nblib-scrub" }, which, slider);
  const buttons = nb_element("div", { class: "nblib-row" });
  const bars = nb_element("div", { class: "nblib-bars", role: "img" });
  const about = nb_element("div", { class: "nblib-note" });
  const loss = nb_element("div", { class: "nblib-readout nblib-loss" });
  const measure = nb_button("Measure all heads", "Silence each head in turn, and see how much worse the model gets", () => send({ type: model.get("busy") === null ? "measure" : "stop" }));
  const progress = nb_element("progress", { max: 1, "aria-label": "heads measured" });
  const progress_about = nb_element("span", { class: "nblib-note" });
  const left = nb_element("div", { class: "nblib-dials-left" }, grid_place, dial, buttons);
  const right = nb_element("div", { class: "nblib-dials-right" }, about, bars, loss, nb_element("div", { class: "nblib-row" }, measure, progress, progress_about));
  root.append(questions, said, nb_element("div", { class: "nblib-explorer-views" }, left, right));

  let layer = 0, head = 0, scales = new Float32Array(0), damage = new Float32Array(0), hovered = null, box = null;
  let number = 0, sent = 0, waiting = null, inputs = {};
  const L = () => model.get("layers"), H = () => model.get("heads");

  // -- messages ------------------------------------------------------------------------------------------------------

  function send(content) {
    number += 1;
    model.send({ ...content, number });
    return number;
  }
  function push(type) {
    const content = { type, scales: Array.from(scales), texts: Object.fromEntries(Object.entries(inputs).map(([n, i]) => [n, i.value])) };
    if (sent > model.get("heard") && type === "set") { waiting = content; return; }
    waiting = null;
    const mine = sent = number + 1;
    // Before the message: where the kernel is gone, sending raises.
    setTimeout(() => { if (model.get("heard") < mine) tell("No answer from the kernel. If it was restarted, run this cell again.", "bad"); }, 10000);
    send(content);
  }
  function tell(words, tone) {
    said.textContent = words;
    said.hidden = !words;
    said.dataset.tone = tone;
  }

  // -- what a person sets --------------------------------------------------------------------------------------------

  function put(l, h, share) { scales[l * H() + h] = share; }
  function set(type) { dials.now(); tune(); push(type); }
  function choose(l, h) {
    layer = Math.max(0, Math.min(L() - 1, l));
    head = Math.max(0, Math.min(H() - 1, h));
    tune();
    dials.now();
  }
  function tune() {
    const share = scales[layer * H() + head] ?? 1;
    slider.value = share;
    slider.style.setProperty("--nblib-fill", `${100 * share}%`);
    which.textContent = `Layer ${layer + 1}, head ${head + 1}: ${share.toFixed(2)}`;
    root.dataset.at = `${layer + 1} ${head + 1}`;
    const touched = scales.some((s) => s !== 1);
    restore.disabled = !touched;
  }
  const silence = nb_button("Silence the head", "Nothing of what it says is passed on", () => { put(layer, head, 0); set("settled"); });
  const silence_layer = nb_button("Silence the layer", "All heads of this layer", () => { for (let h = 0; h < H(); h += 1) put(layer, h, 0); set("settled"); });
  const restore = nb_button("All as they were", "Every head counts in full again", () => { scales.fill(1); set("settled"); });
  buttons.append(silence, silence_layer, restore);
  slider.addEventListener("input", () => { put(layer, head, Number(slider.value)); set("set"); });
  slider.addEventListener("change", () => { put(layer, head, Number(slider.value)); set("settled"); });

  // -- pictures ------------------------------------------------------------------------------------------------------

  const known = () => damage.length === L() * H() && damage.some(Number.isFinite);

  function paint(context, width, height, theme) {
    if (!L()) { context.fillStyle = theme.soft; context.textAlign = "center"; context.fillText("no model yet", width / 2, height / 2); return; }
    const x0 = 26, y0 = 20, bar = known() ? 62 : 4;
    const one = Math.max(12, Math.min(36, (width - x0 - bar) / H(), 420 / L()));
    box = { x0, y0, one };
    dials.resize(Math.ceil(y0 + one * L() + 22));
    const top = known() ? Math.max(1e-9, ...Array.from(damage, (d) => (Number.isFinite(d) ? Math.abs(d) : 0))) : 1;
    const map = nb_map(theme.dark ? "diverging_dark" : "diverging");
    context.fillStyle = theme.soft;
    context.textAlign = "center";
    for (const h of nb_places(H(), Math.floor((one * H()) / 20))) context.fillText(h + 1, x0 + (h + 0.5) * one, 10);
    context.textAlign = "right";
    for (const l of nb_places(L(), Math.floor((one * L()) / 15))) context.fillText(l + 1, x0 - 5, y0 + (l + 0.5) * one);
    for (let l = 0; l < L(); l += 1) for (let h = 0; h < H(); h += 1) {
      const at = l * H() + h, x = x0 + h * one, y = y0 + l * one, share = scales[at];
      if (known() && Number.isFinite(damage[at])) {
        // Worse without it is orange, better without it blue.
        const entry = 4 * Math.round(255 * ((-damage[at] / top + 1) / 2));
        context.fillStyle = `rgb(${map[entry]},${map[entry + 1]},${map[entry + 2]})`;
        context.fillRect(x + 1, y + 1, one - 2, one - 2);
      } else {
        context.fillStyle = theme.line;
        context.globalAlpha = 0.25;
        context.fillRect(x + 1, y + 1, one - 2, one - 2);
        context.globalAlpha = 1;
      }
      // How much of the head counts, as the filled part of its left edge.
      context.fillStyle = theme.accent;
      context.fillRect(x + 2, y + 2 + (one - 4) * (1 - share), Math.max(3, one / 7), (one - 4) * share);
      if (share === 0) {
        context.strokeStyle = theme.ink;
        context.lineWidth = 1.5;
        context.beginPath();
        context.moveTo(x + one * 0.32, y + one * 0.3); context.lineTo(x + one * 0.78, y + one * 0.7);
        context.moveTo(x + one * 0.78, y + one * 0.3); context.lineTo(x + one * 0.32, y + one * 0.7);
        context.stroke();
      }
    }
    context.strokeStyle = theme.dark ? "#fff" : "#000";
    context.lineWidth = 2;
    context.strokeRect(x0 + head * one, y0 + layer * one, one, one);
    context.lineWidth = 1;
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    context.fillText("heads →, layers ↓", x0, y0 + one * L() + 12);
    if (known()) legend(context, x0 + one * H() + 12, y0, one * L(), top, map, theme);
  }

  function legend(context, x, y, tall, top, map, theme) {
    for (let k = 0; k < tall; k += 1) {
      const entry = 4 * Math.round((255 * k) / tall);
      context.fillStyle = `rgb(${map[entry]},${map[entry + 1]},${map[entry + 2]})`;
      context.fillRect(x, y + k, 9, 1.5);
    }
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    for (const [value, words] of [[top, `+${nb_number(top)}`], [0, "0"], [-top, `−${nb_number(top)}`]]) {
      context.fillText(words, x + 13, Math.max(y + 6, Math.min(y + tall - 6, y + ((top - value) / (2 * top)) * tall)));
    }
  }

  function paint_bars() {
    const { labels = [], before = [], now = [], about: words = "" } = model.get("answer");
    about.textContent = words ? `${words[0].toUpperCase()}${words.slice(1)}: all heads (outline) and as they stand (filled)` : "";
    const low = Math.min(0, ...before, ...now), high = Math.max(...before, ...now, 1e-9), top = words.startsWith("cos") || high > 0.5 ? 1 : high;
    const place = (v) => `${(100 * (Math.max(low, v) - low)) / (top - low)}%`;
    bars.replaceChildren(...labels.map((label, k) => {
      const was = nb_element("span", { class: "nblib-was" }), is = nb_element("span", { class: "nblib-is" });
      was.style.width = place(before[k]);
      is.style.width = place(now[k]);
      const change = now[k] - before[k];
      const row = nb_element("div", { class: "nblib-bar-row" },
        nb_element("span", { class: "nblib-bar-label", title: label }, label),
        nb_element("span", { class: "nblib-bar-track" }, is, was),
        nb_element("span", { class: "nblib-bar-number" }, now[k].toFixed(3).replace("-", "−")),
        nb_element("span", { class: "nblib-bar-change" }, Math.abs(change) < 0.0005 ? "" : `${change > 0 ? "+" : "−"}${Math.abs(change).toFixed(3)}`));
      row.dataset.value = now[k];
      return row;
    }));
    bars.setAttribute("aria-label", labels.map((l, k) => `${l} ${now[k].toFixed(3)}`).join(", "));
    root.dataset.answered = model.get("heard");
  }

  function hint() {
    if (!hovered || !known()) return;
    const d = damage[hovered[0] * H() + hovered[1]];
    progress_about.textContent = `Layer ${hovered[0] + 1}, head ${hovered[1] + 1}: ${Number.isFinite(d) ? `${d >= 0 ? "+" : "−"}${nb_number(Math.abs(d))} without it` : "not measured yet"}`;
  }

  function read() {
    const bytes = nb_floats(model.get("scales"));
    // What a person is moving right now is not overwritten by the answer to an earlier move.
    if (bytes.length === L() * H() && (scales.length !== bytes.length || (model.get("heard") >= sent && !waiting))) scales = bytes;
    damage = nb_floats(model.get("damage"));
    layer = Math.min(layer, Math.max(0, L() - 1));
    head = Math.min(head, Math.max(0, H() - 1));
    tell(model.get("said"), model.get("tone"));
    loss.textContent = model.get("loss");
    const busy = model.get("busy");
    measure.textContent = busy === null ? "Measure all heads" : "Stop";
    progress.hidden = busy === null;
    if (busy !== null) progress.value = busy;
    progress_about.textContent = busy === null ? model.get("damage_about") : model.get("busy_about");
    root.dataset.busy = busy === null ? "" : busy;
    root.dataset.damage = known() ? damage.filter(Number.isFinite).length : 0;
    const fields = model.get("fields");
    if (Object.keys(inputs).join() !== fields.map((f) => f[0]).join()) {
      inputs = {};
      questions.replaceChildren(...fields.map(([name, label]) => {
        const input = nb_element("input", { type: "text", spellcheck: "false", class: "nblib-wide", "aria-label": label });
        input.value = model.get("texts")[name] ?? "";
        input.addEventListener("keydown", (event) => { if (event.key === "Enter") push("ask"); });
        inputs[name] = input;
        return nb_element("label", { class: "nblib-wide" }, nb_element("span", {}, label), input);
      }), nb_button("Ask", "Ask the model (Enter)", () => push("ask")));
    }
    paint_bars();
    tune();
    dials.again();
    if (waiting && model.get("heard") >= sent) push(waiting.type);
  }

  const dials = nb_canvas(grid_place, 160, paint, { tabindex: 0, role: "img", "aria-label": "heads; arrow keys choose one, space silences it" });
  function under(event) {
    if (!box) return null;
    const place = dials.canvas.getBoundingClientRect();
    const h = Math.floor((event.clientX - place.left - box.x0) / box.one), l = Math.floor((event.clientY - place.top - box.y0) / box.one);
    return h >= 0 && l >= 0 && h < H() && l < L() ? [l, h] : null;
  }
  dials.canvas.addEventListener("pointerdown", (event) => { const hit = under(event); if (hit) choose(...hit); });
  dials.canvas.addEventListener("pointermove", (event) => { hovered = under(event); hint(); });
  dials.canvas.addEventListener("pointerleave", () => { hovered = null; read(); });
  dials.canvas.addEventListener("keydown", (event) => {
    const move = NB_STEPS[event.key];
    if (move) choose(layer + move[0], head + move[1]);
    else if (event.key === " ") { put(layer, head, scales[layer * H() + head] === 0 ? 1 : 0); set("settled"); }
    else return;
    event.preventDefault();
  });
  const unread = nb_changes(model, read);
  return () => { unread(); dials.close(); };
}

export default { render };
