// A field over a cell to type into: Enter commits, Escape takes back, ↑ and ↓ add or take a tenth, Tab goes on.
import { element } from "../../../ui/views/dom.js";
import { SIZE } from "./layout.js";

/**
 * @typedef {import("./state.js").At} At
 * @typedef {import("./rules.js").Matrix} Matrix
 * @typedef {{ put: (at: At, text: string) => void, box: (at: At) => Place | undefined, done: (step: number) => void }} Hands
 *   `done`: typing is over, with a step to the right (1), to the left (−1) or none
 */

/** The number in a field and a tenth more or less, null where it is no number. @param {string} text @param {number} step */
export function stepped(text, step) {
  return Number.isFinite(Number(text)) ? String(Number((Number(text) + step).toFixed(10))) : null;
}

/** @param {HTMLElement} place @param {Hands} hands */
export function cell_editor(place, { put, box, done }) {
  /** @type {(At & { input: HTMLInputElement, before: string, sent: boolean }) | null} */
  let open = null;

  function close() {
    const was = open;
    open = null;
    was?.input.remove();
  }
  function set() {
    if (!open) return;
    const at = box(open);
    if (!at) { close(); return; }
    const left = at.left + open.column * SIZE.cell - 6, top = at.top + open.row * SIZE.line - 2;
    open.input.style.cssText = `left:${left}px;top:${top}px;width:${SIZE.cell + 12}px;height:${SIZE.line + 4}px`;
  }
  function commit() {
    const was = open;
    close();
    if (was && (was.input.value !== was.before || was.sent)) put(was, was.input.value);
  }
  /** @param {KeyboardEvent} event */
  function key(event) {
    if (!open) return;
    const { input } = open, step = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key], next = step ? stepped(input.value, step) : null;
    if (event.key === "Enter" || event.key === "Tab") {
      commit();
      done(event.key === "Enter" ? 0 : event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      if (open.sent) put(open, open.before);
      close();
      done(0);
    } else if (next !== null) {
      input.value = next;
      open.sent = true;
      put(open, next);
    } else return;
    event.preventDefault();
  }

  return {
    at: () => /** @type {At | null} */ (open),
    set, close,
    /** @param {At} at @param {Matrix} m @param {string} [text] what was typed first; without it, what stands there is selected */
    open(at, m, text) {
      close();
      const input = element("input", {
        type: "text", class: "nblib-hand-input", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
        "aria-label": `${m.short}, row ${at.row + 1}, column ${at.column + 1}`,
      });
      open = { ...at, input, before: String(m.at(at.row, at.column)), sent: false };
      input.value = text ?? open.before;
      place.append(input);
      set();
      input.focus();
      if (text === undefined) input.select();
      input.addEventListener("keydown", key);
      input.addEventListener("blur", () => { if (open?.input === input) commit(); });
    },
  };
}
