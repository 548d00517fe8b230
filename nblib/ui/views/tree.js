// The tree of a beam search: depth to the right, branches downwards, as much of it as is open.
import { FONT, canvas, fitting, pen_of } from "./canvas.js";
import { changes, element, fill, keep_keys, offset } from "./dom.js";
import { number, percent } from "./numbers.js";
import { ancestors, hidden, laid_out, nodes_of, path_to, share_of, walked } from "./tree_layout.js";

/**
 * @typedef {import("./tree_layout.js").Node} Node
 * @typedef {{ nodes: import("./tree_layout.js").Row[], title: string, empty: string, space: string, height: number,
 *   steered: boolean, num_beams: number, length_penalty: number }} Traits
 * @typedef {{ nodes: Node[], shown: Node[], opened: Set<number>, all: boolean, at: Node | null, hover: Node | null, column: number }} State
 * @typedef {{ left: number, top: number }} Scrolled
 */

const ROW = 30, TALL = 22, LEFT = 12, TOP = 10;
const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "Enter", " ", "Escape"];
const HINT = "Point at a symbol, or walk with the arrow keys: its path and probability come here. A click, or Enter, opens what was dropped behind it.";

/** @param {View<Traits>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-tree" });
  const head = element("div", { class: "nblib-view-title" });
  const all = element("input", { type: "checkbox" });
  const marks = element("span");
  const legend = element("div", { class: "nblib-tree-bar" }, element("label", {}, all, "show all that was dropped"), marks);
  const room = element("div", { class: "nblib-room" });
  const place = element("div", { class: "nblib-canvas" });
  const scroller = element("div", { class: "nblib-scroller" }, room, place);
  const said = element("div", { class: "nblib-readout", role: "status" });
  const sliders = [steering(model, "num_beams", 1, 20, 1), steering(model, "length_penalty", 0, 2, 0.1)];
  const bar = element("div", { class: "nblib-strip-bar" }, ...sliders.map((s) => s.label));
  bar.hidden = !model.get("steered");
  root.append(bar, head, legend, scroller, said);
  keep_keys(root);
  el.append(root);

  /** @type {State} */
  const state = { nodes: [], shown: [], opened: new Set(), all: false, at: null, hover: null, column: 80 };
  const is_open = (/** @type {Node} */ node) => state.all || state.opened.has(node.id);

  function read() {
    Object.assign(state, { nodes: nodes_of(model.get("nodes")), opened: new Set(), at: null, hover: null });
    head.textContent = model.get("title");
    head.hidden = !model.get("title");
    legend.hidden = !state.nodes.length;
    root.dataset.nodes = String(state.nodes.length);
    scroller.scrollTo(0, 0);
    lay_out();
  }

  function lay_out() {
    const { shown, rows, depth } = laid_out(state.nodes, is_open), any = shown.length > 0;
    const pen = pen_of(view.canvas);
    pen.font = FONT;
    const widest = Math.max(20, ...shown.map((n) => pen.measureText(caption(state, n)).width));
    state.shown = shown;
    state.column = Math.min(170, Math.ceil(widest) + 44);
    const width = LEFT * 2 + (depth + 1) * state.column, height = TOP * 2 + rows * ROW;
    room.style.width = `${any ? width : 0}px`;
    room.style.height = `${any ? height : 0}px`;
    // A bar that scrolls sideways takes its part of the height.
    const tall = any ? Math.min(model.get("height"), Math.max(90, height)) : 72;
    scroller.style.height = `${tall + 2}px`;
    view.resize(Math.max(40, Math.min(tall, scroller.clientHeight || tall)));
    root.dataset.shown = String(shown.length);
    view.canvas.setAttribute("aria-label", `${model.get("title")}: tree of ${state.nodes.length} nodes; arrow keys walk through it, Enter opens what was dropped`);
    show();
  }

  function show() {
    marks.textContent = counted(state.nodes);
    said.textContent = sentence(state, model.get("space"));
    view.again();
  }

  const scrolled = () => ({ left: scroller.scrollLeft, top: scroller.scrollTop });
  /** @type {Paint} */
  function paint(pen, width, height, theme) {
    if (state.nodes.length) { paint_tree(pen, width, height, theme, state, scrolled(), is_open); return; }
    pen.fillStyle = theme.soft;
    pen.textAlign = "center";
    pen.fillText(model.get("empty"), width / 2, height / 2);
  }

  /** @param {MouseEvent} event */
  function under(event) {
    const [x, y] = offset(view.canvas, event);
    return state.shown.find((n) => {
      const [left, top] = corner(state, scrolled(), n);
      return x >= left && x <= left + state.column - 6 && y >= top && y <= top + TALL;
    }) ?? null;
  }
  /** @param {Node | null} node */
  function open(node) {
    if (!node || state.all || !node.children.some((c) => c.fate === "dropped")) return;
    if (!state.opened.delete(node.id)) state.opened.add(node.id);
    lay_out();
  }

  const view = canvas(place, model.get("height"), paint, { role: "img", tabindex: 0 });
  scroller.addEventListener("scroll", () => view.again());
  /** @param {Node | null} node */
  function hover(node) { if (node !== state.hover) { state.hover = node; show(); } }
  view.canvas.addEventListener("pointermove", (event) => hover(under(event)));
  view.canvas.addEventListener("pointerleave", () => hover(null));
  view.canvas.addEventListener("click", (event) => {
    const node = under(event);
    if (!node) return;
    state.at = node;
    open(node);
    show();
  });
  view.canvas.addEventListener("keydown", (event) => {
    if (!state.nodes.length || !KEYS.includes(event.key)) return;
    event.preventDefault();
    state.hover = null;
    if (event.key === "Escape") state.at = null;
    else if (!state.at) state.at = state.nodes[0];
    else if (event.key === "Enter" || event.key === " ") open(state.at);
    else state.at = walked(state.nodes, state.shown, state.at, event.key, is_open);
    if (state.at) into_sight(scroller, state, state.at);
    show();
  });
  all.addEventListener("change", () => {
    state.all = all.checked;
    if (!state.all && state.at?.fate === "dropped") state.at = null;
    lay_out();
  });
  const unread = changes(model, read, ["nodes", "title", "empty", "space", "height"]);
  // The bar that scrolls sideways comes and goes with the width.
  const sizes = new ResizeObserver(() => lay_out());
  sizes.observe(scroller);
  return () => { for (const s of sliders) s.close(); unread(); sizes.disconnect(); view.close(); };
}

