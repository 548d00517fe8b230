// Where the grids lie: stages from top to bottom, matrices beside each other as long as there is room.

/**
 * @typedef {import("./rules.js").Matrix} Matrix
 * @typedef {import("./state.js").At} At
 * @typedef {Place & { label: number }} Box `label`: room for what stands beside the rows
 * @typedef {{ k: number, top: number, strip: number }} Stage number, where its title is, where its words are
 * @typedef {{ boxes: Map<string, Box>, stages: Stage[], height: number, strip: number, scale: number }} Layout
 *   `strip`: how high the words below a stage are; `scale`: where the slider is
 */

export const STAGES = ["input", "project", "weights", "output"];
export const SIZE = { cell: 42, line: 21, gap: 30, title: 26, head: 38, foot: 14, scale: 150, words: 19 };

/** @param {Matrix[]} list those in sight @param {number} width @param {number} longest of the words, in pixels @returns {Layout} */
export function laid_out(list, width, longest) {
  /** @type {Layout} */
  const layout = { boxes: new Map(), stages: [], height: 0, strip: SIZE.words * (width < 860 ? 3 : 2), scale: 0 };
  let y = 0;
  for (const [k, stage] of STAGES.entries()) {
    const mine = list.filter((m) => m.stage === stage);
    if (!mine.length) continue;
    const top = y;
    y = put_stage(layout.boxes, mine, y + SIZE.title, width, Math.min(64, Math.max(14, longest)) + 8) + 6;
    layout.stages.push({ k, top, strip: y });
    y += layout.strip + 4;
    if (stage === "weights") { layout.scale = y; y += SIZE.scale; }
    y += SIZE.foot;
  }
  layout.height = y;
  return layout;
}

/** Gives where the stage ends. @param {Map<string, Box>} boxes @param {Matrix[]} mine @param {number} y @param {number} width @param {number} words */
function put_stage(boxes, mine, y, width, words) {
  let x = 0, tall = 0;
  for (const [k, m] of mine.entries()) {
    const alone = m.columns === "none", label = alone ? 0 : m.rows === "tokens" ? words : 18;
    const sign = alone ? 10 : x > 0 ? SIZE.gap : 0, room = label + m.shape[1] * SIZE.cell;
    // What is said of a row of weights stays beside it.
    const beside = mine[k + 1]?.columns === "none" ? 10 + 2 * SIZE.cell : 0;
    if (x > 0 && x + sign + room + beside > width) { y += tall + SIZE.foot; x = 0; tall = 0; }
    const left = x + (x > 0 ? sign : 0) + label;
    boxes.set(m.name, { left, top: y + SIZE.head, width: m.shape[1] * SIZE.cell, height: m.shape[0] * SIZE.line, label });
    x = left + m.shape[1] * SIZE.cell;
    tall = Math.max(tall, SIZE.head + m.shape[0] * SIZE.line);
  }
  return y + tall;
}

/** The cell at a place, null beside all grids. @param {Map<string, Box>} boxes @param {number} x @param {number} y @returns {At | null} */
export function cell_at(boxes, x, y) {
  for (const [name, box] of boxes) {
    if (x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height) {
      return { name, row: Math.floor((y - box.top) / SIZE.line), column: Math.floor((x - box.left) / SIZE.cell) };
    }
  }
  return null;
}

/** @param {Box} box @param {number} row @param {number} column @returns {[number, number]} */
export function centre(box, row, column) {
  return [box.left + (column + 0.5) * SIZE.cell, box.top + (row + 0.5) * SIZE.line];
}

/** One step on from a cell; beyond the edge of its grid, the nearest cell that lies that way. @param {Map<string, Box>} boxes @param {At} at @param {number} right @param {number} down @returns {At} */
export function walked(boxes, at, right, down) {
  const mine = /** @type {Box} */ (boxes.get(at.name)), row = at.row + down, column = at.column + right;
  const size = (/** @type {Box} */ box) => [Math.round(box.height / SIZE.line), Math.round(box.width / SIZE.cell)];
  const [rows, columns] = size(mine);
  if (row >= 0 && row < rows && column >= 0 && column < columns) return { name: at.name, row, column };
  const [x, y] = centre(mine, at.row, at.column);
  let best = at, least = Infinity;
  for (const [name, box] of boxes) {
    if (name === at.name) continue;
    const [r, c] = size(box);
    for (let k = 0; k < r * c; k += 1) {
      const there = { name, row: Math.floor(k / c), column: k % c }, [u, v] = centre(box, there.row, there.column);
      const along = right ? (u - x) * right : (v - y) * down, across = Math.abs(right ? v - y : u - x);
      if (along <= SIZE.line || (right && across > 8 * SIZE.line)) continue;
      if (along + 2 * across < least) { least = along + 2 * across; best = there; }
    }
  }
  return best;
}
