import assert from "node:assert/strict";
import { test } from "node:test";
import { stepped } from "../../nblib/labs/attention/by_hand/editor.js";
import { SIZE, cell_at, centre, laid_out, walked } from "../../nblib/labs/attention/by_hand/layout.js";
import { cell_text, compute, explain, number_of, short } from "../../nblib/labs/attention/by_hand/rules.js";
import { scale_at, stop_of } from "../../nblib/labs/attention/by_hand/scale.js";
import { Grids, largest as largest_cell, matrices_of } from "../../nblib/labs/attention/by_hand/state.js";
import { svg_of } from "../../nblib/labs/attention/explorer/export.js";
import { largest, maps_of, weight_entry } from "../../nblib/labs/attention/explorer/maps.js";
import { Look, best_head, in_sight, roles_text, strongest } from "../../nblib/labs/attention/explorer/state.js";
import { bar_scale, change_text, grid_of, head_at, measured } from "../../nblib/labs/attention/heads/paint.js";
import { SIDE, dab, packed, stroke } from "../../nblib/labs/perceptron/digits/ink.js";
import { field_entry, nearest_point, square_of } from "../../nblib/labs/perceptron/plane_parts.js";
import { round } from "../../nblib/labs/perceptron/plane.js";
import { apart, edge_at, edges_of, layers_of, layout_of, picture_number, short as short_node } from "../../nblib/labs/perceptron/playground/net_geometry.js";
import { chosen_of, option_of, weight_names } from "../../nblib/labs/perceptron/playground/net_words.js";
import { decades, first_in_sight, last_moment, moment_name, reached } from "../../nblib/labs/recurrence/unrolled/time.js";
import { bound, eased, first_look, meet, spot_at, spots_of, starts, turned, zoomed } from "../../nblib/labs/word_vectors/word2vec/cloud_geometry.js";
import { cases, close, model_of, view_of } from "./fakes.mjs";

// -- attention by hand, on the numbers that the panel gives ---------------------------------------------------------