/** A slider for a trait of the search. @param {Model<Traits>} model @param {"num_beams" | "length_penalty"} name @param {number} min @param {number} max @param {number} step */
function steering(model, name, min, max, step) {
  const input = element("input", { type: "range", min, max, step, "aria-label": name });
  const text = element("span");
  function show() {
    text.textContent = `${name} ${step < 1 ? Number(input.value).toFixed(1) : input.value}`;
    input.setAttribute("aria-valuetext", input.value);
    fill(input);
  }
  input.addEventListener("input", () => {
    show();
    model.set(name, Number(input.value));
    model.save_changes();
  });
  const close = changes(model, () => { input.value = String(model.get(name)); show(); }, [name]);
  return { label: element("label", { class: "nblib-scrub nblib-scale" }, text, input), close };
}

/** @param {State} state @param {Node} node */
const caption = ({ nodes }, node) => (node.parent < 0 ? "begin" : `${node.symbol} ${percent(share_of(nodes, node))}`);

/** @param {Node[]} nodes */
function counted(nodes) {
  /** @type {Record<string, number>} */
  const counts = { kept: 0, ended: 0, dropped: 0 };
  for (const n of nodes.slice(1)) counts[n.fate] += 1;
  return `solid frame: kept, ${counts.kept} · round and green, with its rank: ended, ${counts.ended} · dashed: dropped, ${counts.dropped} · thick line: likely`;
}

/** @param {State} state @param {string} space what stands between two symbols */
function sentence({ nodes, hover, at }, space) {
  const node = hover ?? at;
  if (!nodes.length) return "";
  if (!node || node.parent < 0) return HINT;
  const score = node.rank ? `, score ${number(node.score)}` : " (later ones were better)";
  const last = node.fate === "ended" ? `ended as number ${node.rank || "–"}${score}` : node.fate;
  return `${path_to(nodes, node).join(space)}: P = ${number(Math.exp(node.total))} (log ${number(node.total)}); “${node.symbol}” after what stands before it: ${percent(share_of(nodes, node))}; ${last}.`;
}

