// All heads of a model at once, one of them large, and its lines: what is hovered, switched and stepped through is
// answered from the bytes that came with the text; only a new text and an exact weight ask the kernel.
import { bytes_of } from "../../../ui/views/bytes.js";
import { changes, button, element, keep_keys } from "../../../ui/views/dom.js";
import { silence } from "../../../ui/views/messages.js";
import { file_buttons, question_of, tools_of } from "./controls.js";
import { save, svg_of } from "./export.js";
import { pictures_of } from "./pictures.js";
import { Look, best_head, roles_text } from "./state.js";

/** @typedef {{ roles: import("./state.js").Roles, role_texts: number, alone: boolean }} Traits */

/** @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** @param {View<Traits>} view */
function render({ model, el }) {
  const alone = model.get("alone"), look = new Look(), questions = question_of(ask);
  const root = element("div", { class: "nblib-explorer" });
  const said = element("div", { class: "nblib-readout", role: "status" });
  const tools = tools_of(look, { changed, set_changed: () => pictures.restart(), role_chosen, zoom });
  const title = element("div", { class: "nblib-view-title" });
  const value = element("div", { class: "nblib-readout nblib-weight", "aria-live": "polite" });
  const roles_line = element("div", { class: "nblib-note" });
  const notes = element("div", { class: "nblib-note nblib-explorer-note" });
  let exact = /** @type {{ key: string, value: string } | null} */ (null), number = 0, waiting = 0;
  const pictures = pictures_of(look, {
    scores: () => model.get("roles")[tools.role.value], brightest: () => tools.brightest.checked, waiting: () => waiting > 0,
    grown: (count) => { root.dataset.thumbs = String(count); },
  });
  root.append(...(alone ? [] : [questions.node]), said, tools.node, title,
    element("div", { class: "nblib-explorer-views" }, ...pictures.places), value, roles_line, notes);
  keep_keys(root);
  el.append(root);

  function changed() { say(); pictures.changed(); }
  function say() {
    title.textContent = look.title;
    root.dataset.at = `${look.mode} ${look.layer + 1} ${look.head + 1}`;
    root.dataset.token = look.row === null ? "" : `${look.row} ${look.column ?? ""}`;
    if (!look.maps) return;
    const any = Number.isFinite(look.weight);
    value.textContent = any ? look.sentence(exact) : `Point at a cell, or go there with the arrow keys${alone ? "." : "; a click fetches the exact weight."}`;
    value.dataset.weight = any ? String(look.weight) : "";
    roles_line.textContent = look.mode === "head" ? roles(look.layer, look.head) : "";
  }
  const roles = (/** @type {number} */ l, /** @type {number} */ h) => roles_text(model.get("roles"), model.get("role_texts"), l, h);
  const show_tools = () => tools.show(Object.keys(model.get("roles")));
  /** @param {string} text @param {string} tone */
  function tell(text, tone) { said.textContent = text; said.hidden = !text; said.dataset.tone = tone; }

  /** @param {number} l @param {number} h */
  function choose(l, h) { look.choose(l, h); show_tools(); changed(); }
  /** @param {number} factor */
  function zoom(factor) { if (look.maps) { look.zoom(factor); pictures.map.now(); } }
  function role_chosen() {
    const scores = model.get("roles")[tools.role.value];
    if (!scores) { changed(); return; }
    look.mode = "head";
    choose(...best_head(scores));
  }
  hear(look, { heads: pictures.heads.canvas, map: pictures.map.canvas, lines: pictures.lines.canvas }, {
    head: pictures.head, cell: pictures.cell, token: pictures.token, choose, zoom, changed, say,
    point(q, k) {
      if (q === look.row && k === look.column) return;
      [look.row, look.column] = [q, k];
      say();
      pictures.map.now();
      pictures.lines.now();
    },
    fetch() {
      const { set, mode, layer, head, row, column, place: key } = look;
      if (!alone && row !== null && column !== null) send({ type: "exact", set, mode, layer, head, row, column, key });
    },
    hint: (l, h) => { roles_line.textContent = `Layer ${l + 1}, head ${h + 1}. ${roles(l, h)}`; },
  });

  // Python answers at once, also where a model has to be read from the disk first; a kernel that was restarted does not.
  const quiet = silence(root);
  /** @param {object} content */
  function send(content) { quiet.listen(); model.send(content); }
  function ask() {
    waiting = number += 1;
    tell("reading …", "plain");
    if (!look.maps) pictures.map.again();
    send({ type: "ask", model: questions.model.value, text: questions.text.value, number });
  }
  /** @param {any} message @param {DataView[]} buffers */
  function receive(message, buffers) {
    quiet.heard();
    if (message.type === "maps") { waiting = 0; accept(message, buffers); tell(message.note, message.note ? "note" : "plain"); }
    if (message.type === "said") { waiting = 0; tell(message.text, message.tone); if (!look.maps) pictures.map.again(); }
    if (message.type === "exact") { exact = message; say(); }
    if (message.type === "html") save("attention.html", new Blob([bytes_of(buffers[0]).slice()], { type: "text/html" }));
  }
  /** @param {import("./state.js").Content} content @param {DataView[]} buffers */
  function accept(content, buffers) {
    look.accept(content, buffers);
    exact = null;
    questions.model.value = content.model;
    questions.text.value = content.text;
    notes.textContent = content.about;
    show_tools();
    pictures.restart();
    changed();
    root.dataset.tokens = String(look.T);
    root.dataset.shown = String(content.number);
  }
  tools.files.append(...file_buttons(() => look.maps !== null, () => svg_of({
    title: `${look.title}: ${look.content?.model}`, tokens: look.tokens, weights: look.weights, top: pictures.top(), signed: look.signed, query: look.row,
  }), () => `attention-${(root.dataset.at ?? "").replaceAll(" ", "-")}`));
  if (!alone) tools.files.append(button("⤓ HTML", "Save this explorer, with all heads, as one file that needs no network", () => send({ type: "html" })));

  model.on("msg:custom", receive);
  tell("", "plain");
  const unread = changes(model, () => { show_tools(); say(); pictures.heads.again(); }, ["roles"]);
  model.send({ type: "ready" });
  return () => {
    quiet.close();
    model.off("msg:custom", receive);
    unread();
    pictures.close();
  };
}

