// What the planes share: a field of bytes as colours, points with a shape for each class, messages one at a time.

import { nb_element, nb_map, nb_ticks } from "../../ui/views/kit.js";

// Far from white and from black, and apart for every eye; the shape says the class as well.
export const NB_CLASSES = ["#D55E00", "#0072B2"];
export const NB_DARK_CLASSES = ["#F08A3C", "#56B4E9"];

// One message is under way at a time; of those that follow with the same key only the last is kept. Where no answer
// comes, as after a restart of the kernel, `place` says so.
export function nb_sender(model, place) {
  let number = model.get("seen"), sent = 0, timer = 0, silence = 0;
  const waiting = new Map();
  const line = nb_element("div", { class: "nblib-silent", role: "alert", hidden: true },
    "No answer from the kernel. If it was restarted, run this cell again.");
  place.append(line);
  function heard() {
    clearTimeout(silence);
    line.hidden = true;
    next();
  }
  function next() {
    const busy = number > model.get("seen") && performance.now() - sent < 3000;
    if (!waiting.size) return;
    clearTimeout(timer);
    if (busy) { timer = setTimeout(next, 3100); return; }
    const [key, message] = waiting.entries().next().value;
    waiting.delete(key);
    number += 1;
    sent = performance.now();
    clearTimeout(silence);
    silence = setTimeout(() => { line.hidden = false; }, 4000);
    model.send({ ...message, number });
  }
  model.on("change:seen", heard);
  return {
    send(key, message) { waiting.delete(key); waiting.set(key, message); next(); },
    close() { clearTimeout(timer); clearTimeout(silence); model.off("change:seen", heard); },
  };
}

// Bytes around 128 as a picture; `strength` below 1 leaves room for points to stand out.
export function nb_field(view, side, theme, strength, start) {
  const picture = document.createElement("canvas");
  picture.width = picture.height = side;
  if (!view || view.byteLength < (start || 0) + side * side) return picture;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + (start || 0), side * side);
  const colours = nb_map(theme.dark ? "diverging_dark" : "diverging");
  const context = picture.getContext("2d"), image = context.createImageData(side, side);
  for (let k = 0; k < bytes.length; k += 1) {
    const at = 4 * Math.max(0, Math.min(255, Math.round(128 + (bytes[k] - 128) * strength)));
    image.data.set(colours.subarray(at, at + 4), 4 * k);
  }
  context.putImageData(image, 0, 0);
  return picture;
}

// A disc for class 1, a square for class 0; hollow for a point that is only tested on.
export function nb_point(context, theme, x, y, radius, positive, hollow) {
  const colour = (theme.dark ? NB_DARK_CLASSES : NB_CLASSES)[positive ? 1 : 0];
  context.beginPath();
  if (positive) context.arc(x, y, radius, 0, 7);
  else context.rect(x - 0.88 * radius, y - 0.88 * radius, 1.76 * radius, 1.76 * radius);
  context.lineWidth = hollow ? 1.5 : 1;
  context.fillStyle = hollow ? theme.back : colour;
  context.strokeStyle = hollow ? colour : theme.dark ? "#111" : "#fff";
  context.fill();
  context.stroke();
}

// The square of the plane: from numbers to pixels and back.
export function nb_square(box, extent) {
  const [x0, x1, y0, y1] = extent;
  return {
    X: (x) => box.left + ((x - x0) / (x1 - x0)) * box.width,
    Y: (y) => box.top + box.height - ((y - y0) / (y1 - y0)) * box.height,
    x: (px) => x0 + ((px - box.left) / box.width) * (x1 - x0),
    y: (py) => y0 + ((box.top + box.height - py) / box.height) * (y1 - y0),
  };
}

export function nb_axes(context, theme, box, square, extent, names) {
  context.fillStyle = theme.soft;
  context.textAlign = "center";
  for (const [at, text] of nb_ticks(extent[0], extent[1], Math.max(2, Math.floor(box.width / 70)), false)) {
    context.fillText(text, square.X(at), box.top + box.height + 10);
  }
  context.fillText(names[0], box.left + box.width / 2, box.top + box.height + 26);
  context.textAlign = "right";
  for (const [at, text] of nb_ticks(extent[2], extent[3], Math.max(2, Math.floor(box.height / 50)), false)) {
    context.fillText(text, box.left - 5, square.Y(at));
  }
  context.save();
  context.translate(box.left - 38, box.top + box.height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(names[1], 0, 0);
  context.restore();
}