/** @param {HTMLElement} scroller @param {State} state @param {Node} node */
function into_sight(scroller, state, node) {
  const x = LEFT + node.depth * state.column, y = TOP + node.row * ROW;
  const right = scroller.scrollLeft + scroller.clientWidth, bottom = scroller.scrollTop + scroller.clientHeight;
  if (x < scroller.scrollLeft) scroller.scrollLeft = x - LEFT;
  if (x + state.column > right) scroller.scrollLeft += x + state.column - right;
  if (y < scroller.scrollTop) scroller.scrollTop = y - TOP;
  if (y + ROW > bottom) scroller.scrollTop += y + ROW - bottom;
}

/** @param {State} state @param {Scrolled} scrolled @param {Node} node @returns {[number, number]} */
function corner(state, scrolled, node) {
  return [LEFT + node.depth * state.column - scrolled.left, TOP + node.row * ROW - scrolled.top];
}

/** @param {Pen} pen @param {number} width @param {number} height @param {Theme} theme @param {State} state @param {Scrolled} scrolled @param {(node: Node) => boolean} is_open */
function paint_tree(pen, width, height, theme, state, scrolled, is_open) {
  const { nodes, shown, column } = state, marked = new Set(ancestors(nodes, state.hover ?? state.at));
  for (const node of shown) {
    if (node.parent < 0) continue;
    const [left, above] = corner(state, scrolled, nodes[node.parent]), [x1, top] = corner(state, scrolled, node);
    const x0 = left + column - 24, y0 = above + TALL / 2, y1 = top + TALL / 2;
    if (x1 < -column || x0 > width || Math.max(y0, y1) < 0 || Math.min(y0, y1) > height) continue;
    pen.strokeStyle = marked.has(node) ? theme.accent : theme.soft;
    pen.lineWidth = node.fate === "dropped" ? 1 : 1 + 4 * share_of(nodes, node);
    pen.setLineDash(node.fate === "dropped" ? [3, 3] : []);
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.bezierCurveTo(x0 + 12, y0, x1 - 12, y1, x1, y1);
    pen.stroke();
  }
  pen.setLineDash([]);
  for (const node of shown) {
    const [x, y] = corner(state, scrolled, node);
    if (x < -column || x > width || y < -ROW || y > height) continue;
    paint_node(pen, theme, state, node, x, y, marked.has(node), hidden(node, is_open).length);
  }
}

/** @param {Pen} pen @param {Theme} theme @param {State} state @param {Node} node @param {number} x @param {number} y @param {boolean} marked @param {number} more how many are not shown behind it */
function paint_node(pen, theme, state, node, x, y, marked, more) {
  const wide = state.column - 24, ended = node.fate === "ended", dropped = node.fate === "dropped";
  pen.beginPath();
  pen.roundRect(x, y, wide, TALL, ended ? 11 : 3);
  pen.fillStyle = theme.back;
  pen.fill();
  if (ended) { pen.globalAlpha = 0.18; pen.fillStyle = theme.series.gru; pen.fill(); pen.globalAlpha = 1; }
  pen.strokeStyle = marked ? theme.accent : ended ? theme.series.gru : dropped ? theme.soft : theme.ink;
  pen.lineWidth = marked || ended ? 2 : 1;
  pen.setLineDash(dropped ? [3, 3] : []);
  pen.stroke();
  pen.setLineDash([]);
  pen.fillStyle = dropped ? theme.soft : theme.ink;
  pen.textAlign = "left";
  pen.fillText(fitting(pen, caption(state, node), wide - 12), x + 6, y + TALL / 2 + 0.5);
  if (node.rank) {
    pen.fillStyle = theme.ink;
    pen.font = `600 ${FONT}`;
    pen.fillText(`${node.rank}.`, x + wide + 4, y + TALL / 2);
    pen.font = FONT;
  } else if (more) {
    pen.fillStyle = theme.soft;
    pen.fillText(`+${more}`, x + wide + 2, y + TALL / 2 - 7);
  }
  if (node === state.at) { pen.strokeStyle = theme.accent; pen.lineWidth = 1; pen.strokeRect(x - 3, y - 3, wide + 6, TALL + 6); }
}

export default { render };
