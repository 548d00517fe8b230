// Labelled points in space: how they are turned onto the page, which labels have room, what moves where.

/**
 * @typedef {{ flat: boolean, yaw: number, pitch: number, zoom: number, panX: number, panY: number }} Look
 * @typedef {{ x: number, y: number, near: number, i: number }} Spot `near`: above 1 in front, below 1 behind
 */

/** @returns {Omit<Look, "flat">} */
export const first_look = () => ({ yaw: 0.5, pitch: 0.35, zoom: 1, panX: 0, panY: 0 });

/** How far out nine points in ten lie. @param {Float32Array} places x, y, z of each point */
export function bound(places) {
  const radii = [];
  for (let i = 0; i < places.length; i += 3) radii.push(Math.hypot(places[i], places[i + 1], places[i + 2]));
  radii.sort((a, b) => a - b);
  return radii[Math.floor(0.9 * (radii.length - 1))] || 1e-9;
}

/**
 * Where each point is on the page.
 * @param {Float32Array} places
 * @param {number} count
 * @param {Look} look
 * @param {number} scale what fills the picture
 * @param {number} width
 * @param {number} height
 * @returns {Spot[]}
 */
export function spots_of(places, count, { flat, yaw, pitch, zoom, panX, panY }, scale, width, height) {
  const size = (0.42 * Math.min(width, height) * zoom) / scale;
  // A wide place is filled: what is a little farther apart from left to right than from top to bottom.
  const across = Math.max(1, Math.min(1.6, (0.8 * width) / height));
  const [cy, sy, cp, sp] = flat ? [1, 0, 1, 0] : [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return Array.from({ length: count }, (_, i) => {
    const x = places[3 * i], y = places[3 * i + 1], z = flat ? 0 : places[3 * i + 2];
    const u = cy * x + sy * z, w = -sy * x + cy * z, v = cp * y - sp * w, depth = sp * y + cp * w;
    const near = flat ? 1 : 1 / (1 - 0.15 * Math.max(-2, Math.min(2, depth / scale)));
    return { x: width / 2 + panX + across * size * u * near, y: height / 2 + panY - size * v * near, near, i };
  });
}

/** The view after the hand moved by (dx, dy): turned in space, pushed in the plane. @param {Look} look @param {number} dx @param {number} dy @returns {Look} */
export function turned(look, dx, dy) {
  if (look.flat) return { ...look, panX: look.panX + dx, panY: look.panY + dy };
  return { ...look, yaw: look.yaw + dx * 0.01, pitch: Math.max(-1.5, Math.min(1.5, look.pitch + dy * 0.01)) };
}

/** @param {Look} look @param {number} factor @returns {Look} */
export function zoomed(look, factor) {
  return { ...look, zoom: Math.max(0.4, Math.min(12, look.zoom * factor)) };
}

/** Where the words begin to glide from: a word that was there from where it is, a new one in its place. @param {string[]} before @param {Float32Array} now @param {string[]} words @param {Float32Array} places */
export function starts(before, now, words, places) {
  const known = new Map(before.map((w, i) => [w, i])), from = places.slice();
  words.forEach((w, i) => {
    const k = known.get(w);
    if (k !== undefined) from.set(now.subarray(3 * k, 3 * k + 3), 3 * i);
  });
  return from;
}

/** Slow at both ends. @param {number} part 0 … 1 */
export const eased = (part) => part * part * (3 - 2 * part);

/** The point at a place, within 14 pixels; −1 for none. @param {Spot[]} spots @param {Numbers} groups @param {number} x @param {number} y */
export function spot_at(spots, groups, x, y) {
  let best = -1, least = 14;
  for (const spot of spots) {
    const far = Math.hypot(spot.x - x, spot.y - y) - (groups[spot.i] ? 2 : 0);
    if (far < least) { least = far; best = spot.i; }
  }
  return best;
}

/** Whether two areas [left, top, right, bottom] lie upon each other. @param {number[]} a @param {number[]} b */
export const meet = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
