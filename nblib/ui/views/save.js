// Charts as files: drawn once more with a pen that writes SVG, black on white, text as text; a PNG is that SVG painted.

import { FONT, SERIES } from "./canvas.js";
import { element, escaped } from "./dom.js";

/**
 * @typedef {{ width: number, height: number, top?: number, paint: (pen: any, theme: Theme) => void }} Part
 */

/** @type {Theme} */
const PAPER = { dark: false, ink: "#222", soft: "#555", line: "#999", back: "#fff", accent: "#1976d2", series: SERIES };
/** @type {Record<string, string>} */
const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };

/** As much of a canvas's context as the charts draw with; what it draws becomes SVG. */
class Pen {
  /** @param {string} id of this chart in its file */
  constructor(id) {
    this.id = id;
    /** @type {string[]} */
    this.parts = [];
    this.path = "";
    this.open = 0;
    /** @type {number[]} */
    this.groups = [];
    /** @type {number[]} */
    this.dash = [];
    this.strokeStyle = this.fillStyle = "#222";
    this.lineWidth = this.globalAlpha = 1;
    this.lineJoin = "round";
    this.textAlign = "left";
    this.textBaseline = "middle";
    this.font = FONT;
  }
  beginPath() { this.path = ""; }
  /** @param {number} x @param {number} y */
  moveTo(x, y) { this.path += `M${short(x)} ${short(y)}`; }
  /** @param {number} x @param {number} y */
  lineTo(x, y) { this.path += `L${short(x)} ${short(y)}`; }
  closePath() { this.path += "Z"; }
  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  rect(x, y, w, h) { this.path += `M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${short(-w)}Z`; }
  /** A whole circle. @param {number} x @param {number} y @param {number} r */
  arc(x, y, r) { this.path += `M${short(x - r)} ${short(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`; }
  /** @param {number[]} dash */
  setLineDash(dash) { this.dash = dash.map(Number); }
  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.parts.push(`<path d="${this.path}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}"` +
      ` stroke-linejoin="round"${dash}${this.faint()}/>`);
  }
  fill() { this.parts.push(`<path d="${this.path}" fill="${this.fillStyle}"${this.faint()}/>`); }
  /** @param {string} text @param {number} x @param {number} y @param {number} [most] pixels that it may be wide */
  fillText(text, x, y, most = Infinity) {
    const squeezed = this.measureText(text).width > most ? ` textLength="${short(most)}" lengthAdjust="spacingAndGlyphs"` : "";
    const weight = /^(bold|600)/.test(this.font) ? ' font-weight="600"' : "";
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" dy="0.35em" text-anchor="${ANCHORS[this.textAlign]}"` +
      ` fill="${this.fillStyle}"${weight}${squeezed}${this.faint()}>${escaped(text)}</text>`);
  }
  /** As wide as the letters are in most fonts. @param {string} text */
  measureText(text) { return { width: 6.6 * text.length }; }
  save() { this.groups.push(this.open); this.open = 0; }
  clip() {
    const id = `${this.id}-${this.parts.length}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath><g clip-path="url(#${id})">`);
    this.open += 1;
  }
  restore() { this.parts.push("</g>".repeat(this.open)); this.open = this.groups.pop() || 0; }
  faint() { return this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : ""; }
}

/** @param {number} value */
function short(value) { return String(Math.round(100 * value) / 100); }

/**
 * One SVG with the charts below each other.
 * @param {Part[]} parts
 */
export function svg_of(parts) {
  const width = Math.max(...parts.map((part) => part.width));
  const drawn = [];
  let top = 0;
  for (const [number, part] of parts.entries()) {
    const pen = new Pen(`chart-${number}`);
    part.paint(pen, PAPER);
    drawn.push(`<g transform="translate(0 ${top})">${pen.parts.join("")}</g>`);
    top += part.height;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}"` +
    ` font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12">` +
    `<rect width="${width}" height="${top}" fill="#fff"/>${drawn.join("")}</svg>`;
}

/**
 * Have the browser save the charts as `name`.svg, or as `name`.png with two pixels for each of the page.
 * @param {Part[]} parts
 * @param {string} format "svg" or "png"
 * @param {string} name
 */
export function save_charts(parts, format, name) {
  const svg = svg_of(parts);
  if (format === "svg") {
    save_file(`${name}.svg`, new Blob([svg], { type: "image/svg+xml" }));
    return;
  }
  const image = new Image();
  image.onload = () => {
    const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { width: 2 * image.width, height: 2 * image.height }));
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => { if (blob) save_file(`${name}.png`, blob); }, "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

/**
 * @param {string} name
 * @param {Blob} blob
 */
function save_file(name, blob) {
  const link = /** @type {HTMLAnchorElement} */ (element("a", { href: URL.createObjectURL(blob), download: name }));
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
