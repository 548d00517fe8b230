// What is drawn on the pad: one byte for ink, in a grid finer than any net's.

export const SIDE = 64;
const BRUSH = 5.2;

/** Radius of the brush, in points of the grid. */
export const RADIUS = BRUSH / 2;

/** A round dab of ink. @param {Uint8Array} ink @param {number} x @param {number} y */
export function dab(ink, x, y) {
  for (let j = Math.max(0, Math.floor(y - RADIUS)); j <= Math.min(SIDE - 1, y + RADIUS); j += 1) {
    for (let i = Math.max(0, Math.floor(x - RADIUS)); i <= Math.min(SIDE - 1, x + RADIUS); i += 1) {
      if (Math.hypot(i + 0.5 - x, j + 0.5 - y) <= RADIUS) ink[j * SIDE + i] = 1;
    }
  }
}

/** Dabs close together from one place to another. @param {Uint8Array} ink @param {number[]} from @param {number[]} to */
export function stroke(ink, from, to) {
  const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let k = 0; k <= steps; k += 1) dab(ink, from[0] + ((to[0] - from[0]) * k) / steps, from[1] + ((to[1] - from[1]) * k) / steps);
}

/** Eight points of the grid in a byte, the first highest: half a kilobyte a message, as text. @param {Uint8Array} ink */
export function packed(ink) {
  const bytes = new Uint8Array(ink.length / 8);
  for (let k = 0; k < ink.length; k += 1) if (ink[k]) bytes[k >> 3] |= 128 >> (k & 7);
  return btoa(String.fromCharCode(...bytes));
}
