// What a chart of curves knows without a page: its curves, the part of the axes in sight, what is read out, its words.

import { floats } from "./bytes.js";
import { number, ticks } from "./numbers.js";

/**
 * @typedef {{ name: string, kind: string, dash: number[], x: Float32Array, y: Float32Array, values: Float32Array }} Curve
 * `values` as they are, `y` as they lie on the axis: the same, or log10 of them.
 * @typedef {[number, number]} Interval
 * @typedef {{ log: boolean, level: number | null, until: number, between: number[], shared: boolean }} Bounds
 * `between`: two values that y reaches at least; x then begins with the data, but where it is `shared` with other charts.
 * @typedef {{ x: Interval, y: Interval, any: boolean }} Sight
 */

/** Kinds that are no series to be read out or hidden: a level to compare with, marks of events. */
const STILL = ["level", "mark", "cross"];

/**
 * The curves in the bytes: of each first all x, then all y.
 * @param {DataView | null} data
 * @param {number[]} counts
 * @param {string[]} names
 * @param {string[]} kinds
 * @param {number[][]} dashes
 * @param {boolean} log
 * @returns {Curve[]}
 */
export function curves_of(data, counts, names, kinds, dashes, log) {
  const numbers = floats(data), curves = [];
  let start = 0;
  for (const [k, count] of counts.entries()) {
    if (start + 2 * count > numbers.length) break;
    const x = numbers.subarray(start, start + count), values = numbers.subarray(start + count, start + 2 * count);
    const y = log ? Float32Array.from(values, (v) => (v > 0 ? Math.log10(v) : NaN)) : values;
    curves.push({ x, y, values, name: names[k], kind: kinds[k], dash: dashes[k] || [] });
    start += 2 * count;
  }
  return curves;
}

/** @param {Curve} curve */
export function is_series(curve) {
  return !STILL.includes(curve.kind);
}

/**
 * Both axes: all of x, or the part that was zoomed into; of y what the curves reach there, with some room.
 * @param {Curve[]} curves those that are not hidden
 * @param {Interval | null} zoom
 * @param {Bounds} bounds
 * @returns {Sight}
 */
export function sight_of(curves, zoom, { log, level, until, between, shared }) {
  let x0 = Infinity, x1 = -Infinity;
  for (const { x, y } of curves) {
    for (let k = 0; k < y.length; k += 1) {
      if (Number.isFinite(y[k])) { x0 = Math.min(x0, x[k]); x1 = Math.max(x1, x[k]); }
    }
  }
  const bound = between.length === 2;
  /** @type {Interval} */
  const whole = [bound && !shared ? x0 : Math.min(0, x0), Math.max(x1, until)], x = zoom || whole;
  let y0 = Infinity, y1 = -Infinity;
  for (const curve of curves) {
    for (const k of in_sight(curve, x)) {
      if (Number.isFinite(curve.y[k])) { y0 = Math.min(y0, curve.y[k]); y1 = Math.max(y1, curve.y[k]); }
    }
  }
  const extra = [...(level === null ? [] : [log ? Math.log10(level) : level]), ...(bound ? between : [])];
  if (y0 <= y1) { y0 = Math.min(y0, ...extra); y1 = Math.max(y1, ...extra); }
  const room = 0.06 * (y1 - y0 || Math.abs(y1) || 1);
  // Of values at step 0 alone there is no curve yet.
  return { x, y: [y0 - room, y1 + room], any: y0 <= y1 && whole[1] > whole[0] };
}

/**
 * The points within `x`, and one on either side, from which the curve comes and where it goes.
 * @param {Curve} curve
 * @param {Interval} x
 */
function* in_sight(curve, x) {
  const n = curve.x.length;
  for (let k = 0; k < n; k += 1) {
    if (curve.x[Math.min(n - 1, k + 1)] >= x[0] && curve.x[Math.max(0, k - 1)] <= x[1]) yield k;
  }
}

/**
 * The point of a curve that lies nearest to `at`; its last one for null.
 * @param {Curve} curve
 * @param {number | null} at
 */
export function nearest(curve, at) {
  if (at === null) return curve.x.length - 1;
  let best = 0;
  for (let k = 1; k < curve.x.length; k += 1) if (Math.abs(curve.x[k] - at) < Math.abs(curve.x[best] - at)) best = k;
  return best;
}

/**
 * Whether a curve has anything to say about `at`: not where it has not begun or is long over.
 * @param {Curve} curve
 * @param {number} at
 */
