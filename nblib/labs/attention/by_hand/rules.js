// Where a cell comes from, in words, and which cells of other matrices it is made of.
// `get(name)` gives { name, title, shape: [rows, columns], at(row, column), rule, … }; `tokens` are the words.

export function hand_short(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "no number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(3))).replace("-", "−");
  return value.toExponential(2).replace(/\.?0+e/, "e").replace("+", "").replaceAll("-", "−");
}

// In a grid there is room for about five characters.
export function hand_cell(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return hand_short(value);
  const text = size < 10 ? value.toFixed(2) : size < 100 ? value.toFixed(1) : size < 9999.5 ? value.toFixed(0)
    : value.toExponential(0).replace("+", "");
  return (Number(text) === 0 ? text.replace("-", "") : text).replaceAll("-", "−");
}

// A typed number that Python will take as it is; NaN for all that it has to judge.
export function hand_number(text) {
  const trimmed = text.trim().replace("−", "-");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) && Math.abs(Number(trimmed)) <= 1e30 ? Number(trimmed) : NaN;
}

// All matrices anew from those that are given, in their order; `put(row, column, value)` writes a number. The same sums
// as Python's, whose numbers take their place as soon as they come.
export function hand_compute(list, get, scale, pads) {
  for (const m of list) {
    const { rule } = m, [rows, columns] = m.shape;
    if (rule.kind === "given") continue;
    for (let r = 0; r < rows; r += 1) {
      if (rule.kind === "softmax") { hand_softmax(m, get(rule.of), r); continue; }
      if (rule.kind === "entropy") { hand_figures(m, get(rule.of), r); continue; }
      for (let c = 0; c < columns; c += 1) m.put(r, c, hand_value(rule, get, r, c, scale, columns - pads));
    }
  }
}

export function hand_value(rule, get, r, c, scale, real) {
  if (rule.kind === "add") return get(rule.left).at(r, c) + get(rule.right).at(r, c);
  if (rule.kind === "scale") return get(rule.of).at(r, c) * scale;
  if (rule.kind === "mask") return (rule.causal && c > r) || (rule.padding && c >= real) ? -Infinity : get(rule.of).at(r, c);
  if (rule.kind === "join") {
    const wide = get("values/1").shape[1];
    return get(`values/${Math.floor(c / wide) + 1}`).at(r, c % wide);
  }
  const left = get(rule.left), right = get(rule.right);
  return hand_terms(rule, r, c).reduce((sum, [a, b, i, j]) => sum + left.at(a, b) * right.at(i, j), 0);
}

export function hand_softmax(m, of, r) {
  const all = Array.from({ length: m.shape[1] }, (_, c) => of.at(r, c)), top = Math.max(...all);
  const e = all.map((v) => Math.exp(v - top)), sum = e.reduce((a, b) => a + b, 0);
  e.forEach((v, c) => m.put(r, c, v / sum));
}

export function hand_figures(m, of, r) {
  const p = Array.from({ length: of.shape[1] }, (_, c) => of.at(r, c));
  m.put(r, 0, p.reduce((sum, v) => sum - (v > 0 ? v * Math.log2(v) : 0), 0));
  m.put(r, 1, Math.sqrt(p.reduce((sum, a, i) => p.reduce((part, b, j) => part + ((i === j ? a : 0) - a * b) ** 2, sum), 0)));
}

export const hand_factor = (value) => (value < 0 ? `(${hand_short(value)})` : hand_short(value));

// The parts of a product: [left row, left column, right row, right column] for each term.
export function hand_terms(rule, row, column) {
  return Array.from({ length: rule.length }, (_, k) => [
    row, rule.start + k,
    rule.transposed ? column : k, rule.transposed ? rule.start + k : rule.offset + column,
  ]);
}