for (const { settings, tokens, scale, usual, pads, heads, matrices, numbers } of cases("by_hand")) {
  const grids = () => {
    const flat = Float64Array.from(numbers, (v) => v ?? -Infinity);
    const model = model_of({ tokens, matrices, data: view_of(flat), heads, scale, usual, pads });
    const made = new Grids(model);
    made.read();
    return made;
  };
  test(`by hand: the browser's sums are Python's (${JSON.stringify(settings)})`, () => {
    const all = grids(), get = all.get;
    for (const m of all.list) if (m.rule.kind !== "given") for (let k = 0; k < m.shape[0] * m.shape[1]; k += 1) m.put(Math.floor(k / m.shape[1]), k % m.shape[1], NaN);
    compute(all.list, get, scale, pads);
    let at = 0;
    for (const m of all.list) for (let r = 0; r < m.shape[0]; r += 1) for (let c = 0; c < m.shape[1]; c += 1, at += 1) {
      const wanted = numbers[at] ?? -Infinity;
      assert.ok(m.at(r, c) === wanted || close(m.at(r, c), wanted, 1e-6), `${m.name} ${r} ${c}: ${m.at(r, c)}, not ${wanted}`);
    }
  });
  test(`by hand: every cell says where it comes from (${JSON.stringify(settings)})`, () => {
    const all = grids();
    for (const m of all.list) for (let r = 0; r < m.shape[0]; r += 1) for (let c = 0; c < m.shape[1]; c += 1) {
      const { text, parts } = explain(all.get, tokens, m.name, r, c, scale);
      assert.ok(text.length > 10 && !/undefined|NaN|null/.test(text), text);
      for (const { name, rows, columns } of parts) {
        const of = all.get(name);
        assert.ok(rows[0] >= 0 && rows[1] < of.shape[0] && columns[0] >= 0 && columns[1] < of.shape[1], `${m.name}: ${name}`);
      }
    }
  });
}
test("by hand: what is on its way is shown until Python's numbers come", () => {
  const [{ tokens, matrices, numbers, heads, scale, usual, pads }] = cases("by_hand");
  const data = () => view_of(Float64Array.from(numbers, (v) => v ?? -Infinity));
  const model = model_of({ tokens, matrices, data: data(), heads, scale, usual, pads }), grids = new Grids(model);
  grids.read();
  grids.edit({ name: "X", row: 0, column: 0 }, "2.5");
  grids.edit({ name: "X", row: 0, column: 0 }, "3.5");
  assert.equal(grids.get("X").at(0, 0), 3.5);
  assert.deepEqual(grids.message(), { type: "edit", cells: [["X", 0, 0, "3.5"]] });
  model.traits.data = data();
  grids.read();
  assert.equal(grids.get("X").at(0, 0), 3.5);
  grids.answered();
  model.traits.data = data();
  grids.read();
  assert.equal(grids.get("X").at(0, 0), numbers[0]);
});
test("by hand: a scale on its way, and back to the formula's", () => {
  const [{ tokens, matrices, numbers, heads, scale, usual, pads }] = cases("by_hand");
  const grids = new Grids(model_of({ tokens, matrices, data: view_of(Float64Array.from(numbers, (v) => v ?? -Infinity)), heads, scale, usual, pads }));
  grids.read();
  grids.rescale(7);
  assert.equal(grids.scale, 7);
  assert.deepEqual(grids.message(), { type: "edit", cells: [], scale: 7 });
  assert.equal(grids.scale, 7);
  grids.rescale(null);
  assert.equal(grids.scale, usual);
  assert.equal(grids.message().scale, null);
  grids.answered();
  assert.equal(grids.scale, scale);
  assert.ok(!("scale" in grids.message()));
});
test("by hand: numbers that are not as many as the matrices need give none", () => {
  assert.deepEqual(matrices_of([{ title: "X", shape: [2, 2] }], new Float64Array(3)), []);
  assert.equal(largest_cell([1, 3], (_, c) => [-Infinity, -4, 2][c]), 4);
});
for (const [text, value] of cases("typed_numbers")) {
  test(`by hand: ${JSON.stringify(text)} is ${value === null ? "left to Python" : value}`, () => assert.equal(number_of(text), value ?? NaN));
}
test("by hand: numbers in words and in cells", () => {
  assert.deepEqual([0, 1234567, 1e-4, -0.5, NaN, Infinity].map(short), ["0", "1.23e6", "1e−4", "−0.5", "no number", "∞"]);
  assert.deepEqual([0, -0.001, 3.14159, -12.34, 1234, 1e6, -Infinity].map(cell_text), ["0.00", "0.00", "3.14", "−12.3", "1234", "1e6", "−∞"]);
});
test("by hand: a tenth more, without the dust of floats", () => assert.deepEqual([stepped("0.2", 0.1), stepped("-0.1", 0.1), stepped("x", 0.1)], ["0.3", "0", null]));
test("by hand: the slider's stops and back", () => {
  assert.deepEqual([scale_at(-40), scale_at(0), scale_at(20), scale_at(40)], [0.01, 1, 10, 100]);
  for (let stop = -40; stop <= 40; stop += 1) assert.equal(stop_of(scale_at(stop)), stop);
  assert.equal(stop_of(0), -40);
});
const LIST = [
  { name: "X", stage: "input", rows: "tokens", columns: "numbers", shape: [3, 4] }, { name: "W", stage: "input", rows: "numbers", columns: "numbers", shape: [4, 4] },
  { name: "Q", stage: "project", rows: "tokens", columns: "numbers", shape: [3, 4] },
];
test("by hand: grids stand beside each other, or below where there is no room", () => {
  const wide = laid_out(LIST, 1000, 40), narrow = laid_out(LIST, 300, 40);
  assert.equal(wide.boxes.get("X").top, wide.boxes.get("W").top);
  assert.ok(narrow.boxes.get("W").top > narrow.boxes.get("X").top + narrow.boxes.get("X").height);
  assert.ok(wide.boxes.get("Q").top > wide.boxes.get("W").top + wide.boxes.get("W").height);
  assert.deepEqual(wide.stages.map((s) => s.k), [0, 1]);
});
test("by hand: a cell's centre is in the cell", () => {
  const { boxes } = laid_out(LIST, 1000, 40);
  for (const [row, column] of [[0, 0], [2, 3]]) assert.deepEqual(cell_at(boxes, ...centre(boxes.get("X"), row, column)), { name: "X", row, column });
  assert.equal(cell_at(boxes, boxes.get("X").left - 1, boxes.get("X").top), null);
});
test("by hand: arrows walk within a grid and on to the next that lies that way", () => {
  const { boxes } = laid_out(LIST, 1000, 40);
  assert.deepEqual(walked(boxes, { name: "X", row: 0, column: 0 }, 1, 0), { name: "X", row: 0, column: 1 });
  assert.equal(walked(boxes, { name: "X", row: 1, column: 3 }, 1, 0).name, "W");
  assert.deepEqual(walked(boxes, { name: "X", row: 2, column: 0 }, 0, 1), { name: "Q", row: 0, column: 0 });
  assert.deepEqual(walked(boxes, { name: "X", row: 0, column: 0 }, -1, 0), { name: "X", row: 0, column: 0 });
  assert.ok(SIZE.cell > SIZE.line);
});

