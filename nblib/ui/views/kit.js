// What the canvas views share: a sharp canvas that follows its place, the theme's colours, ticks, colour maps.

export const NB_SERIES = { rnn: "#D55E00", lstm: "#0072B2", gru: "#009E73", rate: "#0072B2", planned: "#666", mark: "#E69F00", other: "#CC79A7" };
export const NB_DARK_SERIES = { rnn: "#E8803A", lstm: "#56B4E9", gru: "#2BBF94", rate: "#56B4E9", planned: "#bbb", mark: "#F0B429", other: "#E0A0C4" };
export const NB_FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

export function nb_element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export function nb_button(word, title, press) {
  const button = nb_element("button", { type: "button", title }, word);
  button.addEventListener("click", press);
  return button;
}

// Traits that arrive in one message are read once. Gives a function that ends it.
export function nb_changes(model, read, names = [""]) {
  let pending = false;
  function changed() {
    if (pending) return;
    pending = true;
    queueMicrotask(() => { pending = false; read(); });
  }
  const events = names.map((name) => (name ? `change:${name}` : "change"));
  for (const event of events) model.on(event, changed);
  read();
  return () => { for (const event of events) model.off(event, changed); };
}

// A canvas `height` pixels high and as wide as its place; `paint(context, width, height, theme)` is called at most once
// a frame, whenever `again()` asked for it, its place grew or shrank, or the theme changed.
export function nb_canvas(place, height, paint, attributes) {
  const canvas = nb_element("canvas", attributes);
  canvas.style.cssText = "display:block;width:100%;touch-action:pan-y;";
  place.append(canvas);
  let asked = 0;
  let tall = height;
  function now() {
    asked = 0;
    const width = Math.floor(place.clientWidth);
    if (width < 20) return;
    const ratio = window.devicePixelRatio || 1;
    const w = Math.round(width * ratio), h = Math.round(tall * ratio);
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; canvas.style.height = `${tall}px`; }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, tall);
    context.font = NB_FONT;
    context.textBaseline = "middle";
    paint(context, width, tall, nb_theme(canvas));
  }
  function again() { if (!asked) asked = requestAnimationFrame(now); }
  const sizes = new ResizeObserver(again);
  sizes.observe(place);
  const themes = new MutationObserver(again);
  themes.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name"] });
  again();
  return {
    canvas, again, now,
    resize(value) { if (value !== tall) { tall = value; again(); } },
    close() { sizes.disconnect(); themes.disconnect(); cancelAnimationFrame(asked); },
  };
}

export function nb_theme(node) {
  const style = getComputedStyle(node);
  const ink = style.color || "#222";
  const [r, g, b] = (ink.match(/[\d.]+/g) || [34, 34, 34]).map(Number);
  const dark = 0.3 * r + 0.6 * g + 0.1 * b > 128;
  const read = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    dark, ink, soft: read("--nb-soft", dark ? "#bbb" : "#666"), line: read("--nb-line", "#888"),
    back: read("--nb-back", dark ? "#111" : "#fff"), accent: read("--nb-accent", "#1976d2"),
    series: dark ? NB_DARK_SERIES : NB_SERIES,
  };
}

// Colour maps as 256 × 4 bytes. viridis and cividis through nine of their colours; "diverging" is white or black at zero.
export const NB_STOPS = {
  viridis: ["440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725"],
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "fee838"],
  diverging: ["b2480a", "d1702f", "e6a067", "f3d2b3", "f5f5f5", "b7d4ea", "6fabd6", "2f7fbb", "08519c"],
  diverging_dark: ["f08a3c", "c4682a", "8f4b20", "553019", "1c1c1c", "17364f", "1f5a88", "2b80bd", "56b4e9"],
};
export const nb_maps = {};
export function nb_map(name) {
  if (nb_maps[name]) return nb_maps[name];
  const stops = NB_STOPS[name].map((h) => [0, 2, 4].map((k) => parseInt(h.slice(k, k + 2), 16)));
  const found = new Uint8ClampedArray(256 * 4);
  for (let k = 0; k < 256; k += 1) {
    const at = (k / 255) * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at)), share = at - low;
    for (let c = 0; c < 3; c += 1) found[4 * k + c] = stops[low][c] + share * (stops[low + 1][c] - stops[low][c]);
    found[4 * k + 3] = 255;
  }
  nb_maps[name] = found;
  return found;
}

// Bytes from Python (a DataView) as float32.
export function nb_floats(view) {
  if (!view || !view.byteLength) return new Float32Array(0);
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return new Float32Array(bytes);
}