// → { text, parts: [{ name, rows: [first, last], columns: [first, last] }] }
export function hand_explain(get, tokens, name, row, column, scale) {
  const m = get(name), rule = m.rule, value = m.at(row, column), word = (k) => `“${tokens[k]}”`;
  const whole = (n, r) => ({ name: n, rows: [r, r], columns: [0, get(n).shape[1] - 1] });
  const cell = (n, r, c) => ({ name: n, rows: [r, r], columns: [c, c] });
  const where = m.columns === "tokens" ? `${word(row)} and ${word(column)}`
    : m.rows === "tokens" ? `${word(row)}, column ${column + 1}` : `row ${row + 1}, column ${column + 1}`;
  const label = (of) => (of.head >= 0 && get("joined") ? `${of.short}, head ${of.head + 1}` : of.short);
  const start = `${label(m)}, ${where}`;
  if (rule.kind === "product") {
    const left = get(rule.left), right = get(rule.right), terms = hand_terms(rule, row, column);
    const sum = terms.map(([a, b, c, d]) => `${hand_factor(left.at(a, b))}·${hand_factor(right.at(c, d))}`).join(" + ");
    const [first, last] = [terms[0], terms[terms.length - 1]];
    const side = rule.transposed ? `row ${column + 1} of ${right.short}, which is column ${column + 1} of ${right.short}ᵀ`
      : `column ${rule.offset + column + 1} of ${right.short}`;
    return {
      text: `${start}: row ${row + 1} of ${label(left)} times ${side}: ${sum} = ${hand_short(value)}`,
      parts: [
        { name: rule.left, rows: [first[0], last[0]], columns: [first[1], last[1]] },
        { name: rule.right, rows: [first[2], last[2]], columns: [first[3], last[3]] },
      ],
    };
  }
  if (rule.kind === "add") {
    const a = get(rule.left).at(row, column), b = get(rule.right).at(row, column);
    return { text: `${start}: ${hand_short(a)} + ${hand_factor(b)} = ${hand_short(value)}`, parts: [cell(rule.left, row, column), cell(rule.right, row, column)] };
  }
  if (rule.kind === "scale") {
    const before = get(rule.of).at(row, column);
    return { text: `${start}: ${hand_short(before)} times the scale ${hand_short(scale)} = ${hand_short(value)}`, parts: [cell(rule.of, row, column)] };
  }
  if (rule.kind === "mask") {
    const ahead = rule.causal && column > row, padding = value === -Infinity && !ahead;
    const why = ahead ? `${word(row)} may not look ahead at ${word(column)}, so −∞ takes the place of ${hand_short(get(rule.of).at(row, column))}: its weight will be 0`
      : padding ? `${word(column)} is padding, so −∞ takes the place of ${hand_short(get(rule.of).at(row, column))}: its weight will be 0`
        : `${word(row)} may look at ${word(column)}, so ${hand_short(value)} stays`;
    return { text: `${start}: ${why}`, parts: [cell(rule.of, row, column)] };
  }
  if (rule.kind === "softmax") {
    const before = get(rule.of), n = before.shape[1], all = Array.from({ length: n }, (_, k) => before.at(row, k));
    const top = Math.max(...all), shift = Math.abs(top) > 20 ? top : 0;
    const e = (v) => (v === -Infinity ? "0" : shift ? `e^${hand_factor(v - shift)}` : `e^${hand_factor(v)}`);
    const sum = all.reduce((t, v) => t + Math.exp(v - shift), 0);
    const note = shift ? `. The largest of the row, ${hand_short(top)}, was taken from all of them first, which changes nothing and keeps e^… finite` : "";
    return {
      text: `${start}: ${e(all[column])} / (${all.map(e).join(" + ")}) = ${hand_short(Math.exp(all[column] - shift))} / ${hand_short(sum)} = ${hand_short(value)}. The row sums to 1${note}`,
      parts: [whole(rule.of, row)],
    };
  }
  if (rule.kind === "entropy") {
    const p = get(rule.of), all = Array.from({ length: p.shape[1] }, (_, k) => p.at(row, k));
    const most = Math.log2(all.length);
    const text = column === 0
      ? `how undecided ${word(row)} is: −Σ p·log₂ p over its row of weights = ${hand_short(value)} bits, of at most log₂ ${all.length} = ${hand_short(most)}`
      : `how much of a gradient passes through the softmax of ${word(row)}: ‖diag(p) − p pᵀ‖ = ${hand_short(value)}; it is 0 where one weight is 1`;
    return { text, parts: [whole(rule.of, row)] };
  }
  if (rule.kind === "join") {
    const wide = get("values/1").shape[1], head = Math.floor(column / wide);
    return {
      text: `${start}: column ${(column % wide) + 1} of head ${head + 1}, for the heads stand side by side: ${hand_short(value)}`,
      parts: [cell(`values/${head + 1}`, row, column % wide)],
    };
  }
  const from = name === "P" ? `a ${column % 2 ? "cosine" : "sine"} of the position ${row}, of frequency 10000^(−${column - (column % 2)}/${m.shape[1]})`
    : `${value} was given: type another number`.replace("-", "−");
  return { text: name === "P" ? `${start}: ${from} = ${hand_short(value)}` : `${start}: ${from}`, parts: [] };
}
