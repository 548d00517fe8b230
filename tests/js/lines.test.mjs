import assert from "node:assert/strict";
import { test } from "node:test";
import { curves_of, is_series, nearest, reaches, sight_of, stepped, summary, value_text, y_ticks, zoomed } from "../../nblib/ui/views/lines_state.js";
import { box_of, look_of, paint_chart, part_of, place_text, swatch } from "../../nblib/ui/views/lines_paint.js";
import { escaped } from "../../nblib/ui/views/dom.js";
import { svg_of } from "../../nblib/ui/views/save.js";
import { close, view_of } from "./fakes.mjs";

const BOUNDS = { log: false, level: null, until: 0, between: [], shared: false };

/** Curves as Python sends them. */
function sent(list, log = false) {
  const numbers = Float32Array.from(list.flatMap(({ x, y }) => [...x, ...y]));
  return curves_of(
    view_of(numbers), list.map((c) => c.x.length), list.map((c) => c.name ?? "train"), list.map((c) => c.kind ?? "train"), list.map((c) => c.dash ?? []), log,
  );
}
const one = (x, y, more = {}) => sent([{ x, y, ...more }], more.log)[0];

// -- curves ---------------------------------------------------------------------------------------------------------

test("curves: of each first all x, then all y", () => {
  const [a, b] = sent([{ x: [1, 2, 3], y: [7, 8, 9] }, { x: [5], y: [6], name: "validation", kind: "validation", dash: [6, 4] }]);
  assert.deepEqual([[...a.x], [...a.y], [...b.x], [...b.y]], [[1, 2, 3], [7, 8, 9], [5], [6]]);
  assert.deepEqual([a.name, a.dash, b.name, b.kind, b.dash], ["train", [], "validation", "validation", [6, 4]]);
});
test("curves: on a log scale y is log10, the values stay, and what has no log is left out", () => {
  const { y, values } = one([1, 2, 3, 4], [100, 0.1, 0, -1], { log: true });
  assert.ok(close(y[0], 2) && close(y[1], -1, 1e-6) && Number.isNaN(y[2]) && Number.isNaN(y[3]));
  assert.deepEqual([...values].map((v) => Math.round(10 * v)), [1000, 1, 0, -10]);
});
test("curves: bytes that end too early give the curves before", () => {
  assert.equal(curves_of(view_of(new Float32Array([1, 2, 3])), [1, 4], ["a", "b"], ["train", "train"], [[], []], false).length, 1);
  assert.deepEqual(curves_of(null, [], [], [], [], false), []);
});
test("curves: levels and marks are no series", () => {
  assert.deepEqual(["train", "raw", "planned", "level", "mark", "cross"].map((kind) => is_series({ kind })), [true, true, true, false, false, false]);
});

// -- the axes ---------------------------------------------------------------------------------------------------------

test("sight: from 0 to the end of the run, with room above and below", () => {
  const { x, y, any } = sight_of([one([10, 20], [1, 3])], null, { ...BOUNDS, until: 100 });
  assert.deepEqual(x, [0, 100]);
  assert.ok(any && close(y[0], 0.88) && close(y[1], 3.12));
});
test("sight: zoomed in, y reaches what is there and the next point on either side", () => {
  const long = one([1, 2, 3, 4, 5, 6, 7], [100, 50, 5, 4, 3, 2, 1]);
  const { x, y } = sight_of([long], [3.5, 5.5], BOUNDS), room = 0.06 * 3;
  assert.deepEqual(x, [3.5, 5.5]);
  assert.ok(close(y[0], 2 - room) && close(y[1], 5 + room), String(y));
});
test("sight: what is no number counts for neither axis", () => {
  const { x, y } = sight_of([one([1, 2, 3], [1, NaN, 2]), one([50], [Infinity])], null, BOUNDS);
  assert.equal(x[1], 3);
  assert.ok(y[1] < 3);
});
test("sight: y reaches a level and both bounds; a chart with bounds begins with its data, but where x is shared", () => {
  const points = one([5, 6], [0.4, 0.5]);
  assert.ok(sight_of([points], null, { ...BOUNDS, level: 2 }).y[1] > 2);
  const bound = { ...BOUNDS, between: [0, 1] };
  assert.deepEqual(sight_of([points], null, bound).x, [5, 6]);
  assert.deepEqual(sight_of([points], null, { ...bound, shared: true }).x, [0, 6]);
  assert.deepEqual(sight_of([points], null, bound).y.map((v) => Math.round(100 * v)), [-6, 106]);
});
test("sight: a log level lies at its log", () => assert.ok(close(sight_of([one([1, 2], [1, 10], { log: true })], null, { ...BOUNDS, log: true, level: 100 }).y[1], 2.12)));
test("sight: without a curve, or with a value at step 0 alone, there is nothing to see", () => {
  assert.equal(sight_of([], null, BOUNDS).any, false);
  assert.equal(sight_of([one([0], [1])], null, BOUNDS).any, false);
  assert.equal(sight_of([one([1], [NaN])], null, BOUNDS).any, false);
  assert.equal(sight_of([one([1], [1])], null, BOUNDS).any, true);
});
test("sight: a flat curve has an axis of some height", () => {
  const { y } = sight_of([one([1, 2], [3, 3])], null, BOUNDS);
  assert.ok(y[0] < 3 && y[1] > 3);
});

