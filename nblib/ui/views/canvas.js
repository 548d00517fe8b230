// A sharp canvas that follows its place, the theme's colours, and text that fits.
import { element } from "./dom.js";

/** Colours of what is drawn, by its kind. */
export const SERIES = { rnn: "#D55E00", lstm: "#0072B2", gru: "#009E73", rate: "#0072B2", planned: "#666", mark: "#E69F00", other: "#CC79A7" };
export const DARK_SERIES = { rnn: "#E8803A", lstm: "#56B4E9", gru: "#2BBF94", rate: "#56B4E9", planned: "#bbb", mark: "#F0B429", other: "#E0A0C4" };
export const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** @param {HTMLCanvasElement} canvas @returns {Pen} */
export function pen_of(canvas) {
  return /** @type {Pen} */ (canvas.getContext("2d"));
}

/** Calls `again` when the page's theme changed. Gives a function that ends it. @param {() => void} again */
export function on_theme(again) {
  const themes = new MutationObserver(again);
  themes.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name"] });
  return () => themes.disconnect();
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height in the page's pixels; gives a cleared pen */
export function sharpen(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1, w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; canvas.style.height = `${height}px`; }
  const pen = pen_of(canvas);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

/**
 * A canvas `height` pixels high and as wide as its place; `paint` is called at most once a frame, whenever `again()`
 * asked for it, its place grew or shrank, or the theme changed.
 * @param {HTMLElement} place
 * @param {number} height
 * @param {Paint} paint
 * @param {Record<string, string | number>} [attributes]
 * @returns {Canvas}
 */
export function canvas(place, height, paint, attributes) {
  const node = element("canvas", attributes);
  node.style.cssText = "display:block;width:100%;touch-action:pan-y;";
  place.append(node);
  let asked = 0, tall = height;
  function now() {
    asked = 0;
    const width = Math.floor(place.clientWidth);
    if (width < 20) return;
    const pen = sharpen(node, width, tall);
    pen.font = FONT;
    pen.textBaseline = "middle";
    paint(pen, width, tall, theme_of(node));
  }
  function again() { if (!asked) asked = requestAnimationFrame(now); }
  const sizes = new ResizeObserver(again);
  sizes.observe(place);
  const themes = on_theme(again);
  again();
  return {
    canvas: node, again, now,
    resize(value) { if (value !== tall) { tall = value; again(); } },
    close() { sizes.disconnect(); themes(); cancelAnimationFrame(asked); },
  };
}

/** @param {Element} node @returns {Theme} */
export function theme_of(node) {
  const style = getComputedStyle(node);
  const ink = style.color || "#222";
  const [r, g, b] = (ink.match(/[\d.]+/g) || [34, 34, 34]).map(Number);
  const dark = 0.3 * r + 0.6 * g + 0.1 * b > 128;
  const read = (/** @type {string} */ name, /** @type {string} */ fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    dark, ink, soft: read("--nb-soft", dark ? "#bbb" : "#666"), line: read("--nb-line", "#888"),
    back: read("--nb-back", dark ? "#111" : "#fff"), accent: read("--nb-accent", "#1976d2"),
    series: dark ? DARK_SERIES : SERIES,
  };
}

/** As much of the word as fits into `width` pixels, with an ellipsis. @param {{ measureText(t: string): { width: number } }} pen @param {string} word @param {number} width */
export function fitting(pen, word, width) {
  if (pen.measureText(word).width <= width) return word;
  const letters = [...word];
  while (letters.length > 1 && pen.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return `${letters.join("")}…`;
}

/** At most `most` letters, with an ellipsis. @param {string} text @param {number} most */
export function shortened(text, most) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** Broken into lines of at most `width` pixels. @param {{ measureText(t: string): { width: number } }} pen @param {string} text @param {number} width */
export function broken(pen, text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1, longer = `${lines[last]} ${word}`.trim();
    if (lines[last] && pen.measureText(longer).width > width) lines.push(word); else lines[last] = longer;
  }
  return lines;
}

/** One line in the middle of a place where nothing is to be seen yet. @param {Pen} pen @param {number} width @param {number} height @param {Theme} theme @param {string} text */
export function blank(pen, width, height, theme, text) {
  pen.fillStyle = theme.soft;
  pen.textAlign = "center";
  const lines = broken(pen, text, width - 16);
  for (const [k, line] of lines.entries()) pen.fillText(line, width / 2, height / 2 + 17 * (k - (lines.length - 1) / 2));
}

/** Written upwards, as beside an axis. @param {Pen} pen @param {string} text @param {number} x @param {number} y */
export function upwards(pen, text, x, y) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillText(text, 0, 0);
  pen.restore();
}
