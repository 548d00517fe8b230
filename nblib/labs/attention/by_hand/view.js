// Attention by hand: grids of numbers in four stages. A cell is pointed at, walked to, typed into; Python computes.
import { FONT, canvas, pen_of } from "../../../ui/views/canvas.js";
import { button, changes, element, keep_keys, offset, write } from "../../../ui/views/dom.js";
import { sender } from "../../../ui/views/messages.js";
import { cell_editor } from "./editor.js";
import { STAGES, cell_at, centre, laid_out, walked } from "./layout.js";
import { paint_grids } from "./paint.js";
import { explain } from "./rules.js";
import { scale_panel } from "./scale.js";
import { Grids } from "./state.js";

/** @typedef {import("./state.js").At} At @typedef {import("./state.js").Traits} Traits @typedef {import("./layout.js").Box} Box */

const TITLES = [
  "1  Words become rows of X; the weights are the same for all words",
  "2  A query, a key and a value for every word",
  "3  Who looks at whom",
  "4  Every word takes its share of the values",
];
const CAPTIONS = [
  "Click a cell of X or of a weight, or walk there with the arrow keys, and type a number: Enter commits, Escape cancels, ↑ and ↓ while typing add or take 0.1. Point at any cell, and this line says where it comes from.",
  "The same word is seen in three ways: what it asks (Q), what it is asked by (K), and what it gives (V).",
  "Rows ask, columns are asked. Softmax goes along each row, so that each row of weights sums to 1.",
  "A row of the output is a mixture of the rows of V, by the row of weights that belongs to the word.",
];
/** @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LABEL = "matrices of attention; arrow keys walk from cell to cell, typing a number edits, Enter commits, Escape cancels";

/** @param {View<Traits>} view */
function render({ model, el }) {
  const note = element("div", { class: "nblib-readout" });
  const place = element("div", { class: "nblib-canvas" });
  const root = element("div", { class: "nblib-hand" }, note, place);
  keep_keys(root);
  el.append(root);

  const grids = new Grids(model), messages = sender(model, root, { answered: () => grids.answered() });
  let layout = laid_out([], 0, 0), wide = 0;
  /** @type {import("./rules.js").Part[]} */
  let parts = [];
  const strips = STAGES.map((stage) => element("div", { class: "nblib-hand-said", "data-stage": stage }));
  const heads = head_choice(model, grids, () => { lay_out(); scale.show(); show(); });

  function send() { at_once(); messages.send("edit", () => grids.message()); }
  const scale = scale_panel(grids, (value) => { grids.rescale(value); send(); });

  function read() {
    grids.read();
    if (!grids.there(editor.at())) editor.close();
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
    root.dataset.seen = String(model.get("seen"));
    heads.show();
    scale.show();
    lay_out();
    show();
  }

  function lay_out() {
    if (!wide) return;
    const pen = pen_of(document.createElement("canvas"));
    pen.font = FONT;
    layout = laid_out(grids.list.filter((m) => grids.in_sight(m)), wide, Math.max(0, ...grids.tokens.map((t) => pen.measureText(t).width)));
    for (const [k, strip] of strips.entries()) {
      const stage = layout.stages.find((s) => s.k === k);
      strip.hidden = !stage;
      if (stage) strip.style.cssText = `top:${stage.strip}px;height:${layout.strip}px`;
      if (stage && STAGES[k] === "weights") heads.node.style.top = `${stage.top}px`;
    }
    scale.node.style.top = `${layout.scale}px`;
    heads.node.hidden = model.get("heads") < 2 || !grids.list.length;
    scale.node.hidden = !grids.list.length;
    editor.set();
    view.resize(grids.list.length ? Math.max(60, layout.height) : 60);
  }

  /** The words below each stage. */
  function say() {
    const at = grids.hover || grids.cursor, problem = model.get("problem"), mine = grids.of(at)?.stage;
    const cell = at ? explain(grids.get, grids.tokens, at.name, at.row, at.column, grids.scale) : { text: "", parts: [] };
    parts = cell.parts;
    for (const [k, stage] of STAGES.entries()) {
      const bad = problem.text && grids.by_name.get(problem.name ?? "")?.stage === stage ? problem.text : "";
      write(strips[k], bad || (mine === stage ? cell.text : CAPTIONS[k]));
      strips[k].dataset.tone = bad ? "bad" : mine === stage ? "cell" : "";
      if (bad || mine === stage) strips[k].setAttribute("role", "status"); else strips[k].removeAttribute("role");
    }
  }
  function show() { say(); view.again(); scale.again(); }
  function at_once() { say(); scale.show(); view.now(); scale.again(); }

  const view = canvas(place, 400, (pen, width, height, theme) => {
    if (!grids.list.length) {
      pen.fillStyle = theme.soft;
      pen.textAlign = "left";
      pen.fillText(model.get("empty"), 2, 30);
      return;
    }
    if (width !== wide) { wide = width; lay_out(); }
    paint_grids(pen, theme, grids, layout, TITLES, parts);
  }, { tabindex: 0, role: "application", class: "nblib-hand-grid", "aria-label": LABEL });
  place.append(...strips, heads.node, scale.node);
  const box = (/** @type {string} */ name) => /** @type {Box} */ (layout.boxes.get(name));
  // Where a cell lies and what stands in it, for whoever drives the page.
  Object.assign(view.canvas, { nblib: {
    words: () => grids.tokens,
    centre: (/** @type {string} */ name, /** @type {number} */ row, /** @type {number} */ column) => centre(box(name), row, column),
    value: (/** @type {string} */ name, /** @type {number} */ row, /** @type {number} */ column) => grids.get(name).at(row, column),
  } });

  /** @param {number} right @param {number} down */
  function walk(right, down) {
    const first = grids.list.find((m) => layout.boxes.has(m.name));
    if (grids.cursor) grids.cursor = walked(layout.boxes, grids.cursor, right, down);
    else if (first) grids.cursor = { name: first.name, row: 0, column: 0 };
  }
  function forget_problem() {
    if (!model.get("problem").text) return;
    model.set("problem", {});
    model.save_changes();
  }
  const editor = cell_editor(place, {
    put(at, text) { grids.edit(at, text); send(); },
    box: (at) => layout.boxes.get(at.name),
    done(step) { view.canvas.focus(); if (step) { walk(step, 0); show(); } },
  });
  hear(view.canvas, grids, {
    under: (event) => cell_at(layout.boxes, ...offset(view.canvas, event)),
    walk, show, forget_problem, editing: () => editor.at() !== null,
    edit(at, text) { forget_problem(); editor.open(at, grids.get(at.name), text); },
  });

  const unread = changes(model, read);
  return () => { messages.close(); unread(); view.close(); scale.close(); };
}

