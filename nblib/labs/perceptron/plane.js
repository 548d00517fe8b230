// The perceptron's plane: a field, a line, points that are added, moved and removed by mouse, finger and keyboard.

import { nb_axes, nb_field, nb_point, nb_sender, nb_square } from "./plane_parts.js";
import { nb_canvas, nb_element, nb_floats, nb_number } from "../../ui/views/kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-plane" });
  const place = nb_element("div", { class: "nblib-canvas" });
  const readout = nb_element("div", { class: "nblib-readout", role: "status" });
  root.append(place, readout);
  el.append(root);
  const sender = nb_sender(model, root);
  let square = null, box = null, cursor = null, keyed = false, grabbed = -1, carried = null, hover = null;

  const points = () => {
    const numbers = nb_floats(model.get("points")), found = [];
    for (let k = 0; k + 2 < numbers.length; k += 3) found.push([numbers[k], numbers[k + 1], numbers[k + 2]]);
    if (carried && found[carried.index]) { found[carried.index][0] = carried.x; found[carried.index][1] = carried.y; }
    return found;
  };
  const extent = () => model.get("extent");
  const clip = (x, y) => [Math.min(extent()[1], Math.max(extent()[0], x)), Math.min(extent()[3], Math.max(extent()[2], y))];
  const round = (v) => Math.round(v * 100) / 100;

  function nearest(px, py, most) {
    let best = -1, least = most;
    points().forEach(([x, y], k) => {
      const apart = Math.hypot(square.X(x) - px, square.Y(y) - py);
      if (apart <= least) { least = apart; best = k; }
    });
    return best;
  }

  function paint(context, width, height, theme) {
    plot.resize(Math.min(width, 470));
    const size = Math.min(width - 52, height - 40);
    box = { left: 46, top: 6, width: size, height: size };
    square = nb_square(box, extent());
    const side = model.get("side");
    context.imageSmoothingEnabled = false;
    context.drawImage(nb_field(model.get("field"), side, theme, 0.62), box.left, box.top, size, size);
    context.strokeStyle = theme.line;
    context.strokeRect(box.left + 0.5, box.top + 0.5, size - 1, size - 1);
    nb_axes(context, theme, box, square, extent(), ["x₁", "x₂"]);
    context.save();
    context.beginPath(); context.rect(box.left, box.top, size, size); context.clip();
    line(context, theme);
    const marked = model.get("marked"), many = model.get("points").byteLength > 3600;
    points().forEach(([x, y, label], k) => {
      const px = square.X(x), py = square.Y(y);
      if (k === marked) {
        context.beginPath(); context.arc(px, py, 12, 0, 7);
        context.strokeStyle = theme.ink; context.lineWidth = 2; context.setLineDash([4, 3]); context.stroke(); context.setLineDash([]);
      }
      nb_point(context, theme, px, py, k === grabbed ? 9 : many ? 4 : 6.5, label > 0.5, false);
    });
    if (cursor && keyed) {
      const px = square.X(cursor[0]), py = square.Y(cursor[1]);
      context.strokeStyle = theme.ink;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(px - 13, py); context.lineTo(px - 4, py); context.moveTo(px + 4, py); context.lineTo(px + 13, py);
      context.moveTo(px, py - 13); context.lineTo(px, py - 4); context.moveTo(px, py + 4); context.lineTo(px, py + 13);
      context.stroke();
    }
    context.restore();
    const empty = !points().length;
    if (empty) {
      context.fillStyle = theme.ink;
      context.textAlign = "center";
      context.fillText("no points: click to add one", box.left + size / 2, box.top + size / 2);
    }
  }

  // The line w·x + b = 0 and, from it, the vector w that points to class 1.
  function line(context, theme) {
    const [w1, w2, b] = model.get("line"), length = Math.hypot(w1, w2);
    if (length < 1e-9) return;
    const near = [(-w1 * b) / length ** 2, (-w2 * b) / length ** 2], far = 4 * Math.max(...extent().map(Math.abs));
    const along = [-w2 / length, w1 / length];
    context.strokeStyle = theme.ink;
    context.fillStyle = theme.ink;
    context.lineWidth = 2.5;
    context.beginPath();
    context.moveTo(square.X(near[0] - far * along[0]), square.Y(near[1] - far * along[1]));
    context.lineTo(square.X(near[0] + far * along[0]), square.Y(near[1] + far * along[1]));
    context.stroke();
    const start = [square.X(near[0]), square.Y(near[1])], way = [w1 / length, -w2 / length], reach = 26 + 12 * Math.min(3, length);
    const tip = [start[0] + way[0] * reach, start[1] + way[1] * reach];
    context.lineWidth = 2;
    context.beginPath(); context.moveTo(...start); context.lineTo(...tip); context.stroke();
    context.beginPath();
    context.moveTo(...tip);
    context.lineTo(tip[0] - 9 * way[0] + 5 * way[1], tip[1] - 9 * way[1] - 5 * way[0]);
    context.lineTo(tip[0] - 9 * way[0] - 5 * way[1], tip[1] - 9 * way[1] + 5 * way[0]);
    context.fill();
    context.textAlign = "center";
    context.fillText("w", tip[0] + 10 * way[0], tip[1] + 10 * way[1]);
  }

  const plot = nb_canvas(place, 470, paint, {
    tabindex: "0", role: "application",
    "aria-label": "Plane of the perceptron. Arrow keys move a cross, Enter adds a point, 0 or 1 chooses its class, M picks "
      + "up or puts down a point, Delete removes one.",
  });
  const canvas = plot.canvas;
  canvas.style.touchAction = "none";

  function where(event) {
    const at = canvas.getBoundingClientRect();
    return [event.clientX - at.left, event.clientY - at.top];
  }
  const inside = (px, py) => box && px >= box.left && px <= box.left + box.width && py >= box.top && py <= box.top + box.height;

  function say() {
    const pen = model.get("pen"), at = hover || (keyed && cursor);
    const what = grabbed >= 0 && keyed ? "carrying a point: M puts it down" : `next point: class ${pen}`;
    const value = at ? `x₁ = ${nb_number(round(at[0]))}, x₂ = ${nb_number(round(at[1]))} · ` : "";
    const text = `${value}${what} · ${points().length} points`;
    if (readout.textContent !== text) readout.textContent = text;
  }
  const add = (x, y) => sender.send(`add${performance.now()}`, { type: "add", x: round(x), y: round(y), label: model.get("pen") });
  const remove = (index) => sender.send(`remove${performance.now()}`, { type: "remove", index });
  const move = (index, x, y) => {
    carried = { index, x, y };
    sender.send("move", { type: "move", index, x: round(x), y: round(y) });
    plot.again();
  };

  let dragged = false;
  canvas.addEventListener("pointerdown", (event) => {
    const [px, py] = where(event);
    if (!inside(px, py)) return;
    canvas.focus({ preventScroll: true });
    keyed = false;
    const index = nearest(px, py, event.pointerType === "touch" ? 20 : 11);
    if (event.button === 2 || event.shiftKey) { if (index >= 0) remove(index); return; }
    if (event.button) return;
    grabbed = index;
    dragged = false;
    if (index >= 0) canvas.setPointerCapture(event.pointerId);
    else add(square.x(px), square.y(py));
    plot.again();
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = where(event);
    hover = inside(px, py) ? [square.x(px), square.y(py)] : null;
    if (grabbed >= 0 && !keyed && event.buttons) { dragged = true; move(grabbed, ...clip(square.x(px), square.y(py))); }
    else canvas.style.cursor = hover ? (nearest(px, py, 11) >= 0 ? "grab" : "crosshair") : "default";
    say();
  });
  const drop = () => { if (!keyed) { grabbed = -1; plot.again(); } };
  canvas.addEventListener("pointerup", drop);
  canvas.addEventListener("pointercancel", drop);
  canvas.addEventListener("pointerleave", () => { hover = null; say(); });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("blur", () => { keyed = false; grabbed = -1; plot.again(); say(); });

  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    // The notebook has commands of its own on arrows, letters, Enter and Delete.
    event.stopPropagation();
    if (!cursor) cursor = [(extent()[0] + extent()[1]) / 2, (extent()[2] + extent()[3]) / 2];
    const size = (extent()[1] - extent()[0]) / (event.shiftKey ? 200 : 40);
    const under = () => nearest(square.X(cursor[0]), square.Y(cursor[1]), 16);
    let used = true;
    if (ways[event.key]) {
      const [dx, dy] = ways[event.key];
      cursor = clip(cursor[0] + dx * size, cursor[1] + dy * size);
      if (grabbed >= 0 && keyed) move(grabbed, ...cursor);
    } else if (event.key === "Enter" || event.key === " ") add(...cursor);
    else if (event.key === "Delete" || event.key === "Backspace") { if (under() >= 0) { remove(under()); grabbed = -1; } }
    else if (event.key === "0" || event.key === "1") { model.set("pen", Number(event.key)); model.save_changes(); }
    else if (event.key.toLowerCase() === "m") grabbed = grabbed >= 0 ? -1 : under();
    else if (event.key === "Escape") grabbed = -1;
    else used = false;
    if (!used) return;
    event.preventDefault();
    keyed = true;
    plot.again();
    say();
  });

  const again = () => { plot.again(); say(); };
  const fresh = () => { if (grabbed < 0 || !dragged) carried = null; again(); };
  model.on("change", again);
  model.on("change:points", fresh);
  say();
  return () => { model.off("change", again); model.off("change:points", fresh); sender.close(); plot.close(); };
}

export default { render };
