// The net of the playground on canvas: where its nodes lie, its weights as lines, a picture or the numbers in each node.

import { NB_CLASSES, NB_DARK_CLASSES, nb_field } from "../plane_parts.js";

export const NET_TOP = 62, NET_STEP = 44, NET_NODE = 36, NET_LEFT = 52;

// Columns of nodes: features (all seven, those in use with a number), hidden layers, the output.
export function net_layout(net, width) {
  const columns = net.sizes.length;
  const gap = (width - NET_LEFT - NET_NODE - 30) / Math.max(1, columns - 1);
  const x = (column) => NET_LEFT + NET_NODE / 2 + column * gap;
  const nodes = net.features.map(({ name, label }, row) => ({
    layer: 0, index: net.names.indexOf(name), name, label, x: x(0), y: NET_TOP + row * NET_STEP + NET_NODE / 2,
  }));
  for (let layer = 1; layer < columns - 1; layer += 1) {
    for (let index = 0; index < net.sizes[layer]; index += 1) {
      nodes.push({ layer, index, label: `${layer}.${index + 1}`, x: x(layer), y: NET_TOP + index * NET_STEP + NET_NODE / 2 });
    }
  }
  nodes.push({ layer: columns - 1, index: 0, label: "y", x: width - 22, y: NET_TOP + 3 * NET_STEP + NET_NODE / 2, output: true });
  return { nodes, x, gap, height: NET_TOP + 7 * NET_STEP + NET_NODE + 6 };
}

// Flat parameters cut into layers: weights[source][target] by `at`, biases behind them.
export function net_layers(flat, sizes) {
  const found = [];
  let start = 0;
  for (let k = 0; k + 1 < sizes.length; k += 1) {
    const inputs = sizes[k], outputs = sizes[k + 1], from = start;
    found.push({
      inputs, outputs,
      weight: (i, j) => flat[from + i * outputs + j],
      bias: (j) => flat[from + inputs * outputs + j],
    });
    start += inputs * outputs + outputs;
  }
  return found;
}

export function net_edges(layout, net) {
  const by = new Map(layout.nodes.filter((n) => n.index >= 0).map((n) => [`${n.layer},${n.index}`, n]));
  const found = [];
  for (let layer = 0; layer + 1 < net.sizes.length; layer += 1) {
    for (let source = 0; source < net.sizes[layer]; source += 1) {
      for (let target = 0; target < net.sizes[layer + 1]; target += 1) {
        const a = by.get(`${layer},${source}`), b = by.get(`${layer + 1},${target}`);
        if (a && b) {
          found.push({ layer, source, target, from: [a.x + NET_NODE / 2, a.y], to: [b.x - (b.output ? 12 : NET_NODE / 2), b.y] });
        }
      }
    }
  }
  return found;
}

export function net_curve({ from, to }) {
  const bend = (to[0] - from[0]) * 0.45;
  return [from, [from[0] + bend, from[1]], [to[0] - bend, to[1]], to];
}

// How far a point is from a line of the net, along eight of its places.
export function net_apart(edge, px, py) {
  const [a, b, c, d] = net_curve(edge);
  let least = Infinity, before = a;
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

export function net_paint(context, theme, net, layout, edges, layers, chosen, pictures, graph) {
  const colours = theme.dark ? NB_DARK_CLASSES : NB_CLASSES;
  for (const edge of edges) {
    const value = layers[edge.layer].weight(edge.source, edge.target);
    const mine = chosen && chosen.layer === edge.layer && chosen.source === edge.source && chosen.target === edge.target;
    const [a, b, c, d] = net_curve(edge);
    const size = Math.min(1, Math.abs(value) / 1.5);
    context.strokeStyle = mine ? theme.ink : value >= 0 ? colours[1] : colours[0];
    context.globalAlpha = mine ? 1 : 0.16 + 0.74 * size;
    context.lineWidth = (mine ? 2.5 : 0.8) + 4.2 * size;
    context.setLineDash(value >= 0 ? [] : [7, 3]);
    context.beginPath(); context.moveTo(...a); context.bezierCurveTo(...b, ...c, ...d); context.stroke();
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
  let picture = 0;
  for (const node of layout.nodes) {
    const left = node.x - NET_NODE / 2, top = node.y - NET_NODE / 2, used = node.index >= 0;
    context.globalAlpha = used ? 1 : 0.45;
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
      context.drawImage(nb_field(pictures, 30, theme, 0.85, 900 * picture), left, top, NET_NODE, NET_NODE);
    }
    if (used && !node.output) picture += 1;
    if (graph && used) net_numbers(context, theme, node, graph, left, top);
    if (node.output) continue;
    const mine = chosen && chosen.source === null && chosen.layer === node.layer - 1 && chosen.target === node.index;
    context.strokeStyle = mine ? theme.ink : theme.line;
    context.lineWidth = mine ? 2.5 : 1;
    context.strokeRect(left + 0.5, top + 0.5, NET_NODE - 1, NET_NODE - 1);
    context.globalAlpha = 1;
  }
}

// In a node of the graph: what it says, and below how the loss would move with it.
export function net_numbers(context, theme, node, graph, left, top) {
  const value = graph.values[node.layer][node.index], slope = graph.slopes[node.layer][node.index];
  const wide = node.output ? 22 : NET_NODE / 2 + 2;
  context.fillStyle = theme.back;
  context.fillRect(node.x - wide, top, 2 * wide, NET_NODE);
  if (node.output) { context.strokeStyle = theme.ink; context.strokeRect(node.x - wide + 0.5, top + 0.5, 2 * wide - 1, NET_NODE - 1); }
  context.textAlign = "center";
  context.fillStyle = theme.ink;
  context.fillText(net_short(value), node.x, node.y - 8);
  context.fillStyle = (theme.dark ? NB_DARK_CLASSES : NB_CLASSES)[slope >= 0 ? 1 : 0];
  context.fillText(net_short(slope), node.x, node.y + 9);
}

// At most five characters.
export function net_short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size >= 99.5 ? value.toExponential(0) : size >= 9.95 ? value.toFixed(0) : value.toFixed(size >= 0.995 ? 1 : 2);
  return text.replace("-", "−").replace(/^(−?)0\./, "$1.").replace(/^−?\.00$/, "0");
}
