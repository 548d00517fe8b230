// The cloud on canvas: signs, and labels in order of need, none upon another.
import { meet } from "./cloud_geometry.js";

/**
 * @typedef {import("./cloud_geometry.js").Spot} Spot
 * @typedef {{ words: string[], groups: Uint8Array, marked: number[], pointed: number, legend: [string, string][],
 *   flat: boolean, widths: Map<string, number> }} Scene
 * @typedef {{ ink: string, soft: string, back: string, family: string }} Paper
 */

/** @param {Pen} pen @param {number} width @param {number} height @param {Paper} paper @param {Scene} scene @param {Spot[]} spots */
export function paint_cloud(pen, width, height, paper, scene, spots) {
  const { groups, legend, flat } = scene;
  for (const { x, y, near, i } of spots.slice().sort((a, b) => a.near - b.near)) {
    const group = groups[i];
    pen.globalAlpha = flat ? 0.9 : Math.max(0.35, Math.min(1, near * 0.75));
    pen.fillStyle = group && legend[group - 1] ? legend[group - 1][1] : paper.soft;
    sign(pen, group, x, y, (group ? 4.2 : 2.2) * Math.sqrt(near));
  }
  pen.globalAlpha = 1;
  paint_labels(pen, width, height, paper, scene, spots);
}

/** How much a label is needed: −1 most, 2 least. @param {Scene} scene @param {number} i */
function need({ pointed, marked, groups }, i) {
  return i === pointed ? -1 : marked.includes(i) ? 0 : groups[i] ? 1 : 2;
}

/** Marked ones first, those of a group, then as they come. @param {Pen} pen @param {number} width @param {number} height @param {Paper} paper @param {Scene} scene @param {Spot[]} spots */
function paint_labels(pen, width, height, paper, scene, spots) {
  const { words, marked, pointed, widths } = scene, needs = spots.map((s) => need(scene, s.i));
  /** @type {number[][]} */
  const taken = [];
  pen.textBaseline = "middle";
  for (const { x, y, i } of spots.slice().sort((a, b) => needs[a.i] - needs[b.i] || b.near - a.near || a.i - b.i)) {
    const kind = needs[i], bold = i === pointed || marked[0] === i;
    if (x < -40 || y < 6 || x > width || y > height - 6) continue;
    pen.font = `${bold ? "600 13" : "12"}px ${paper.family}`;
    const key = `${bold}${words[i]}`, long = widths.get(key) ?? pen.measureText(words[i]).width;
    widths.set(key, long);
    const left = x + 7 + long > width ? x - 7 - long : x + 7, area = [left - 2, y - 8, left + long + 2, y + 8];
    if (!bold && taken.some((t) => meet(area, t))) continue;
    taken.push(area);
    if (kind <= 0) {
      pen.strokeStyle = paper.ink;
      pen.lineWidth = bold ? 2 : 1.2;
      pen.beginPath();
      pen.arc(x, y, bold ? 7 : 5.5, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    pen.strokeStyle = paper.back;
    pen.strokeText(words[i], left, y);
    pen.globalAlpha = kind === 2 ? 0.85 : 1;
    pen.fillStyle = kind === 2 ? paper.soft : paper.ink;
    pen.fillText(words[i], left, y);
    pen.globalAlpha = 1;
  }
}

/** A sign for each group, which says it besides the colour. @param {Pen} pen @param {number} group @param {number} x @param {number} y @param {number} r */
export function sign(pen, group, x, y, r) {
  pen.beginPath();
  if (group === 2) pen.rect(x - r * 0.85, y - r * 0.85, 1.7 * r, 1.7 * r);
  else if (group === 3) { pen.moveTo(x, y - r); pen.lineTo(x + r, y + r * 0.8); pen.lineTo(x - r, y + r * 0.8); }
  else if (group === 4) { pen.moveTo(x, y - r * 1.2); pen.lineTo(x + r, y); pen.lineTo(x, y + r * 1.2); pen.lineTo(x - r, y); }
  else if (group === 5) { pen.rect(x - r * 1.1, y - r * 0.35, 2.2 * r, 0.7 * r); pen.rect(x - r * 0.35, y - r * 1.1, 0.7 * r, 2.2 * r); }
  else if (group === 6) for (let k = 0; k < 10; k++) {
    const a = (k * Math.PI) / 5 - Math.PI / 2, q = (k % 2 ? 0.5 : 1.2) * r;
    pen.lineTo(x + q * Math.cos(a), y + q * Math.sin(a));
  }
  else pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.closePath();
  pen.fill();
}

/** One curve through values at equal distances. @param {Pen} pen @param {number} width @param {number} height @param {Float32Array} values @param {string} colour */
export function paint_curve(pen, width, height, values, colour) {
  if (values.length < 2) return;
  const low = Math.min(...values), span = Math.max(...values) - low || 1;
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  values.forEach((v, i) => pen.lineTo((i / (values.length - 1)) * (width - 2) + 1, height - 4 - ((v - low) / span) * (height - 8)));
  pen.stroke();
}
