// Attention by hand: grids of numbers in four stages. A cell is pointed at, walked to, typed into; Python computes.

import { hand_cell, hand_compute, hand_explain, hand_number, hand_short } from "./rules.js";
import { NB_FONT, nb_button, nb_canvas, nb_changes, nb_element, nb_floats, nb_map } from "../../../ui/views/kit.js";

const HAND_STAGES = [
  ["input", "1  Words become rows of X; the weights are the same for all words",
    "Click a cell of X or of a weight, or walk there with the arrow keys, and type a number: Enter commits, Escape cancels, ↑ and ↓ while typing add or take 0.1. Point at any cell, and this line says where it comes from."],
  ["project", "2  A query, a key and a value for every word",
    "The same word is seen in three ways: what it asks (Q), what it is asked by (K), and what it gives (V)."],
  ["weights", "3  Who looks at whom",
    "Rows ask, columns are asked. Softmax goes along each row, so that each row of weights sums to 1."],
  ["output", "4  Every word takes its share of the values",
    "A row of the output is a mixture of the rows of V, by the row of weights that belongs to the word."],
];
const HAND = { cell: 42, line: 21, gap: 30, title: 26, head: 38, foot: 14, scale: 150 };

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-hand" });
  const silent = nb_element("div", { class: "nblib-silent", role: "alert", hidden: true }, "No answer from the kernel. If it was restarted, run this cell again.");
  const note = nb_element("div", { class: "nblib-readout" });
  const place = nb_element("div", { class: "nblib-canvas" });
  root.append(silent, note, place);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let tokens = [], list = [], byName = new Map(), boxes = new Map(), stages = [], head = 0, wide = 0;
  let cursor = null, hover = null, shown = null, editor = null;

  // -- what Python says ----------------------------------------------------------------------------------------------

  function read() {
    tokens = model.get("tokens");
    const view = model.get("data"), buffer = view?.byteLength ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : null;
    const numbers = buffer ? new Float64Array(buffer) : new Float64Array(0);
    let from = 0;
    list = model.get("matrices").map((m) => {
      const start = from, columns = m.shape[1];
      from += m.shape[0] * columns;
      let top = 0;
      for (let k = start; k < from; k += 1) if (Number.isFinite(numbers[k])) top = Math.max(top, Math.abs(numbers[k]));
      return { ...m, short: m.title.split(" = ")[0], top: top || 1,
        at: (r, c) => numbers[start + r * columns + c], put: (r, c, v) => { numbers[start + r * columns + c] = v; } };
    });
    if (from !== numbers.length) list = [];
    byName = new Map(list.map((m) => [m.name, m]));
    if (flying.size || waiting.size || scale_flies || scale_waits) ahead();
    head = Math.min(head, model.get("heads") - 1);
    if (cursor && !there(cursor)) cursor = null;
    if (hover && !there(hover)) hover = null;
    if (editor && !there(editor)) close_editor();
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
    root.dataset.seen = model.get("seen");
    show_heads();
    show_scale();
    if (wide) layout(wide);
    say();
    view_.again();
    plot.again();
  }
  const there = (at) => byName.has(at.name) && at.row < byName.get(at.name).shape[0] && at.column < byName.get(at.name).shape[1];
  const in_sight = (m) => m.head < 0 || m.head === head;

  // -- what goes to Python: one message under way, the last of each cell and of the slider waits ------------------------

  // What is on its way is shown already: the browser computes the same, and Python's numbers take its place.

  let number = model.get("seen"), sentAt = 0, silence = 0, scale_waits = false, scale_flies = false, wanted_scale = null;
  let waiting = new Map(), flying = new Map();
  const scale = () => (scale_waits || scale_flies ? wanted_scale ?? model.get("usual") : model.get("scale"));
  function ahead() {
    for (const [name, row, column, text] of [...flying.values(), ...waiting.values()]) {
      const value = hand_number(text);
      if (there({ name, row, column }) && !Number.isNaN(value)) byName.get(name).put(row, column, value);
    }
    hand_compute(list, (name) => byName.get(name), scale(), model.get("pads"));
    for (const m of list) {
      m.top = 0;
      for (let r = 0; r < m.shape[0]; r += 1) for (let c = 0; c < m.shape[1]; c += 1) if (Number.isFinite(m.at(r, c))) m.top = Math.max(m.top, Math.abs(m.at(r, c)));
      m.top ||= 1;
    }
  }
  function at_once() { ahead(); say(); show_scale(); view_.now(); plot.again(); }
  function send() {
    number = Math.max(number, model.get("seen"));
    if (number > model.get("seen") && performance.now() - sentAt < 3000) return;
    if (!waiting.size && !scale_waits) return;
    const content = { type: "edit", number: number + 1, cells: [...waiting.values()] };
    if (scale_waits) content.scale = wanted_scale;
    flying = waiting;
    waiting = new Map();
    scale_flies = scale_waits;
    scale_waits = false;
    number += 1;
    sentAt = performance.now();
    clearTimeout(silence);
    silence = setTimeout(() => { silent.hidden = false; }, 4000);
    model.send(content);
  }
  function put(at, text) {
    waiting.set(`${at.name} ${at.row} ${at.column}`, [at.name, at.row, at.column, text]);
    at_once();
    send();
  }
  function answered() {
    clearTimeout(silence);
    silent.hidden = true;
    flying.clear();
    scale_flies = false;
    send();
  }

  // -- where everything lies -----------------------------------------------------------------------------------------

  const strips = HAND_STAGES.map(([key]) => nb_element("div", { class: "nblib-hand-said", "data-stage": key }));
  const heads_bar = nb_element("div", { class: "nblib-hand-heads nblib-row", role: "group", "aria-label": "Head in sight" });
  const scale_box = nb_element("div", { class: "nblib-hand-scale" });

  function layout(width) {
    boxes = new Map();
    stages = [];
    const measure = document.createElement("canvas").getContext("2d");
    measure.font = NB_FONT;
    const longest = Math.max(14, ...tokens.map((t) => measure.measureText(t).width)), words = Math.min(64, longest) + 8;
    let y = 0;
    for (const [k, [key]] of HAND_STAGES.entries()) {
      const mine = list.filter((m) => m.stage === key && in_sight(m));
      if (!mine.length) { strips[k].hidden = true; continue; }
      stages.push({ k, y });
      y += HAND.title;
      let x = 0, tall = 0;
      for (const m of mine) {
        const label = m.columns === "none" ? 0 : m.rows === "tokens" ? words : 18, sign = m.columns === "none" ? 10 : HAND.gap * (x > 0);
        const room = label + m.shape[1] * HAND.cell;
        // What is said of a row of weights stays beside it.
        const beside = mine[mine.indexOf(m) + 1]?.columns === "none" ? 10 + 2 * HAND.cell : 0;
        if (x > 0 && x + sign + room + beside > width) { y += tall + HAND.foot; x = 0; tall = 0; }
        const left = x + (x > 0 ? sign : 0) + label;
        boxes.set(m.name, { left, top: y + HAND.head, width: m.shape[1] * HAND.cell, height: m.shape[0] * HAND.line, label });
        x = left + m.shape[1] * HAND.cell;
        tall = Math.max(tall, HAND.head + m.shape[0] * HAND.line);
      }
      y += tall + 6;
      strips[k].hidden = false;
      // Two lines of words, and three where they are short.
      const lines = width < 860 ? 3 : 2;
      strips[k].style.top = `${y}px`;
      strips[k].style.height = `${19 * lines}px`;
      y += 19 * lines + 4;
      if (key === "weights") {
        heads_bar.style.top = `${stages[stages.length - 1].y}px`;
        scale_box.style.top = `${y}px`;
        y += HAND.scale;
      }
      y += HAND.foot;
    }
    heads_bar.hidden = model.get("heads") < 2 || !list.length;
    scale_box.hidden = !list.length;
    if (editor) set_editor();
    view_.resize(list.length ? Math.max(60, y) : 60);
  }

  // -- painting ------------------------------------------------------------------------------------------------------

  const BANDS = ["lstm", "rnn", "gru"];
  const map_of = (theme) => nb_map(theme.dark ? "diverging_dark" : "diverging");

  function paint(context, width, height, theme) {
    if (!list.length) {
      context.fillStyle = theme.soft;
      context.textAlign = "left";
      context.fillText(model.get("empty"), 2, 30);
      return;
    }
    if (width !== wide) { wide = width; layout(width); }
    for (const { k, y } of stages) {
      context.textAlign = "left";
      context.fillStyle = theme.ink;
      context.font = `600 ${NB_FONT.replace("12px", "13px")}`;
      context.fillText(HAND_STAGES[k][1], 0, y + 11);
      context.font = NB_FONT;
    }
    const map = map_of(theme);
    for (const m of list) if (boxes.has(m.name)) matrix(context, m, boxes.get(m.name), theme, map);
    const at = hover || cursor;
    if (at) {
      for (const part of shown?.parts || []) frame(context, part, theme.series.mark, 2.5);
      frame(context, { name: at.name, rows: [at.row, at.row], columns: [at.column, at.column] }, theme.accent, 2.5);
    }
    if (cursor && hover && cursor !== hover) frame(context, { name: cursor.name, rows: [cursor.row, cursor.row], columns: [cursor.column, cursor.column] }, theme.accent, 1);
  }

  function matrix(context, m, box, theme, map) {
    const [rows, columns] = m.shape, { left, top } = box;
    if (m.sign && left > box.label + 4) {
      context.fillStyle = theme.soft;
      context.textAlign = "center";
      context.font = NB_FONT.replace("12px", "16px");
      context.fillText(m.sign, left - box.label - HAND.gap / 2 + 1, top + box.height / 2);
      context.font = NB_FONT;
    }
    context.textAlign = "left";
    context.fillStyle = m.edit ? theme.accent : theme.ink;
    context.font = `600 ${NB_FONT}`;
    context.fillText(m.title, left, top - 28);
    const after = left + context.measureText(m.title).width + 7;
    context.font = NB_FONT;
    context.fillStyle = theme.soft;
    if (m.columns !== "none" && after + 26 < left + box.width + 12) context.fillText(`${rows}×${columns}`, after, top - 28);
    context.textAlign = "center";
    for (let c = 0; c < columns; c += 1) {
      const x = left + (c + 0.5) * HAND.cell;
      if (m.columns === "tokens") context.fillText(fitting(context, tokens[c], HAND.cell - 3), x, top - 9);
      else if (m.columns === "numbers") context.fillText(String(c + 1), x, top - 9);
      else context.fillText(["bits", "‖∂‖"][c], x, top - 9);
    }
    context.textAlign = "right";
    if (m.columns !== "none") {
      for (let r = 0; r < rows; r += 1) {
        context.fillText(m.rows === "tokens" ? fitting(context, tokens[r], box.label - 6) : String(r + 1), left - 6, top + (r + 0.5) * HAND.line);
      }
    }
    context.textAlign = "center";
    const top_value = m.rule.kind === "softmax" ? 1 : m.top, plain = m.rule.kind === "entropy";
    for (let r = 0; r < rows; r += 1) {
      for (let c = 0; c < columns; c += 1) {
        const value = m.at(r, c), x = left + c * HAND.cell, y = top + r * HAND.line;
        let ink = theme.ink;
        if (value === -Infinity) context.fillStyle = theme.dark ? "#3a3a3a" : "#dcdcdc";
        else if (plain) context.fillStyle = theme.back;
        else {
          const entry = 4 * Math.max(0, Math.min(255, Math.round(127.5 * (1 + value / top_value))));
          const [red, green, blue] = [map[entry], map[entry + 1], map[entry + 2]];
          context.fillStyle = `rgb(${red},${green},${blue})`;
          ink = 0.3 * red + 0.59 * green + 0.11 * blue > 128 ? "#111" : "#fff";
        }
        context.fillRect(x, y, HAND.cell, HAND.line);
        context.fillStyle = ink;
        context.fillText(hand_cell(value), x + HAND.cell / 2, y + HAND.line / 2 + 0.5);
      }
    }
    context.lineWidth = 1;
    context.strokeStyle = m.edit ? theme.accent : theme.line;
    context.strokeRect(left - 0.5, top - 0.5, box.width + 1, box.height + 1);
    if (m.bands) {
      const one = box.width / m.bands;
      for (let h = 0; h < m.bands; h += 1) {
        context.fillStyle = theme.series[BANDS[h]];
        context.globalAlpha = h === head ? 1 : 0.35;
        context.fillRect(left + h * one + 1, top - 3, one - 2, 3);
        context.globalAlpha = 1;
        if (h) { context.strokeStyle = theme.ink; context.beginPath(); context.moveTo(left + h * one, top - 3); context.lineTo(left + h * one, top + box.height); context.stroke(); }
      }
    }
  }

  function frame(context, { name, rows, columns }, colour, thick) {
    const box = boxes.get(name);
    if (!box) return;
    context.strokeStyle = colour;
    context.lineWidth = thick;
    context.strokeRect(box.left + columns[0] * HAND.cell, box.top + rows[0] * HAND.line,
      (columns[1] - columns[0] + 1) * HAND.cell, (rows[1] - rows[0] + 1) * HAND.line);
    context.lineWidth = 1;
  }

  function fitting(context, word, room) {
    if (context.measureText(word).width <= room) return word;
    const letters = [...word];
    while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > room) letters.pop();
    return `${letters.join("")}…`;
  }

  // -- words below each stage ----------------------------------------------------------------------------------------

  function say() {
    const at = hover || cursor, problem = model.get("problem");
    shown = at ? hand_explain((name) => byName.get(name), tokens, at.name, at.row, at.column, scale()) : null;
    for (const [k, [key, , caption]] of HAND_STAGES.entries()) {
      const bad = problem.text && byName.get(problem.name)?.stage === key;
      const mine = at && byName.get(at.name).stage === key;
      const text = bad ? problem.text : mine ? shown.text : caption;
      if (strips[k].textContent !== text) strips[k].textContent = text;
      strips[k].dataset.tone = bad ? "bad" : mine ? "cell" : "";
      if (bad || mine) strips[k].setAttribute("role", "status"); else strips[k].removeAttribute("role");
    }
  }

  // -- pointing and walking ------------------------------------------------------------------------------------------

  function under(event) {
    const rect = view_.canvas.getBoundingClientRect(), x = event.clientX - rect.left, y = event.clientY - rect.top;
    for (const [name, box] of boxes) {
      if (x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height) {
        return { name, row: Math.floor((y - box.top) / HAND.line), column: Math.floor((x - box.left) / HAND.cell) };
      }
    }
    return null;
  }
  const same = (a, b) => a?.name === b?.name && a?.row === b?.row && a?.column === b?.column;
  const centre = (at) => { const box = boxes.get(at.name); return [box.left + (at.column + 0.5) * HAND.cell, box.top + (at.row + 0.5) * HAND.line]; };

  function walk(right, down) {
    const first = list.find((m) => boxes.has(m.name));
    if (!cursor) { if (first) cursor = { name: first.name, row: 0, column: 0 }; return; }
    const [rows, columns] = byName.get(cursor.name).shape;
    const next = { name: cursor.name, row: cursor.row + down, column: cursor.column + right };
    if (next.row >= 0 && next.row < rows && next.column >= 0 && next.column < columns) { cursor = next; return; }
    // Beyond the edge: the nearest cell that lies that way.
    const [x, y] = centre(cursor);
    let best = null, least = Infinity;
    for (const [name, box] of boxes) {
      if (name === cursor.name) continue;
      const [r, c] = byName.get(name).shape;
      for (let row = 0; row < r; row += 1) {
        for (let column = 0; column < c; column += 1) {
          const dx = box.left + (column + 0.5) * HAND.cell - x, dy = box.top + (row + 0.5) * HAND.line - y;
          const along = right ? dx * right : dy * down, aside = Math.abs(right ? dy : dx);
          if (along <= HAND.line || (right && aside > 8 * HAND.line)) continue;
          if (along + 2 * aside < least) { least = along + 2 * aside; best = { name, row, column }; }
        }
      }
    }
    if (best) cursor = best;
  }

  const view_ = nb_canvas(place, 400, paint, {
    tabindex: 0, role: "application", class: "nblib-hand-grid",
    "aria-label": "matrices of attention; arrow keys walk from cell to cell, typing a number edits, Enter commits, Escape cancels",
  });
  const canvas = view_.canvas;
  place.append(...strips, heads_bar, scale_box);
  // Where a cell lies and what stands in it, for whoever drives the page.
  canvas.nblib = { words: () => tokens, centre: (name, row, column) => centre({ name, row, column }), value: (name, row, column) => byName.get(name).at(row, column) };

  canvas.addEventListener("pointermove", (event) => {
    const hit = under(event);
    canvas.style.cursor = hit && byName.get(hit.name).edit ? "text" : "default";
    if (same(hit, hover)) return;
    hover = hit;
    say();
    view_.again();
  });
  canvas.addEventListener("pointerleave", () => { hover = null; say(); view_.again(); });
  canvas.addEventListener("pointerdown", (event) => {
    const hit = under(event);
    forget_problem();
    if (!hit) { cursor = null; say(); view_.again(); return; }
    const again = same(hit, cursor);
    cursor = hit;
    if (again && byName.get(hit.name).edit) { event.preventDefault(); open_editor(); }
    say();
    view_.again();
  });
  canvas.addEventListener("dblclick", () => { if (cursor && !editor && byName.get(cursor.name).edit) open_editor(); });
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const m = cursor && byName.get(cursor.name);
    if (moves[event.key]) {
      event.preventDefault();
      forget_problem();
      hover = null;
      walk(...moves[event.key]);
    } else if (event.key === "Escape") {
      forget_problem();
      cursor = hover = null;
    } else if (m?.edit && (event.key === "Enter" || event.key === "F2")) {
      event.preventDefault();
      open_editor();
    } else if (m?.edit && /^[\d.,+\-−a-zA-Z]$/.test(event.key)) {
      event.preventDefault();
      open_editor(event.key);
    } else return;
    say();
    view_.again();
  });
  canvas.addEventListener("focus", () => { if (!cursor && !hover) { walk(0, 0); say(); view_.again(); } });

  function forget_problem() {
    if (!model.get("problem").text) return;
    model.set("problem", {});
    model.save_changes();
  }

  // -- typing --------------------------------------------------------------------------------------------------------

  function open_editor(text) {
    close_editor();
    forget_problem();
    const m = byName.get(cursor.name);
    const input = nb_element("input", {
      type: "text", class: "nblib-hand-input", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
      "aria-label": `${m.short}, row ${cursor.row + 1}, column ${cursor.column + 1}`,
    });
    editor = { ...cursor, input, before: String(m.at(cursor.row, cursor.column)), sent: false };
    input.value = text ?? editor.before;
    place.append(input);
    set_editor();
    input.focus();
    if (text === undefined) input.select();
    input.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
      if (event.key === "Enter") { event.preventDefault(); commit(); canvas.focus(); }
      else if (event.key === "Escape") {
        event.preventDefault();
        if (editor.sent) put(editor, editor.before);
        close_editor();
        canvas.focus();
      } else if (event.key === "Tab") {
        event.preventDefault();
        commit();
        canvas.focus();
        walk(event.shiftKey ? -1 : 1, 0);
        say();
        view_.again();
      } else if (step && Number.isFinite(Number(input.value))) {
        event.preventDefault();
        input.value = String(Number((Number(input.value) + step).toFixed(10)));
        editor.sent = true;
        put(editor, input.value);
      }
    });
    input.addEventListener("blur", () => { if (editor?.input === input) commit(); });
  }
  function set_editor() {
    const box = boxes.get(editor.name);
    if (!box) { close_editor(); return; }
    editor.input.style.cssText = `left:${box.left + editor.column * HAND.cell - 6}px;top:${box.top + editor.row * HAND.line - 2}px;width:${HAND.cell + 12}px;height:${HAND.line + 4}px`;
  }
  function commit() {
    if (!editor) return;
    const { input } = editor, at = editor;
    close_editor();
    if (input.value !== at.before || at.sent) put(at, input.value);
  }
  function close_editor() {
    const open = editor;
    editor = null;
    open?.input.remove();
  }

  // -- heads and the scale -------------------------------------------------------------------------------------------

  function show_heads() {
    const count = model.get("heads");
    if (heads_bar.children.length !== count) {
      heads_bar.replaceChildren(...Array.from({ length: count }, (_, h) => nb_button(`Head ${h + 1}`, `Show the scores and weights of head ${h + 1}`, () => {
        head = h;
        if (cursor && !in_sight(byName.get(cursor.name))) cursor = null;
        show_heads();
        layout(wide);
        say();
        view_.again();
        plot.again();
      })));
    }
    [...heads_bar.children].forEach((button, h) => button.setAttribute("aria-pressed", h === head));
  }

  // A slider on a log scale, twenty stops a decade, from 0.01 to 100.
  const slider = nb_element("input", { type: "range", min: -40, max: 40, step: 1, "aria-label": "scale", title: "factor on the scores before softmax" });
  const scale_words = nb_element("span", {});
  const back = nb_button("1/√d", "Back to the scale of the formula", () => { dragging = false; rescale(null); });
  const scale_said = nb_element("div", { class: "nblib-readout" });
  const plot_place = nb_element("div", { class: "nblib-canvas nblib-hand-plot" });
  scale_box.append(
    nb_element("div", { class: "nblib-hand-sliding" },
      nb_element("label", { class: "nblib-scrub" }, scale_words, slider),
      nb_element("div", { class: "nblib-row" }, back), scale_said),
    plot_place);
  let dragging = false;
  const plot = nb_canvas(plot_place, 146, paint_plot, { role: "img", "aria-label": "entropy of the weights and gradient through softmax against the scale" });

  function rescale(value) {
    wanted_scale = value;
    scale_waits = true;
    at_once();
    send();
  }
  slider.addEventListener("input", () => {
    dragging = true;
    const value = Number((10 ** (Number(slider.value) / 20)).toPrecision(3));
    rescale(value);
  });
  slider.addEventListener("change", () => { dragging = false; });

  function show_scale() {
    const now = scale(), usual = model.get("usual"), d = Math.round(1 / usual ** 2), formula = Math.abs(now - usual) < 1e-9;
    if (!dragging) slider.value = now > 0 ? Math.round(20 * Math.log10(now)) : -40;
    scale_words.textContent = `scale ${hand_short(now)}`;
    slider.setAttribute("aria-valuetext", hand_short(now));
    slider.style.setProperty("--nblib-fill", `${((Number(slider.value) + 40) / 80) * 100}%`);
    back.textContent = `1/√${d} = ${hand_short(usual)}`;
    back.setAttribute("aria-pressed", formula);
    const p = byName.get(`entropy/${head + 1}`), n = p ? p.shape[0] : 0;
    const mean = (c) => Array.from({ length: n }, (_, r) => p.at(r, c)).reduce((a, b) => a + b, 0) / n;
    if (p) scale_said.textContent = `Entropy of a row, on average: ${hand_short(mean(0))} of at most ${hand_short(Math.log2(n))} bits; gradient through softmax: ${hand_short(mean(1))}.`;
  }
  function paint_plot(context, width, height, theme) {
    const curves = nb_floats(model.get("curves")), count = 1 + 2 * model.get("heads"), n = curves.length / count;
    if (!n || n !== Math.round(n)) return;
    const of = (k) => curves.subarray(k * n, (k + 1) * n), scales = of(0);
    const left = 34, right = 104, top = 20, tall = height - 58, room = width - left - right;
    const X = (s) => left + ((Math.log10(Math.max(s, 0.01)) + 2) / 4) * room, Y = (v) => top + (1 - v) * tall;
    context.strokeStyle = theme.line;
    context.fillStyle = theme.soft;
    context.lineWidth = 1;
    context.textAlign = "right";
    for (const v of [0, 0.5, 1]) {
      context.globalAlpha = 0.45;
      context.beginPath(); context.moveTo(left, Math.round(Y(v)) + 0.5); context.lineTo(left + room, Math.round(Y(v)) + 0.5); context.stroke();
      context.globalAlpha = 1;
      context.fillText(String(v), left - 6, Y(v));
    }
    context.textAlign = "center";
    for (const s of [0.01, 0.1, 1, 10, 100]) context.fillText(String(s), X(s), top + tall + 11);
    context.fillText("scale on the scores", left + room / 2, top + tall + 28);
    const usual = X(model.get("usual")), now = X(Math.min(100, scale()));
    context.setLineDash([2, 3]);
    context.strokeStyle = theme.soft;
    context.beginPath(); context.moveTo(usual, top); context.lineTo(usual, top + tall); context.stroke();
    context.setLineDash([]);
    context.textAlign = "center";
    context.fillText("1/√d", usual, top - 10);
    context.strokeStyle = theme.accent;
    context.lineWidth = 2;
    context.beginPath(); context.moveTo(now, top); context.lineTo(now, top + tall); context.stroke();
    let below = null;
    for (const [k, name, colour, dash] of [[1 + 2 * head, "entropy, share", theme.series.lstm, []], [2 + 2 * head, "gradient", theme.series.rnn, [7, 3]]]) {
      const y = of(k);
      context.strokeStyle = colour;
      context.setLineDash(dash);
      context.beginPath();
      for (let i = 0; i < n; i += 1) context[i ? "lineTo" : "moveTo"](X(scales[i]), Y(y[i]));
      context.stroke();
      context.setLineDash([]);
      context.fillStyle = colour;
      context.textAlign = "left";
      let at = Math.min(top + tall - 4, Math.max(top + 6, Y(y[n - 1])));
      if (below !== null && Math.abs(at - below) < 15) at = below - 15;
      context.fillText(name, left + room + 6, at);
      below = at;
    }
    context.lineWidth = 1;
  }

  const on_seen = () => answered();
  model.on("change:seen", on_seen);
  const unread = nb_changes(model, read);
  return () => { clearTimeout(silence); model.off("change:seen", on_seen); unread(); view_.close(); plot.close(); };
}

export default { render };
