// Labelled points in space. New places come from Python; turning, zooming, pointing and gliding stay in the browser.
import { bytes_of, floats } from "../../../ui/views/bytes.js";
import { on_theme, sharpen } from "../../../ui/views/canvas.js";
import { button, changes, element, keep_keys, offset } from "../../../ui/views/dom.js";
import { bound, eased, first_look, spot_at, spots_of, starts, turned, zoomed } from "./cloud_geometry.js";
import { paint_cloud, paint_curve, sign } from "./cloud_paint.js";

/**
 * @typedef {import("./cloud_geometry.js").Look} Look
 * @typedef {{ points: Bytes, words: string[], groups: Bytes, legend: [string, string][], marked: number[], flat: boolean,
 *   height: number, empty: string, note: string, curve: Bytes, curve_text: string }} Traits
 */

/** Pixels that an arrow key turns by. @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [-16, 0], ArrowRight: [16, 0], ArrowUp: [0, -16], ArrowDown: [0, 16] };

/** @param {View<Traits>} view */
function render({ model, el }) {
  const picture = element("canvas", { class: "nblib-cloud-picture", tabindex: 0, role: "application" });
  const tools = element("div", { class: "nblib-cloud-tools" });
  const empty = element("div", { class: "nblib-cloud-empty" });
  const legend = element("div", { class: "nblib-cloud-legend" });
  const curve = element("canvas", { "aria-hidden": "true" }), curve_text = element("span");
  const line = element("div", { class: "nblib-cloud-line" }, curve, curve_text);
  const note = element("div", { class: "nblib-cloud-note" });
  const root = element("div", { class: "nblib-cloud" }, element("div", { class: "nblib-cloud-box" }, picture, empty, tools), legend, line, note);
  keep_keys(root);
  el.append(root);

  /** @type {Look} */
  let look = { flat: model.get("flat"), ...first_look() };
  // Where the points come from, where they go, where they are now.
  let from = new Float32Array(0), to = from, now = from, scaleFrom = 1, scaleTo = 1, scale = 1;
  let groups = new Uint8Array(0), began = 0, lasts = 0, came = 0, frames = 0, frame = 0, pointed = -1;
  /** @type {string[]} */
  let words = [];
  /** @type {import("./cloud_geometry.js").Spot[]} */
  let spots = [];
  /** @type {Map<string, number>} */
  const widths = new Map();
  const still = window.matchMedia?.("(prefers-reduced-motion: reduce)");

  /** @param {Look} next */
  function show(next) { look = next; paint(); }
  const dimensions = button("", "", () => { show({ ...look, flat: !look.flat, panX: 0, panY: 0 }); show_mode(); });
  tools.append(dimensions,
    tool("−", "Zoom out", () => show(zoomed(look, 1 / 1.25))),
    tool("+", "Zoom in", () => show(zoomed(look, 1.25))),
    tool("⟲", "View as at first", () => show({ ...look, ...first_look() })));
  function show_mode() {
    dimensions.textContent = look.flat ? "2-D" : "3-D";
    dimensions.title = look.flat ? "Shown in two dimensions; press for three" : "Shown in three dimensions; press for two";
    dimensions.setAttribute("aria-label", dimensions.title);
  }

  function take() {
    const places = floats(model.get("points")), labels = model.get("words"), time = performance.now();
    const fresh = !words.length || !labels.length;
    from = starts(words, now, labels, places);
    words = labels;
    groups = bytes_of(model.get("groups")).slice();
    to = places;
    scaleTo = places.length ? bound(places) : 1;
    scaleFrom = fresh ? scaleTo : scale;
    now = from.slice();
    lasts = still?.matches || fresh ? 0 : Math.min(1000, Math.max(150, time - came));
    came = began = time;
    frames += 1;
    root.dataset.frames = String(frames);
    empty.textContent = model.get("empty");
    empty.hidden = places.length > 0;
    picture.setAttribute("aria-label", `${words.length} words in space. Arrow keys turn the view, plus and minus zoom, 0 shows it as at first.`);
    glide();
  }
  function glide() {
    cancelAnimationFrame(frame);
    const part = lasts ? Math.min(1, (performance.now() - began) / lasts) : 1, ease = eased(part);
    for (let i = 0; i < to.length; i++) now[i] = part < 1 ? from[i] + ease * (to[i] - from[i]) : to[i];
    scale = scaleFrom + ease * (scaleTo - scaleFrom);
    draw();
    if (part < 1) frame = requestAnimationFrame(glide);
  }
  function paint() {
    if (!lasts || performance.now() - began >= lasts) { cancelAnimationFrame(frame); frame = requestAnimationFrame(draw); }
  }
  function draw() {
    const width = picture.clientWidth, height = model.get("height");
    if (!width) return;
    const pen = sharpen(picture, width, height), style = getComputedStyle(root);
    const paper = {
      ink: style.color, soft: getComputedStyle(note).color, family: style.fontFamily,
      back: style.getPropertyValue("--nb-back").trim() || "rgba(128,128,128,0.2)",
    };
    spots = spots_of(now, words.length, look, scale, width, height);
    paint_cloud(pen, width, height, paper, { words, groups, marked: model.get("marked"), pointed, legend: model.get("legend"), flat: look.flat, widths }, spots);
    const { flat, yaw, pitch, zoom, panX, panY } = look;
    root.dataset.view = `${flat ? 2 : 3} ${yaw.toFixed(2)} ${pitch.toFixed(2)} ${zoom.toFixed(2)} ${Math.round(panX)} ${Math.round(panY)}`;
  }
  function draw_curve() {
    const values = floats(model.get("curve"));
    line.hidden = values.length < 2 && !model.get("curve_text");
    curve_text.textContent = model.get("curve_text");
    if (!curve.clientWidth) return;
    const accent = getComputedStyle(root).getPropertyValue("--nb-accent").trim() || "#1976d2";
    paint_curve(sharpen(curve, curve.clientWidth, 40), curve.clientWidth, 40, values, accent);
  }
  const redraw = () => { draw(); draw_curve(); };

  turn_by_hand(picture, {
    look: () => look, show,
    spot: (event) => spot_at(spots, groups, ...offset(picture, event)),
    point(i) {
      if (i === pointed) return;
      pointed = i;
      picture.classList.toggle("nblib-over", i >= 0);
      picture.title = i >= 0 ? words[i] : "";
      paint();
    },
    pick(i) { model.send({ type: "pick", word: words[i] }); },
  });
  const sizes = new ResizeObserver(redraw);
  sizes.observe(picture);
  show_mode();
  const ended = [
    on_theme(redraw),
    changes(model, () => { legend.replaceChildren(...legend_of(model.get("legend"))); paint(); }, ["legend"]),
    changes(model, paint, ["marked"]),
    changes(model, () => { note.textContent = model.get("note"); }, ["note"]),
    changes(model, take, ["points", "empty"]),
    changes(model, draw_curve, ["curve", "curve_text"]),
  ];
  return () => { for (const end of ended) end(); sizes.disconnect(); cancelAnimationFrame(frame); };
}

