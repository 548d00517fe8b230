// The playground: the net that a person builds and pulls at, and what it makes of the plane.
import { floats } from "../../../ui/views/bytes.js";
import { canvas } from "../../../ui/views/canvas.js";
import { colour_map, rgb, themed } from "../../../ui/views/colours.js";
import { button, changes, element, offset, write } from "../../../ui/views/dom.js";
import { sender } from "../../../ui/views/messages.js";
import { fixed } from "../../../ui/views/numbers.js";
import { begin_plane, field_entry, field_picture, nearest_point, paint_point, square_of } from "../plane_parts.js";
import { NODE, edge_at, edges_of, layers_of, layout_of, picture_number } from "./net_geometry.js";
import { paint_net } from "./net_paint.js";
import { chosen_of, option_of, sentence, weight_names } from "./net_words.js";

/**
 * @typedef {import("./net_geometry.js").Net} Net
 * @typedef {import("./net_geometry.js").Node} Node
 * @typedef {import("./net_paint.js").Graph} Graph
 * @typedef {import("./net_paint.js").Chosen} Chosen
 * @typedef {import("./net_paint.js").State} State
 * @typedef {{ net: Net, field: Bytes, small: Bytes, weights: Bytes, points: Bytes, graph: Graph | { values?: undefined }, seen: number }} Traits
 * @typedef {{ send: (key: string, message: { type: string } & Record<string, unknown>) => void }} Messages
 */

const HINT = "Click a line and drag it up or down: its weight is held while you pull, also during training.";

/** @param {View<Traits>} view */
function render({ model, el }) {
  const head = element("div", { class: "nblib-play-head" });
  const stage = element("div", { class: "nblib-play-stage nblib-canvas" });
  const overlay = element("div", {});
  const list = element("select", { "aria-label": "weight to change" });
  const slider = element("input", { type: "range", min: "-4", max: "4", step: "0.01", "aria-label": "value of the weight" });
  const value = element("output");
  const said = element("div", { class: "nblib-play-said" });
  const left = element("div", { class: "nblib-play-net" }, head, stage, element("div", { class: "nblib-play-weight" }, "weight", list, slider, value), said);
  const place = element("div", { class: "nblib-canvas" });
  const title = element("div", { class: "nblib-readout", role: "status" });
  const ramp = element("span", { class: "nblib-ramp" });
  const right = element("div", { class: "nblib-play-out" }, title, place, element("div", { class: "nblib-play-legend" }, "−1", ramp, "1"));
  el.append(element("div", { class: "nblib-play" }, left, right));

  const messages = sender(model, left);
  /** @type {State} */
  const state = { layout: { nodes: [], x: () => 0, gap: 0, height: 0 }, edges: [], layers: [], chosen: null, holding: null, shown: null };
  let built = "", listed = "";
  const graph = () => /** @type {Graph | null} */ (model.get("graph").values ? model.get("graph") : null);

  const structure = structure_bar(messages);
  const graphed = button("Graph of one example", "Forward values and gradients of one point", () => {
    messages.send("example", { type: "example", off: Boolean(graph()) });
  });
  graphed.classList.add("nblib-toggle");
  head.append(...structure.nodes, graphed);

  const net_canvas = canvas(stage, 330, (pen, width, _, theme) => {
    const net = model.get("net");
    if (!net.sizes) return;
    state.layout = layout_of(net, width);
    net_canvas.resize(state.layout.height);
    state.edges = edges_of(state.layout, net);
    const key = JSON.stringify([net, width]);
    if (key !== built) {
      built = key;
      overlay_nodes(overlay, net, state.layout, messages, look, choose);
      structure.show(net);
      name_weights(net);
    }
    state.layers = held_layers(layers_of(floats(model.get("weights")), net.sizes), state);
    paint_net(pen, theme, state, model.get("small"), graph());
    say();
  }, { "aria-hidden": "true" });
  stage.append(overlay);

  /** @param {Node | null} node */
  function look(node) { state.shown = node && node.index >= 0 ? node : null; plane.again(); say(); }
  /** @param {Chosen | null} chosen */
  function choose(chosen) { state.chosen = chosen; list.value = option_of(chosen); net_canvas.again(); }
  /** @param {Net} net */
  function name_weights(net) {
    const key = JSON.stringify([net.sizes, net.names]);
    if (key === listed) return;
    listed = key;
    const options = [["", "choose one"], ...weight_names(net)];
    list.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
    choose(null);
  }
  const current = () => {
    const { chosen } = state, at = chosen && state.layers[chosen.layer];
    return at ? (chosen.source === null ? at.bias(chosen.target) : at.weight(chosen.source, chosen.target)) : NaN;
  };
  /** @param {number} to @param {boolean} final */
  function pull(to, final) {
    const { chosen } = state;
    if (!chosen || !Number.isFinite(to)) return;
    state.holding = final ? null : { ...chosen, value: to };
    messages.send("weight", { type: "weight", ...chosen, value: to, final });
    net_canvas.again();
  }
  list.addEventListener("change", () => choose(chosen_of(list.value)));
  slider.addEventListener("input", () => pull(Number(slider.value), false));
  slider.addEventListener("change", () => pull(Number(slider.value), true));
  drag_edges(net_canvas.canvas, state, { choose, current, pull });

  // The plane: what comes out, or the picture of the neuron that is looked at.
  let square = square_of({ left: 0, top: 0, width: 1, height: 1 }, [0, 1, 0, 1]);
  const plane = canvas(place, 260, (pen, width, _, theme) => {
    plane.resize(width - 8);
    const net = model.get("net"), size = width - 52, far = net.extent || 6, box = { left: 46, top: 4, width: size, height: size };
    square = square_of(box, [-far, far, -far, far]);
    const node = state.shown && !state.shown.output ? state.shown : null;
    const field = node ? field_picture(model.get("small"), 30, theme, 0.7, 900 * picture_number(net, node)) : field_picture(model.get("field"), 60, theme, 0.7);
    pen.imageSmoothingEnabled = true;
    begin_plane(pen, theme, box, [-far, far, -far, far], field);
    paint_points(pen, theme, square, floats(model.get("points")), net.task === "regression", graph()?.point);
    pen.restore();
    ramp.style.background = ramp_of(theme);
    write(title, node ? `picture of ${node.layer ? "neuron " : ""}${node.label}` : "output of the net");
  }, { role: "img", "aria-label": "output of the net over the plane, with the points" });
  plane.canvas.addEventListener("click", (event) => {
    const rows = rows_of(floats(model.get("points"))), k = nearest_point(rows, square, ...offset(plane.canvas, event), 14);
    if (k >= 0) messages.send("example", { type: "example", x: rows[k][0], y: rows[k][1], target: rows[k][2] });
  });

  // One line: the weight that is chosen, and in the graph the sum behind the neuron that is looked at.
  function say() {
    const now = state.holding ? state.holding.value : current(), any = Number.isFinite(now), example = graph();
    slider.disabled = !state.chosen;
    if (any && document.activeElement !== slider) {
      slider.max = String(Math.max(4, Math.ceil(Math.abs(now))));
      slider.min = `-${slider.max}`;
      slider.value = String(now);
    }
    value.textContent = any ? fixed(now, 3) : "–";
    graphed.setAttribute("aria-pressed", String(Boolean(example)));
    write(said, example ? sentence(model.get("net"), state.layers, example, state.shown, state.chosen) : HINT);
  }

  // The notebook has commands of its own on arrows, Enter and letters.
  el.addEventListener("keydown", (event) => { if (event.key !== "Tab") event.stopPropagation(); });
  const unread = changes(model, () => { net_canvas.again(); plane.again(); });
  return () => { unread(); messages.close(); net_canvas.close(); plane.close(); };
}

