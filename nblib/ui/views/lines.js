// Live curves on canvas: redrawn from bytes in a millisecond; read out, zoomed and saved on the page, without a kernel.

import { blank, canvas, theme_of } from "./canvas.js";
import { button as button_of, changes, element, keep_keys } from "./dom.js";
import { curves_of, sight_of, stepped, summary, zoomed } from "./lines_state.js";
import { box_of, paint_chart, part_of } from "./lines_paint.js";
import { listen } from "./lines_input.js";
import { linked } from "./lines_link.js";
import { legend_of, read_out_of } from "./lines_text.js";
import { save_charts } from "./save.js";

/**
 * @typedef {import("./lines_state.js").Curve} Curve
 * @typedef {import("./lines_state.js").Interval} Interval
 * @typedef {import("./lines_paint.js").Geometry} Geometry
 */

let made = 0;

/** @param {{ model: any, el: HTMLElement }} place */
function render({ model, el }) {
  const text_id = `nblib-lines-text-${Math.random().toString(36).slice(2)}-${(made += 1)}`;
  const head = element("div", { class: "nblib-view-title" });
  const place = element("div", { class: "nblib-canvas" });
  const words = element("div", { class: "nblib-unseen", id: text_id });
  const spoken = element("div", { class: "nblib-unseen", "aria-live": "polite" });
  const back = button_of("Whole run", "Show all of the axis again (Escape, or a double click in the chart)", () => zoom(null));
  back.className = "nblib-lines-back";
  const tools = element("div", { class: "nblib-lines-tools" });
  const legend = legend_of((name) => {
    if (!hidden.delete(name)) hidden.add(name);
    plot.again();
  });
  const read_out = read_out_of();
  const root = element("div", { class: "nblib-lines" });
  // A chart of a group has no buttons of its own, and so no row below.
  if (model.get("tools")) root.append(head, place, element("div", { class: "nblib-lines-foot" }, legend.node, tools));
  else root.append(element("div", { class: "nblib-lines-head" }, head, legend.node), place);
  root.append(words, spoken);
  keep_keys(root);
  el.append(root);

  const hidden = /** @type {Set<string>} */ (new Set());
  let curves = /** @type {Curve[]} */ ([]), geometry = /** @type {Geometry | null} */ (null);
  let at = /** @type {number | null} */ (null);
  let shown = /** @type {Interval | null} */ (null), dragged = /** @type {Interval | null} */ (null);
  // Of charts that share an axis only the one that was zoomed in by hand offers the way back.
  let by_hand = false;

  const visible = () => curves.filter((c) => !hidden.has(c.name));
  const bounds = () => bounds_of(model);
  const title = () => model.get("title") || model.get("x_title");
  const chart = () => ({ ...chart_of(model, visible(), shown), at, drag: dragged });

  function read() {
    curves = curves_of(model.get("data"), model.get("counts"), model.get("names"), model.get("kinds"), model.get("dashes"), model.get("log_scale"));
    root.dataset.points = String(curves.reduce((most, c) => Math.max(most, c.x.length), 0));
    head.textContent = model.get("title");
    head.hidden = !model.get("title");
    if (shown && shown[0] >= sight_of(curves, null, bounds()).x[1]) shown = null;
    words.textContent = model.get("text") || summary(curves, model.get("x_title"), model.get("unit")) || model.get("empty");
    for (const button of tools.querySelectorAll("button")) button.disabled = !curves.length;
    plot.resize(model.get("height"));
    plot.again();
  }

  /** @param {any} context @param {number} width @param {number} height @param {Theme} theme */
  function paint(context, width, height, theme) {
    const now = chart();
    // With each picture: only on the page are the theme's colours known, and they may change.
    legend.show(curves, hidden, theme, { unit: now.unit, quiet: model.get("quiet") });
    geometry = now.sight.any ? paint_chart(context, box_of(width, height, now.axis), theme, now) : null;
    root.dataset.zoom = shown ? shown.join(" ") : "";
    root.dataset.at = geometry && at !== null ? String(at) : "";
    back.hidden = !shown || !by_hand;
    // Below the button where there is one.
    read_out.show(geometry, now, theme, back.hidden ? 10 : 40);
    if (geometry) return;
    blank(context, width, height, theme, shown || hidden.size ? "Nothing of the shown series lies here." : model.get("empty"));
  }

  /** @param {Interval | null} x */
  function zoom(x) {
    by_hand = true;
    show_place({ at, zoom: x });
    link.tell({ at, zoom: shown });
  }
  /** @param {number | null} x */
  function point(x) {
    const here = x === null || !geometry ? null : stepped(visible(), x, 0, geometry.x);
    if (here !== at) { show_place({ at: here, zoom: shown }); link.tell({ at, zoom: shown }); }
  }
  /** @param {import("./lines_link.js").Reading} there */
  function show_place(there) { ({ at, zoom: shown } = there); plot.again(); }
  /** @param {import("./lines_link.js").Reading} there */
  function follow(there) {
    if (there.zoom !== shown) by_hand = false;
    show_place(there);
  }

  /** @returns {import("./save.js").Part | null} */
  function part() {
    const now = { ...chart(), at: null, drag: null }, width = place.clientWidth;
    if (!now.sight.any || width < 100) return null;
    return { ...part_of(now, width, model.get("height"), theme_of(root)), top: root.getBoundingClientRect().top };
  }
  /** @param {string} format */
  function save(format) {
    const one = part();
    if (one) save_charts([one], format, file_name(title()));
  }

  const plot = canvas(place, model.get("height"), paint, {
    role: "img", tabindex: 0, "aria-label": `${title()}: chart; arrow keys read it out, + and − zoom, Escape shows all`, "aria-describedby": text_id,
  });
  place.append(read_out.node, back);
  const link = linked(model.get("group"), { root, move: follow, part });
  listen(plot.canvas, {
    geometry: () => geometry, read_out: point, zoom,
    drag(x) { dragged = x; plot.again(); },
    walk(by) {
      if (!geometry) return;
      show_place({ at: stepped(visible(), at, by, geometry.x), zoom: shown });
      link.tell({ at, zoom: shown });
      spoken.textContent = read_out.text(chart());
    },
    closer(factor) {
      if (geometry) zoom(zoomed(geometry.x, factor, at ?? (geometry.x[0] + geometry.x[1]) / 2, sight_of(visible(), null, bounds()).x));
    },
  });
  if (model.get("tools")) fill(tools, title(), save, model.get("opens") ? () => model.send({ type: "open" }) : null);
  const unread = changes(model, read);
  return () => { unread(); link.close(); plot.close(); };
}