export function reaches(curve, at) {
  const n = curve.x.length, first = curve.x[0], last = curve.x[n - 1], gap = n > 1 ? (last - first) / (n - 1) : Infinity;
  return n > 0 && at >= first - gap && at <= last + gap;
}

/**
 * Where the arrow keys go: `by` points on along the curve with most of them, from nowhere to its last one in sight; for
 * `by` 0 the point of it nearest to `at`.
 * @param {Curve[]} curves
 * @param {number | null} at
 * @param {number} by
 * @param {Interval} x
 * @returns {number | null}
 */
export function stepped(curves, at, by, x) {
  const series = curves.filter((c) => is_series(c) && c.x.length);
  if (!series.length) return null;
  const xs = series.reduce((most, c) => (c.x.length > most.x.length ? c : most)).x.filter((v) => v >= x[0] && v <= x[1]);
  if (!xs.length) return at;
  if (at === null) return xs[by === -Infinity ? 0 : xs.length - 1];
  let k = 0;
  while (k < xs.length - 1 && Math.abs(xs[k + 1] - at) <= Math.abs(xs[k] - at)) k += 1;
  return xs[Math.max(0, Math.min(xs.length - 1, k + by))];
}

/**
 * The part of x in sight, `factor` times as wide around `centre`, within `whole`; null where that is all of it.
 * @param {Interval} x
 * @param {number} factor
 * @param {number} centre
 * @param {Interval} whole
 * @returns {Interval | null}
 */
export function zoomed(x, factor, centre, whole) {
  const width = Math.max((x[1] - x[0]) * factor, (whole[1] - whole[0]) / 1000);
  if (width >= whole[1] - whole[0]) return null;
  const share = (centre - x[0]) / (x[1] - x[0]);
  const low = Math.max(whole[0], Math.min(whole[1] - width, centre - share * width));
  return [low, low + width];
}

/**
 * A value as a person reads it. With the unit "%" a share of 0.5 is 50%.
 * @param {number} value
 * @param {string} unit
 */
export function value_text(value, unit) {
  if (unit !== "%" || !Number.isFinite(value)) return number(value);
  return `${number(Number((100 * value).toPrecision(3)))}%`;
}

/**
 * Places and texts of ticks along y. On a log scale decades, or where fewer than three are in sight 1, 2 and 5 of
 * each, or most of the nine of each, or else round numbers.
 * @param {Interval} range
 * @param {number} most
 * @param {boolean} log
 * @param {string} unit
 * @returns {[number, string][]}
 */
export function y_ticks([low, high], most, log, unit) {
  if (!log) {
    const part = unit === "%" ? 100 : 1;
    return ticks(part * low, part * high, most, false).map(([v, text]) => [v / part, unit === "%" ? `${text}%` : text]);
  }
  if (high - low >= 2) return ticks(low, high, most, true);
  for (const digits of [[1, 2, 5], [1, 2, 3, 4, 5, 7]]) {
    /** @type {[number, string][]} */
    const some = [];
    for (let power = Math.floor(low); power <= high; power += 1) {
      for (const first of digits) {
        const at = power + Math.log10(first);
        if (at >= low && at <= high) some.push([at, value_text(first * 10 ** power, unit)]);
      }
    }
    if (some.length > 2) return some;
  }
  return ticks(10 ** low, 10 ** high, most, false).filter(([v]) => v > 0).map(([v, text]) => [Math.log10(v), text]);
}

/**
 * What the chart shows, in sentences: of each curve its first and last value, and the lowest and highest between.
 * @param {Curve[]} curves
 * @param {string} x_title
 * @param {string} unit
 */
export function summary(curves, x_title, unit) {
  const sentences = curves.filter((c) => is_series(c)).map((curve) => {
    const at = [...curve.values.keys()].filter((k) => Number.isFinite(curve.values[k]));
    if (!at.length) return `${curve.name}: no value yet.`;
    const first = at[0], last = at[at.length - 1];
    const say = (/** @type {number} */ k) => `${value_text(curve.values[k], unit)} at ${x_title} ${number(curve.x[k])}`;
    if (first === last) return `${curve.name}: ${say(first)}.`;
    const low = at.reduce((a, b) => (curve.values[b] < curve.values[a] ? b : a));
    const high = at.reduce((a, b) => (curve.values[b] > curve.values[a] ? b : a));
    return `${curve.name}: from ${say(first)} to ${say(last)}; lowest ${say(low)}, highest ${say(high)}.`;
  });
  return sentences.join(" ");
}
