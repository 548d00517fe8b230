// The perceptron's plane: a field, a line, points that are added, moved and removed by mouse, finger and keyboard.
import { floats } from "../../ui/views/bytes.js";
import { canvas } from "../../ui/views/canvas.js";
import { changes, element, offset, write } from "../../ui/views/dom.js";
import { sender } from "../../ui/views/messages.js";
import { clamp, number } from "../../ui/views/numbers.js";
import { begin_plane, field_picture, inside, nearest_point, paint_point, square_of } from "./plane_parts.js";

/**
 * @typedef {import("./plane_parts.js").Square} Square
 * @typedef {{ points: DataView, extent: import("./plane_parts.js").Extent, field: Bytes, side: number,
 *   line: [number, number, number], marked: number, pen: number, seen: number }} Traits
 * @typedef {[x: number, y: number, label: number]} Point
 */

/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const LABEL = "Plane of the perceptron. Arrow keys move a cross, Enter adds a point, 0 or 1 chooses its class, M picks up or "
  + "puts down a point, Delete removes one.";

/** Two digits behind the point are enough for a hand. @param {number} v */
export const round = (v) => Math.round(v * 100) / 100;

/** @param {View<Traits>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-plane" });
  const place = element("div", { class: "nblib-canvas" });
  const readout = element("div", { class: "nblib-readout", role: "status" });
  root.append(place, readout);
  el.append(root);
  const messages = sender(model, root);
  let box = { left: 0, top: 0, width: 1, height: 1 };
  let square = square_of(box, model.get("extent")), grabbed = -1, keyed = false, dragged = false;
  let cursor = /** @type {[number, number] | null} */ (null), hover = /** @type {[number, number] | null} */ (null);
  /** What is on its way is shown where the hand has it. @type {{ index: number, x: number, y: number } | null} */
  let carried = null;

  const points = () => {
    const all = points_of(floats(model.get("points")));
    if (carried && all[carried.index]) all[carried.index].splice(0, 2, carried.x, carried.y);
    return all;
  };
  const clip = (/** @type {number} */ x, /** @type {number} */ y) => {
    const [x0, x1, y0, y1] = model.get("extent");
    return /** @type {[number, number]} */ ([clamp(x, x0, x1), clamp(y, y0, y1)]);
  };
  const nearest = (/** @type {number} */ px, /** @type {number} */ py, /** @type {number} */ most) => nearest_point(points(), square, px, py, most);

  /** @type {Paint} */
  function paint(pen, width, height, theme) {
    plot.resize(Math.min(width, 470));
    const size = Math.min(width - 52, height - 40), extent = model.get("extent"), all = points();
    box = { left: 46, top: 6, width: size, height: size };
    square = square_of(box, extent);
    pen.imageSmoothingEnabled = false;
    begin_plane(pen, theme, box, extent, field_picture(model.get("field"), model.get("side"), theme, 0.62));
    paint_line(pen, theme, square, model.get("line"), 4 * Math.max(...extent.map(Math.abs)));
    paint_points(pen, theme, square, all, model.get("marked"), grabbed);
    if (cursor && keyed) cross(pen, theme, square.X(cursor[0]), square.Y(cursor[1]));
    pen.restore();
    if (all.length) return;
    pen.fillStyle = theme.ink;
    pen.textAlign = "center";
    pen.fillText("no points: click to add one", box.left + size / 2, box.top + size / 2);
  }
  const plot = canvas(place, 470, paint, { tabindex: "0", role: "application", "aria-label": LABEL });
  plot.canvas.style.touchAction = "none";

  function say() {
    const at = hover || (keyed && cursor);
    const what = grabbed >= 0 && keyed ? "carrying a point: M puts it down" : `next point: class ${model.get("pen")}`;
    const value = at ? `x₁ = ${number(round(at[0]))}, x₂ = ${number(round(at[1]))} · ` : "";
    write(readout, `${value}${what} · ${points().length} points`);
  }
  const again = () => { plot.again(); say(); };
  const add = (/** @type {number} */ x, /** @type {number} */ y) => messages.send(`add${performance.now()}`, { type: "add", x: round(x), y: round(y), label: model.get("pen") });
  const remove = (/** @type {number} */ index) => messages.send(`remove${performance.now()}`, { type: "remove", index });
  const move = (/** @type {number} */ index, /** @type {number} */ x, /** @type {number} */ y) => {
    carried = { index, x, y };
    messages.send("move", { type: "move", index, x: round(x), y: round(y) });
    plot.again();
  };

  /** Gives whether the key meant something. @param {KeyboardEvent} event */
  function key(event) {
    const [x0, x1, y0, y1] = model.get("extent");
    cursor ??= [(x0 + x1) / 2, (y0 + y1) / 2];
    const at = cursor, under = () => nearest(square.X(at[0]), square.Y(at[1]), 16);
    const way = WAYS[event.key], size = (x1 - x0) / (event.shiftKey ? 200 : 40);
    if (way) {
      cursor = clip(at[0] + way[0] * size, at[1] + way[1] * size);
      if (grabbed >= 0 && keyed) move(grabbed, ...cursor);
    } else if (event.key === "Enter" || event.key === " ") add(...at);
    else if (event.key === "Delete" || event.key === "Backspace") { if (under() >= 0) { remove(under()); grabbed = -1; } }
    else if (event.key === "0" || event.key === "1") { model.set("pen", Number(event.key)); model.save_changes(); }
    else if (event.key.toLowerCase() === "m") grabbed = grabbed >= 0 ? -1 : under();
    else if (event.key === "Escape") grabbed = -1;
    else return false;
    return true;
  }
  plot.canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    // The notebook has commands of its own on arrows, letters, Enter and Delete.
    event.stopPropagation();
    if (!key(event)) return;
    event.preventDefault();
    keyed = true;
    again();
  });
  const node = plot.canvas;
  node.addEventListener("pointerdown", (event) => {
    const [px, py] = offset(node, event);
    if (!inside(box, px, py)) return;
    node.focus({ preventScroll: true });
    keyed = dragged = false;
    const index = nearest(px, py, event.pointerType === "touch" ? 20 : 11);
    if (event.button === 2 || event.shiftKey) { if (index >= 0) remove(index); return; }
    if (event.button) return;
    grabbed = index;
    if (index >= 0) node.setPointerCapture(event.pointerId);
    else add(square.x(px), square.y(py));
    plot.again();
  });
  node.addEventListener("pointermove", (event) => {
    const [px, py] = offset(node, event);
    hover = inside(box, px, py) ? [square.x(px), square.y(py)] : null;
    if (grabbed >= 0 && !keyed && event.buttons) { dragged = true; move(grabbed, ...clip(square.x(px), square.y(py))); }
    else node.style.cursor = hover ? (nearest(px, py, 11) >= 0 ? "grab" : "crosshair") : "default";
    say();
  });
  const drop = () => { if (!keyed) { grabbed = -1; plot.again(); } };
  for (const name of ["pointerup", "pointercancel"]) node.addEventListener(name, drop);
  node.addEventListener("pointerleave", () => { hover = null; say(); });
  node.addEventListener("contextmenu", (event) => event.preventDefault());
  node.addEventListener("blur", () => { keyed = false; grabbed = -1; again(); });

  const ended = [
    changes(model, () => { if (grabbed < 0 || !dragged) carried = null; }, ["points"]),
    changes(model, again),
  ];
  return () => { for (const end of ended) end(); messages.close(); plot.close(); };
}