/** A button for each head. @param {Model<Traits>} model @param {Grids} grids @param {() => void} chosen */
function head_choice(model, grids, chosen) {
  const node = element("div", { class: "nblib-hand-heads nblib-row", role: "group", "aria-label": "Head in sight" });
  /** @param {number} h */
  function choose(h) {
    grids.head = h;
    const m = grids.of(grids.cursor);
    if (m && !grids.in_sight(m)) grids.cursor = null;
    show();
    chosen();
  }
  function show() {
    const count = model.get("heads");
    if (node.children.length !== count) {
      node.replaceChildren(...Array.from({ length: count }, (_, h) => button(`Head ${h + 1}`, `Show the scores and weights of head ${h + 1}`, () => choose(h))));
    }
    [...node.children].forEach((one, h) => one.setAttribute("aria-pressed", String(h === grids.head)));
  }
  return { node, show };
}

/** @param {At | null} a @param {At | null} b */
const same = (a, b) => a?.name === b?.name && a?.row === b?.row && a?.column === b?.column;

/**
 * @typedef {{ under: (event: MouseEvent) => At | null, walk: (right: number, down: number) => void, show: () => void,
 *   forget_problem: () => void, editing: () => boolean, edit: (at: At, text?: string) => void }} Hands
 */

/** Pointing, walking, and typing into a cell. @param {HTMLCanvasElement} node @param {Grids} grids @param {Hands} hands */
function hear(node, grids, { under, walk, show, forget_problem, editing, edit }) {
  node.addEventListener("pointermove", (event) => {
    const hit = under(event);
    node.style.cursor = grids.of(hit)?.edit ? "text" : "default";
    if (same(hit, grids.hover)) return;
    grids.hover = hit;
    show();
  });
  node.addEventListener("pointerleave", () => { grids.hover = null; show(); });
  node.addEventListener("pointerdown", (event) => {
    const hit = under(event), again = hit && same(hit, grids.cursor);
    forget_problem();
    grids.cursor = hit;
    if (hit && again && grids.of(hit)?.edit) { event.preventDefault(); edit(hit); }
    show();
  });
  node.addEventListener("dblclick", () => { if (grids.cursor && !editing() && grids.of(grids.cursor)?.edit) edit(grids.cursor); });
  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { cursor } = grids, move = MOVES[event.key];
    if (move) {
      event.preventDefault();
      forget_problem();
      grids.hover = null;
      walk(...move);
    } else if (event.key === "Escape") {
      forget_problem();
      grids.cursor = grids.hover = null;
    } else if (cursor && grids.of(cursor)?.edit && /^(Enter|F2|[\d.,+\-−a-zA-Z])$/.test(event.key)) {
      event.preventDefault();
      edit(cursor, event.key.length > 1 ? undefined : event.key);
    } else return;
    show();
  });
  node.addEventListener("focus", () => { if (!grids.cursor && !grids.hover) { walk(0, 0); show(); } });
}

export default { render };
