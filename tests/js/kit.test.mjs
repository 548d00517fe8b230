import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes_of, doubles, floats, signed_bytes } from "../../nblib/ui/views/bytes.js";
import { broken, fitting, shortened } from "../../nblib/ui/views/canvas.js";
import { STOPS, colour_bar, colour_map, entry, hex, ink_on, rgb, signed_entry, themed } from "../../nblib/ui/views/colours.js";
import { scales } from "../../nblib/ui/views/curves.js";
import { changes, element, fill, write } from "../../nblib/ui/views/dom.js";
import { cell_at, pane_boxes } from "../../nblib/ui/views/heat_paint.js";
import { walked as heat_walked } from "../../nblib/ui/views/heat.js";
import { change, clamp, fixed, number, percent, places, ticks } from "../../nblib/ui/views/numbers.js";
import { ancestors, hidden, laid_out, nodes_of, path_to, share_of, visible, walked } from "../../nblib/ui/views/tree_layout.js";
import { model_of, page, ruler, view_of } from "./fakes.mjs";

for (const [value, text] of [
  [0, "0"], [1, "1"], [-1.5, "−1.5"], [0.12345, "0.123"], [12345.6, "12300"], [99999, "100000"], [1e5, "1e5"], [123456, "1.2e5"],
  [0.001, "0.001"], [0.00099, "9.9e-4"], [-2e-7, "−2e-7"], [NaN, "–"], [Infinity, "∞"], [-Infinity, "−∞"],
]) test(`number: ${value} is written ${text}`, () => assert.equal(number(value), text));

test("fixed: a true minus", () => assert.equal(fixed(-0.1234, 2), "−0.12"));
test("change: a sign always", () => assert.deepEqual([change(0.5), change(-0.5), change(0)], ["+0.5", "−0.5", "+0"]));
test("percent: whole, one digit, and at last less than", () => {
  assert.deepEqual([0.5, 0.0995, 0.0951, 0.0949, 0.012, 0.001, 0.0009].map(percent), ["50%", "10%", "10%", "9%", "1%", "0.1%", "<0.1%"]);
});
test("clamp", () => assert.deepEqual([clamp(-1, 0, 3), clamp(2, 0, 3), clamp(4, 0, 3)], [0, 2, 3]));

