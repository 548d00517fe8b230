// The map and the lines as an SVG that stands alone: black on white, text as text.

import { nb_picture } from "./maps.js";
import { nb_element, nb_map } from "../../../ui/views/kit.js";

export function nb_svg(picture) {
  const { title, tokens, weights, top, signed, query } = picture, T = tokens.length;
  const escape = (t) => String(t).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const one = Math.max(1, Math.min(26, 520 / T)), side = one * T, left = 110, above = 130, bar = left + side + 14, from = bar + 140, gap = 130;
  const width = from + gap + 90, height = above + side + 34, every = Math.max(1, Math.ceil(13 / one)), parts = [];
  const map = nb_map(signed ? "diverging" : "viridis");
  const colour = (v) => {
    const share = signed ? (v / top + 1) / 2 : v / top, at = 4 * Math.max(0, Math.min(255, Math.round(255 * share)));
    return `#${[0, 1, 2].map((c) => map[at + c].toString(16).padStart(2, "0")).join("")}`;
  };
  parts.push(`<text x="${left}" y="22" font-weight="600">${escape(title)}</text>`);
  if (T <= 64) {
    for (let q = 0; q < T; q += 1) for (let k = 0; k < T; k += 1) {
      parts.push(`<rect x="${left + k * one}" y="${above + q * one}" width="${one}" height="${one}" fill="${colour(weights[q * T + k])}"/>`);
    }
  } else {
    const url = nb_picture(weights, T, top, signed ? "diverging" : "viridis", signed).toDataURL("image/png");
    parts.push(`<image x="${left}" y="${above}" width="${side}" height="${side}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${url}"/>`);
  }
  const scale = `nblib-${signed ? "diverging" : "viridis"}`, stops = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => n / 8);
  const value = (share) => (signed ? 2 * share - 1 : share) * top;
  parts.push(`<linearGradient id="${scale}" x1="0" y1="1" x2="0" y2="0">${stops.map((n) => `<stop offset="${n}" stop-color="${colour(value(n))}"/>`).join("")}</linearGradient>`);
  parts.push(`<rect x="${bar}" y="${above}" width="9" height="${side}" fill="url(#${scale})"/>`);
  for (const share of signed ? [0, 0.5, 1] : [0, 1]) {
    const words = value(share) ? value(share).toFixed(2).replace("-", "−") : "0";
    parts.push(`<text x="${bar + 13}" y="${above + (1 - share) * side}" dominant-baseline="central" fill="#666">${words}</text>`);
  }
  parts.push(`<text x="${left}" y="${above + side + 20}" fill="#666">each row looks at the columns</text>`);
  for (let t = 0; t < T; t += every) {
    const y = above + (t + 0.5) * one, x = left + (t + 0.5) * one;
    parts.push(`<text x="${left - 6}" y="${y}" text-anchor="end" dominant-baseline="central">${escape(tokens[t])}</text>`);
    parts.push(`<text transform="translate(${x} ${above - 6}) rotate(-60)" dominant-baseline="central">${escape(tokens[t])}</text>`);
    parts.push(`<text x="${from - 6}" y="${y}" text-anchor="end" dominant-baseline="central">${escape(tokens[t])}</text>`);
    parts.push(`<text x="${from + gap + 6}" y="${y}" dominant-baseline="central">${escape(tokens[t])}</text>`);
  }
  for (const { q, k, value } of nb_strongest(weights, T, query, 1500)) {
    parts.push(`<line x1="${from}" y1="${above + (q + 0.5) * one}" x2="${from + gap}" y2="${above + (k + 0.5) * one}" stroke="${signed && value < 0 ? "#b2480a" : "#08519c"}" stroke-width="1.5" stroke-opacity="${Math.min(1, Math.abs(value) / top).toFixed(3)}"/>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12" fill="#222"><rect width="${width}" height="${height}" fill="#fff"/>${parts.join("")}</svg>`;
}

// The weights worth a line: of one query all above a thousandth, of all queries the largest `most`.
export function nb_strongest(weights, T, query, most) {
  const found = [], least = query === null ? 0.05 : 0.001;
  for (let q = query ?? 0; q < (query === null ? T : query + 1); q += 1) for (let k = 0; k < T; k += 1) {
    const value = weights[q * T + k];
    if (Math.abs(value) >= least) found.push({ q, k, value });
  }
  if (found.length > most) { found.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)); found.length = most; }
  return found.sort((a, b) => Math.abs(a.value) - Math.abs(b.value));
}

export function nb_save(name, blob) {
  const link = nb_element("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function nb_png(svg, then) {
  const image = new Image(), ratio = 2;
  image.onload = () => {
    const canvas = nb_element("canvas", { width: image.width * ratio, height: image.height * ratio });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(then, "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