// -- the explorer -----------------------------------------------------------------------------------------------------

const [WHOLE, CAUSAL] = cases("maps");
const content = ({ causal }, names = ["a"]) => ({ layers: 2, heads: 2, tokens: ["w", "x", "y", "z"], causal, names, model: "m", text: "t", about: "", note: "", number: 1 });
const buffers = ({ bytes, scales }) => [Uint8Array.from(bytes), Float32Array.from(scales), new Uint8Array(bytes.length / 2), new Float32Array(scales.length / 2)].map(view_of);
for (const one of [WHOLE, CAUSAL]) {
  test(`explorer: bytes become Python's weights to half a 255th of the row's largest${one.causal ? ", causal" : ""}`, () => {
    const maps = maps_of(content(one), buffers(one));
    for (let l = 0; l < 2; l += 1) for (let h = 0; h < 2; h += 1) {
      const weights = maps.weights(0, "head", l, h);
      one.weights[l][h].forEach((row, q) => row.forEach((w, k) => assert.ok(close(weights[4 * q + k], w, Math.max(...row) / 510 + 1e-6))));
    }
  });
}
test("explorer: the mean of a layer, and one set less the other", () => {
  const maps = maps_of(content(WHOLE, ["a", "b"]), [...buffers(WHOLE), ...buffers(WHOLE)]);
  const [a, b, mean] = [maps.weights(0, "head", 1, 0), maps.weights(0, "head", 1, 1), maps.weights(0, "layer", 1, 0)];
  mean.forEach((w, k) => assert.ok(close(w, (a[k] + b[k]) / 2, 1e-6)));
  assert.ok(maps.weights(-1, "head", 0, 1).every((w) => close(w, 0, 1e-7)));
});
test("explorer: a patch holds its largest weight", () => {
  const maps = maps_of(content(CAUSAL), buffers(CAUSAL)), weights = maps.weights(0, "head", 0, 0), patches = maps.patches(0, 0, 0, 2);
  assert.ok(close(patches[0], Math.max(weights[0], weights[4], weights[5]), 1e-6));
  assert.equal(patches[1], 0);
});
test("explorer: colours of weights", () => {
  assert.deepEqual([weight_entry(0, 1, false), weight_entry(1, 1, false), weight_entry(0.25, 1, false, true)], [0, 255, 128]);
  assert.deepEqual([weight_entry(-2, 1, true), weight_entry(0, 1, true), weight_entry(2, 1, true)], [0, 128, 255]);
  assert.deepEqual([largest(new Float32Array([0.5, -2])), largest(new Float32Array(2))], [2, 1]);
});
test("explorer: another text keeps the head where there is one, and forgets a token that is gone", () => {
  const look = new Look();
  look.layer = 5; look.head = 1; look.row = 4; look.column = 0; look.set = -1;
  look.accept(content(WHOLE), buffers(WHOLE));
  assert.deepEqual([look.layer, look.head, look.row, look.column, look.set, look.span], [1, 1, null, null, 0, 4]);
});
test("explorer: choosing a head stops at the ends and leaves the mean of all", () => {
  const look = new Look();
  look.accept(content(WHOLE), buffers(WHOLE));
  look.mode = "rollout";
  look.choose(7, -1);
  assert.deepEqual([look.layer, look.head, look.mode], [1, 0, "head"]);
  assert.equal(look.title, "Layer 2, head 1");
});
test("explorer: steps begin at the first token and stay in the text", () => {
  const look = new Look();
  look.accept(content(WHOLE), buffers(WHOLE));
  look.step(0, 1);
  assert.deepEqual([look.row, look.column], [0, 0]);
  for (let k = 0; k < 9; k += 1) look.step(1, 1);
  assert.deepEqual([look.row, look.column], [3, 3]);
  assert.match(look.sentence(null), /^“z” \(4\) looks at “z” \(4\): 0\.\d{3}$/);
  assert.match(look.sentence({ key: look.place, value: "0.25" }), /exactly 0\.25$/);
});
test("explorer: what is chosen is moved into sight as little as can be", () => {
  assert.deepEqual([in_sight(10, 5, 12), in_sight(10, 5, 3), in_sight(10, 5, 15)], [10, 3, 11]);
});
test("explorer: zoom keeps at least eight tokens, about the chosen one", () => {
  const look = new Look();
  Object.assign(look, { maps: { T: 100 }, span: 96, row: 50, column: 99 });
  look.zoom(0.5);
  assert.deepEqual([look.span, look.first], [48, [26, 52]]);
  for (let k = 0; k < 5; k += 1) look.zoom(0.5);
  assert.equal(look.span, 8);
  for (let k = 0; k < 9; k += 1) look.zoom(2);
  assert.deepEqual([look.span, look.first], [100, [0, 0]]);
});
test("explorer: lines of one query, and the strongest of all, the weakest first", () => {
  const weights = new Float32Array([0.9, 0.1, 0.04, 0.96]);
  assert.deepEqual(strongest(weights, 2, null, 2).map((s) => [s.q, s.k]), [[0, 0], [1, 1]]);
  assert.deepEqual(strongest(weights, 2, 1, 9).map((s) => s.k), [0, 1]);
});
test("explorer: roles, the largest first, and the best head of one", () => {
  const roles = { previous: [[0.1, 0.7]], first: [[0.9, 0.2]] };
  assert.equal(roles_text(roles, 8, 0, 0), "Role, measured over 8 sentences: first 0.90 · previous 0.10");
  assert.equal(roles_text({}, 8, 0, 0), "");
  assert.deepEqual(best_head([[0.1, 0.2], [0.4, 0.3]]), [1, 0]);
});
test("explorer: a saved picture has no markup of the text", () => {
  const svg = svg_of({ title: "a <b> & c", tokens: ["<x>", '"'], weights: new Float32Array([1, 0, 0.5, 0.5]), top: 1, signed: false, query: null });
  assert.ok(svg.includes("a &lt;b&gt; &amp; c") && svg.includes("&lt;x&gt;") && svg.includes("&quot;") && !svg.includes("<x>"));
  assert.equal(svg.match(/<line /g).length, 3);
  assert.ok(svg.includes('fill="#440154"') && svg.includes('fill="#fde725"'));
});
test("heads: which head lies under the pointer", () => {
  const state = { layers: 2, heads: 3, damage: new Float32Array(0) }, grid = grid_of(400, state);
  assert.deepEqual(head_at(grid, state, grid.left + 2.5 * grid.one, grid.top + 1.5 * grid.one), [1, 2]);
  assert.equal(head_at(grid, state, grid.left + 3.5 * grid.one, grid.top), null);
  assert.equal(head_at(grid, state, grid.left - 1, grid.top), null);
});
test("heads: room for the bar of colours only once one was measured", () => {
  const state = { layers: 1, heads: 40, damage: Float32Array.from({ length: 40 }, () => NaN) };
  assert.equal(measured(state), false);
  const before = grid_of(600, state).one;
  state.damage[3] = 0.5;
  assert.ok(measured(state) && grid_of(600, state).one < before);
});
test("heads: bars and what changed", () => {
  assert.deepEqual([change_text(0.0004), change_text(0.01), change_text(-0.01)], ["", "+0.010", "−0.010"]);
  assert.equal(bar_scale([0.6], [0.2], "p")(0.6), 60);
  assert.equal(bar_scale([0.1], [0.2], "p")(0.2), 100);
  assert.equal(bar_scale([-1], [1], "cosine")(0), 50);
});

