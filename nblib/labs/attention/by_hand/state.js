// What stands in the grids: Python's numbers, and over them what a person typed that Python has not answered yet.
import { doubles } from "../../../ui/views/bytes.js";
import { compute, number_of } from "./rules.js";

/**
 * @typedef {import("./rules.js").Matrix} Matrix
 * @typedef {{ name: string, row: number, column: number }} At
 * @typedef {[name: string, row: number, column: number, text: string]} Edit
 * @typedef {{ tokens: string[], matrices: Omit<Matrix, "short" | "top" | "at" | "put">[], data: Bytes, heads: number,
 *   scale: number, usual: number, curves: Bytes, pads: number, note: string, empty: string,
 *   problem: { name?: string, text?: string }, seen: number }} Traits
 */

/** Matrices over one array of numbers; none where the numbers are not as many. @param {Traits["matrices"]} described @param {Float64Array} numbers @returns {Matrix[]} */
export function matrices_of(described, numbers) {
  let from = 0;
  const list = described.map((m) => {
    const start = from, columns = m.shape[1];
    from += m.shape[0] * columns;
    const at = (/** @type {number} */ r, /** @type {number} */ c) => numbers[start + r * columns + c];
    const put = (/** @type {number} */ r, /** @type {number} */ c, /** @type {number} */ v) => { numbers[start + r * columns + c] = v; };
    return { ...m, short: m.title.split(" = ")[0], top: largest(m.shape, at), at, put };
  });
  return from === numbers.length ? list : [];
}

/** The largest size of a finite number, 1 for none. @param {[number, number]} shape @param {(r: number, c: number) => number} at */
export function largest([rows, columns], at) {
  let top = 0;
  for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) if (Number.isFinite(at(r, c))) top = Math.max(top, Math.abs(at(r, c)));
  return top || 1;
}

/** Grids of attention by hand. */
export class Grids {
  /** @param {Model<Traits>} model */
  constructor(model) {
    this.model = model;
    /** @type {string[]} */
    this.tokens = [];
    /** @type {Matrix[]} */
    this.list = [];
    /** @type {Map<string, Matrix>} */
    this.by_name = new Map();
    /** The head in sight. */
    this.head = 0;
    /** The cell that the keyboard is at, and the one under the pointer. @type {At | null} */
    this.cursor = null;
    /** @type {At | null} */
    this.hover = null;
    /** Edits that wait, and those that are on their way. @type {Map<string, Edit>} */
    this.waiting = new Map();
    /** @type {Map<string, Edit>} */
    this.flying = new Map();
    /** A scale that waits or is on its way; null for the formula's, undefined for none. @type {number | null | undefined} */
    this.waiting_scale = undefined;
    /** @type {number | null | undefined} */
    this.flying_scale = undefined;
  }

  /** What Python says. */
  read() {
    const { model } = this;
    this.tokens = model.get("tokens");
    this.list = matrices_of(model.get("matrices"), doubles(model.get("data")));
    this.by_name = new Map(this.list.map((m) => [m.name, m]));
    if (this.flying.size || this.waiting.size || this.scale !== model.get("scale")) this.ahead();
    this.head = Math.min(this.head, model.get("heads") - 1);
    if (!this.there(this.cursor)) this.cursor = null;
    if (!this.there(this.hover)) this.hover = null;
  }

  /** @param {string} name @returns {Matrix} */
  get = (name) => /** @type {Matrix} */ (this.by_name.get(name));

  /** The matrix of the cell, undefined for none. @param {At | null} at */
  of(at) { return at ? this.by_name.get(at.name) : undefined; }

  /** Whether there is such a cell. @param {At | null} at */
  there(at) {
    const m = this.of(at);
    return at !== null && m !== undefined && at.row < m.shape[0] && at.column < m.shape[1];
  }

  /** @param {Matrix} m */
  in_sight(m) { return m.head < 0 || m.head === this.head; }

  /** The factor on the scores, as the person has it. */
  get scale() {
    const wanted = this.waiting_scale !== undefined ? this.waiting_scale : this.flying_scale;
    return wanted === undefined ? this.model.get("scale") : wanted ?? this.model.get("usual");
  }

  /** What is on its way is shown already: the same sums as Python's, whose numbers take their place. */
  ahead() {
    for (const [name, row, column, text] of [...this.flying.values(), ...this.waiting.values()]) {
      const value = number_of(text);
      if (this.there({ name, row, column }) && !Number.isNaN(value)) this.get(name).put(row, column, value);
    }
    compute(this.list, this.get, this.scale, this.model.get("pads"));
    for (const m of this.list) m.top = largest(m.shape, m.at);
  }

  /** @param {At} at @param {string} text */
  edit({ name, row, column }, text) {
    this.waiting.set(`${name} ${row} ${column}`, [name, row, column, text]);
    this.ahead();
  }

  /** @param {number | null} value null for the formula's */
  rescale(value) {
    this.waiting_scale = value;
    this.ahead();
  }

  /** All that waits as one message; it is on its way from now. */
  message() {
    const content = { type: "edit", cells: [...this.waiting.values()] };
    this.flying = this.waiting;
    this.waiting = new Map();
    this.flying_scale = this.waiting_scale;
    this.waiting_scale = undefined;
    return this.flying_scale === undefined ? content : { ...content, scale: this.flying_scale };
  }

  /** What was on its way has arrived. */
  answered() {
    this.flying = new Map();
    this.flying_scale = undefined;
  }
}
