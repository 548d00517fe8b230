// Where a cell comes from, in words, and which cells of other matrices it is made of.
// `get(name)` gives a matrix; `tokens` are the words.
import { minus } from "../../../ui/views/numbers.js";

/**
 * @typedef {{ kind: string, left: string, right: string, of: string, start: number, length: number, offset: number,
 *   transposed: boolean, causal: boolean, padding: boolean }} Rule see RULES in view.py: what a kind has no use for is missing
 * @typedef {{ name: string, title: string, short: string, shape: [number, number], stage: string, rows: string,
 *   columns: string, edit: boolean, head: number, bands: number, sign: string, rule: Rule, top: number,
 *   at: (row: number, column: number) => number, put: (row: number, column: number, value: number) => void }} Matrix
 *   `top`: the largest size of a finite number, for the colours
 * @typedef {(name: string) => Matrix} Get
 * @typedef {{ name: string, rows: [number, number], columns: [number, number] }} Part first and last row and column
 */

/** Three digits that count. @param {number} value @returns {string} */
export function short(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "no number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e-3 && size < 1e5) return minus(String(Number(value.toPrecision(3))));
  return minus(value.toExponential(2).replace(/\.?0+e/, "e").replace("+", ""));
}

/** In a grid there is room for about five characters. @param {number} value */
export function cell_text(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return short(value);
  const text = size < 10 ? value.toFixed(2) : size < 100 ? value.toFixed(1) : size < 9999.5 ? value.toFixed(0)
    : value.toExponential(0).replace("+", "");
  return minus(Number(text) === 0 ? text.replace("-", "") : text);
}

/** A typed number that Python will take as it is; NaN for all that it has to judge. @param {string} text */
export function number_of(text) {
  const trimmed = text.trim().replace("−", "-");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) && Math.abs(Number(trimmed)) <= 1e30 ? Number(trimmed) : NaN;
}

/**
 * All matrices anew from those that are given, in their order. The same sums as Python's, whose numbers take their place
 * as soon as they come.
 * @param {Matrix[]} list
 * @param {Get} get
 * @param {number} scale
 * @param {number} pads
 */
export function compute(list, get, scale, pads) {
  for (const m of list) {
    const { rule } = m, [rows, columns] = m.shape;
    if (rule.kind === "given") continue;
    for (let r = 0; r < rows; r += 1) {
      if (rule.kind === "softmax") { put_softmax(m, get(rule.of), r); continue; }
      if (rule.kind === "entropy") { put_entropy(m, get(rule.of), r); continue; }
      for (let c = 0; c < columns; c += 1) m.put(r, c, value_of(rule, get, r, c, scale, columns - pads));
    }
  }
}

/** @param {Rule} rule @param {Get} get @param {number} r @param {number} c @param {number} scale @param {number} real tokens that are no padding */
function value_of(rule, get, r, c, scale, real) {
  if (rule.kind === "add") return get(rule.left).at(r, c) + get(rule.right).at(r, c);
  if (rule.kind === "scale") return get(rule.of).at(r, c) * scale;
  if (rule.kind === "mask") return (rule.causal && c > r) || (rule.padding && c >= real) ? -Infinity : get(rule.of).at(r, c);
  if (rule.kind === "join") {
    const wide = get("values/1").shape[1];
    return get(`values/${Math.floor(c / wide) + 1}`).at(r, c % wide);
  }
  const left = get(rule.left), right = get(rule.right);
  return terms_of(rule, r, c).reduce((sum, [a, b, i, j]) => sum + left.at(a, b) * right.at(i, j), 0);
}

/** @param {Matrix} m @param {Matrix} of @param {number} r */
function put_softmax(m, of, r) {
  const all = Array.from({ length: m.shape[1] }, (_, c) => of.at(r, c)), top = Math.max(...all);
  const e = all.map((v) => Math.exp(v - top)), sum = e.reduce((a, b) => a + b, 0);
  e.forEach((v, c) => m.put(r, c, v / sum));
}

/** Entropy in bits, and how much of a gradient passes. @param {Matrix} m @param {Matrix} of @param {number} r */
function put_entropy(m, of, r) {
  const p = Array.from({ length: of.shape[1] }, (_, c) => of.at(r, c));
  m.put(r, 0, p.reduce((sum, v) => sum - (v > 0 ? v * Math.log2(v) : 0), 0));
  m.put(r, 1, Math.sqrt(p.reduce((sum, a, i) => p.reduce((part, b, j) => part + ((i === j ? a : 0) - a * b) ** 2, sum), 0)));
}

/** @param {number} value */
const factor = (value) => (value < 0 ? `(${short(value)})` : short(value));

/** The parts of a product: [left row, left column, right row, right column] for each term. @param {Rule} rule @param {number} row @param {number} column */
export function terms_of(rule, row, column) {
  return Array.from({ length: rule.length }, (_, k) => [
    row, rule.start + k,
    rule.transposed ? column : k, rule.transposed ? rule.start + k : rule.offset + column,
  ]);
}

/**
 * Where a cell comes from.
 * @param {Get} get
 * @param {string[]} tokens
 * @param {string} name
 * @param {number} row
 * @param {number} column
 * @param {number} scale
 * @returns {{ text: string, parts: Part[] }}
 */
