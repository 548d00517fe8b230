// Heatmaps side by side over bytes that were sent once: hovering, scrubbing and the keyboard are answered here.

import { NB_FONT, nb_canvas, nb_changes, nb_curves, nb_element, nb_floats, nb_map, nb_number, nb_places, nb_ticks } from "./kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-heat" });
  const head = nb_element("div", { class: "nblib-view-title" });
  const place = nb_element("div", { class: "nblib-canvas" });
  const slider = nb_element("input", { type: "range", min: 0, max: 0, step: 1 });
  const scrub = nb_element("label", { class: "nblib-scrub" }, nb_element("span", {}), slider);
  const profile_place = nb_element("div", { class: "nblib-canvas" });
  const said = nb_element("div", { class: "nblib-readout" });
  root.append(head, place, scrub, profile_place, said);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let values = new Float32Array(0), panes = 0, rows = 0, columns = 0, images = [], boxes = [], logs = null;
  // The cell under the hand; a column alone while only scrubbing. `follows`: the newest column is kept in sight.
  let at = null, column = 0, follows = true;

  const scaled = (v) => (model.get("scale") === "log" ? Math.log10(Math.max(v, 1e-45)) : v);

  function read() {
    [panes, rows, columns] = model.get("shape");
    values = nb_floats(model.get("data"));
    if (values.length !== panes * rows * columns) { panes = rows = columns = 0; }
    images = [];
    logs = null;
    if (at && (at.pane >= panes || at.row >= rows || at.column >= columns)) at = null;
    const last = Math.max(0, columns - 1);
    if (follows || column > last) column = last;
    slider.max = last;
    slider.value = column;
    root.dataset.columns = columns;
    say();
    heat.resize(columns && rows ? model.get("height") : 72);
    heat.again();
    profile?.again();
  }

  function image(pane, theme) {
    if (images[pane]?.dark === theme.dark) return images[pane].canvas;
    let name = model.get("colours");
    if (name === "diverging" && theme.dark) name = "diverging_dark";
    const map = nb_map(name), [low, high] = model.get("range").map(scaled);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, columns);
    canvas.height = Math.max(1, rows);
    const context = canvas.getContext("2d"), data = context.createImageData(canvas.width, canvas.height);
    const base = pane * rows * columns;
    for (let k = 0; k < rows * columns; k += 1) {
      const value = values[base + k];
      if (Number.isNaN(value)) continue;
      const share = (scaled(value) - low) / (high - low || 1);
      const entry = 4 * Math.max(0, Math.min(255, Math.round(255 * share)));
      data.data.set(map.subarray(entry, entry + 4), 4 * k);
    }
    context.putImageData(data, 0, 0);
    images[pane] = { dark: theme.dark, canvas };
    return canvas;
  }

  function paint(context, width, height, theme) {
    context.fillStyle = theme.soft;
    if (!columns || !rows) {
      context.textAlign = "center";
      const lines = broken(context, model.get("empty"), width - 16);
      for (const [k, line] of lines.entries()) context.fillText(line, width / 2, height / 2 + 17 * (k - (lines.length - 1) / 2));
      boxes = [];
      return;
    }
    const names = model.get("column_labels"), stacked = model.get("stacked") && panes > 1;
    const left = margin(context), gap = stacked ? 24 : 12, top = 22, bottom = 38, bar = 68, tall = height - top - bottom;
    const wide = stacked ? width - left - bar : (width - left - bar - gap * (panes - 1)) / panes;
    const high = stacked ? (tall - gap * (panes - 1)) / panes : tall;
    boxes = [];
    context.imageSmoothingEnabled = false;
    for (let pane = 0; pane < panes; pane += 1) {
      const x = left + (stacked ? 0 : pane * (wide + gap)), y = top + (stacked ? pane * (high + gap) : 0);
      boxes.push({ left: x, top: y, width: wide, height: high });
      context.drawImage(image(pane, theme), x, y, wide, high);
      context.strokeStyle = theme.line;
      context.strokeRect(x - 0.5, y - 0.5, wide + 1, high + 1);
      context.fillStyle = theme.series[model.get("kinds")[pane]] || theme.ink;
      context.textAlign = "left";
      context.font = `600 ${NB_FONT}`;
      context.fillText(model.get("names")[pane] ?? "", x, y - 12);
      context.font = NB_FONT;
      if (!stacked || pane === panes - 1) column_axis(context, theme, names, x, y + high, wide);
      if (!stacked && pane === 0) row_axis(context, theme, left, y, high);
      if (stacked) row_axis(context, theme, left, y, high);
      if (model.get("scrub")) {
        context.strokeStyle = theme.dark ? "#fff" : "#000";
        const one = wide / columns;
        context.strokeRect(x + column * one, y - 2.5, Math.max(1.5, one), high + 5);
      }
    }
    legend(context, width - bar + 14, top, tall, theme);
    if (at) {
      const box = boxes[at.pane];
      context.strokeStyle = theme.dark ? "#fff" : "#000";
      const w = box.width / columns, h = box.height / rows;
      context.strokeRect(box.left + at.column * w, box.top + at.row * h, Math.max(2, w), Math.max(2, h));
    }
  }

  function broken(context, text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines[lines.length - 1]} ${word}`.trim();
      if (lines[lines.length - 1] && context.measureText(longer).width > width) lines.push(word); else lines[lines.length - 1] = longer;
    }
    return lines;
  }

  // Room for the labels of rows, a word as well as a number, and for the title beside them.
  function margin(context) {
    const widest = Math.max(0, ...model.get("row_labels").slice(0, 300).map((n) => context.measureText(String(n)).width));
    return Math.max(46, Math.min(150, Math.ceil(widest) + 24));
  }

  function column_axis(context, theme, names, x, y, wide) {
    context.fillStyle = theme.soft;
    context.textAlign = "center";
    // Letters stand closer than words; where not all have room, every second one, every fifth …
    const one = names.length ? Math.max(...names.slice(0, 300).map((n) => context.measureText(String(n)).width)) + 3 : 40;
    const room = names.some((n) => String(n).length > 1) || !names.length ? Math.max(one + 6, 14) : one - 1;
    for (const k of nb_places(columns, Math.max(2, Math.floor(wide / room)))) {
      context.fillText(String(names[k] ?? k), Math.max(x + 4, x + ((k + 0.5) / columns) * wide), y + 10);
    }
    context.fillText(model.get("column_title"), x + wide / 2, y + 27);
  }

  function row_axis(context, theme, left, y, high) {
    const labels = model.get("row_labels");
    context.textAlign = "right";
    context.fillStyle = theme.soft;
    for (const k of nb_places(rows, Math.max(2, Math.floor(high / (labels.length ? 14 : 18))))) {
      context.fillText(String(labels[k] ?? k + model.get("row_start")), left - 6, y + ((k + 0.5) / rows) * high);
    }
    context.save();
    context.translate(8, y + high / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText(model.get("row_title"), 0, 0);
    context.restore();
  }

  function legend(context, x, top, tall, theme) {
    let name = model.get("colours");
    if (name === "diverging" && theme.dark) name = "diverging_dark";
    const map = nb_map(name), log = model.get("scale") === "log", [low, high] = model.get("range").map(scaled);
    for (let k = 0; k < tall; k += 1) {
      const entry = 4 * Math.round(255 * (1 - k / tall));
      context.fillStyle = `rgb(${map[entry]},${map[entry + 1]},${map[entry + 2]})`;
      context.fillRect(x, top + k, 10, 1.5);
    }
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    for (const [value, text] of nb_ticks(low, high, 5, log)) {
      context.fillText(text, x + 13, top + tall - ((value - low) / (high - low || 1)) * tall);
    }
  }

  function paint_profile(context, width, height, theme) {
    if (!columns || !rows) return;
    const log = model.get("scale") === "log";
    logs ??= Float32Array.from(values, (v) => (v > 0 ? Math.log10(v) : NaN));
    const source = log ? logs : values, x = Float32Array.from({ length: rows }, (_, k) => k + model.get("row_start"));
    const curves = [];
    for (let pane = 0; pane < panes; pane += 1) {
      const y = Float32Array.from({ length: rows }, (_, k) => source[pane * rows * columns + k * columns + column]);
      curves.push({ x, y, colour: theme.series[model.get("kinds")[pane]] || theme.series.other, dash: [[], [7, 3], [2, 3]][pane % 3] });
    }
    const range = model.get("range").map(scaled);
    nb_curves(context, { left: 46, top: 8, width: width - 46 - 58, height: height - 46 }, theme, curves,
      { x: [x[0], x[rows - 1]], y: range }, { log, x: `${model.get("row_title")}, ${model.get("column_title")} ${label(column)}` });
  }

  const label = (k) => String(model.get("column_labels")[k] ?? k);
  const value = (pane, row, k) => values[pane * rows * columns + row * columns + k];

  function say() {
    head.textContent = model.get("title");
    head.hidden = !model.get("title");
    scrub.firstChild.textContent = `${model.get("column_title")} ${columns ? label(column) : "–"}`;
    slider.setAttribute("aria-label", model.get("column_title"));
    slider.setAttribute("aria-valuetext", columns ? label(column) : "");
    slider.style.setProperty("--nblib-fill", `${(100 * column) / Math.max(1, columns - 1)}%`);
    scrub.hidden = !model.get("scrub") || !columns;
    profile_place.hidden = !model.get("profile") || !columns;
    if (!columns || !rows) { said.textContent = ""; return; }
    if (!at) { said.textContent = model.get("caption"); return; }
    const name = model.get("names")[at.pane], row = model.get("row_labels")[at.row] ?? at.row + model.get("row_start");
    const where = `${model.get("row_title")} ${row}, ${model.get("column_title")} ${label(at.column)}`;
    said.textContent = `${name ? `${name}, ` : ""}${where}: ${nb_number(value(at.pane, at.row, at.column))}`;
  }

  function choose(k, mine) {
    column = Math.max(0, Math.min(columns - 1, k));
    if (mine) follows = column === columns - 1;
    slider.value = column;
    say();
    heat.now();
    if (model.get("profile")) profile.now();
  }

  const heat = nb_canvas(place, model.get("height"), paint, { tabindex: 0, role: "img" });
  const profile = nb_canvas(profile_place, 150, paint_profile, { role: "img", "aria-label": "the chosen column as curves" });
  slider.addEventListener("input", () => choose(Number(slider.value), true));

  function under(event) {
    const rect = heat.canvas.getBoundingClientRect(), x = event.clientX - rect.left, y = event.clientY - rect.top;
    for (const [pane, box] of boxes.entries()) {
      if (x < box.left || x >= box.left + box.width || y < box.top || y >= box.top + box.height) continue;
      return { pane, row: Math.floor(((y - box.top) / box.height) * rows), column: Math.floor(((x - box.left) / box.width) * columns) };
    }
    return null;
  }
  heat.canvas.addEventListener("pointermove", (event) => { at = under(event); say(); heat.again(); });
  heat.canvas.addEventListener("pointerleave", () => { at = null; say(); heat.again(); });
  heat.canvas.addEventListener("pointerdown", (event) => {
    const hit = under(event);
    if (hit && model.get("scrub")) choose(hit.column, true);
  });
  heat.canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (event.key === "Escape") { at = null; say(); heat.again(); return; }
    if (!moves[event.key] || !columns) return;
    event.preventDefault();
    at ??= { pane: 0, row: 0, column: model.get("scrub") ? column : 0 };
    const [down, right] = moves[event.key];
    at.row = Math.max(0, Math.min(rows - 1, at.row + down));
    at.column += right;
    if (at.column < 0 && at.pane > 0) { at.pane -= 1; at.column = columns - 1; }
    if (at.column >= columns && at.pane < panes - 1) { at.pane += 1; at.column = 0; }
    at.column = Math.max(0, Math.min(columns - 1, at.column));
    if (model.get("scrub")) choose(at.column, true); else { say(); heat.again(); }
  });

  function label_canvas() { heat.canvas.setAttribute("aria-label", `${model.get("title")}: heatmap; arrow keys read single cells`); }
  // Several traits come in one message and one event each; they are read once, when all are there.
  const unread = nb_changes(model, () => { label_canvas(); read(); });
  return () => { unread(); heat.close(); profile.close(); };
}

export default { render };