// -- reading out ------------------------------------------------------------------------------------------------------

test("nearest: the point beside the pointer, the last for none", () => {
  const c = one([0, 10, 20, 100], [1, 2, 3, 4]);
  assert.deepEqual([null, -5, 4, 6, 59, 61, 1000].map((at) => nearest(c, at)), [3, 0, 0, 1, 2, 3, 3]);
});
test("reaches: not where a curve has not begun or is long over", () => {
  const c = one([100, 110, 120], [1, 1, 1]);
  assert.deepEqual([50, 91, 115, 129, 140].map((at) => reaches(c, at)), [false, true, true, true, false]);
  assert.equal(reaches(one([], []), 1), false);
  assert.equal(reaches(one([5], [1]), 1000), true);
});
test("stepped: along the curve with most points, within what is in sight", () => {
  const all = [one([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1]), one([3, 6], [1, 1])], x = [2, 5];
  const to = (at, by) => stepped(all, at, by, x);
  assert.deepEqual([to(null, 1), to(null, -Infinity), to(3, 1), to(3, -1), to(3, 10), to(3, -10), to(3, Infinity), to(3.4, 0)], [5, 2, 4, 2, 5, 2, 5, 3]);
});
test("stepped: levels and marks are not walked along, and without a curve there is nowhere to go", () => {
  assert.equal(stepped([one([0, 9], [1, 1], { kind: "level" })], null, 1, [0, 9]), null);
  assert.equal(stepped([one([1, 2], [1, 1])], 7, 1, [5, 9]), 7);
});

// -- zoom -------------------------------------------------------------------------------------------------------------

test("zoomed: half as wide around the centre, within the whole", () => {
  assert.deepEqual(zoomed([0, 100], 0.5, 50, [0, 100]), [25, 75]);
  assert.deepEqual(zoomed([0, 100], 0.5, 0, [0, 100]), [0, 50]);
  assert.deepEqual(zoomed([60, 100], 0.5, 100, [0, 100]), [80, 100]);
  assert.deepEqual(zoomed([0, 20], 2, 0, [0, 100]), [0, 40]);
});
test("zoomed: what is read out stays where it is", () => {
  const [low, high] = zoomed([0, 100], 0.5, 30, [0, 100]);
  assert.ok(close((30 - low) / (high - low), 0.3));
});
test("zoomed: all of it is no zoom, and a thousandth is the closest", () => {
  assert.equal(zoomed([25, 75], 2, 50, [0, 100]), null);
  const [low, high] = zoomed([50, 50.15], 0.5, 50.05, [0, 100]);
  assert.ok(close(high - low, 0.1, 1e-9));
});

// -- words and ticks ----------------------------------------------------------------------------------------------------

