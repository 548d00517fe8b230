// The playground: the net that a person builds and pulls at, and what it makes of the plane.

import { nb_axes, nb_field, nb_point, nb_sender, nb_square } from "../plane_parts.js";
import { net_apart, net_edges, net_layers, net_layout, net_paint } from "./net_geometry.js";
import { nb_button, nb_canvas, nb_element, nb_floats, nb_map, nb_number } from "../../../ui/views/kit.js";

function render({ model, el }) {
  const head = nb_element("div", { class: "nblib-play-head" });
  const stage = nb_element("div", { class: "nblib-play-stage nblib-canvas" });
  const overlay = nb_element("div", {});
  const list = nb_element("select", { "aria-label": "weight to change" });
  const slider = nb_element("input", { type: "range", min: "-4", max: "4", step: "0.01", "aria-label": "value of the weight" });
  const value = nb_element("output", {});
  const weight = nb_element("div", { class: "nblib-play-weight" }, "weight", list, slider, value);
  const said = nb_element("div", { class: "nblib-play-said" });
  const left = nb_element("div", { class: "nblib-play-net" }, head, stage, weight, said);
  const place = nb_element("div", { class: "nblib-canvas" });
  const title = nb_element("div", { class: "nblib-readout", role: "status" });
  const ramp = nb_element("span", { class: "nblib-ramp" });
  const legend = nb_element("div", { class: "nblib-play-legend" }, "−1", ramp, "1");
  const right = nb_element("div", { class: "nblib-play-out" }, title, place, legend);
  el.append(nb_element("div", { class: "nblib-play" }, left, right));

  const sender = nb_sender(model, left);
  const net = () => model.get("net");
  let layout = null, edges = [], layers = [], chosen = null, holding = null, shown = null, built = "", listed = "";

  const graph = () => (model.get("graph").values ? model.get("graph") : null);
  const fewer = nb_button("− layer", "One hidden layer less", () => sender.send("layers", { type: "layers", by: -1 }));
  const more = nb_button("+ layer", "One hidden layer more", () => sender.send("layers", { type: "layers", by: 1 }));
  const count = nb_element("span", {});
  const graphed = nb_button("Graph of one example", "Forward values and gradients of one point", () => {
    sender.send("example", { type: "example", off: Boolean(graph()) });
  });
  graphed.classList.add("nblib-toggle");
  head.append(fewer, more, count, graphed);

  const net_canvas = nb_canvas(stage, 330, paint_net, { "aria-hidden": "true" });
  stage.append(overlay);

  function read() {
    const flat = nb_floats(model.get("weights"));
    layers = net_layers(flat, net().sizes);
    if (holding) {
      const at = layers[holding.layer], keep = { ...holding };
      const base = at.weight, bias = at.bias;
      if (keep.source === null) at.bias = (j) => (j === keep.target ? keep.value : bias(j));
      else at.weight = (i, j) => (i === keep.source && j === keep.target ? keep.value : base(i, j));
    }
  }
  function paint_net(context, width, height, theme) {
    const n = net();
    if (!n.sizes) return;
    layout = net_layout(n, width);
    net_canvas.resize(layout.height);
    edges = net_edges(layout, n);
    const key = JSON.stringify([n, width]);
    if (key !== built) { built = key; overlays(); }
    read();
    net_paint(context, theme, n, layout, edges, layers, chosen, model.get("small"), graph());
    say();
  }

  // Real buttons over the picture, for the keyboard and for those who hear the page.
  function overlays() {
    const n = net(), hidden = n.sizes.length - 2, focused = document.activeElement?.dataset?.node;
    overlay.replaceChildren();
    for (const node of layout.nodes) {
      const button = nb_element("button", { type: "button", class: "nblib-node", "data-node": `${node.layer}.${node.name || node.index}` });
      const size = node.output ? 26 : NET_NODE;
      button.style.cssText = `left:${node.x - size / 2}px;top:${node.y - size / 2}px;width:${size}px;height:${size}px`;
      if (node.layer === 0) {
        button.setAttribute("aria-label", `feature ${node.label}`);
        button.setAttribute("aria-pressed", String(node.index >= 0));
        button.title = node.index >= 0 ? `${node.label} is given to the net; press to leave it out` : `press to give ${node.label} to the net`;
        button.addEventListener("click", () => sender.send(`feature${performance.now()}`, { type: "feature", name: node.name }));
      } else {
        button.setAttribute("aria-label", node.output ? "output" : `neuron ${node.index + 1} of layer ${node.layer}`);
        button.addEventListener("click", () => choose({ layer: node.layer - 1, source: null, target: node.index }));
      }
      const look = () => { shown = node.index >= 0 ? node : null; plane.again(); say(); };
      const leave = () => { shown = null; plane.again(); say(); };
      button.addEventListener("mouseenter", look);
      button.addEventListener("focus", look);
      button.addEventListener("mouseleave", leave);
      button.addEventListener("blur", leave);
      overlay.append(button);
      if (focused === button.dataset.node) button.focus();
    }
    for (let layer = 1; layer <= hidden; layer += 1) {
      [["−", -1, "less"], ["+", 1, "more"]].forEach(([sign, by, word], k) => {
        const button = nb_button(sign, `One neuron ${word} in layer ${layer}`, () => sender.send(`neurons${layer}`, { type: "neurons", layer: layer - 1, by }));
        button.className = "nblib-size";
        button.setAttribute("aria-label", button.title);
        button.disabled = by < 0 ? n.sizes[layer] <= 1 : n.sizes[layer] >= 8;
        const wide = Math.min(24, layout.gap / 2 - 1);
        button.style.cssText = `left:${layout.x(layer) + (k ? 1 : -wide - 1)}px;top:6px;width:${wide}px`;
        overlay.append(button);
      });
      const size = nb_element("span", {}, `${n.sizes[layer]}`);
      size.style.cssText = `position:absolute;top:34px;left:${layout.x(layer) - 20}px;width:40px;text-align:center;font-size:12px`;
      overlay.append(size);
    }
    fewer.disabled = hidden < 1;
    more.disabled = hidden >= 6;
    count.textContent = hidden === 1 ? "1 hidden layer" : `${hidden} hidden layers`;
    names();
  }

  const source_name = (layer, source) => (layer === 0 ? net().features.find((f) => f.name === net().names[source])?.label : `${layer}.${source + 1}`);
  const target_name = (layer, target) => (layer + 2 === net().sizes.length ? "y" : `${layer + 1}.${target + 1}`);
  function names() {
    const key = JSON.stringify([net().sizes, net().names]);
    if (key === listed) return;
    listed = key;
    const options = [nb_element("option", { value: "" }, "choose one")];
    net().sizes.slice(0, -1).forEach((inputs, layer) => {
      for (let target = 0; target < net().sizes[layer + 1]; target += 1) {
        for (let source = 0; source < inputs; source += 1) {
          options.push(nb_element("option", { value: `${layer},${source},${target}` }, `${source_name(layer, source)} → ${target_name(layer, target)}`));
        }
        options.push(nb_element("option", { value: `${layer},b,${target}` }, `bias of ${target_name(layer, target)}`));
      }
    });
    list.replaceChildren(...options);
    choose(null);
  }
  function choose(which) {
    chosen = which;
    list.value = which ? `${which.layer},${which.source === null ? "b" : which.source},${which.target}` : "";
    net_canvas.again();
  }
  const current = () => {
    const at = chosen && layers[chosen.layer];
    return at ? (chosen.source === null ? at.bias(chosen.target) : at.weight(chosen.source, chosen.target)) : NaN;
  };
  list.addEventListener("change", () => {
    const [layer, source, target] = list.value.split(",");
    choose(list.value ? { layer: Number(layer), source: source === "b" ? null : Number(source), target: Number(target) } : null);
  });
  function pull(to, final) {
    if (!chosen || !Number.isFinite(to)) return;
    holding = final ? null : { ...chosen, value: to };
    sender.send("weight", { type: "weight", layer: chosen.layer, source: chosen.source, target: chosen.target, value: to, final });
    net_canvas.again();
  }
  slider.addEventListener("input", () => pull(Number(slider.value), false));
  slider.addEventListener("change", () => pull(Number(slider.value), true));

  const where = (canvas, event) => { const at = canvas.getBoundingClientRect(); return [event.clientX - at.left, event.clientY - at.top]; };
  const under = (px, py) => {
    const [best] = edges.map((e) => [net_apart(e, px, py), e]).sort((a, b) => a[0] - b[0]);
    return best && best[0] < 7 ? best[1] : null;
  };
  let drag = null;
  net_canvas.canvas.addEventListener("pointerdown", (event) => {
    const edge = under(...where(net_canvas.canvas, event));
    if (!edge || event.button) return;
    choose({ layer: edge.layer, source: edge.source, target: edge.target });
    drag = { y: event.clientY, value: current(), moved: false };
    net_canvas.canvas.setPointerCapture(event.pointerId);
  });
  net_canvas.canvas.addEventListener("pointermove", (event) => {
    if (drag) {
      drag.moved = drag.moved || Math.abs(event.clientY - drag.y) > 2;
      if (drag.moved) pull(drag.value + (drag.y - event.clientY) * 0.02, false);
    } else net_canvas.canvas.style.cursor = under(...where(net_canvas.canvas, event)) ? "ns-resize" : "default";
  });
  const drop = () => { if (drag && drag.moved && holding) pull(holding.value, true); drag = null; };
  net_canvas.canvas.addEventListener("pointerup", drop);
  net_canvas.canvas.addEventListener("pointercancel", drop);

  // The plane: what comes out, or the picture of the neuron that is looked at.
  let square = null, box = null;
  function paint_plane(context, width, height, theme) {
    plane.resize(width - 8);
    const size = width - 52, far = net().extent || 6;
    box = { left: 46, top: 4, width: size, height: size };
    square = nb_square(box, [-far, far, -far, far]);
    context.imageSmoothingEnabled = true;
    const one = shown && !shown.output ? picture_of(shown) : -1;
    const field = one >= 0 ? nb_field(model.get("small"), 30, theme, 0.7, 900 * one) : nb_field(model.get("field"), 60, theme, 0.7);
    context.drawImage(field, box.left, box.top, size, size);
    context.strokeStyle = theme.line;
    context.strokeRect(box.left + 0.5, box.top + 0.5, size - 1, size - 1);
    nb_axes(context, theme, box, square, [-far, far, -far, far], ["x₁", "x₂"]);
    const rows = nb_floats(model.get("points")), radius = rows.length > 1600 ? 2.4 : 3.2;
    context.save();
    context.beginPath(); context.rect(box.left, box.top, size, size); context.clip();
    for (let k = 0; k + 3 < rows.length; k += 4) {
      context.globalAlpha = net().task === "regression" ? 0.25 + 0.75 * Math.min(1, Math.abs(rows[k + 2])) : 1;
      nb_point(context, theme, square.X(rows[k]), square.Y(rows[k + 1]), radius, rows[k + 2] >= 0, rows[k + 3] > 0.5);
    }
    context.globalAlpha = 1;
    const g = graph();
    if (g) {
      context.strokeStyle = theme.ink;
      context.lineWidth = 2.5;
      context.beginPath(); context.arc(square.X(g.point[0]), square.Y(g.point[1]), 9, 0, 7); context.stroke();
    }
    context.restore();
    const stops = [0, 63, 128, 191, 255].map((b) => {
      const at = 4 * Math.round(128 + (b - 128) * 0.7), map = nb_map(theme.dark ? "diverging_dark" : "diverging");
      return `rgb(${map[at]},${map[at + 1]},${map[at + 2]})`;
    });
    ramp.style.background = `linear-gradient(to right, ${stops.join(",")})`;
    const text = one >= 0 ? `picture of ${shown.layer ? "neuron " : ""}${shown.label}` : "output of the net";
    if (title.textContent !== text) title.textContent = text;
  }
  const picture_of = (node) => node.index + net().sizes.slice(0, node.layer).reduce((a, b) => a + b, 0);
  const plane = nb_canvas(place, 260, paint_plane, { role: "img", "aria-label": "output of the net over the plane, with the points" });
  plane.canvas.addEventListener("click", (event) => {
    const [px, py] = where(plane.canvas, event), rows = nb_floats(model.get("points"));
    let best = null, least = 14;
    for (let k = 0; k + 3 < rows.length; k += 4) {
      const apart = Math.hypot(square.X(rows[k]) - px, square.Y(rows[k + 1]) - py);
      if (apart < least) { least = apart; best = [rows[k], rows[k + 1], rows[k + 2]]; }
    }
    if (best) sender.send("example", { type: "example", x: best[0], y: best[1], target: best[2] });
  });

  // One line: the weight that is chosen, and in the graph the sum behind the neuron that is looked at.
  function say() {
    const now = holding ? holding.value : current(), any = Number.isFinite(now);
    slider.disabled = !chosen;
    if (any && document.activeElement !== slider) {
      slider.max = String(Math.max(4, Math.ceil(Math.abs(now))));
      slider.min = String(-slider.max);
      slider.value = String(now);
    }
    value.textContent = any ? now.toFixed(3).replace("-", "−") : "–";
    const g = graph();
    graphed.setAttribute("aria-pressed", String(Boolean(g)));
    let text = "Click a line and drag it up or down: its weight is held while you pull, also during training.";
    if (g) text = sentence(g);
    if (said.textContent !== text) said.textContent = text;
  }
  function sentence(g) {
    const last = net().sizes.length - 1, node = shown && shown.layer > 0 ? shown : { layer: last, index: 0, label: "y", output: true };
    const at = layers[node.layer - 1], inputs = g.values[node.layer - 1], f = nb_number;
    const terms = [...inputs].map((x, i) => `${f(at.weight(i, node.index))}·${f(x)}`);
    const kind = node.output ? (net().task === "regression" ? "" : "tanh") : net().activation;
    const sum = `${terms.join(" + ")} + ${f(at.bias(node.index))}`.replaceAll("+ −", "− ");
    const slope = `∂L/∂(${node.label}) = ${f(g.slopes[node.layer][node.index])}`;
    const loss = `L = ½·(${f(g.values[last][0])} − ${f(g.target)})² = ${f(g.loss)}`.replace("− −", "+ ");
    let text = `${node.label} = ${kind}(${sum}) = ${f(g.values[node.layer][node.index])}, ${slope}. ${loss}. `;
    if (chosen) {
      const d = chosen.source === null ? g.bias_slopes[chosen.layer][chosen.target] : g.weight_slopes[chosen.layer][chosen.source][chosen.target];
      text += `The chosen weight: ∂L/∂w = ${f(d)}. `;
    }
    return `${text}In each node: its value, below ∂L/∂(value).`;
  }

  // The notebook has commands of its own on arrows, Enter and letters.
  el.addEventListener("keydown", (event) => { if (event.key !== "Tab") event.stopPropagation(); });
  const again = () => { net_canvas.again(); plane.again(); };
  model.on("change", again);
  return () => { model.off("change", again); sender.close(); net_canvas.close(); plane.close(); };
}

export default { render };
