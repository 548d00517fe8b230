// Fields and an answer. What is typed goes to Python, one question at a time; rows come back and are shown as text.
import { changes, element, keep_keys, write } from "./dom.js";
import { sender } from "./messages.js";
import { clamp } from "./numbers.js";

/**
 * @typedef {{ name: string, label: string, shown?: string, placeholder?: string, wide?: boolean }} Field
 * @typedef {[word: string, value: number | null, digits: string, remark: string, tone: string]} Row
 * @typedef {{ title: string, fields: Field[], texts: Record<string, string>, rows: Row[], said: string, tone: string,
 *   ends: string[], diverging: boolean, pickable: boolean, seen: number }} Traits
 */

/** @param {View<Traits>} view */
function render({ model, el }) {
  const fields = element("div", { class: "nblib-ask-fields" });
  const said = element("div", { class: "nblib-ask-said", role: "status" });
  const ends = element("div", { class: "nblib-ask-ends" });
  const rows = element("div", { class: "nblib-ask-rows", role: "list" });
  const root = element("div", { class: "nblib-ask", role: "group", "aria-label": model.get("title") }, fields, said, ends, rows);
  keep_keys(root);
  el.append(root);

  const questions = sender(model, root, { answered: show_texts });
  /** @type {Map<string, HTMLInputElement>} */
  const inputs = new Map();
  const question = () => ({ type: "ask", texts: Object.fromEntries([...inputs].map(([name, input]) => [name, input.value])) });
  for (const field of model.get("fields")) {
    const input = element("input", {
      type: "text", spellcheck: "false", autocomplete: "off", dir: "auto", placeholder: field.placeholder || "", "aria-label": field.label,
    });
    input.addEventListener("input", () => questions.send("ask", question));
    fields.append(element("label", { class: field.wide ? "nblib-wide" : null }, element("span", {}, field.shown ?? field.label), input));
    inputs.set(field.name, input);
  }
  fields.hidden = !inputs.size;

  function show_texts() {
    const texts = model.get("texts");
    for (const [name, input] of inputs) {
      // What a person is typing is not taken out of the hand.
      const mine = document.activeElement === input && questions.busy();
      if (!mine && name in texts && input.value !== texts[name]) input.value = texts[name];
    }
  }
  function show_rows() {
    const [left, right] = model.get("ends");
    write(said, model.get("said"));
    said.dataset.tone = model.get("tone");
    ends.hidden = left === undefined || !model.get("rows").length;
    ends.replaceChildren(element("span", {}, left ?? ""), element("span", {}, right ?? ""));
    rows.replaceChildren(...model.get("rows").map((row) => row_of(model, row)));
  }
  const ended = [changes(model, show_texts, ["texts"]), changes(model, show_rows, ["said", "tone", "rows", "ends", "diverging"])];
  return () => { for (const end of ended) end(); questions.close(); };
}

/** @param {Model<Traits>} model @param {Row} row */
function row_of(model, [word, value, digits, remark, tone]) {
  const name = element(model.get("pickable") ? "button" : "span", { class: "nblib-ask-word", title: word, dir: "auto" }, word);
  if (model.get("pickable")) {
    name.setAttribute("type", "button");
    name.addEventListener("click", () => model.send({ type: "pick", word }));
  }
  const note = element("span", { class: "nblib-ask-note", title: remark }, remark);
  return element("div", { class: "nblib-ask-row", role: "listitem", "data-tone": tone },
    name, bar(value, model.get("diverging")), element("span", { class: "nblib-ask-number" }, digits), note);
}

/** @param {number | null} value from 0, or −1 about the middle, to 1; null for no bar @param {boolean} diverging */
function bar(value, diverging) {
  if (value === null) return element("span");
  const fill = element("span"), part = clamp(value, diverging ? -1 : 0, 1);
  fill.style.left = diverging ? `${50 + Math.min(0, part) * 50}%` : "0";
  fill.style.width = `${Math.abs(part) * (diverging ? 50 : 100)}%`;
  return element("span", { class: `nblib-ask-bar${diverging ? " nblib-middle" : ""}` }, fill);
}

export default { render };