/** Fewer and more hidden layers, and how many there are. @param {Messages} messages */
function structure_bar(messages) {
  const fewer = button("− layer", "One hidden layer less", () => messages.send("layers", { type: "layers", by: -1 }));
  const more = button("+ layer", "One hidden layer more", () => messages.send("layers", { type: "layers", by: 1 }));
  const count = element("span");
  return {
    nodes: [fewer, more, count],
    /** @param {Net} net */
    show(net) {
      const hidden = net.sizes.length - 2;
      fewer.disabled = hidden < 1;
      more.disabled = hidden >= 6;
      count.textContent = hidden === 1 ? "1 hidden layer" : `${hidden} hidden layers`;
    },
  };
}

/**
 * Real buttons over the picture, for the keyboard and for those who hear the page.
 * @param {HTMLElement} overlay
 * @param {Net} net
 * @param {import("./net_geometry.js").Layout} layout
 * @param {Messages} messages
 * @param {(node: Node | null) => void} look
 * @param {(chosen: Chosen) => void} choose
 */
function overlay_nodes(overlay, net, layout, messages, look, choose) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.node;
  overlay.replaceChildren();
  for (const node of layout.nodes) {
    const cover = element("button", { type: "button", class: "nblib-node", "data-node": `${node.layer}.${node.name || node.index}` });
    const size = node.output ? 26 : NODE;
    cover.style.cssText = `left:${node.x - size / 2}px;top:${node.y - size / 2}px;width:${size}px;height:${size}px`;
    if (node.layer === 0) {
      cover.setAttribute("aria-label", `feature ${node.label}`);
      cover.setAttribute("aria-pressed", String(node.index >= 0));
      cover.title = node.index >= 0 ? `${node.label} is given to the net; press to leave it out` : `press to give ${node.label} to the net`;
      cover.addEventListener("click", () => messages.send(`feature${performance.now()}`, { type: "feature", name: node.name }));
    } else {
      cover.setAttribute("aria-label", node.output ? "output" : `neuron ${node.index + 1} of layer ${node.layer}`);
      cover.addEventListener("click", () => choose({ layer: node.layer - 1, source: null, target: node.index }));
    }
    for (const name of ["mouseenter", "focus"]) cover.addEventListener(name, () => look(node));
    for (const name of ["mouseleave", "blur"]) cover.addEventListener(name, () => look(null));
    overlay.append(cover);
    if (focused === cover.dataset.node) cover.focus();
  }
  for (let layer = 1; layer <= net.sizes.length - 2; layer += 1) overlay.append(...size_buttons(net, layout, layer, messages));
}