export function nb_number(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(3))).replace("-", "−");
  const [m, e] = value.toExponential(1).split("e");
  return `${m.replace(/\.0$/, "").replace("-", "−")}e${Number(e)}`;
}

// Whole numbers evenly spread over 0 … count − 1, at most `most` of them, in steps of 1, 2, 5, 10, …
export function nb_places(count, most) {
  let step = 1;
  const factors = [2, 2.5, 2];
  for (let k = 0; count / step > most; k += 1) step *= factors[k % 3];
  step = Math.max(1, Math.round(step));
  const found = [];
  for (let k = 0; k < count; k += step) found.push(k);
  return found;
}

// Ticks of an axis from `low` to `high`: decades on a log scale (given as log10), round numbers on a linear one.
export function nb_ticks(low, high, most, log) {
  const found = [];
  if (log) {
    const step = Math.max(1, Math.ceil((high - low) / most));
    for (let k = Math.ceil(low / step) * step; k <= high + 1e-9; k += step) found.push([k, k === 0 ? "1" : `1e${k}`]);
    return found;
  }
  const raw = (high - low) / Math.max(1, most), size = 10 ** Math.floor(Math.log10(raw || 1));
  const step = size * ([1, 2, 5, 10].find((f) => f * size >= raw) || 10);
  for (let k = Math.ceil(low / step - 1e-9) * step; k <= high + 1e-9 * step; k += step) {
    found.push([k, nb_number(Math.abs(k) < step * 1e-6 ? 0 : k)]);
  }
  return found;
}

// A rectangle of curves: `curves` are { x, y, colour, dash, width }, or with `marks` points that no line joins. Scales are
// linear; log values come as log10.
export function nb_curves(context, box, theme, curves, range, titles) {
  const { left, top, width, height } = box;
  const X = (v) => left + ((v - range.x[0]) / (range.x[1] - range.x[0] || 1)) * width;
  const Y = (v) => top + height - ((v - range.y[0]) / (range.y[1] - range.y[0] || 1)) * height;
  context.strokeStyle = theme.line;
  context.fillStyle = theme.soft;
  context.lineWidth = 1;
  context.textAlign = "right";
  for (const [at, text] of nb_ticks(range.y[0], range.y[1], Math.max(2, Math.floor(height / 30)), titles.log)) {
    const y = Math.round(Y(at)) + 0.5;
    context.globalAlpha = 0.45;
    context.beginPath(); context.moveTo(left, y); context.lineTo(left + width, y); context.stroke();
    context.globalAlpha = 1;
    context.fillText(text, left - 6, y);
  }
  context.textAlign = "center";
  for (const [at, text] of nb_ticks(range.x[0], range.x[1], Math.max(2, Math.floor(width / 70)), false)) {
    const x = X(at);
    if (x > left + width - 6 && width < 120) continue;
    context.fillText(text, x, top + height + 11);
  }
  context.fillText(titles.x, left + width / 2, top + height + 27);
  context.save();
  context.beginPath(); context.rect(left, top - 2, width + 1, height + 4); context.clip();
  context.lineJoin = "round";
  for (const { x, y, colour, dash, width: thick, marks } of curves) {
    if (marks) {
      context.fillStyle = colour;
      context.strokeStyle = theme.ink;
      context.lineWidth = 1;
      context.setLineDash([]);
      for (let k = 0; k < y.length; k += 1) {
        if (!Number.isFinite(y[k])) continue;
        const u = X(x[k]), v = Y(y[k]);
        context.beginPath();
        context.moveTo(u, v - 6); context.lineTo(u + 6, v); context.lineTo(u, v + 6); context.lineTo(u - 6, v);
        context.closePath(); context.fill(); context.stroke();
      }
      continue;
    }
    context.strokeStyle = colour;
    context.lineWidth = thick || 2;
    context.setLineDash(dash || []);
    context.beginPath();
    let down = false;
    for (let k = 0; k < y.length; k += 1) {
      if (!Number.isFinite(y[k])) { down = false; continue; }
      if (down) context.lineTo(X(x[k]), Y(y[k])); else context.moveTo(X(x[k]), Y(y[k]));
      down = true;
    }
    context.stroke();
    if (y.length === 1) { context.fillStyle = colour; context.beginPath(); context.arc(X(x[0]), Y(y[0]), 3, 0, 7); context.fill(); }
  }
  context.restore();
  context.setLineDash([]);
  return { X, Y };
}