// -- perceptron -------------------------------------------------------------------------------------------------------

for (const { points, bits } of cases("ink")) {
  test(`pad: ${points.length} points of ink are packed as Python unpacks them`, () => {
    const ink = new Uint8Array(SIDE * SIDE);
    for (const k of points) ink[k] = 1;
    assert.equal(packed(ink), bits);
  });
}
test("pad: a dab is round and stays on the pad", () => {
  const ink = new Uint8Array(SIDE * SIDE);
  dab(ink, 32, 32);
  const area = ink.reduce((a, b) => a + b, 0);
  assert.ok(area > 16 && area < 26);
  dab(ink, 0, 0);
  dab(ink, SIDE, SIDE);
  assert.equal(ink.length, SIDE * SIDE);
});
test("pad: a stroke has no gaps", () => {
  const ink = new Uint8Array(SIDE * SIDE);
  stroke(ink, [5, 32], [60, 32]);
  for (let x = 5; x < 60; x += 1) assert.equal(ink[32 * SIDE + x], 1);
});
test("plane: to pixels and back", () => {
  const square = square_of({ left: 46, top: 6, width: 200, height: 200 }, [-2, 2, -1, 3]);
  assert.deepEqual([square.X(-2), square.X(2), square.Y(-1), square.Y(3)], [46, 246, 206, 6]);
  for (const v of [-1.5, 0, 1.25]) assert.ok(close(square.x(square.X(v)), v) && close(square.y(square.Y(v)), v));
});
test("plane: the nearest point, none beyond the reach", () => {
  const square = square_of({ left: 0, top: 0, width: 100, height: 100 }, [0, 1, 0, 1]), points = [[0.1, 0.1], [0.5, 0.5]];
  assert.equal(nearest_point(points, square, 52, 49, 11), 1);
  assert.equal(nearest_point(points, square, 90, 10, 11), -1);
});
test("plane: numbers of a hand have two digits", () => assert.equal(round(1.23456), 1.23));
test("field: 128 is zero, and a weaker field stays near it", () => {
  assert.deepEqual([1, 128, 255].map((b) => field_entry(b, 1)), [1, 128, 255]);
  assert.deepEqual([1, 128, 255].map((b) => field_entry(b, 0.5)), [65, 128, 192]);
});
test("net: flat parameters are cut as Python cuts them", () => {
  const { sizes, parameters, weights, biases } = cases("net"), layers = layers_of(parameters, sizes);
  weights.forEach((layer, l) => layer.forEach((row, i) => row.forEach((w, j) => assert.equal(layers[l].weight(i, j), w))));
  biases.forEach((layer, l) => layer.forEach((b, j) => assert.equal(layers[l].bias(j), b)));
});
const NET = { features: [{ name: "x1", label: "x₁" }, { name: "x2", label: "x₂" }, { name: "sin", label: "sin" }], names: ["x1", "x2"], sizes: [2, 3, 1], activation: "tanh", task: "", extent: 6 };
test("net: a line for every weight, from node to node", () => {
  const layout = layout_of(NET, 500), edges = edges_of(layout, NET);
  assert.equal(edges.length, 2 * 3 + 3);
  assert.equal(layout.nodes.filter((n) => n.index < 0).length, 1);
  for (const e of edges) { assert.ok(apart(e, ...e.from) < 1e-6 && apart(e, ...e.to) < 1e-6); assert.ok(e.from[0] < e.to[0]); }
  assert.equal(edge_at(edges, ...edges[0].from)?.layer, 0);
  assert.equal(edge_at(edges, -100, -100), null);
});
test("net: pictures are counted over inputs in use and hidden neurons", () => {
  assert.deepEqual([picture_number(NET, { layer: 0, index: 1 }), picture_number(NET, { layer: 1, index: 2 })], [1, 4]);
});
test("net: at most five characters in a node", () => {
  assert.deepEqual([0, 0.004, 0.25, -0.25, 1.26, -12.4, 123, NaN].map(short_node), ["0", "0", ".25", "−.25", "1.3", "−12", "1e+2", "–"]);
  for (let k = -400; k <= 400; k += 7) assert.ok(short_node(k * 0.37).length <= 5);
});
test("net: each weight has a name and is found by it", () => {
  const names = weight_names(NET);
  assert.equal(names.length, 2 * 3 + 3 + 3 + 1);
  assert.deepEqual(names.slice(0, 3), [["0,0,0", "x₁ → 1.1"], ["0,1,0", "x₂ → 1.1"], ["0,b,0", "bias of 1.1"]]);
  for (const [option] of names) assert.equal(option_of(chosen_of(option)), option);
  assert.equal(chosen_of(""), null);
});