/**
 * @typedef {{ head: (event: MouseEvent) => [number, number] | null, cell: (event: MouseEvent) => [number, number] | null,
 *   token: (event: MouseEvent) => [number | null, number | null] | null, point: (q: number | null, k: number | null) => void,
 *   choose: (l: number, h: number) => void, zoom: (factor: number) => void, fetch: () => void, changed: () => void,
 *   say: () => void, hint: (l: number, h: number) => void }} Hands
 */

/** Pointing and walking. @param {Look} look @param {Record<"heads" | "map" | "lines", HTMLCanvasElement>} nodes @param {Hands} hands */
function hear(look, { heads, map, lines }, { head, cell, token, point, choose, zoom, fetch, changed, say, hint }) {
  heads.addEventListener("pointerdown", (event) => { const hit = head(event); if (hit) choose(...hit); });
  heads.addEventListener("pointermove", (event) => {
    const hit = head(event);
    heads.title = hit ? `Layer ${hit[0] + 1}, head ${hit[1] + 1}` : "";
    if (hit) hint(...hit); else say();
  });
  heads.addEventListener("pointerleave", say);
  map.addEventListener("pointermove", (event) => { const hit = cell(event); if (hit) point(...hit); });
  map.addEventListener("pointerdown", (event) => { const hit = cell(event); if (hit) { point(...hit); fetch(); } });
  map.addEventListener("dblclick", () => zoom(0.5));
  lines.addEventListener("pointermove", (event) => { const hit = token(event); if (hit) point(...hit); });
  for (const node of [map, lines]) node.addEventListener("pointerleave", () => { if (document.activeElement !== node) point(null, null); });

  /** @param {KeyboardEvent} event @param {boolean} moves_heads without Shift */
  function keys(event, moves_heads) {
    if (!look.maps || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (event.key === "Escape") point(null, null);
    else if (event.key === "Enter") fetch();
    else if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (move && moves_heads !== event.shiftKey) choose(look.layer + move[0], look.head + move[1]);
    else if (move) { look.step(...move); changed(); }
    else return;
    event.preventDefault();
  }
  for (const node of [heads, map, lines]) node.addEventListener("keydown", (event) => keys(event, node === heads));
}

export default { render };
