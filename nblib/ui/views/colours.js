// Colour maps as 256 × 4 bytes, pictures made with them, and the bar that says what a colour means.

/** viridis and cividis through nine of their colours; "diverging" is white or black at zero. @type {Record<string, string[]>} */
export const STOPS = {
  viridis: ["440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725"],
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "fee838"],
  diverging: ["b2480a", "d1702f", "e6a067", "f3d2b3", "f5f5f5", "b7d4ea", "6fabd6", "2f7fbb", "08519c"],
  diverging_dark: ["f08a3c", "c4682a", "8f4b20", "553019", "1c1c1c", "17364f", "1f5a88", "2b80bd", "56b4e9"],
};

/** @type {Record<string, Uint8ClampedArray>} */
const made = {};

/** @param {string} name @returns {Uint8ClampedArray} red, green, blue and 255 for each of 256 shares */
export function colour_map(name) {
  if (made[name]) return made[name];
  const stops = STOPS[name].map((h) => [0, 2, 4].map((k) => parseInt(h.slice(k, k + 2), 16)));
  const map = new Uint8ClampedArray(256 * 4);
  for (let k = 0; k < 256; k += 1) {
    const at = (k / 255) * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at)), share = at - low;
    for (let c = 0; c < 3; c += 1) map[4 * k + c] = stops[low][c] + share * (stops[low + 1][c] - stops[low][c]);
    map[4 * k + 3] = 255;
  }
  made[name] = map;
  return map;
}

/** The map's name for this theme. @param {string} name @param {{ dark: boolean }} theme */
export function themed(name, theme) {
  return name === "diverging" && theme.dark ? "diverging_dark" : name;
}

/** Which of the 256 colours a share from 0 to 1 has; what lies beyond has that of the end. @param {number} share */
export function entry(share) {
  return Math.max(0, Math.min(255, Math.round(255 * share)));
}

/** Around zero: −1 and 1 are the ends. @param {number} value */
export function signed_entry(value) {
  return Math.max(0, Math.min(255, Math.round(127.5 * (1 + value))));
}

/** @param {Uint8ClampedArray} map @param {number} k 0 … 255 */
export function rgb(map, k) {
  return `rgb(${map[4 * k]},${map[4 * k + 1]},${map[4 * k + 2]})`;
}

/** As it stands in a file. @param {Uint8ClampedArray} map @param {number} k 0 … 255 */
export function hex(map, k) {
  return `#${[0, 1, 2].map((c) => map[4 * k + c].toString(16).padStart(2, "0")).join("")}`;
}

/** Dark letters on light places and light ones on dark, in either theme. @param {Uint8ClampedArray} map @param {number} k */
export function ink_on(map, k) {
  return 0.3 * map[4 * k] + 0.59 * map[4 * k + 1] + 0.11 * map[4 * k + 2] > 124 ? "#111" : "#fff";
}

/**
 * A canvas of one pixel for each colour that `colour` gives: 0 … 255, or −1 for none.
 * @param {number} columns
 * @param {number} rows
 * @param {Uint8ClampedArray} map
 * @param {(k: number) => number} colour
 */
export function picture(columns, rows, map, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, columns);
  canvas.height = Math.max(1, rows);
  const pen = /** @type {Pen} */ (canvas.getContext("2d")), image = pen.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer), colours = new Uint32Array(map.buffer);
  for (let k = 0; k < rows * columns; k += 1) {
    const at = colour(k);
    if (at >= 0) pixels[k] = colours[at];
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/**
 * The bar beside a picture, the map's end above; `marks` are places from 0 (below) to 1 with what stands there.
 * @param {Pen} pen
 * @param {{ left: number, top: number, height: number, width?: number }} box
 * @param {Uint8ClampedArray} map
 * @param {Theme} theme
 * @param {[number, string][]} marks
 */
export function colour_bar(pen, { left, top, height, width = 10 }, map, theme, marks) {
  for (let k = 0; k < height; k += 1) {
    pen.fillStyle = rgb(map, entry(1 - k / height));
    pen.fillRect(left, top + k, width, 1.5);
  }
  pen.fillStyle = theme.soft;
  pen.textAlign = "left";
  for (const [share, text] of marks) pen.fillText(text, left + width + 3, top + (1 - share) * height);
}
