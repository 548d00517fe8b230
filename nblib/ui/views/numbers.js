// Numbers as text, and the places of ticks.

/** A minus as it is printed. @param {string} text */
export function minus(text) {
  return text.replaceAll("-", "−");
}

/** Three digits that count, or more. @param {number} value @param {number} [digits] */
export function number(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return minus(String(Number(value.toPrecision(digits))));
  const [m, e] = value.toExponential(digits - 2).split("e");
  return `${minus(String(Number(m)))}e${Number(e)}`;
}

/** @param {number} value @param {number} digits behind the point */
export function fixed(value, digits) {
  return minus(value.toFixed(digits));
}

/** A change with its sign. @param {number} value @param {(size: number) => string} [format] */
export function change(value, format = number) {
  return `${value < 0 ? "−" : "+"}${format(Math.abs(value))}`;
}

/** A probability: whole percents from 10, one digit below, "<0.1%" at last. @param {number} p */
export function percent(p) {
  return p >= 0.095 ? `${Math.round(100 * p)}%` : p >= 0.001 ? `${(100 * p).toPrecision(1)}%` : "<0.1%";
}

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

/**
 * Whole numbers evenly spread over 0 … count − 1, at most `most` of them, in steps of 1, 2, 5, 10, …
 * @param {number} count
 * @param {number} most
 */
export function places(count, most) {
  let step = 1;
  const factors = [2, 2.5, 2];
  for (let k = 0; count / step > most; k += 1) step *= factors[k % 3];
  step = Math.max(1, Math.round(step));
  const at = [];
  for (let k = 0; k < count; k += step) at.push(k);
  return at;
}

/**
 * Ticks of an axis from `low` to `high`: decades on a log scale (given as log10), round numbers on a linear one.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @param {boolean} [log]
 * @returns {[number, string][]} where, and what stands there
 */
export function ticks(low, high, most, log) {
  /** @type {[number, string][]} */
  const marks = [];
  if (log) {
    const step = Math.max(1, Math.ceil((high - low) / most));
    for (let k = Math.ceil(low / step) * step; k <= high + 1e-9; k += step) marks.push([k, k === 0 ? "1" : `1e${k}`]);
    return marks;
  }
  const raw = (high - low) / Math.max(1, most), size = 10 ** Math.floor(Math.log10(raw || 1));
  const step = size * ([1, 2, 5, 10].find((f) => f * size >= raw) || 10);
  for (let k = Math.ceil(low / step - 1e-9) * step; k <= high + 1e-9 * step; k += step) {
    const at = Math.abs(k) < step * 1e-6 ? 0 : k;
    // Far from zero three digits do not tell one tick from the next.
    marks.push([k, number(at, Math.min(15, Math.max(3, Math.ceil(Math.log10(Math.abs(at) / step || 1)) + 2)))]);
  }
  return marks;
}
