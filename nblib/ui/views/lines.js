// Curves on canvas: redrawn from bytes in a millisecond, read out under the hand.

import { nb_canvas, nb_changes, nb_curves, nb_element, nb_floats, nb_number, nb_theme } from "./kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-lines" });
  const head = nb_element("div", { class: "nblib-view-title" });
  const place = nb_element("div", { class: "nblib-canvas" });
  const legend = nb_element("div", { class: "nblib-legend" });
  root.append(head, place, legend);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let curves = [], geometry = null, at = null;

  function read() {
    const numbers = nb_floats(model.get("data")), counts = model.get("counts"), log = model.get("log_scale");
    curves = [];
    let start = 0;
    for (const [k, count] of counts.entries()) {
      if (start + 2 * count > numbers.length) break;
      const x = numbers.subarray(start, start + count), values = numbers.subarray(start + count, start + 2 * count);
      const y = log ? Float32Array.from(values, (v) => (v > 0 ? Math.log10(v) : NaN)) : values;
      curves.push({ x, y, values, name: model.get("names")[k], key: model.get("kinds")[k], dash: model.get("dashes")[k] || [] });
      start += 2 * count;
    }
    root.dataset.points = curves.reduce((most, c) => Math.max(most, c.x.length), 0);
    head.textContent = model.get("title");
    head.hidden = !model.get("title");
    plot.canvas.setAttribute("aria-label", `${model.get("title")}: ${curves.map((c) => c.name).join(", ")}`);
    words();
    plot.again();
  }

  function ends() {
    let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
    for (const { x, y } of curves) {
      for (let k = 0; k < y.length; k += 1) {
        if (!Number.isFinite(y[k])) continue;
        x0 = Math.min(x0, x[k]); x1 = Math.max(x1, x[k]); y0 = Math.min(y0, y[k]); y1 = Math.max(y1, y[k]);
      }
    }
    const level = model.get("level"), high = model.get("log_scale") && level ? Math.log10(level) : level;
    if (level !== null && y0 <= y1) { y0 = Math.min(y0, high); y1 = Math.max(y1, high); }
    const [low, most] = model.get("between"), bound = low !== undefined;
    if (bound && y0 <= y1) { y0 = Math.min(y0, low); y1 = Math.max(y1, most); }
    const room = 0.06 * (y1 - y0 || 1);
    const x = [bound ? x0 : Math.min(0, x0), Math.max(x1, model.get("until"))];
    // Of values at step 0 alone there is no curve yet.
    return { x, y: [y0 - room, y1 + room], any: y0 <= y1 && x[1] > x[0] };
  }

  function paint(context, width, height, theme) {
    const range = ends();
    // Again with each picture: only on the page are the theme's colours known, and they may change.
    words(theme);
    if (!range.any) {
      context.fillStyle = theme.soft;
      context.textAlign = "center";
      context.fillText(model.get("empty"), width / 2, height / 2);
      geometry = null;
      return;
    }
    const box = { left: 46, top: 8, width: width - 46 - 18, height: height - 46 };
    const drawn = curves.map((c) => ({ ...c, colour: theme.series[c.key] || theme.series.other, width: c.dash.length ? 1.5 : 2, marks: c.key === "mark" }));
    const level = model.get("level");
    if (level !== null) {
      const y = model.get("log_scale") ? Math.log10(level) : level;
      drawn.unshift({ x: [...range.x], y: [y, y], colour: theme.soft, dash: [3, 4], width: 1 });
    }
    geometry = { ...nb_curves(context, box, theme, drawn, range, { log: model.get("log_scale"), x: model.get("x_title") }), box, range };
    if (at !== null) {
      const x = geometry.X(at);
      context.strokeStyle = theme.soft;
      context.beginPath(); context.moveTo(x, box.top); context.lineTo(x, box.top + box.height); context.stroke();
    }
  }

  function nearest(curve) {
    if (at === null) return curve.x.length - 1;
    let best = 0;
    for (let k = 1; k < curve.x.length; k += 1) if (Math.abs(curve.x[k] - at) < Math.abs(curve.x[best] - at)) best = k;
    return best;
  }

  function words(theme = nb_theme(root)) {
    legend.replaceChildren(...curves.filter((c) => c.x.length).map((c) => {
      const k = nearest(c), dash = c.dash.length ? ` stroke-dasharray="${c.dash.map(Number).join(" ")}"` : "";
      const mark = nb_element("span", { "aria-hidden": "true" });
      const colour = theme.series[c.key] || theme.series.other;
      mark.innerHTML = c.key === "mark"
        ? `<svg width="12" height="12"><path d="M6 1 11 6 6 11 1 6Z" fill="${colour}" stroke="${theme.ink}"/></svg>`
        : `<svg width="22" height="8"><line x1="0" y1="4" x2="22" y2="4" stroke="${colour}" stroke-width="2"${dash}/></svg>`;
      // What a mark says stands in its name, and where a plan ends nobody asked.
      if (c.key === "mark" || ((c.key === "planned" || model.get("quiet")) && at === null)) return nb_element("span", {}, mark, c.name);
      const where = at === null ? "" : ` at ${nb_number(c.x[k])}`;
      return nb_element("span", {}, mark, `${c.name}${where}: ${nb_number(c.values[k])}`);
    }));
  }

  const plot = nb_canvas(place, model.get("height"), paint, { role: "img", tabindex: 0 });
  plot.canvas.addEventListener("pointermove", (event) => {
    if (!geometry) return;
    const x = event.clientX - plot.canvas.getBoundingClientRect().left, { box, range } = geometry;
    at = x < box.left || x > box.left + box.width ? null : range.x[0] + ((x - box.left) / box.width) * (range.x[1] - range.x[0]);
    plot.again();
  });
  plot.canvas.addEventListener("pointerleave", () => { at = null; plot.again(); });
  const unread = nb_changes(model, read);
  return () => { unread(); plot.close(); };
}

export default { render };