export function explain(get, tokens, name, row, column, scale) {
  const m = get(name), word = (/** @type {number} */ k) => `“${tokens[k]}”`;
  const where = m.columns === "tokens" ? `${word(row)} and ${word(column)}`
    : m.rows === "tokens" ? `${word(row)}, column ${column + 1}` : `row ${row + 1}, column ${column + 1}`;
  const start = `${label_of(get, m)}, ${where}`, how = { get, m, row, column, scale, word };
  const [text, parts] = (EXPLAINED[m.rule.kind] ?? given)(how);
  return { text: m.rule.kind === "entropy" ? text : `${start}: ${text}`, parts };
}

/**
 * @typedef {{ get: Get, m: Matrix, row: number, column: number, scale: number, word: (k: number) => string }} Asked
 * @typedef {[text: string, parts: Part[]]} Answered
 */

/** @param {Get} get @param {Matrix} of */
const label_of = (get, of) => (of.head >= 0 && get("joined") ? `${of.short}, head ${of.head + 1}` : of.short);
/** @param {string} name @param {number} r @param {number} c @returns {Part} */
const cell = (name, r, c) => ({ name, rows: [r, r], columns: [c, c] });
/** @param {Matrix} m @param {number} r @returns {Part} */
const whole = (m, r) => ({ name: m.name, rows: [r, r], columns: [0, m.shape[1] - 1] });
/** @param {Matrix} m @param {number} r */
const row_of = (m, r) => Array.from({ length: m.shape[1] }, (_, k) => m.at(r, k));

/** @type {Record<string, (asked: Asked) => Answered>} */
const EXPLAINED = {
  product({ get, m, row, column }) {
    const { rule } = m, left = get(rule.left), right = get(rule.right), terms = terms_of(rule, row, column);
    const sum = terms.map(([a, b, c, d]) => `${factor(left.at(a, b))}·${factor(right.at(c, d))}`).join(" + ");
    const [first, last] = [terms[0], terms[terms.length - 1]];
    const side = rule.transposed ? `row ${column + 1} of ${right.short}, which is column ${column + 1} of ${right.short}ᵀ`
      : `column ${rule.offset + column + 1} of ${right.short}`;
    return [`row ${row + 1} of ${label_of(get, left)} times ${side}: ${sum} = ${short(m.at(row, column))}`, [
      { name: rule.left, rows: [first[0], last[0]], columns: [first[1], last[1]] },
      { name: rule.right, rows: [first[2], last[2]], columns: [first[3], last[3]] },
    ]];
  },
  add({ get, m, row, column }) {
    const { left, right } = m.rule, a = get(left).at(row, column), b = get(right).at(row, column);
    return [`${short(a)} + ${factor(b)} = ${short(m.at(row, column))}`, [cell(left, row, column), cell(right, row, column)]];
  },
  scale({ get, m, row, column, scale }) {
    const before = get(m.rule.of).at(row, column);
    return [`${short(before)} times the scale ${short(scale)} = ${short(m.at(row, column))}`, [cell(m.rule.of, row, column)]];
  },
  mask({ get, m, row, column, word }) {
    const value = m.at(row, column), ahead = m.rule.causal && column > row, before = short(get(m.rule.of).at(row, column));
    const gone = `so −∞ takes the place of ${before}: its weight will be 0`;
    const why = ahead ? `${word(row)} may not look ahead at ${word(column)}, ${gone}`
      : value === -Infinity ? `${word(column)} is padding, ${gone}` : `${word(row)} may look at ${word(column)}, so ${short(value)} stays`;
    return [why, [cell(m.rule.of, row, column)]];
  },
  softmax({ get, m, row, column }) {
    const all = row_of(get(m.rule.of), row), top = Math.max(...all), shift = Math.abs(top) > 20 ? top : 0;
    const e = (/** @type {number} */ v) => (v === -Infinity ? "0" : `e^${factor(v - shift)}`);
    const sum = all.reduce((t, v) => t + Math.exp(v - shift), 0);
    const note = shift ? `. The largest of the row, ${short(top)}, was taken from all of them first, which changes nothing and keeps e^… finite` : "";
    return [
      `${e(all[column])} / (${all.map(e).join(" + ")}) = ${short(Math.exp(all[column] - shift))} / ${short(sum)} = ${short(m.at(row, column))}. The row sums to 1${note}`,
      [whole(get(m.rule.of), row)],
    ];
  },
  entropy({ get, m, row, column, word }) {
    const of = get(m.rule.of), count = of.shape[1], value = short(m.at(row, column));
    const text = column === 0
      ? `how undecided ${word(row)} is: −Σ p·log₂ p over its row of weights = ${value} bits, of at most log₂ ${count} = ${short(Math.log2(count))}`
      : `how much of a gradient passes through the softmax of ${word(row)}: ‖diag(p) − p pᵀ‖ = ${value}; it is 0 where one weight is 1`;
    return [text, [whole(of, row)]];
  },
  join({ get, m, row, column }) {
    const wide = get("values/1").shape[1], head = Math.floor(column / wide);
    return [`column ${(column % wide) + 1} of head ${head + 1}, for the heads stand side by side: ${short(m.at(row, column))}`,
      [cell(`values/${head + 1}`, row, column % wide)]];
  },
};

/** @param {Asked} asked @returns {Answered} */
function given({ m, row, column }) {
  const value = m.at(row, column);
  if (m.name !== "P") return [minus(`${value} was given: type another number`), []];
  const wave = `a ${column % 2 ? "cosine" : "sine"} of the position ${row}, of frequency 10000^(−${column - (column % 2)}/${m.shape[1]})`;
  return [`${wave} = ${short(value)}`, []];
}
