// Where the nodes of the playground's net lie, its weights as lines, and how near a line is.
import { minus } from "../../../ui/views/numbers.js";

/**
 * @typedef {{ features: { name: string, label: string }[], names: string[], sizes: number[], activation: string,
 *   task: string, extent: number }} Net
 * @typedef {{ layer: number, index: number, name?: string, label: string, x: number, y: number, output?: boolean }} Node
 *   `index` is −1 for a feature that is not in use
 * @typedef {{ nodes: Node[], x: (column: number) => number, gap: number, height: number }} Layout
 * @typedef {{ inputs: number, outputs: number, weight: (i: number, j: number) => number, bias: (j: number) => number }} Layer
 * @typedef {[number, number]} Point
 * @typedef {{ layer: number, source: number, target: number, from: Point, to: Point }} Edge
 */

const TOP = 62, STEP = 44, LEFT = 52;
/** The side of a node, in pixels. */
export const NODE = 36;

/** Columns of nodes: features (all seven, those in use with a number), hidden layers, the output. @param {Net} net @param {number} width @returns {Layout} */
export function layout_of(net, width) {
  const columns = net.sizes.length;
  const gap = (width - LEFT - NODE - 30) / Math.max(1, columns - 1);
  const x = (/** @type {number} */ column) => LEFT + NODE / 2 + column * gap;
  /** @type {Node[]} */
  const nodes = net.features.map(({ name, label }, row) => ({
    layer: 0, index: net.names.indexOf(name), name, label, x: x(0), y: TOP + row * STEP + NODE / 2,
  }));
  for (let layer = 1; layer < columns - 1; layer += 1) {
    for (let index = 0; index < net.sizes[layer]; index += 1) {
      nodes.push({ layer, index, label: `${layer}.${index + 1}`, x: x(layer), y: TOP + index * STEP + NODE / 2 });
    }
  }
  nodes.push({ layer: columns - 1, index: 0, label: "y", x: width - 22, y: TOP + 3 * STEP + NODE / 2, output: true });
  return { nodes, x, gap, height: TOP + 7 * STEP + NODE + 6 };
}

/** Flat parameters cut into layers: weights [source, target], biases behind them. @param {Numbers} flat @param {number[]} sizes @returns {Layer[]} */
export function layers_of(flat, sizes) {
  const layers = [];
  let start = 0;
  for (let k = 0; k + 1 < sizes.length; k += 1) {
    const inputs = sizes[k], outputs = sizes[k + 1], from = start;
    layers.push({
      inputs, outputs,
      weight: (/** @type {number} */ i, /** @type {number} */ j) => flat[from + i * outputs + j],
      bias: (/** @type {number} */ j) => flat[from + inputs * outputs + j],
    });
    start += inputs * outputs + outputs;
  }
  return layers;
}

/** One for each weight. @param {Layout} layout @param {Net} net @returns {Edge[]} */
export function edges_of(layout, net) {
  const by = new Map(layout.nodes.filter((n) => n.index >= 0).map((n) => [`${n.layer},${n.index}`, n]));
  /** @type {Edge[]} */
  const edges = [];
  for (let layer = 0; layer + 1 < net.sizes.length; layer += 1) {
    for (let source = 0; source < net.sizes[layer]; source += 1) {
      for (let target = 0; target < net.sizes[layer + 1]; target += 1) {
        const a = by.get(`${layer},${source}`), b = by.get(`${layer + 1},${target}`);
        if (a && b) {
          edges.push({ layer, source, target, from: [a.x + NODE / 2, a.y], to: [b.x - (b.output ? 12 : NODE / 2), b.y] });
        }
      }
    }
  }
  return edges;
}

/** The four points of a line's Bézier curve. @param {{ from: Point, to: Point }} edge @returns {[Point, Point, Point, Point]} */
export function curve_of({ from, to }) {
  const bend = (to[0] - from[0]) * 0.45;
  return [from, [from[0] + bend, from[1]], [to[0] - bend, to[1]], to];
}

/** How far a place is from a line, measured to twelve straight pieces of it. @param {{ from: Point, to: Point }} edge @param {number} px @param {number} py */
export function apart(edge, px, py) {
  const [a, b, c, d] = curve_of(edge);
  let least = Infinity, before = /** @type {number[]} */ (a);
  for (let k = 1; k <= 12; k += 1) {
    const t = k / 12, s = 1 - t;
    const at = [0, 1].map((i) => s ** 3 * a[i] + 3 * s * s * t * b[i] + 3 * s * t * t * c[i] + t ** 3 * d[i]);
    const way = [at[0] - before[0], at[1] - before[1]], length = way[0] ** 2 + way[1] ** 2 || 1;
    const share = Math.max(0, Math.min(1, ((px - before[0]) * way[0] + (py - before[1]) * way[1]) / length));
    least = Math.min(least, Math.hypot(px - before[0] - share * way[0], py - before[1] - share * way[1]));
    before = at;
  }
  return least;
}

/** At most five characters. @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size >= 99.5 ? value.toExponential(0) : size >= 9.95 ? value.toFixed(0) : value.toFixed(size >= 0.995 ? 1 : 2);
  return minus(text).replace(/^(−?)0\./, "$1.").replace(/^−?\.00$/, "0");
}

/** Where the picture of a node stands among all: inputs in use, then hidden neurons, layer by layer. @param {Net} net @param {Node} node */
export function picture_number(net, node) {
  return node.index + net.sizes.slice(0, node.layer).reduce((a, b) => a + b, 0);
}

/** The line within 7 pixels of a place, the nearest, or null. @param {Edge[]} edges @param {number} px @param {number} py */
export function edge_at(edges, px, py) {
  const [best] = edges.map((e) => ({ e, far: apart(e, px, py) })).sort((a, b) => a.far - b.far);
  return best && best.far < 7 ? best.e : null;
}