// -- recurrence and word vectors --------------------------------------------------------------------------------------

test("unrolled: moments go forward, to the loss, and back", () => {
  assert.deepEqual([last_moment(0), last_moment(3)], [0, 7]);
  assert.deepEqual([0, 1, 3, 4, 5, 7].map((m) => moment_name(3, m)), ["before the first step", "step 1 of 3", "step 3 of 3", "the loss", "back at step 3", "back at step 1"]);
  assert.deepEqual([0, 1, 2].map((t) => reached(3, 5, t)), [false, false, true]);
  assert.deepEqual([0, 1, 2].map((t) => reached(3, 7, t)), [true, true, true]);
});
test("unrolled: the present step is in sight", () => {
  for (let moment = 0; moment <= 41; moment += 1) {
    const first = first_in_sight(20, moment, 6), at = (moment <= 20 ? moment : 42 - moment) - 1;
    assert.ok(first >= 0 && first <= 14);
    if (at >= 0 && moment !== 21) assert.ok(at >= first && at < first + 6);
  }
});
test("unrolled: six decades of a gradient", () => assert.deepEqual([1, 1e-3, 1e-6, 0].map(decades), [1, 0.5, 0, 0]));
test("cloud: the middle of space is the middle of the picture, whichever way it is turned", () => {
  for (const look of [{ flat: true, ...first_look() }, { flat: false, ...first_look(), yaw: 2 }]) {
    const [spot] = spots_of(new Float32Array(3), 1, look, 1, 300, 200);
    assert.deepEqual([spot.x, spot.y, spot.near], [150, 100, 1]);
  }
});
test("cloud: in the plane the third number counts for nothing, in space what is in front is larger", () => {
  const places = new Float32Array([0.5, 0.2, 0.9, 0.5, 0.2, -0.9]), flat = { flat: true, ...first_look() };
  const [a, b] = spots_of(places, 2, flat, 1, 300, 200);
  assert.deepEqual([a.x, a.y], [b.x, b.y]);
  const [c, d] = spots_of(places, 2, { ...flat, flat: false, yaw: 0, pitch: 0 }, 1, 300, 200);
  assert.ok(c.near > d.near);
});
test("cloud: turned in space, pushed in the plane, zoomed within bounds", () => {
  const look = { flat: false, ...first_look() };
  assert.equal(turned(look, 10, 1000).pitch, 1.5);
  assert.deepEqual([turned({ ...look, flat: true }, 3, 4).panX, turned({ ...look, flat: true }, 3, 4).yaw], [3, look.yaw]);
  assert.deepEqual([zoomed(look, 100).zoom, zoomed(look, 0.001).zoom], [12, 0.4]);
});
test("cloud: nine points in ten lie within the bound", () => {
  assert.equal(bound(Float32Array.from({ length: 30 }, (_, k) => (k % 3 ? 0 : k / 3))), 8);
  assert.ok(bound(new Float32Array(0)) > 0);
});
test("cloud: a word glides from where it was, a new one begins in its place", () => {
  const from = starts(["a", "b"], new Float32Array([1, 1, 1, 2, 2, 2]), ["b", "c"], new Float32Array([5, 5, 5, 6, 6, 6]));
  assert.deepEqual([...from], [2, 2, 2, 6, 6, 6]);
  assert.deepEqual([0, 0.5, 1].map(eased), [0, 0.5, 1]);
});
test("cloud: the point under the pointer, and labels upon each other", () => {
  const spots = [{ x: 10, y: 10, near: 1, i: 0 }, { x: 20, y: 10, near: 1, i: 1 }];
  assert.deepEqual([spot_at(spots, [0, 0], 17, 10), spot_at(spots, [0, 0], 90, 10)], [1, -1]);
  assert.equal(spot_at(spots, [3, 0], 15.5, 10), 0);
  assert.deepEqual([meet([0, 0, 2, 2], [1, 1, 3, 3]), meet([0, 0, 2, 2], [2, 0, 3, 2])], [true, false]);
});