test("value_text: shares as per cent", () => {
  assert.deepEqual([value_text(0.5, "%"), value_text(0.8571, "%"), value_text(0.25, ""), value_text(NaN, "%")], ["50%", "85.7%", "0.25", "–"]);
});
test("place_text: whole steps whole", () => assert.deepEqual([29990, 12345.6, -3, 0.51234].map(place_text), ["29990", "12346", "−3", "0.512"]));
for (const [range, most, log, unit, wanted] of [
  [[0, 1], 5, false, "%", ["0%", "20%", "40%", "60%", "80%", "100%"]],
  [[-4, 1], 6, true, "", ["1e-4", "1e-3", "1e-2", "1e-1", "1", "1e1"]],
  [[-0.1, 1.1], 6, true, "", ["1", "2", "5", "10"]],
  [[-0.9, -0.1], 7, true, "", ["0.2", "0.3", "0.4", "0.5", "0.7"]],
  [[0.3, 0.304], 4, true, "", ["2", "2.005", "2.01"]],
  [[2.301, 2.303], 4, false, "", ["2.301", "2.3015", "2.302", "2.3025", "2.303"]],
  [[0.9, 0.904], 4, false, "%", ["90%", "90.2%", "90.4%"]],
]) test(`y_ticks: ${range} ${log ? "log " : ""}${unit}`, () => assert.deepEqual(y_ticks(range, most, log, unit).map((t) => t[1]), wanted));
test("y_ticks: every tick lies within the axis", () => {
  for (const log of [false, true]) for (const range of [[-3, -2.9], [-1, 0.5], [0.1, 7]]) {
    const all = y_ticks(range, 5, log, "");
    assert.ok(all.length > 1 && all.every(([at]) => at >= range[0] - 1e-9 && at <= range[1] + 1e-9), `${log} ${range}: ${all}`);
    assert.equal(new Set(all.map((t) => t[1])).size, all.length);
  }
});
test("summary: first, last, lowest and highest of each series, none of a level", () => {
  const text = summary([one([1, 2, 3], [2, 0.5, 1]), one([0, 3], [1, 1], { kind: "level", name: "chance" }), one([1], [NaN], { name: "validation" })], "step", "");
  assert.equal(text, "train: from 2 at step 1 to 1 at step 3; lowest 0.5 at step 2, highest 2 at step 1. validation: no value yet.");
  assert.equal(summary([one([4], [0.5])], "epoch", "%"), "train: 50% at epoch 4.");
});

// -- drawing, and saving what is drawn --------------------------------------------------------------------------------

const SERIES = { rnn: "#a00", lstm: "#00a", gru: "#0a0", other: "#aaa", mark: "#fa0", rate: "#00a", planned: "#666" };
const THEME = { dark: false, ink: "#222", soft: "#555", line: "#999", back: "#fff", accent: "#17d", series: SERIES };
const chart = (all, more = {}) => ({
  title: "Loss <nats>", x_title: "step", unit: "", log: false, level: null, axis: true, curves: all, at: null, drag: null,
  sight: sight_of(all, null, BOUNDS), ...more,
});
const saved = (all, more) => svg_of([part_of(chart(all, more), 600, 200, THEME)]);
const texts = (svg) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((m) => m[1]);
/** Open and closing tags pair up, as XML wants them. */
function well_formed(svg) {
  const open = [];
  for (const [, closing, name, alone] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
    if (closing) assert.equal(open.pop(), name);
    else if (!alone) open.push(name);
  }
  assert.deepEqual(open, []);
}

