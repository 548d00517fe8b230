// What the planes share: a field of bytes as colours, points with a shape for each class, the plane's axes.
import { bytes_of } from "../../ui/views/bytes.js";
import { upwards } from "../../ui/views/canvas.js";
import { colour_map, picture, themed } from "../../ui/views/colours.js";
import { ticks } from "../../ui/views/numbers.js";

/** @typedef {[x0: number, x1: number, y0: number, y1: number]} Extent */

/** Far from white and from black, and apart for every eye; the shape says the class as well. */
const CLASSES = ["#D55E00", "#0072B2"], DARK_CLASSES = ["#F08A3C", "#56B4E9"];

/** The colours of class 0 and class 1. @param {{ dark: boolean }} theme */
export function class_colours(theme) {
  return theme.dark ? DARK_CLASSES : CLASSES;
}

/** Which colour a byte around 128 has; `strength` below 1 leaves room for points to stand out. @param {number} byte @param {number} strength */
export function field_entry(byte, strength) {
  return Math.max(0, Math.min(255, Math.round(128 + (byte - 128) * strength)));
}

/** Bytes around 128 as a picture. @param {Bytes} view @param {number} side @param {Theme} theme @param {number} strength @param {number} [start] */
export function field_picture(view, side, theme, strength, start = 0) {
  const bytes = bytes_of(view, start, side * side);
  return picture(side, side, colour_map(themed("diverging", theme)), (k) => (bytes.length ? field_entry(bytes[k], strength) : -1));
}

/** A disc for class 1, a square for class 0; hollow for a point that is only tested on. @param {Pen} pen @param {Theme} theme @param {number} x @param {number} y @param {number} radius @param {boolean} positive @param {boolean} hollow */
export function paint_point(pen, theme, x, y, radius, positive, hollow) {
  const colour = class_colours(theme)[positive ? 1 : 0];
  pen.beginPath();
  if (positive) pen.arc(x, y, radius, 0, 7);
  else pen.rect(x - 0.88 * radius, y - 0.88 * radius, 1.76 * radius, 1.76 * radius);
  pen.lineWidth = hollow ? 1.5 : 1;
  pen.fillStyle = hollow ? theme.back : colour;
  pen.strokeStyle = hollow ? colour : theme.dark ? "#111" : "#fff";
  pen.fill();
  pen.stroke();
}

/**
 * The square of the plane: from numbers to pixels (X, Y) and back (x, y).
 * @param {Place} box
 * @param {Extent} extent
 */
export function square_of(box, [x0, x1, y0, y1]) {
  return {
    X: (/** @type {number} */ x) => box.left + ((x - x0) / (x1 - x0)) * box.width,
    Y: (/** @type {number} */ y) => box.top + box.height - ((y - y0) / (y1 - y0)) * box.height,
    x: (/** @type {number} */ px) => x0 + ((px - box.left) / box.width) * (x1 - x0),
    y: (/** @type {number} */ py) => y0 + ((box.top + box.height - py) / box.height) * (y1 - y0),
  };
}

/** @typedef {ReturnType<typeof square_of>} Square */

/** The index of the point within `most` pixels of a place, −1 for none. @param {Iterable<Numbers>} points @param {Square} square @param {number} px @param {number} py @param {number} most */
export function nearest_point(points, square, px, py, most) {
  let best = -1, least = most, k = 0;
  for (const point of points) {
    const apart = Math.hypot(square.X(point[0]) - px, square.Y(point[1]) - py);
    if (apart <= least) { least = apart; best = k; }
    k += 1;
  }
  return best;
}

/** @param {Place} box @param {number} x @param {number} y */
export function inside(box, x, y) {
  return x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
}

/** The field, its frame and axes; what is painted until `pen.restore()` stays within. @param {Pen} pen @param {Theme} theme @param {Place} box @param {Extent} extent @param {HTMLCanvasElement} field */
export function begin_plane(pen, theme, box, extent, field) {
  const { left, top, width, height } = box;
  pen.drawImage(field, left, top, width, height);
  pen.strokeStyle = theme.line;
  pen.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  paint_axes(pen, theme, box, extent, ["x₁", "x₂"]);
  pen.save();
  pen.beginPath(); pen.rect(left, top, width, height); pen.clip();
}

/** @param {Pen} pen @param {Theme} theme @param {Place} box @param {Extent} extent @param {[string, string]} names */
function paint_axes(pen, theme, box, extent, names) {
  const square = square_of(box, extent);
  pen.fillStyle = theme.soft;
  pen.textAlign = "center";
  for (const [at, text] of ticks(extent[0], extent[1], Math.max(2, Math.floor(box.width / 70)))) {
    pen.fillText(text, square.X(at), box.top + box.height + 10);
  }
  pen.fillText(names[0], box.left + box.width / 2, box.top + box.height + 26);
  pen.textAlign = "right";
  for (const [at, text] of ticks(extent[2], extent[3], Math.max(2, Math.floor(box.height / 50)))) {
    pen.fillText(text, box.left - 5, square.Y(at));
  }
  upwards(pen, names[1], box.left - 38, box.top + box.height / 2);
}