/** @param {any} model */
function bounds_of(model) {
  return { log: model.get("log_scale"), level: model.get("level"), until: model.get("until"), between: model.get("between"), shared: model.get("group") !== "" };
}

/**
 * @param {any} model
 * @param {Curve[]} curves
 * @param {Interval | null} shown
 */
function chart_of(model, curves, shown) {
  return {
    title: model.get("title"), x_title: model.get("x_title"), unit: model.get("unit"), log: model.get("log_scale"),
    level: model.get("level"), axis: model.get("axis"), curves, sight: sight_of(curves, shown, bounds_of(model)),
  };
}

/**
 * The buttons of a chart.
 * @param {HTMLElement} tools
 * @param {string} title
 * @param {(format: string) => void} save
 * @param {(() => void) | null} open
 */
function fill(tools, title, save, open) {
  const buttons = ["svg", "png"].map((format) => button_of(`⤓ ${format.toUpperCase()}`, `Save this chart as ${format.toUpperCase()}: ${title}`, () => save(format)));
  if (open) buttons.push(button_of("plotly", `Open as a plotly figure: ${title}`, open));
  for (const button of buttons) button.setAttribute("aria-label", button.title);
  tools.append(...buttons);
}

/** @param {string} title */
function file_name(title) {
  return title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
}

export default { render };