/** @param {string} text @param {string} title @param {() => void} press */
function tool(text, title, press) {
  const node = button(text, title, press);
  node.setAttribute("aria-label", title);
  return node;
}

/** @param {[string, string][]} entries name and colour of each group */
function legend_of(entries) {
  return entries.map(([name, colour], k) => {
    const mark = element("canvas", { "aria-hidden": "true" }), pen = sharpen(mark, 12, 12);
    pen.fillStyle = colour;
    sign(pen, k + 1, 6, 6, 4.6);
    return element("span", {}, mark, ` ${name}`);
  });
}

/**
 * @typedef {{ look: () => Look, show: (look: Look) => void, spot: (event: MouseEvent) => number, point: (i: number) => void,
 *   pick: (i: number) => void }} Hands `spot`: which point lies under the pointer; `point`: it is pointed at, −1 for none
 */

/** Turning, zooming and pointing by mouse, finger and keyboard. @param {HTMLCanvasElement} picture @param {Hands} hands */
function turn_by_hand(picture, { look, show, spot, point, pick }) {
  /** @type {{ x: number, y: number, far: number } | null} */
  let grip = null;
  picture.addEventListener("pointerdown", (event) => {
    grip = { x: event.clientX, y: event.clientY, far: 0 };
    picture.setPointerCapture(event.pointerId);
    picture.classList.add("nblib-turning");
  });
  picture.addEventListener("pointermove", (event) => {
    if (!grip) {
      point(spot(event));
      return;
    }
    const dx = event.clientX - grip.x, dy = event.clientY - grip.y;
    grip = { x: event.clientX, y: event.clientY, far: grip.far + Math.hypot(dx, dy) };
    show(turned(look(), dx, dy));
  });
  const let_go = () => { grip = null; picture.classList.remove("nblib-turning"); };
  picture.addEventListener("pointerup", (event) => {
    const click = grip && grip.far < 4;
    let_go();
    const i = click ? spot(event) : -1;
    if (i >= 0) pick(i);
  });
  picture.addEventListener("pointercancel", let_go);
  picture.addEventListener("pointerleave", () => point(-1));
  picture.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (move) show(turned(look(), ...move));
    else if (event.key === "+" || event.key === "=") show(zoomed(look(), 1.25));
    else if (event.key === "-") show(zoomed(look(), 1 / 1.25));
    else if (event.key === "0") show({ ...look(), ...first_look() });
    else return;
    event.preventDefault();
  });
}

export default { render };
