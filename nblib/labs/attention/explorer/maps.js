// The maps of the explorer: bytes as they came, read as numbers a head at a time, and made into pictures.

import { nb_map } from "../../../ui/views/kit.js";

export function nb_bytes(view) { return new Uint8Array(view.buffer, view.byteOffset, view.byteLength); }
export function nb_aligned(view) { return new Float32Array(nb_bytes(view).slice().buffer); }

// `content` says layers, heads, tokens, causal and the names of the sets; `buffers` holds four for each set: bytes and
// row scales of all heads, then of two more maps, the mean of all heads and the rollout.
export function nb_maps_of(content, buffers) {
  const { layers, heads, causal } = content, T = content.tokens.length, area = causal ? (T * (T + 1)) / 2 : T * T;
  const sets = content.names.map((_, s) => {
    const [bytes, scales, more, more_scales] = buffers.slice(4 * s, 4 * s + 4);
    return { bytes: nb_bytes(bytes), scales: nb_aligned(scales), more: nb_bytes(more), more_scales: nb_aligned(more_scales) };
  });
  const kept = new Map();

  // Weights [T, T] of map number `at`, row by row.
  function read(bytes, scales, at, into, factor) {
    let from = at * area;
    for (let q = 0; q < T; q += 1) {
      const scale = scales[at * T + q] * factor, row = q * T, end = causal ? q + 1 : T;
      for (let k = 0; k < end; k += 1) into[row + k] += bytes[from + k] * scale;
      from += end;
    }
  }

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
      const key = `${set} ${mode} ${layer} ${head}`;
      if (!kept.has(key)) {
        const into = new Float32Array(T * T);
        if (set >= 0) one(set, mode, layer, head, into, 1);
        else { one(1, mode, layer, head, into, 1); one(0, mode, layer, head, into, -1); }
        if (kept.size > 24) kept.delete(kept.keys().next().value);
        kept.set(key, into);
      }
      return kept.get(key);
    },
    // The largest weights of `side` × `side` patches of a head, for a thumbnail.
    patches(set, layer, head, side) {
      const into = new Float32Array(side * side);
      const signs = set >= 0 ? [[set, 1]] : [[1, 1], [0, -1]];
      const whole = signs.length > 1 ? this.weights(set, "head", layer, head) : null;
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

export function nb_largest(values) {
  let top = 0;
  for (let k = 0; k < values.length; k += 1) { const size = Math.abs(values[k]); if (size > top) top = size; }
  return top || 1;
}

// values [rows, columns] as a canvas of one pixel each; from 0 to `top`, or from −top to top where `signed`.
export function nb_picture(values, columns, top, name, signed, root) {
  const rows = values.length / columns, canvas = document.createElement("canvas");
  canvas.width = columns; canvas.height = rows;
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  const map = new Uint32Array(nb_map(name).buffer), pixels = new Uint32Array(image.data.buffer);
  for (let k = 0; k < values.length; k += 1) {
    let share = values[k] / top;
    if (signed) share = (Math.max(-1, Math.min(1, share)) + 1) / 2; else share = root ? Math.sqrt(share) : share;
    pixels[k] = map[Math.max(0, Math.min(255, Math.round(255 * share)))];
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
