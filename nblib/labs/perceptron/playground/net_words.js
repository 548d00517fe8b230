// The playground's graph of one example in words, and the names of nodes.
import { number } from "../../../ui/views/numbers.js";

/**
 * @typedef {import("./net_geometry.js").Net} Net
 * @typedef {import("./net_geometry.js").Layer} Layer
 * @typedef {import("./net_geometry.js").Node} Node
 * @typedef {import("./net_paint.js").Graph} Graph
 * @typedef {import("./net_paint.js").Chosen} Chosen
 */

/** @param {Net} net @param {number} layer @param {number} source */
export function source_name(net, layer, source) {
  return layer === 0 ? net.features.find((f) => f.name === net.names[source])?.label : `${layer}.${source + 1}`;
}

/** @param {Net} net @param {number} layer @param {number} target */
export function target_name(net, layer, target) {
  return layer + 2 === net.sizes.length ? "y" : `${layer + 1}.${target + 1}`;
}

/** All weights and biases: [value of the option, its text]. @param {Net} net */
export function weight_names(net) {
  /** @type {[string, string][]} */
  const names = [];
  net.sizes.slice(0, -1).forEach((inputs, layer) => {
    for (let target = 0; target < net.sizes[layer + 1]; target += 1) {
      for (let source = 0; source < inputs; source += 1) {
        names.push([`${layer},${source},${target}`, `${source_name(net, layer, source)} → ${target_name(net, layer, target)}`]);
      }
      names.push([`${layer},b,${target}`, `bias of ${target_name(net, layer, target)}`]);
    }
  });
  return names;
}

/** The value of the option for a weight, "" for none. @param {Chosen | null} chosen */
export function option_of(chosen) {
  return chosen ? `${chosen.layer},${chosen.source === null ? "b" : chosen.source},${chosen.target}` : "";
}

/** @param {string} option @returns {Chosen | null} */
export function chosen_of(option) {
  if (!option) return null;
  const [layer, source, target] = option.split(",");
  return { layer: Number(layer), source: source === "b" ? null : Number(source), target: Number(target) };
}

/** The sum behind a node, how the loss moves with it, and the loss. @param {Net} net @param {Layer[]} layers @param {Graph} graph @param {Node | null} shown @param {Chosen | null} chosen */
export function sentence(net, layers, graph, shown, chosen) {
  const last = net.sizes.length - 1, node = shown && shown.layer > 0 ? shown : { layer: last, index: 0, label: "y", output: true };
  const at = layers[node.layer - 1], inputs = graph.values[node.layer - 1];
  const terms = inputs.map((x, i) => `${number(at.weight(i, node.index))}·${number(x)}`);
  const kind = node.output ? (net.task === "regression" ? "" : "tanh") : net.activation;
  const sum = `${terms.join(" + ")} + ${number(at.bias(node.index))}`.replaceAll("+ −", "− ");
  const slope = `∂L/∂(${node.label}) = ${number(graph.slopes[node.layer][node.index])}`;
  const loss = `L = ½·(${number(graph.values[last][0])} − ${number(graph.target)})² = ${number(graph.loss)}`.replace("− −", "+ ");
  let text = `${node.label} = ${kind}(${sum}) = ${number(graph.values[node.layer][node.index])}, ${slope}. ${loss}. `;
  if (chosen) {
    const d = chosen.source === null ? graph.bias_slopes[chosen.layer][chosen.target] : graph.weight_slopes[chosen.layer][chosen.source][chosen.target];
    text += `The chosen weight: ∂L/∂w = ${number(d)}. `;
  }
  return `${text}In each node: its value, below ∂L/∂(value).`;
}
