// What the explorer shows: which map, which token, which part of it; and what is said of it.
import { fixed } from "../../../ui/views/numbers.js";
import { maps_of } from "./maps.js";

/**
 * @typedef {import("./maps.js").Mode} Mode
 * @typedef {import("./maps.js").Content & { model: string, text: string, about: string, note: string, number: number }} Content
 * @typedef {Record<string, number[][]>} Roles role → scores [layers, heads]
 */

/** Tokens shown at once, at most, before a person zooms. */
const FIRST_SPAN = 96, LEAST_SPAN = 8;

export class Look {
  constructor() {
    /** @type {Content | null} */
    this.content = null;
    /** @type {import("./maps.js").Maps | null} */
    this.maps = null;
    /** −1 is the second model less the first. */
    this.set = 0;
    /** @type {Mode} */
    this.mode = "head";
    this.layer = 0;
    this.head = 0;
    /** The token that looks, and the one it looks at. @type {number | null} */
    this.row = null;
    /** @type {number | null} */
    this.column = null;
    /** First row and column in sight, and how many. @type {[number, number]} */
    this.first = [0, 0];
    this.span = 0;
  }

  get tokens() { return this.content?.tokens ?? []; }
  get T() { return this.maps?.T ?? 0; }
  get signed() { return this.set < 0; }
  get weights() { return this.maps ? this.maps.weights(this.set, this.mode, this.layer, this.head) : new Float32Array(0); }

  /** @param {Content} content @param {DataView[]} buffers */
  accept(content, buffers) {
    const maps = maps_of(content, buffers);
    this.content = content;
    this.maps = maps;
    this.layer = Math.min(this.layer, maps.layers - 1);
    this.head = Math.min(this.head, maps.heads - 1);
    if (maps.sets < 2) this.set = 0;
    if (this.row !== null && this.row >= maps.T) this.row = this.column = null;
    this.span = Math.min(maps.T, FIRST_SPAN);
    this.first = [0, 0];
  }

  /** One head, whatever was shown before. @param {number} layer @param {number} head */
  choose(layer, head) {
    if (!this.maps) return;
    this.layer = Math.max(0, Math.min(this.maps.layers - 1, layer));
    this.head = Math.max(0, Math.min(this.maps.heads - 1, head));
    if (this.mode === "all" || this.mode === "rollout") this.mode = "head";
  }

  /** One step through the tokens; what is chosen stays in sight. @param {number} down @param {number} right */
  step(down, right) {
    const clamp = (/** @type {number} */ t) => Math.max(0, Math.min(this.T - 1, t));
    [this.row, this.column] = this.row === null ? [0, 0] : [clamp(this.row + down), clamp((this.column ?? 0) + right)];
    this.first = [in_sight(this.first[0], this.span, this.row), in_sight(this.first[1], this.span, this.column)];
  }

  /** @param {number} factor on the number of tokens in sight */
  zoom(factor) {
    const { T } = this;
    this.span = Math.max(Math.min(LEAST_SPAN, T), Math.min(T, Math.round(this.span * factor)));
    const last = T - this.span, about = (/** @type {number | null} */ at) => Math.max(0, Math.min(last, Math.round((at ?? 0) - this.span / 2)));
    this.first = this.row === null ? [Math.min(this.first[0], last), Math.min(this.first[1], last)] : [about(this.row), about(this.column)];
  }

  /** The map's name among all. */
  get key() { return `${this.set} ${this.mode} ${this.layer} ${this.head}`; }
  /** The weight's name among all. */
  get place() { return `${this.key} ${this.row} ${this.column}`; }

  get title() {
    const { maps, content, layer, head, set } = this;
    if (!maps || !content) return "";
    const which = {
      head: `Layer ${layer + 1}, head ${head + 1}`, layer: `Layer ${layer + 1}, mean of its ${maps.heads} heads`,
      all: `Mean of all ${maps.layers} × ${maps.heads} heads`, rollout: `Rollout over ${maps.layers} layers`,
    }[this.mode];
    const { names } = content;
    return names.length > 1 ? `${which} · ${set < 0 ? `${names[1]} less ${names[0]}` : names[set]}` : which;
  }

  /** The chosen weight, NaN for none. */
  get weight() { return this.row === null || this.column === null ? NaN : this.weights[this.row * this.T + this.column]; }

  /** What the chosen weight is, in words. @param {{ key: string, value: string } | null} exact what Python said of a weight */
  sentence(exact) {
    const row = this.row ?? 0, column = this.column ?? 0;
    const text = `“${this.tokens[row]}” (${row + 1}) looks at “${this.tokens[column]}” (${column + 1}): ${fixed(this.weight, 3)}`;
    return exact && exact.key === this.place ? `${text} · exactly ${exact.value.replace("-", "−")}` : text;
  }
}

/** The first of `span` tokens in sight, moved as little as shows `at`. @param {number} first @param {number} span @param {number} at */
export function in_sight(first, span, at) {
  return at < first ? at : at >= first + span ? at - span + 1 : first;
}

/** How much of a head's attention goes where each role says, the largest first. @param {Roles} roles @param {number} texts @param {number} layer @param {number} head */
export function roles_text(roles, texts, layer, head) {
  const scores = Object.entries(roles).map(([role, of]) => ({ role, score: of[layer]?.[head] ?? 0 })).sort((a, b) => b.score - a.score);
  return scores.length ? `Role, measured over ${texts} sentences: ${scores.map(({ role, score }) => `${role} ${score.toFixed(2)}`).join(" · ")}` : "";
}

/** The head with the highest score of a role. @param {number[][]} scores @returns {[number, number]} */
export function best_head(scores) {
  /** @type {[number, number]} */
  let best = [0, 0];
  for (const [l, of] of scores.entries()) for (const [h, s] of of.entries()) if (s > scores[best[0]][best[1]]) best = [l, h];
  return best;
}

/** The weights worth a line, the weakest first: of one query all above a thousandth, of all queries the largest `most`. @param {Float32Array} weights @param {number} T @param {number | null} query @param {number} most */
export function strongest(weights, T, query, most) {
  const lines = [], least = query === null ? 0.05 : 0.001;
  for (let q = query ?? 0; q < (query === null ? T : query + 1); q += 1) for (let k = 0; k < T; k += 1) {
    const value = weights[q * T + k];
    if (Math.abs(value) >= least) lines.push({ q, k, value });
  }
  if (lines.length > most) { lines.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)); lines.length = most; }
  return lines.sort((a, b) => Math.abs(a.value) - Math.abs(b.value));
}