/** @param {Float32Array} numbers three for each point @returns {Point[]} */
function points_of(numbers) {
  /** @type {Point[]} */
  const points = [];
  for (let k = 0; k + 2 < numbers.length; k += 3) points.push([numbers[k], numbers[k + 1], numbers[k + 2]]);
  return points;
}

/** @param {Pen} pen @param {Theme} theme @param {Square} square @param {Point[]} all @param {number} marked @param {number} grabbed */
function paint_points(pen, theme, square, all, marked, grabbed) {
  all.forEach(([x, y, label], k) => {
    const px = square.X(x), py = square.Y(y);
    if (k === marked) ring(pen, theme, px, py);
    paint_point(pen, theme, px, py, k === grabbed ? 9 : all.length > 300 ? 4 : 6.5, label > 0.5, false);
  });
}

/** Around the point that is just learned from. @param {Pen} pen @param {Theme} theme @param {number} x @param {number} y */
function ring(pen, theme, x, y) {
  pen.beginPath(); pen.arc(x, y, 12, 0, 7);
  pen.strokeStyle = theme.ink; pen.lineWidth = 2; pen.setLineDash([4, 3]); pen.stroke(); pen.setLineDash([]);
}

/** @param {Pen} pen @param {Theme} theme @param {number} x @param {number} y */
function cross(pen, theme, x, y) {
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x - 13, y); pen.lineTo(x - 4, y); pen.moveTo(x + 4, y); pen.lineTo(x + 13, y);
  pen.moveTo(x, y - 13); pen.lineTo(x, y - 4); pen.moveTo(x, y + 4); pen.lineTo(x, y + 13);
  pen.stroke();
}

/** The line w·x + b = 0 and, from it, the vector w that points to class 1. @param {Pen} pen @param {Theme} theme @param {Square} square @param {[number, number, number]} line @param {number} far */
function paint_line(pen, theme, square, [w1, w2, b], far) {
  const length = Math.hypot(w1, w2);
  if (length < 1e-9) return;
  const near = [(-w1 * b) / length ** 2, (-w2 * b) / length ** 2], along = [-w2 / length, w1 / length];
  pen.strokeStyle = theme.ink;
  pen.fillStyle = theme.ink;
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.moveTo(square.X(near[0] - far * along[0]), square.Y(near[1] - far * along[1]));
  pen.lineTo(square.X(near[0] + far * along[0]), square.Y(near[1] + far * along[1]));
  pen.stroke();
  const x = square.X(near[0]), y = square.Y(near[1]), way = [w1 / length, -w2 / length], reach = 26 + 12 * Math.min(3, length);
  const tip = [x + way[0] * reach, y + way[1] * reach];
  pen.lineWidth = 2;
  pen.beginPath(); pen.moveTo(x, y); pen.lineTo(tip[0], tip[1]); pen.stroke();
  pen.beginPath();
  pen.moveTo(tip[0], tip[1]);
  pen.lineTo(tip[0] - 9 * way[0] + 5 * way[1], tip[1] - 9 * way[1] - 5 * way[0]);
  pen.lineTo(tip[0] - 9 * way[0] - 5 * way[1], tip[1] - 9 * way[1] + 5 * way[0]);
  pen.fill();
  pen.textAlign = "center";
  pen.fillText("w", tip[0] + 10 * way[0], tip[1] + 10 * way[1]);
}

export default { render };