test("look: dashes have markers when they were measured, and one colour in chart and legend", () => {
  const validation = { kind: "validation", dash: [6, 4] };
  assert.deepEqual([look_of(validation, THEME).marks, look_of({ kind: "planned", dash: [2, 3] }, THEME).marks, look_of({ kind: "train", dash: [] }, THEME).marks], [true, false, false]);
  assert.ok(swatch(validation, THEME).includes(look_of(validation, THEME).colour));
  assert.equal(look_of({ kind: "of no known kind", dash: [] }, THEME).colour, SERIES.other);
});
test("geometry: the corners of the box are the ends of the axes", () => {
  const all = [one([10, 20], [1, 3])], box = box_of(600, 200, true), pen = { measureText: () => ({ width: 9 }) };
  for (const name of ["beginPath", "moveTo", "lineTo", "stroke", "fill", "arc", "rect", "clip", "save", "restore", "setLineDash", "fillText", "closePath"]) pen[name] = () => {};
  const { X, Y, x } = paint_chart(pen, box, THEME, chart(all)), { y } = chart(all).sight;
  assert.deepEqual([X(x[0]), X(x[1])], [box.left, box.left + box.width]);
  assert.ok(close(Y(y[0]), box.top + box.height) && close(Y(y[1]), box.top));
});
test("svg: well-formed, with title, legend, both axes' numbers and the name of x", () => {
  const svg = saved([one([0, 500, 1000], [2, 1, 0.5]), one([500, 1000], [1.2, 0.8], { name: "validation & more", kind: "validation", dash: [6, 4] })]);
  well_formed(svg);
  const all = texts(svg);
  for (const text of ["Loss &lt;nats&gt;", "train", "validation &amp; more", "step", "0", "1000", "0.5", "2"]) assert.ok(all.includes(text), `${text} of ${all}`);
  assert.ok(svg.includes('stroke-dasharray="6 4"'));
});
test("svg: a gap where the numbers are none, and nothing that is no number in the file", () => {
  const svg = saved([one([1, 2, 3, 4, 5, 6], [1, 2, NaN, 4, Infinity, 6])]);
  assert.ok(!/NaN|Infinity|undefined|null/.test(svg));
  // Two points make a stroke, a lone one a dot.
  assert.equal([...svg.matchAll(new RegExp(`<path d="[^"]*" fill="#0072B2"`, "g"))].length, 2);
});
test("svg: black on white whatever the page's theme", () => {
  const dark = { ...THEME, dark: true, ink: "#eee", soft: "#bbb", back: "#111" };
  const svg = svg_of([part_of(chart([one([1, 2], [1, 2])]), 600, 200, dark)]);
  assert.ok(!svg.includes("#eee") && !svg.includes("#bbb") && !svg.includes("#111"));
});
test("svg: charts stand below each other, as high as all of them, each with clips of its own", () => {
  const part = part_of(chart([one([1, 2], [1, 2])]), 600, 200, THEME), svg = svg_of([part, part, part]);
  well_formed(svg);
  assert.ok(svg.includes(`viewBox="0 0 600 ${3 * part.height}"`) && svg.includes(`translate(0 ${2 * part.height})`));
  const ids = [...svg.matchAll(/clipPath id="([^"]+)"/g)].map((m) => m[1]);
  assert.equal(new Set(ids).size, 3);
});
test("svg: a legend too long for one row goes on in the next, and the chart is moved down", () => {
  const names = ["a name of some length", "another one of such length", "a third of the same length", "and a fourth for the next row"];
  const few = part_of(chart([one([1, 2], [1, 2])]), 600, 200, THEME), many = part_of(chart(names.map((name) => one([1, 2], [1, 2], { name }))), 600, 200, THEME);
  assert.equal(many.height - few.height, 20);
});
const level = (value, name) => one([0, 10], [value, value], { kind: "level", name, dash: [3, 4] });
const place_of = (svg, name) => svg.match(new RegExp(`<text x="([^"]+)" y="([^"]+)"[^>]*>${name}<`)).slice(1).map(Number);
test("svg: levels have their name at the right end, and at the left where a curve ends there", () => {
  const [far] = place_of(saved([one([0, 10], [2, 3]), level(1, "chance")]), "chance");
  assert.ok(far > 400);
  const [near] = place_of(saved([one([0, 10], [3, 1]), level(1.1, "chance")]), "chance");
  assert.ok(near < 100);
});
test("svg: a name keeps some room to a curve that only passes close by", () => {
  // The axis is 154 pixels high for 2.24: the curve passes 16 and 30 pixels below the level.
  const at = (/** @type {number} */ y) => place_of(saved([one([0, 1], [1, 3]), one([5, 10], [y, y]), level(2, "chance")]), "chance")[1];
  assert.ok(at(1.767) < at(1.56) - 15, `${at(1.767)} ${at(1.56)}`);
});
test("svg: names of levels that lie close do not lie on each other", () => {
  const svg = saved([one([0, 10], [0, 3]), level(1, "majority"), level(1.02, "TF-IDF")]), [a, b] = [place_of(svg, "majority"), place_of(svg, "TF-IDF")];
  assert.ok(Math.abs(a[0] - b[0]) > 60 || Math.abs(a[1] - b[1]) >= 14, `${a} ${b}`);
});
test("svg: a number too long for its place is squeezed into it", () => {
  const svg = saved([one([0, 10], [1.501e-4, 1.509e-4])]);
  assert.match(svg, /textLength="38" lengthAdjust="spacingAndGlyphs">1\.50\de-4</);
});

test("a saved picture is XML whatever a name holds", () => {
  assert.equal(escaped('a\u0001<b>&"c\ud83d'), "a\ufffd&lt;b&gt;&amp;&quot;c\ufffd");
  assert.equal(escaped("你好 \ud83d\ude00"), "你好 \ud83d\ude00");
});
