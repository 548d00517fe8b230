// A pad to write a digit on with mouse, pen or finger; ten bars answer as it is drawn.

import { nb_sender } from "../plane_parts.js";
import { nb_button, nb_element, nb_floats } from "../../../ui/views/kit.js";

const SIDE = 64, SIZE = 224, BRUSH = 5.2;

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-pad" });
  const pad = nb_element("canvas", {
    class: "nblib-pad-draw", width: String(SIZE), height: String(SIZE), tabindex: "0", role: "application",
    "aria-label": "Pad: draw a digit from 0 to 9. With the keyboard arrow keys move the pen, Space puts it down or lifts it, "
      + "Delete clears.",
  });
  const small = nb_element("canvas", { class: "nblib-pad-small", role: "img", "aria-label": "what the net is given" });
  const clear = nb_button("Clear", "Wipe the pad", () => wipe());
  const side = nb_element("div", { class: "nblib-pad-side" }, "what the net is given", small, clear);
  const bars = nb_element("div", { class: "nblib-bars", role: "group", "aria-label": "probability of each digit" });
  const said = nb_element("div", { class: "nblib-readout", role: "status" });
  const rows = [...Array(10).keys()].map((digit) => {
    const bar = nb_element("span"), value = nb_element("span");
    const line = nb_element("div", {}, nb_element("span", {}, String(digit)), nb_element("span", { class: "nblib-meter" }, bar), value);
    bars.append(line);
    return { line, bar, value };
  });
  bars.append(said);
  root.append(nb_element("div", {}, pad), side, bars);
  el.append(root);

  // What is drawn, one byte for ink, in a grid finer than any net's.
  const ink = new Uint8Array(SIDE * SIDE);
  const sender = nb_sender(model, bars);
  let last = null, pen = [SIDE / 2, SIDE / 2], down = false, keyed = false;

  function dab(x, y) {
    const r = BRUSH / 2;
    for (let j = Math.max(0, Math.floor(y - r)); j <= Math.min(SIDE - 1, y + r); j += 1) {
      for (let i = Math.max(0, Math.floor(x - r)); i <= Math.min(SIDE - 1, x + r); i += 1) {
        if (Math.hypot(i + 0.5 - x, j + 0.5 - y) <= r) ink[j * SIDE + i] = 1;
      }
    }
  }
  function stroke(from, to) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])));
    for (let k = 0; k <= steps; k += 1) dab(from[0] + ((to[0] - from[0]) * k) / steps, from[1] + ((to[1] - from[1]) * k) / steps);
    send();
  }
  // Eight points of the grid in a byte: half a kilobyte a message, as text.
  function send() {
    const packed = new Uint8Array(ink.length / 8);
    for (let k = 0; k < ink.length; k += 1) if (ink[k]) packed[k >> 3] |= 128 >> (k & 7);
    sender.send("ink", { type: "ink", bits: btoa(String.fromCharCode(...packed)) });
    paint();
  }
  function wipe() { ink.fill(0); send(); }

  function paint() {
    const context = pad.getContext("2d"), step = SIZE / SIDE;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIZE, SIZE);
    context.fillStyle = "#1a1a1a";
    let empty = true;
    for (let k = 0; k < ink.length; k += 1) {
      if (ink[k]) { context.fillRect((k % SIDE) * step, Math.floor(k / SIDE) * step, step + 0.5, step + 0.5); empty = false; }
    }
    if (empty && !keyed) {
      context.fillStyle = "#767676";
      context.font = "14px system-ui, sans-serif";
      context.textAlign = "center";
      context.fillText("draw a digit here", SIZE / 2, SIZE / 2);
    }
    if (keyed) {
      context.strokeStyle = down ? "#D55E00" : "#0072B2";
      context.lineWidth = 2;
      context.beginPath(); context.arc(pen[0] * step, pen[1] * step, BRUSH * step / 2 + 2, 0, 7); context.stroke();
    }
  }
  function show() {
    const numbers = nb_floats(model.get("probabilities")), most = numbers.indexOf(Math.max(...numbers));
    rows.forEach(({ line, bar, value }, digit) => {
      const p = numbers.length ? numbers[digit] : 0;
      bar.style.width = `${100 * p}%`;
      value.textContent = numbers.length ? `${(100 * p).toFixed(1)} %` : "–";
      line.className = numbers.length && digit === most ? "nblib-most" : "";
    });
    said.textContent = numbers.length ? `it says ${most}` : model.get("message");
    root.dataset.answer = numbers.length ? String(most) : "";
    const side_ = model.get("side"), view = model.get("image");
    small.width = small.height = side_;
    if (view && view.byteLength >= side_ * side_) {
      const context = small.getContext("2d"), picture = context.createImageData(side_, side_);
      const bytes = new Uint8Array(view.buffer, view.byteOffset, side_ * side_);
      bytes.forEach((b, k) => picture.data.set([255 - b, 255 - b, 255 - b, 255], 4 * k));
      context.putImageData(picture, 0, 0);
    }
  }

  const where = (event) => {
    const at = pad.getBoundingClientRect();
    return [((event.clientX - at.left) / at.width) * SIDE, ((event.clientY - at.top) / at.height) * SIDE];
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pad.setPointerCapture(event.pointerId);
    keyed = false;
    last = where(event);
    stroke(last, last);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = where(event);
    stroke(last, now);
    last = now;
  });
  for (const name of ["pointerup", "pointercancel"]) pad.addEventListener(name, () => { last = null; });
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") event.stopPropagation();
    if (event.target !== pad || event.ctrlKey || event.metaKey || event.altKey) return;
    if (ways[event.key]) {
      const next = pen.map((v, k) => Math.min(SIDE - 1, Math.max(1, v + 3 * ways[event.key][k])));
      if (down) stroke(pen, next);
      pen = next;
    } else if (event.key === " ") { down = !down; if (down) stroke(pen, pen); }
    else if (event.key === "Delete" || event.key === "Backspace") wipe();
    else return;
    event.preventDefault();
    keyed = true;
    paint();
  });
  pad.addEventListener("blur", () => { keyed = down = false; paint(); });
  model.on("change", show);
  paint();
  show();
  return () => { model.off("change", show); sender.close(); };
}

export default { render };