/** Fewer and more neurons in a layer. @param {Net} net @param {import("./net_geometry.js").Layout} layout @param {number} layer @param {Messages} messages */
function size_buttons(net, layout, layer, messages) {
  const wide = Math.min(24, layout.gap / 2 - 1), size = net.sizes[layer], x = layout.x(layer);
  const change = (/** @type {string} */ sign, /** @type {number} */ by, /** @type {string} */ word, /** @type {number} */ left) => {
    const node = button(sign, `One neuron ${word} in layer ${layer}`, () => messages.send(`neurons${layer}`, { type: "neurons", layer: layer - 1, by }));
    node.className = "nblib-size";
    node.setAttribute("aria-label", node.title);
    node.disabled = by < 0 ? size <= 1 : size >= 8;
    node.style.cssText = `left:${left}px;top:6px;width:${wide}px`;
    return node;
  };
  const count = element("span", {}, String(size));
  count.style.cssText = `position:absolute;top:34px;left:${x - 20}px;width:40px;text-align:center;font-size:12px`;
  return [change("−", -1, "less", x - wide - 1), change("+", 1, "more", x + 1), count];
}

/** The layers with the weight that is being pulled as the hand has it. @param {import("./net_geometry.js").Layer[]} layers @param {State} state */
function held_layers(layers, { holding }) {
  if (!holding) return layers;
  const at = layers[holding.layer], { weight, bias } = at, { source, target, value } = holding;
  if (source === null) at.bias = (j) => (j === target ? value : bias(j));
  else at.weight = (i, j) => (i === source && j === target ? value : weight(i, j));
  return layers;
}

/**
 * A line is chosen with a press, and its weight follows the hand up and down.
 * @param {HTMLCanvasElement} node
 * @param {State} state
 * @param {{ choose: (chosen: Chosen) => void, current: () => number, pull: (to: number, final: boolean) => void }} hands
 */
function drag_edges(node, state, { choose, current, pull }) {
  const under = (/** @type {MouseEvent} */ event) => edge_at(state.edges, ...offset(node, event));
  /** @type {{ y: number, value: number, moved: boolean } | null} */
  let drag = null;
  node.addEventListener("pointerdown", (event) => {
    const edge = under(event);
    if (!edge || event.button) return;
    choose({ layer: edge.layer, source: edge.source, target: edge.target });
    drag = { y: event.clientY, value: current(), moved: false };
    node.setPointerCapture(event.pointerId);
  });
  node.addEventListener("pointermove", (event) => {
    if (!drag) { node.style.cursor = under(event) ? "ns-resize" : "default"; return; }
    drag.moved = drag.moved || Math.abs(event.clientY - drag.y) > 2;
    if (drag.moved) pull(drag.value + (drag.y - event.clientY) * 0.02, false);
  });
  const drop = () => { if (drag?.moved && state.holding) pull(state.holding.value, true); drag = null; };
  for (const name of ["pointerup", "pointercancel"]) node.addEventListener(name, drop);
}

/** Rows of (x1, x2, target, test). @param {Float32Array} numbers */
function rows_of(numbers) {
  return Array.from({ length: Math.floor(numbers.length / 4) }, (_, k) => numbers.subarray(4 * k, 4 * k + 4));
}

/** @param {Pen} pen @param {Theme} theme @param {import("../plane_parts.js").Square} square @param {Float32Array} numbers @param {boolean} regression @param {[number, number]} [example] */
function paint_points(pen, theme, square, numbers, regression, example) {
  const radius = numbers.length > 1600 ? 2.4 : 3.2;
  for (const [x, y, target, test] of rows_of(numbers)) {
    pen.globalAlpha = regression ? 0.25 + 0.75 * Math.min(1, Math.abs(target)) : 1;
    paint_point(pen, theme, square.X(x), square.Y(y), radius, target >= 0, test > 0.5);
  }
  pen.globalAlpha = 1;
  if (!example) return;
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 2.5;
  pen.beginPath(); pen.arc(square.X(example[0]), square.Y(example[1]), 9, 0, 7); pen.stroke();
}

/** What the colours of the plane mean, from −1 to 1. @param {Theme} theme */
function ramp_of(theme) {
  const map = colour_map(themed("diverging", theme));
  return `linear-gradient(to right, ${[0, 63, 128, 191, 255].map((b) => rgb(map, field_entry(b, 0.7))).join(",")})`;
}

export default { render };
