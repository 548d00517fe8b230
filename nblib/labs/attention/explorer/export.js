// The map and the lines as an SVG that stands alone: black on white, text as text.

import { pen_of } from "../../../ui/views/canvas.js";
import { colour_map, hex } from "../../../ui/views/colours.js";
import { element, escaped } from "../../../ui/views/dom.js";
import { fixed } from "../../../ui/views/numbers.js";
import { map_picture, weight_entry } from "./maps.js";
import { strongest } from "./state.js";

/**
 * @typedef {{ title: string, tokens: string[], weights: Float32Array, top: number, signed: boolean, query: number | null }} Picture
 *   weights [T, T]; `query`: the row whose lines are drawn, null for all
 */

/** @param {Picture} picture */
export function svg_of(picture) {
  const { title, tokens, top, signed } = picture, T = tokens.length;
  const one = Math.max(1, Math.min(26, 520 / T)), side = one * T, left = 110, above = 130, bar = left + side + 14, from = bar + 140, gap = 130;
  const width = from + gap + 90, height = above + side + 34, name = signed ? "diverging" : "viridis", map = colour_map(name);
  const colour = (/** @type {number} */ v) => hex(map, weight_entry(v, top, signed));
  const parts = [`<text x="${left}" y="22" font-weight="600">${escaped(title)}</text>`,
    ...map_parts(picture, { left, above, one, side }, name, colour),
    ...bar_parts({ bar, above, side }, name, signed, top, colour),
    `<text x="${left}" y="${above + side + 20}" fill="#666">each row looks at the columns</text>`,
    ...line_parts(picture, { left, above, one, from, gap })];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12" fill="#222"><rect width="${width}" height="${height}" fill="#fff"/>${parts.join("")}</svg>`;
}

/** A rectangle for each weight, or one picture of many. @param {Picture} picture @param {{ left: number, above: number, one: number, side: number }} place @param {string} name @param {(v: number) => string} colour */
function map_parts({ tokens, weights, top, signed }, { left, above, one, side }, name, colour) {
  const T = tokens.length;
  if (T > 64) {
    const url = map_picture(weights, T, top, name, signed).toDataURL("image/png");
    return [`<image x="${left}" y="${above}" width="${side}" height="${side}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${url}"/>`];
  }
  return Array.from(weights, (v, at) => `<rect x="${left + (at % T) * one}" y="${above + Math.floor(at / T) * one}" width="${one}" height="${one}" fill="${colour(v)}"/>`);
}

/** What the colours mean. @param {{ bar: number, above: number, side: number }} place @param {string} name @param {boolean} signed @param {number} top @param {(v: number) => string} colour */
function bar_parts({ bar, above, side }, name, signed, top, colour) {
  const value = (/** @type {number} */ share) => (signed ? 2 * share - 1 : share) * top;
  const stops = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => `<stop offset="${n / 8}" stop-color="${colour(value(n / 8))}"/>`).join("");
  return [
    `<linearGradient id="nblib-${name}" x1="0" y1="1" x2="0" y2="0">${stops}</linearGradient>`,
    `<rect x="${bar}" y="${above}" width="9" height="${side}" fill="url(#nblib-${name})"/>`,
    ...(signed ? [0, 0.5, 1] : [0, 1]).map((share) => `<text x="${bar + 13}" y="${above + (1 - share) * side}" dominant-baseline="central" fill="#666">${value(share) ? fixed(value(share), 2) : "0"}</text>`),
  ];
}

/** The tokens on all four sides, and the lines. @param {Picture} picture @param {{ left: number, above: number, one: number, from: number, gap: number }} place */
function line_parts({ tokens, weights, top, signed, query }, { left, above, one, from, gap }) {
  const T = tokens.length, every = Math.max(1, Math.ceil(13 / one)), parts = [];
  for (let t = 0; t < T; t += every) {
    const y = above + (t + 0.5) * one, x = left + (t + 0.5) * one, token = escaped(tokens[t]);
    parts.push(`<text x="${left - 6}" y="${y}" text-anchor="end" dominant-baseline="central">${token}</text>`);
    parts.push(`<text transform="translate(${x} ${above - 6}) rotate(-60)" dominant-baseline="central">${token}</text>`);
    parts.push(`<text x="${from - 6}" y="${y}" text-anchor="end" dominant-baseline="central">${token}</text>`);
    parts.push(`<text x="${from + gap + 6}" y="${y}" dominant-baseline="central">${token}</text>`);
  }
  for (const { q, k, value } of strongest(weights, T, query, 1500)) {
    parts.push(`<line x1="${from}" y1="${above + (q + 0.5) * one}" x2="${from + gap}" y2="${above + (k + 0.5) * one}" stroke="${signed && value < 0 ? "#b2480a" : "#08519c"}" stroke-width="1.5" stroke-opacity="${Math.min(1, Math.abs(value) / top).toFixed(3)}"/>`);
  }
  return parts;
}

/** @param {string} name @param {Blob} blob */
export function save(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {string} svg @param {(blob: Blob) => void} then */
export function png_of(svg, then) {
  const image = new Image(), ratio = 2;
  image.onload = () => {
    const canvas = element("canvas", { width: image.width * ratio, height: image.height * ratio });
    pen_of(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => { if (blob) then(blob); }, "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
