// A pad to write a digit on with mouse, pen or finger; ten bars answer as it is drawn.
import { bytes_of, floats } from "../../../ui/views/bytes.js";
import { pen_of } from "../../../ui/views/canvas.js";
import { button, changes, element } from "../../../ui/views/dom.js";
import { sender } from "../../../ui/views/messages.js";
import { clamp } from "../../../ui/views/numbers.js";
import { RADIUS, SIDE, packed, stroke } from "./ink.js";

const SIZE = 224;
/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LABEL = "Pad: draw a digit from 0 to 9. With the keyboard arrow keys move the pen, Space puts it down or lifts it, Delete clears.";

/** @typedef {{ probabilities: Bytes, message: string, side: number, image: Bytes, seen: number }} Traits */

/** @param {View<Traits>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-pad" });
  const pad = element("canvas", { class: "nblib-pad-draw", width: SIZE, height: SIZE, tabindex: "0", role: "application", "aria-label": LABEL });
  const small = element("canvas", { class: "nblib-pad-small", role: "img", "aria-label": "what the net is given" });
  const clear = button("Clear", "Wipe the pad", () => wipe());
  const bars = element("div", { class: "nblib-bars", role: "group", "aria-label": "probability of each digit" });
  const said = element("div", { class: "nblib-readout", role: "status" });
  const show_bars = digit_bars(bars);
  bars.append(said);
  root.append(element("div", {}, pad), element("div", { class: "nblib-pad-side" }, "what the net is given", small, clear), bars);
  el.append(root);

  const ink = new Uint8Array(SIDE * SIDE), messages = sender(model, bars);
  /** @type {number[] | null} */
  let last = null;
  let pen = [SIDE / 2, SIDE / 2], down = false, keyed = false;

  function send() {
    messages.send("ink", { type: "ink", bits: packed(ink) });
    paint();
  }
  /** @param {number[]} from @param {number[]} to */
  function draw(from, to) { stroke(ink, from, to); send(); }
  function wipe() { ink.fill(0); send(); }

  function paint() {
    const context = pen_of(pad), step = SIZE / SIDE;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIZE, SIZE);
    context.fillStyle = "#1a1a1a";
    for (let k = 0; k < ink.length; k += 1) {
      if (ink[k]) context.fillRect((k % SIDE) * step, Math.floor(k / SIDE) * step, step + 0.5, step + 0.5);
    }
    if (!keyed && !ink.includes(1)) {
      context.fillStyle = "#767676";
      context.font = "14px system-ui, sans-serif";
      context.textAlign = "center";
      context.fillText("draw a digit here", SIZE / 2, SIZE / 2);
    }
    if (keyed) {
      context.strokeStyle = down ? "#D55E00" : "#0072B2";
      context.lineWidth = 2;
      context.beginPath(); context.arc(pen[0] * step, pen[1] * step, RADIUS * step + 2, 0, 7); context.stroke();
    }
  }
  function show() {
    const numbers = floats(model.get("probabilities")), most = show_bars(numbers);
    said.textContent = numbers.length ? `it says ${most}` : model.get("message");
    root.dataset.answer = numbers.length ? String(most) : "";
    const side = model.get("side"), bytes = bytes_of(model.get("image"), 0, side * side);
    small.width = small.height = side;
    if (!bytes.length) return;
    const context = pen_of(small), picture = context.createImageData(side, side);
    bytes.forEach((b, k) => picture.data.set([255 - b, 255 - b, 255 - b, 255], 4 * k));
    context.putImageData(picture, 0, 0);
  }

  const where = (/** @type {MouseEvent} */ event) => {
    const at = pad.getBoundingClientRect();
    return [((event.clientX - at.left) / at.width) * SIDE, ((event.clientY - at.top) / at.height) * SIDE];
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pad.setPointerCapture(event.pointerId);
    keyed = false;
    last = where(event);
    draw(last, last);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = where(event);
    draw(last, now);
    last = now;
  });
  for (const name of ["pointerup", "pointercancel"]) pad.addEventListener(name, () => { last = null; });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") event.stopPropagation();
    if (event.target !== pad || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    if (way) {
      const next = pen.map((v, k) => clamp(v + 3 * way[k], 1, SIDE - 1));
      if (down) draw(pen, next);
      pen = next;
    } else if (event.key === " ") { down = !down; if (down) draw(pen, pen); }
    else if (event.key === "Delete" || event.key === "Backspace") wipe();
    else return;
    event.preventDefault();
    keyed = true;
    paint();
  });
  pad.addEventListener("blur", () => { keyed = down = false; paint(); });
  paint();
  const unread = changes(model, show);
  return () => { unread(); messages.close(); };
}

/** Ten rows in `place`; gives what fills them and says which digit is the likeliest. @param {HTMLElement} place */
function digit_bars(place) {
  const rows = [...Array(10).keys()].map((digit) => {
    const bar = element("span"), value = element("span");
    const line = element("div", {}, element("span", {}, String(digit)), element("span", { class: "nblib-meter" }, bar), value);
    place.append(line);
    return { line, bar, value };
  });
  return (/** @type {Float32Array} */ numbers) => {
    const most = numbers.indexOf(Math.max(...numbers));
    rows.forEach(({ line, bar, value }, digit) => {
      const p = numbers.length ? numbers[digit] : 0;
      bar.style.width = `${100 * p}%`;
      value.textContent = numbers.length ? `${(100 * p).toFixed(1)} %` : "–";
      line.className = numbers.length && digit === most ? "nblib-most" : "";
    });
    return most;
  };
}

export default { render };
