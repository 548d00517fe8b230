// A recurrent network unrolled over a sentence: forward a step at a time, then the gradient back through time.

import { nb_button, nb_canvas, nb_changes, nb_element, nb_floats, nb_map, nb_number } from "../../../ui/views/kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-unrolled" });
  const bar = nb_element("div", { class: "nblib-strip-bar", role: "group", "aria-label": "Walk through time" });
  const play = nb_button("Play", "Walk forward, then back through time", () => toggle());
  const back = nb_button("Step back", "One step back", () => { stop(); go(now - 1); });
  const next = nb_button("Step", "One step on", () => { stop(); go(now + 1); });
  const slider = nb_element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "moment" });
  const words = nb_element("span", {});
  bar.append(play, back, next, nb_element("label", { class: "nblib-scrub" }, words, slider));
  const scale = nb_element("input", { type: "range", min: 0, max: 4, step: 0.1, "aria-label": "weight scale", title: "factor on the recurrent weights U" });
  const scale_words = nb_element("span", {});
  const scale_bar = nb_element("label", { class: "nblib-scrub nblib-scale" }, scale_words, scale);
  const place = nb_element("div", { class: "nblib-canvas" });
  const formula = nb_element("div", { class: "nblib-formula", role: "status" });
  root.append(bar, scale_bar, place, formula);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  // Moments: 0 before the first step, 1 … T forward, T + 1 the loss, then T back to the first state.
  let tokens = [], T = 0, H = 0, states = new Float32Array(0), gradients = new Float32Array(0);
  let now = 0, timer = 0, hover = null, cells = [];
  const last = () => (T ? 2 * T + 1 : 0);

  function read() {
    tokens = model.get("tokens");
    T = tokens.length;
    states = nb_floats(model.get("states"));
    gradients = nb_floats(model.get("gradients"));
    H = T ? states.length / T : 0;
    hover = null;
    slider.max = last();
    // What stands there while it is being dragged is the person's.
    if (!dragging) scale.value = model.get("weight_scale");
    show_scale();
    if (model.get("whole") || now > last()) now = last();
    go(now);
  }

  let dragging = false;
  function show_scale() {
    scale_words.textContent = `weight scale ${Number(scale.value).toFixed(1)}`;
    scale.setAttribute("aria-valuetext", Number(scale.value).toFixed(1));
    scale.style.setProperty("--nblib-fill", `${(100 * scale.value) / 4}%`);
  }
  scale.addEventListener("input", () => {
    dragging = true;
    show_scale();
    model.set("weight_scale", Number(scale.value));
    model.save_changes();
  });
  scale.addEventListener("change", () => { dragging = false; });

  function go(moment) {
    now = Math.max(0, Math.min(last(), moment));
    slider.value = now;
    slider.style.setProperty("--nblib-fill", `${(100 * now) / Math.max(1, last())}%`);
    root.dataset.moment = now;
    back.disabled = now === 0;
    next.disabled = now === last();
    words.textContent = !T ? "no sentence" : now === 0 ? "before the first step" : now <= T ? `step ${now} of ${T}`
      : now === T + 1 ? "the loss" : `back at step ${2 * T + 2 - now}`;
    slider.setAttribute("aria-valuetext", words.textContent);
    say();
    view.again();
  }

  function stop() { clearInterval(timer); timer = 0; play.textContent = "Play"; }
  function toggle() {
    if (timer) { stop(); return; }
    if (now === last()) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => { if (now >= last()) stop(); else go(now + 1); }, Math.max(60, Math.min(450, 9000 / Math.max(1, last()))));
  }

  function say() {
    if (!T) { formula.textContent = model.get("empty"); return; }
    if (hover) {
      const [t, k] = hover;
      formula.textContent = `after “${tokens[t]}” (step ${t + 1}): h[${k + 1}] = ${nb_number(states[t * H + k])}; ‖dL/dh‖ there: ${nb_number(gradients[t])}`;
      return;
    }
    const cell = model.get("cell");
    if (now === 0) { formula.textContent = "The hidden state h₀ is empty: all zeros. Press Step."; return; }
    if (now <= T) {
      const what = { rnn: "h = tanh(W·x + U·h′ + b)", lstm: "c = f·c′ + i·g, h = o·tanh(c)", gru: "h = (1 − z)·n + z·h′" }[cell];
      formula.textContent = `Step ${now} reads “${tokens[now - 1]}” and the state h′ that step ${now - 1} left: ${what}, with the same weights at every step.`;
      return;
    }
    if (now === T + 1) { formula.textContent = `The loss L is read from the last state alone. From here its gradient goes back: ‖dL/dh‖ at step ${T} is ${nb_number(gradients[T - 1])}.`; return; }
    const t = 2 * T + 2 - now, ratio = gradients[t - 1] / gradients[T - 1];
    formula.textContent = `Back at step ${t} (“${tokens[t - 1]}”): ‖dL/dh‖ = ${nb_number(gradients[t - 1])}, that is ${nb_number(ratio)} of what it was at the end. ${model.get("verdict")}`;
  }

  function paint(context, width, height, theme) {
    cells = [];
    if (!T) return;
    const map = nb_map(theme.dark ? "diverging_dark" : "diverging"), left = 62, right = 40, room = width - left - right;
    // As many steps as fit; the ones around the present moment.
    const fit = Math.max(2, Math.min(T, Math.floor(room / 26))), at = now <= T ? now : Math.max(0, 2 * T + 2 - now);
    const first = Math.max(0, Math.min(T - fit, at - Math.ceil(fit / 2))), pitch = Math.min(120, room / fit);
    const top = 40, tall = height - 154, one = tall / H, wide = Math.max(10, Math.min(34, pitch - 12));
    const X = (t) => left + (t - first + 0.5) * pitch;
    context.textAlign = "right";
    context.fillStyle = theme.soft;
    context.fillText("state h", left - 12, top + tall / 2);
    context.fillText("input x", left - 12, top + tall + 32);
    const peak = Math.max(...gradients) || 1;
    for (let t = first; t < Math.min(T, first + fit); t += 1) {
      const x = X(t), known = t < now;
      context.strokeStyle = theme.line;
      for (let k = 0; k < H; k += 1) {
        const entry = 4 * Math.max(0, Math.min(255, Math.round(127.5 * (1 + states[t * H + k]))));
        if (known) {
          context.fillStyle = `rgb(${map[entry]},${map[entry + 1]},${map[entry + 2]})`;
          context.fillRect(x - wide / 2, top + k * one, wide, one + 0.3);
        }
        cells.push([x - wide / 2, top + k * one, wide, one, t, k]);
      }
      context.lineWidth = now === t + 1 ? 2.5 : 1;
      context.strokeStyle = now === t + 1 ? theme.accent : theme.line;
      context.strokeRect(x - wide / 2, top, wide, tall);
      context.lineWidth = 1;
      // Input and its arrow.
      context.fillStyle = known ? theme.ink : theme.soft;
      context.textAlign = "center";
      context.fillText(fitting(context, shown(tokens[t]), pitch - 3), x, top + tall + 32);
      arrow(context, x, top + tall + 22, x, top + tall + 4, theme.soft, 1);
      if (t > 0) arrow(context, Math.max(left, X(t - 1) + wide / 2), top + tall / 2, x - wide / 2 - 1, top + tall / 2, t < now ? theme.ink : theme.line, 1.2);
      // Back through time: from step t + 1 to step t.
      const reached = now > T && t >= 2 * T + 1 - now;
      if (reached) {
        const size = gradients[t] / peak, bar = Math.max(1, (height - top - tall - 54) * Math.max(0, 1 + Math.log10(Math.max(size, 1e-12)) / 6));
        context.fillStyle = theme.series.rnn;
        context.fillRect(x - wide / 2, height - 6 - bar, wide, bar);
        if (t < T - 1) arrow(context, X(t + 1) - wide / 2, top - 12, x + wide / 2, top - 12, theme.series.rnn, 1 + 4 * Math.max(0, 1 + Math.log10(Math.max(size, 1e-12)) / 6));
        if (pitch >= 44) context.fillText(nb_number(gradients[t]), x, top - 26);
      }
    }
    if (now > T) {
      context.fillStyle = theme.soft;
      context.textAlign = "right";
      context.fillText("‖dL/dh‖", left - 12, height - 34);
      context.fillText("log", left - 12, height - 18);
      if (first + fit >= T) {
        const x = X(T - 1) + wide / 2;
        arrow(context, x + 24, top + tall / 2, x + 3, top + tall / 2, theme.series.rnn, 2);
        context.textAlign = "left";
        context.fillText("L", x + 27, top + tall / 2);
      }
    }
  }

  function fitting(context, word, room) {
    if (context.measureText(word).width <= room) return word;
    const letters = [...word];
    while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > room) letters.pop();
    return `${letters.join("")}…`;
  }

  const shown = (token) => (token === " " ? "␣" : token === "\n" ? "⏎" : token);

  function arrow(context, x0, y0, x1, y1, colour, thick) {
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length < 3) return;
    const ux = (x1 - x0) / length, uy = (y1 - y0) / length, head = Math.min(6, length * 0.6);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = thick;
    context.beginPath(); context.moveTo(x0, y0); context.lineTo(x1 - ux * head, y1 - uy * head); context.stroke();
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x1 - ux * head - uy * head * 0.6, y1 - uy * head + ux * head * 0.6);
    context.lineTo(x1 - ux * head + uy * head * 0.6, y1 - uy * head - ux * head * 0.6);
    context.fill();
    context.lineWidth = 1;
  }

  const view = nb_canvas(place, model.get("height"), paint, { tabindex: 0, role: "img", "aria-label": "the network unrolled over time; arrow keys step" });
  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); view.now(); });
  view.canvas.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    stop();
    go(now + move);
  });
  view.canvas.addEventListener("pointermove", (event) => {
    const rect = view.canvas.getBoundingClientRect(), x = event.clientX - rect.left, y = event.clientY - rect.top;
    const hit = cells.find(([l, t, w, h, step]) => x >= l && x < l + w && y >= t && y < t + h && step < now);
    hover = hit ? [hit[4], hit[5]] : null;
    say();
  });
  view.canvas.addEventListener("pointerleave", () => { hover = null; say(); });
  const unread = nb_changes(model, read);
  return () => { stop(); unread(); view.close(); };
}

export default { render };
