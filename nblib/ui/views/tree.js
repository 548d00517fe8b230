// The tree of a beam search: depth to the right, branches downwards, as much of it as is open.

import { NB_FONT, nb_canvas, nb_changes, nb_element, nb_number } from "./kit.js";

function render({ model, el }) {
  const ROW = 30, TALL = 22, LEFT = 12, TOP = 10;
  const root = nb_element("div", { class: "nblib-tree" });
  const head = nb_element("div", { class: "nblib-view-title" });
  const all = nb_element("input", { type: "checkbox" });
  const legend = nb_element("div", { class: "nblib-tree-bar" }, nb_element("label", {}, all, "show all that was dropped"));
  const marks = nb_element("span", {});
  legend.append(marks);
  const scroller = nb_element("div", { class: "nblib-scroller" });
  const room = nb_element("div", { class: "nblib-room" });
  const place = nb_element("div", { class: "nblib-canvas" });
  const said = nb_element("div", { class: "nblib-readout", role: "status" });
  scroller.append(room, place);
  const sliders = ["num_beams", "length_penalty"].map((name) => {
    const [min, max, step] = name === "num_beams" ? [1, 20, 1] : [0, 2, 0.1];
    const input = nb_element("input", { type: "range", min, max, step, "aria-label": name });
    const words = nb_element("span", {});
    function show() {
      words.textContent = `${name} ${step < 1 ? Number(input.value).toFixed(1) : input.value}`;
      input.setAttribute("aria-valuetext", input.value);
      input.style.setProperty("--nblib-fill", `${(100 * (input.value - min)) / (max - min)}%`);
    }
    const read_it = () => { input.value = model.get(name); show(); };
    input.addEventListener("input", () => {
      show();
      model.set(name, Number(input.value));
      model.save_changes();
    });
    model.on(`change:${name}`, read_it);
    read_it();
    return { place: nb_element("label", { class: "nblib-scrub nblib-scale" }, words, input), close: () => model.off(`change:${name}`, read_it) };
  });
  const steering = nb_element("div", { class: "nblib-strip-bar" }, ...sliders.map((s) => s.place));
  steering.hidden = !model.get("steered");
  root.append(steering, head, legend, scroller, said);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  // Of each node: parent, symbol, log P, fate, rank, score; children; where it stands, when it is shown.
  let nodes = [], opened = new Set(), shown = [], at = null, hover = null, column = 80;

  function read() {
    nodes = model.get("nodes").map(([parent, symbol, total, fate, rank, score], id) => ({ id, parent, symbol, total, fate, rank, score, children: [], depth: 0 }));
    for (const node of nodes) {
      if (node.parent < 0) continue;
      nodes[node.parent].children.push(node);
      node.depth = nodes[node.parent].depth + 1;
    }
    opened = new Set();
    at = hover = null;
    head.textContent = model.get("title");
    head.hidden = !model.get("title");
    legend.hidden = !nodes.length;
    root.dataset.nodes = nodes.length;
    scroller.scrollTo(0, 0);
    lay_out();
  }

  const hidden = (node) => (all.checked || opened.has(node.id) ? [] : node.children.filter((c) => c.fate === "dropped"));
  const visible = (node) => (all.checked || opened.has(node.id) ? node.children : node.children.filter((c) => c.fate !== "dropped"));

  // A branch takes as many rows as it has leaves; a node stands at the height of its first child.
  function lay_out() {
    shown = [];
    let row = 0;
    function put(node) {
      const inside = visible(node);
      shown.push(node);
      if (!inside.length) { node.row = row; row += 1; return; }
      for (const child of inside) put(child);
      node.row = inside[0].row;
    }
    if (nodes.length) put(nodes[0]);
    const context = view.canvas.getContext("2d");
    context.font = NB_FONT;
    const widest = Math.max(20, ...shown.map((n) => context.measureText(words(n)).width));
    column = Math.min(170, Math.ceil(widest) + 44);
    const depth = Math.max(0, ...shown.map((n) => n.depth));
    const width = LEFT * 2 + (depth + 1) * column, height = TOP * 2 + row * ROW;
    room.style.width = `${nodes.length ? width : 0}px`;
    room.style.height = `${nodes.length ? height : 0}px`;
    // A bar that scrolls sideways takes its part of the height.
    const tall = nodes.length ? Math.min(model.get("height"), Math.max(90, height)) : 72;
    scroller.style.height = `${tall + 2}px`;
    view.resize(Math.max(40, Math.min(tall, scroller.clientHeight || tall)));
    root.dataset.shown = shown.length;
    view.canvas.setAttribute("aria-label", `${model.get("title")}: tree of ${nodes.length} nodes; arrow keys walk through it, Enter opens what was dropped`);
    say();
    view.again();
  }

  const words = (node) => (node.parent < 0 ? "begin" : `${node.symbol} ${percent(Math.exp(node.total - nodes[node.parent].total))}`);
  function percent(p) { return p >= 0.0995 ? `${Math.round(100 * p)}%` : p >= 0.001 ? `${(100 * p).toPrecision(1)}%` : "<0.1%"; }
  const X = (node) => LEFT + node.depth * column - scroller.scrollLeft;
  const Y = (node) => TOP + node.row * ROW - scroller.scrollTop;
  const wide = () => column - 24;

  function path(node) {
    const found = [];
    for (let n = node; n.parent >= 0; n = nodes[n.parent]) found.push(n.symbol);
    return found.reverse();
  }

  function paint(context, width, height, theme) {
    if (!nodes.length) {
      context.fillStyle = theme.soft;
      context.textAlign = "center";
      context.fillText(model.get("empty"), width / 2, height / 2);
      return;
    }
    const marked = hover ?? at, on_path = new Set();
    for (let n = marked; n; n = nodes[n.parent]) on_path.add(n.id);
    for (const node of shown) {
      if (node.parent < 0) continue;
      const parent = nodes[node.parent], x0 = X(parent) + wide(), y0 = Y(parent) + TALL / 2, x1 = X(node), y1 = Y(node) + TALL / 2;
      if (x1 < -column || x0 > width || Math.max(y0, y1) < 0 || Math.min(y0, y1) > height) continue;
      const share = Math.exp(node.total - parent.total);
      context.strokeStyle = on_path.has(node.id) ? theme.accent : theme.soft;
      context.lineWidth = node.fate === "dropped" ? 1 : 1 + 4 * share;
      context.setLineDash(node.fate === "dropped" ? [3, 3] : []);
      context.beginPath();
      context.moveTo(x0, y0);
      context.bezierCurveTo(x0 + 12, y0, x1 - 12, y1, x1, y1);
      context.stroke();
    }
    context.setLineDash([]);
    for (const node of shown) {
      const x = X(node), y = Y(node);
      if (x < -column || x > width || y < -ROW || y > height) continue;
      box(context, theme, node, x, y, on_path.has(node.id));
    }
  }

  function box(context, theme, node, x, y, marked) {
    const w = wide(), more = hidden(node).length;
    context.beginPath();
    context.roundRect(x, y, w, TALL, node.fate === "ended" ? 11 : 3);
    context.fillStyle = theme.back;
    context.fill();
    if (node.fate === "ended") { context.globalAlpha = 0.18; context.fillStyle = theme.series.gru; context.fill(); context.globalAlpha = 1; }
    context.strokeStyle = marked ? theme.accent : node.fate === "ended" ? theme.series.gru : node.fate === "dropped" ? theme.soft : theme.ink;
    context.lineWidth = marked || node.fate === "ended" ? 2 : 1;
    context.setLineDash(node.fate === "dropped" ? [3, 3] : []);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = node.fate === "dropped" ? theme.soft : theme.ink;
    context.textAlign = "left";
    context.fillText(fitting(context, words(node), w - 12), x + 6, y + TALL / 2 + 0.5);
    if (node.rank) {
      context.fillStyle = theme.ink;
      context.font = `600 ${NB_FONT}`;
      context.fillText(`${node.rank}.`, x + w + 4, y + TALL / 2);
      context.font = NB_FONT;
    } else if (more) {
      context.fillStyle = theme.soft;
      context.fillText(`+${more}`, x + w + 2, y + TALL / 2 - 7);
    }
    if (node === at) { context.strokeStyle = theme.accent; context.lineWidth = 1; context.strokeRect(x - 3, y - 3, w + 6, TALL + 6); }
  }

  function fitting(context, word, width) {
    if (context.measureText(word).width <= width) return word;
    const letters = [...word];
    while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
    return `${letters.join("")}…`;
  }

  function say() {
    if (!nodes.length) { said.textContent = ""; return; }
    const node = hover ?? at, counts = { kept: 0, ended: 0, dropped: 0 };
    for (const n of nodes.slice(1)) counts[n.fate] += 1;
    marks.textContent = `solid frame: kept, ${counts.kept} · round and green, with its rank: ended, ${counts.ended} · dashed: dropped, ${counts.dropped} · thick line: likely`;
    if (!node || node.parent < 0) {
      said.textContent = "Point at a symbol, or walk with the arrow keys: its path and probability come here. A click, or Enter, opens what was dropped behind it.";
      return;
    }
    const last = node.fate === "ended" ? `ended as number ${node.rank || "–"}${node.rank ? `, score ${nb_number(node.score)}` : " (later ones were better)"}` : node.fate;
    const here = Math.exp(node.total - nodes[node.parent].total);
    said.textContent = `${path(node).join(model.get("space"))}: P = ${nb_number(Math.exp(node.total))} (log ${nb_number(node.total)}); “${node.symbol}” after what stands before it: ${percent(here)}; ${last}.`;
  }

  function under(event) {
    const rect = view.canvas.getBoundingClientRect(), x = event.clientX - rect.left, y = event.clientY - rect.top;
    return shown.find((n) => x >= X(n) && x <= X(n) + wide() + 18 && y >= Y(n) && y <= Y(n) + TALL) ?? null;
  }

  function into_sight(node) {
    const x = LEFT + node.depth * column, y = TOP + node.row * ROW;
    const right = scroller.scrollLeft + scroller.clientWidth, bottom = scroller.scrollTop + scroller.clientHeight;
    if (x < scroller.scrollLeft) scroller.scrollLeft = x - LEFT;
    if (x + column > right) scroller.scrollLeft += x + column - right;
    if (y < scroller.scrollTop) scroller.scrollTop = y - TOP;
    if (y + ROW > bottom) scroller.scrollTop += y + ROW - bottom;
  }

  function open(node) {
    if (!node || !node.children.some((c) => c.fate === "dropped") || all.checked) return;
    if (opened.has(node.id)) opened.delete(node.id); else opened.add(node.id);
    lay_out();
  }

  const view = nb_canvas(place, model.get("height"), paint, { role: "img", tabindex: 0 });
  scroller.addEventListener("scroll", () => view.again());
  view.canvas.addEventListener("pointermove", (event) => {
    const found = under(event);
    if (found !== hover) { hover = found; say(); view.again(); }
  });
  view.canvas.addEventListener("pointerleave", () => { hover = null; say(); view.again(); });
  view.canvas.addEventListener("click", (event) => {
    const found = under(event);
    if (!found) return;
    at = found;
    open(found);
    say();
    view.again();
  });
  view.canvas.addEventListener("keydown", (event) => {
    if (!nodes.length || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "Enter", " ", "Escape"].includes(event.key)) return;
    event.preventDefault();
    hover = null;
    if (event.key === "Escape") at = null;
    else if (event.key === "Home" || !at) at = nodes[0];
    else if (event.key === "Enter" || event.key === " ") open(at);
    else if (event.key === "ArrowLeft") at = nodes[at.parent] ?? at;
    else if (event.key === "ArrowRight") at = visible(at)[0] ?? at;
    else {
      // The next one above or below in the same column.
      const peers = shown.filter((n) => n.depth === at.depth).sort((a, b) => a.row - b.row);
      at = peers[Math.max(0, Math.min(peers.length - 1, peers.indexOf(at) + (event.key === "ArrowDown" ? 1 : -1)))];
    }
    if (at) into_sight(at);
    say();
    view.again();
  });
  all.addEventListener("change", () => { if (at && !all.checked && at.fate === "dropped") at = null; lay_out(); });
  const unread = nb_changes(model, read, ["nodes", "title", "empty", "space", "height"]);
  // The bar that scrolls sideways comes and goes with the width.
  const sizes = new ResizeObserver(() => lay_out());
  sizes.observe(scroller);
  return () => { for (const s of sliders) s.close(); unread(); sizes.disconnect(); view.close(); };
}

export default { render };