test("places: all of few, steps of 1, 2, 5, 10 of many", () => {
  assert.deepEqual(places(4, 10), [0, 1, 2, 3]);
  for (const [count, most, step] of [[10, 5, 2], [100, 20, 5], [100, 10, 10], [1000, 20, 50], [0, 5, undefined]]) {
    const at = places(count, most);
    assert.ok(at.length <= most);
    assert.equal(at[1], step);
  }
});
test("ticks: round numbers within the axis", () => {
  assert.deepEqual(ticks(0, 1, 5).map((t) => t[1]), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
  assert.deepEqual(ticks(-3, 3, 3).map((t) => t[1]), ["−2", "0", "2"]);
});
test("ticks: no −0 and nothing beyond the ends", () => {
  for (const [low, high] of [[-0.3, 0.3], [1e-6, 7e-6], [-1e4, 3e4]]) {
    for (const [at, text] of ticks(low, high, 5)) {
      assert.ok(at >= low - 1e-9 * (high - low) && at <= high + 1e-6 * (high - low));
      assert.notEqual(text, "−0");
    }
  }
});
test("ticks: decades on a log scale", () => {
  assert.deepEqual(ticks(-3, 0, 5, true), [[-3, "1e-3"], [-2, "1e-2"], [-1, "1e-1"], [0, "1"]]);
  assert.deepEqual(ticks(-8, 0, 4, true).map((t) => t[0]), [-8, -6, -4, -2, 0]);
});

test("colour maps: the first and the last stop are the ends, and nothing is transparent", () => {
  for (const [name, stops] of Object.entries(STOPS)) {
    const map = colour_map(name);
    assert.equal(map.length, 1024);
    assert.equal(hex(map, 0), `#${stops[0]}`);
    assert.equal(hex(map, 255), `#${stops[8]}`);
    for (let k = 0; k < 256; k += 1) assert.equal(map[4 * k + 3], 255);
  }
});
test("colour maps: viridis brightens throughout", () => {
  const map = colour_map("viridis"), light = (k) => 0.3 * map[4 * k] + 0.59 * map[4 * k + 1] + 0.11 * map[4 * k + 2];
  for (let k = 8; k < 256; k += 8) assert.ok(light(k) > light(k - 8));
});
test("colour maps: diverging is nearly white in the middle, black in the dark theme", () => {
  assert.ok([0, 1, 2].every((c) => colour_map("diverging")[4 * 127 + c] > 235));
  assert.ok([0, 1, 2].every((c) => colour_map("diverging_dark")[4 * 127 + c] < 40));
});
test("themed: only the diverging map has one for dark", () => {
  assert.deepEqual([themed("diverging", { dark: true }), themed("diverging", { dark: false }), themed("viridis", { dark: true })], ["diverging_dark", "diverging", "viridis"]);
});
test("entry: what lies beyond has the colour of the end", () => assert.deepEqual([-1, 0, 0.5, 1, 2].map(entry), [0, 0, 128, 255, 255]));
test("signed_entry: zero is the middle", () => assert.deepEqual([-2, -1, 0, 1, 2].map(signed_entry), [0, 0, 128, 255, 255]));
test("rgb and hex name the same colour", () => {
  const map = colour_map("cividis");
  assert.equal(rgb(map, 0), "rgb(0,34,78)");
  assert.equal(hex(map, 0), "#00224e");
});
test("ink_on: dark letters on light places", () => assert.deepEqual([ink_on(colour_map("viridis"), 0), ink_on(colour_map("viridis"), 255)], ["#fff", "#111"]));
test("colour_bar: the end of the map is above, marks lie where their share is", () => {
  const texts = [], fills = [];
  const pen = { fillRect: () => fills.push(pen.fillStyle), fillText: (text, x, y) => texts.push([text, x, y]), fillStyle: "" };
  colour_bar(pen, { left: 10, top: 20, height: 100 }, colour_map("viridis"), { soft: "#666" }, [[0, "low"], [1, "high"]]);
  assert.equal(fills.length, 100);
  assert.equal(fills[0], rgb(colour_map("viridis"), 255));
  assert.deepEqual(texts, [["low", 23, 120], ["high", 23, 20]]);
});

test("bytes: a view into the middle of a buffer, at any address", () => {
  const source = new Float32Array([1.5, -2]), shifted = new Uint8Array(1 + source.byteLength);
  shifted.set(new Uint8Array(source.buffer), 1);
  assert.deepEqual([...floats(new DataView(shifted.buffer, 1))], [1.5, -2]);
  assert.deepEqual([...doubles(view_of(new Float64Array([0.1])))], [0.1]);
  assert.deepEqual([...signed_bytes(view_of(new Uint8Array([255, 1])))], [-1, 1]);
});
test("bytes: none where there are none or too few", () => {
  assert.equal(floats(null).length, 0);
  assert.equal(bytes_of(undefined).length, 0);
  assert.equal(bytes_of(view_of(new Uint8Array(3)), 2, 4).length, 0);
  assert.deepEqual([...bytes_of(view_of(new Uint8Array([1, 2, 3])), 1)], [2, 3]);
});

test("fitting: the whole word where there is room, else an ellipsis", () => {
  assert.equal(fitting(ruler, "word", 28), "word");
  assert.equal(fitting(ruler, "wording", 28), "wor…");
  assert.equal(fitting(ruler, "wording", 1), "w…");
});
test("shortened: letters are counted, not halves of them", () => assert.deepEqual([shortened("abcd", 4), shortened("abcde", 4), shortened("😀😀😀", 2)], ["abcd", "abc…", "😀…"]));
test("broken: between words, a long one stays whole", () => assert.deepEqual(broken(ruler, "aa bb cccccccc d", 40), ["aa bb", "cccccccc", "d"]));
test("scales: the ends of the range are the ends of the box, y upwards", () => {
  const { X, Y } = scales({ left: 10, top: 5, width: 100, height: 50 }, { x: [0, 4], y: [-1, 1] });
  assert.deepEqual([X(0), X(4), Y(-1), Y(1), Y(0)], [10, 110, 55, 5, 30]);
});

test("element: attributes that are false are left out, true is empty", () => {
  page();
  const node = element("input", { type: "text", hidden: false, disabled: true, title: null, min: 0 }, "x");
  assert.deepEqual(node.attributes, { type: "text", disabled: "", min: "0" });
  assert.deepEqual(node.children, ["x"]);
});
test("write: only where the text is another", () => {
  let writes = 0;
  const node = { get textContent() { return "a"; }, set textContent(_) { writes += 1; } };
  write(node, "a");
  write(node, "b");
  assert.equal(writes, 1);
});
test("fill: the share of a slider that does not begin at 0", () => {
  const slider = { min: "-40", max: "40", value: "20", style: { setProperty: (name, value) => { slider.set = [name, value]; } } };
  fill(slider);
  assert.deepEqual(slider.set, ["--nblib-fill", "75%"]);
});
test("changes: traits of one message are read once, and no more once ended", async () => {
  const model = model_of({ a: 1, b: 1 });
  let reads = 0;
  const end = changes(model, () => { reads += 1; }, ["a", "b"]);
  assert.equal(reads, 1);
  model.set("a", 2);
  model.set("b", 2);
  await Promise.resolve();
  assert.equal(reads, 2);
  end();
  model.set("a", 3);
  await Promise.resolve();
  assert.equal(reads, 2);
  assert.equal(model.listeners(), 0);
});

test("heat: panes share the width, or the height where stacked", () => {
  const side = pane_boxes({ panes: 2, stacked: false, width: 400, height: 200, left: 50 });
  assert.equal(side[0].width, side[1].width);
  assert.equal(side[1].left, side[0].left + side[0].width + 12);
  const stacked = pane_boxes({ panes: 2, stacked: true, width: 400, height: 200, left: 50 });
  assert.equal(stacked[1].top, stacked[0].top + stacked[0].height + 24);
  assert.equal(stacked[0].left, stacked[1].left);
});
test("heat: the cell under a place, none between panes", () => {
  const boxes = pane_boxes({ panes: 2, stacked: false, width: 400, height: 200, left: 50 }), [, second] = boxes;
  assert.deepEqual(cell_at(boxes, 4, 5, second.left + second.width - 1, second.top + 1), { pane: 1, row: 0, column: 4 });
  assert.equal(cell_at(boxes, 4, 5, second.left - 6, second.top + 1), null);
});
test("heat: arrows walk on into the next pane and stop at the ends", () => {
  const size = { panes: 2, rows: 2, columns: 3 };
  assert.deepEqual(heat_walked(size, { pane: 0, row: 0, column: 2 }, [0, 1]), { pane: 1, row: 0, column: 0 });
  assert.deepEqual(heat_walked(size, { pane: 1, row: 0, column: 0 }, [0, -1]), { pane: 0, row: 0, column: 2 });
  assert.deepEqual(heat_walked(size, { pane: 1, row: 1, column: 2 }, [1, 1]), { pane: 1, row: 1, column: 2 });
});

const TREE = nodes_of([
  [-1, "", 0, "kept", 0, 0], [0, "a", Math.log(0.6), "kept", 0, 0], [0, "b", Math.log(0.1), "dropped", 0, 0],
  [1, "c", Math.log(0.3), "ended", 1, -1], [1, "d", Math.log(0.2), "kept", 0, 0],
]);
const shut = () => false, open = () => true;
test("tree: what was dropped is hidden until it is opened", () => {
  assert.deepEqual(visible(TREE[0], shut).map((n) => n.symbol), ["a"]);
  assert.deepEqual(hidden(TREE[0], shut).map((n) => n.symbol), ["b"]);
  assert.equal(hidden(TREE[0], open).length, 0);
});
test("tree: a leaf takes a row, a node stands at its first child's", () => {
  assert.deepEqual({ ...laid_out(TREE, open), shown: 0 }, { shown: 0, rows: 3, depth: 2 });
  assert.deepEqual(TREE.map((n) => n.row), [0, 0, 2, 0, 1]);
  assert.deepEqual(laid_out([], open), { shown: [], rows: 0, depth: 0 });
});
test("tree: paths and shares", () => {
  assert.deepEqual(path_to(TREE, TREE[3]), ["a", "c"]);
  assert.deepEqual(ancestors(TREE, TREE[3]).map((n) => n.id), [3, 1, 0]);
  assert.ok(Math.abs(share_of(TREE, TREE[3]) - 0.5) < 1e-12);
});
test("tree: arrows lead to parent, child and neighbour", () => {
  const { shown } = laid_out(TREE, open);
  const go = (at, key) => walked(TREE, shown, TREE[at], key, open).id;
  assert.deepEqual([go(3, "ArrowLeft"), go(1, "ArrowRight"), go(3, "ArrowDown"), go(4, "ArrowUp"), go(0, "ArrowLeft"), go(4, "Home")], [1, 3, 4, 3, 0, 0]);
});
