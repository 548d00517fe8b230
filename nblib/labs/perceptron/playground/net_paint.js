// The net of the playground on canvas: its weights as lines, a picture or the numbers in each node.
import { class_colours, field_picture } from "../plane_parts.js";
import { NODE, curve_of, short } from "./net_geometry.js";

/**
 * @typedef {import("./net_geometry.js").Node} Node
 * @typedef {import("./net_geometry.js").Layout} Layout
 * @typedef {import("./net_geometry.js").Edge} Edge
 * @typedef {import("./net_geometry.js").Layer} Layer
 * @typedef {{ layer: number, source: number | null, target: number }} Chosen a weight, or with source null a bias
 * @typedef {{ values: number[][], slopes: number[][], weight_slopes: number[][][], bias_slopes: number[][],
 *   point: [number, number], target: number, loss: number }} Graph one example: values forward, ∂L/∂(value) backward
 * @typedef {{ layout: Layout, edges: Edge[], layers: Layer[], chosen: Chosen | null, holding: (Chosen & { value: number }) | null,
 *   shown: Node | null }} State `holding`: a weight while it is pulled; `shown`: the node that is pointed at
 */

/** @param {Pen} context @param {Theme} theme @param {State} state @param {Bytes} pictures @param {Graph | null} graph */
export function paint_net(context, theme, state, pictures, graph) {
  paint_edges(context, theme, state);
  let picture = 0;
  for (const node of state.layout.nodes) {
    context.globalAlpha = node.index >= 0 ? 1 : 0.45;
    paint_node(context, theme, node, state.chosen, pictures, picture, graph);
    if (node.index >= 0 && !node.output) picture += 1;
    context.globalAlpha = 1;
  }
}

/** @param {Pen} context @param {Theme} theme @param {State} state */
function paint_edges(context, theme, { edges, layers, chosen }) {
  const colours = class_colours(theme);
  for (const edge of edges) {
    const value = layers[edge.layer].weight(edge.source, edge.target);
    const mine = chosen && chosen.layer === edge.layer && chosen.source === edge.source && chosen.target === edge.target;
    const [a, b, c, d] = curve_of(edge);
    const size = Math.min(1, Math.abs(value) / 1.5);
    context.strokeStyle = mine ? theme.ink : value >= 0 ? colours[1] : colours[0];
    context.globalAlpha = mine ? 1 : 0.16 + 0.74 * size;
    context.lineWidth = (mine ? 2.5 : 0.8) + 4.2 * size;
    context.setLineDash(value >= 0 ? [] : [7, 3]);
    context.beginPath(); context.moveTo(...a); context.bezierCurveTo(...b, ...c, ...d); context.stroke();
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

/** @param {Pen} context @param {Theme} theme @param {Node} node @param {Chosen | null} chosen @param {Bytes} pictures @param {number} picture @param {Graph | null} graph */
function paint_node(context, theme, node, chosen, pictures, picture, graph) {
  const left = node.x - NODE / 2, top = node.y - NODE / 2, used = node.index >= 0;
  if (node.layer === 0) {
    context.fillStyle = theme.ink;
    context.textAlign = "right";
    context.fillText(node.label, left - 6, node.y);
  }
  if (node.output) {
    context.fillStyle = theme.back;
    context.strokeStyle = theme.ink;
    context.lineWidth = 1.5;
    if (!graph) {
      context.beginPath(); context.arc(node.x, node.y, 12, 0, 7); context.fill(); context.stroke();
      context.fillStyle = theme.ink;
      context.textAlign = "center";
      context.fillText("y", node.x, node.y);
    }
  } else if (used && !graph) {
    context.imageSmoothingEnabled = true;
    context.drawImage(field_picture(pictures, 30, theme, 0.85, 900 * picture), left, top, NODE, NODE);
  }
  if (graph && used) paint_values(context, theme, node, graph, top);
  if (node.output) return;
  const mine = chosen && chosen.source === null && chosen.layer === node.layer - 1 && chosen.target === node.index;
  context.strokeStyle = mine ? theme.ink : theme.line;
  context.lineWidth = mine ? 2.5 : 1;
  context.strokeRect(left + 0.5, top + 0.5, NODE - 1, NODE - 1);
}

/** In a node of the graph: what it says, and below how the loss would move with it. @param {Pen} context @param {Theme} theme @param {Node} node @param {Graph} graph @param {number} top */
function paint_values(context, theme, node, graph, top) {
  const value = graph.values[node.layer][node.index], slope = graph.slopes[node.layer][node.index];
  const wide = node.output ? 22 : NODE / 2 + 2;
  context.fillStyle = theme.back;
  context.fillRect(node.x - wide, top, 2 * wide, NODE);
  if (node.output) { context.strokeStyle = theme.ink; context.strokeRect(node.x - wide + 0.5, top + 0.5, 2 * wide - 1, NODE - 1); }
  context.textAlign = "center";
  context.fillStyle = theme.ink;
  context.fillText(short(value), node.x, node.y - 8);
  context.fillStyle = class_colours(theme)[slope >= 0 ? 1 : 0];
  context.fillText(short(slope), node.x, node.y + 9);
}
