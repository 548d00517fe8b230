// The maps of the explorer: bytes as they came, read as numbers a head at a time, and made into pictures.

import { bytes_of, floats } from "../../../ui/views/bytes.js";
import { colour_map, entry, picture } from "../../../ui/views/colours.js";

/**
 * @typedef {"head" | "layer" | "all" | "rollout"} Mode one head, the mean of a layer, of all heads, or the rollout
 * @typedef {{ layers: number, heads: number, tokens: string[], causal: boolean, names: string[] }} Content
 * @typedef {{ T: number, layers: number, heads: number, causal: boolean, sets: number,
 *   weights: (set: number, mode: Mode, layer: number, head: number) => Float32Array,
 *   patches: (set: number, layer: number, head: number, side: number) => Float32Array }} Maps
 */

/**
 * `content` says layers, heads, tokens, causal and the names of the sets; `buffers` holds four for each set: bytes and
 * row scales of all heads, then of two more maps, the mean of all heads and the rollout.
 * @param {Content} content
 * @param {DataView[]} buffers
 * @returns {Maps}
 */
export function maps_of(content, buffers) {
  const { layers, heads, causal } = content, T = content.tokens.length, area = causal ? (T * (T + 1)) / 2 : T * T;
  const sets = content.names.map((_, s) => {
    const [bytes, scales, more, more_scales] = buffers.slice(4 * s, 4 * s + 4);
    return { bytes: bytes_of(bytes), scales: floats(scales), more: bytes_of(more), more_scales: floats(more_scales) };
  });
  /** @type {Map<string, Float32Array>} */
  const kept = new Map();

  /** Weights [T, T] of map number `at`, row by row. @param {Uint8Array} bytes @param {Float32Array} scales @param {number} at @param {Float32Array} into @param {number} factor */
  function read(bytes, scales, at, into, factor) {
    let from = at * area;
    for (let q = 0; q < T; q += 1) {
      const scale = scales[at * T + q] * factor, row = q * T, end = causal ? q + 1 : T;
      for (let k = 0; k < end; k += 1) into[row + k] += bytes[from + k] * scale;
      from += end;
    }
  }

  /** @param {number} set @param {Mode} mode @param {number} layer @param {number} head @param {Float32Array} into @param {number} factor */
  function one(set, mode, layer, head, into, factor) {
    const s = sets[set];
    if (mode === "head") read(s.bytes, s.scales, layer * heads + head, into, factor);
    else if (mode === "layer") for (let h = 0; h < heads; h += 1) read(s.bytes, s.scales, layer * heads + h, into, factor / heads);
    else read(s.more, s.more_scales, mode === "all" ? 0 : 1, into, factor);
  }

  return {
    T, layers, heads, causal, sets: sets.length,
    // Float32Array [T, T]; set −1 is the second less the first.
    weights(set, mode, layer, head) {
      const key = `${set} ${mode} ${layer} ${head}`, known = kept.get(key);
      if (known) return known;
      const into = new Float32Array(T * T);
      if (set >= 0) one(set, mode, layer, head, into, 1);
      else { one(1, mode, layer, head, into, 1); one(0, mode, layer, head, into, -1); }
      if (kept.size > 24) kept.delete(/** @type {string} */ (kept.keys().next().value));
      kept.set(key, into);
      return into;
    },
    // The largest weights of `side` × `side` patches of a head, for a thumbnail.
    patches(set, layer, head, side) {
      const into = new Float32Array(side * side);
      const whole = set < 0 ? this.weights(set, "head", layer, head) : null;
      const s = sets[Math.max(0, set)], at = layer * heads + head;
      let from = at * area;
      for (let q = 0; q < T; q += 1) {
        const end = causal ? q + 1 : T, scale = s.scales[at * T + q], row = Math.floor((q * side) / T) * side;
        for (let k = 0; k < end; k += 1) {
          const value = whole ? whole[q * T + k] : s.bytes[from + k] * scale, to = row + Math.floor((k * side) / T);
          if (Math.abs(value) > Math.abs(into[to])) into[to] = value;
        }
        from += end;
      }
      return into;
    },
  };
}

/** The largest size of a weight, 1 where all are 0. @param {Float32Array} values */
export function largest(values) {
  let top = 0;
  for (let k = 0; k < values.length; k += 1) { const size = Math.abs(values[k]); if (size > top) top = size; }
  return top || 1;
}

/** Which colour a weight has: from 0 to `top`, or from −top to top where `signed`; `root` shows the small ones. @param {number} value @param {number} top @param {boolean} signed @param {boolean} [root] */
export function weight_entry(value, top, signed, root) {
  const share = value / top;
  return entry(signed ? (Math.max(-1, Math.min(1, share)) + 1) / 2 : root ? Math.sqrt(share) : share);
}

/** values [rows, columns] as a canvas of one pixel each. @param {Float32Array} values @param {number} columns @param {number} top @param {string} name of the colour map @param {boolean} signed @param {boolean} [root] */
export function map_picture(values, columns, top, name, signed, root) {
  return picture(columns, values.length / columns, colour_map(name), (k) => weight_entry(values[k], top, signed, root));
}
