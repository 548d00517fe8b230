// The words of a chart on the page: its legend, whose names hide and show their curves, and the card at what is read out.

import { element, write } from "./dom.js";
import { is_series, nearest, reaches, value_text } from "./lines_state.js";
import { place_text, swatch } from "./lines_paint.js";

/**
 * @typedef {import("./lines_state.js").Curve} Curve
 * @typedef {import("./lines_paint.js").Chart} Chart
 * @typedef {import("./lines_paint.js").Geometry} Geometry
 */

/**
 * A legend that keeps its nodes while only numbers change, so that a name stays focused in a live chart.
 * @param {(name: string) => void} toggle
 */
export function legend_of(toggle) {
  const node = element("div", { class: "nblib-legend" });
  /** @type {Map<string, { values: HTMLElement, button: HTMLElement }>} */
  const entries = new Map();
  let made = "";

  /** @param {Curve[]} curves @param {Theme} theme */
  function make(curves, theme) {
    node.replaceChildren();
    entries.clear();
    const several = curves.filter(is_series).length > 1;
    for (const curve of curves) {
      const sample = element("span", { "aria-hidden": "true" });
      sample.innerHTML = swatch(curve, theme);
      const values = element("span", { class: "nblib-legend-value" });
      const press = several && is_series(curve);
      const name = element("span", { class: "nblib-legend-name" }, curve.name);
      const button = element(press ? "button" : "span", press ? { type: "button", title: `Hide or show: ${curve.name}` } : {}, sample, name, values);
      if (press) button.addEventListener("click", () => toggle(curve.name));
      entries.set(curve.name, { values, button });
      node.append(button);
    }
  }

  return {
    node,
    /** @param {Curve[]} all @param {Set<string>} hidden @param {Theme} theme @param {{ unit: string, quiet: boolean }} how */
    show(all, hidden, theme, { unit, quiet }) {
      const curves = all.filter((c) => c.kind !== "level" && c.x.length);
      const now = JSON.stringify([theme.dark, theme.ink, curves.map((c) => [c.name, c.kind, c.dash])]);
      if (now !== made) { made = now; make(curves, theme); }
      for (const curve of curves) {
        const entry = entries.get(curve.name);
        if (!entry) continue;
        const { values, button } = entry;
        if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(!hidden.has(curve.name)));
        // What a mark says stands in its name, and where a plan ends nobody asked.
        const silent = quiet || !is_series(curve) || ["planned", "raw"].includes(curve.kind);
        const text = silent ? "" : value_text(curve.values[curve.values.length - 1], unit);
        write(values, text);
      }
    },
  };
}

/** The card beside the line that reads out. */
export function read_out_of() {
  const node = element("div", { class: "nblib-lines-card", "aria-hidden": "true", hidden: true });

  /** @param {Chart} chart @returns {[Curve, string][]} */
  function rows(chart) {
    const { at } = chart;
    if (at === null) return [];
    return chart.curves.filter((c) => is_series(c) && reaches(c, at)).map((curve) => {
      const k = nearest(curve, at), away = Math.abs(curve.x[k] - at) > 1e-6 * Math.abs(at);
      return [curve, value_text(curve.values[k], chart.unit) + (away ? ` at ${place_text(curve.x[k])}` : "")];
    });
  }
  const place = (/** @type {Chart} */ chart) => `${chart.x_title} ${place_text(chart.at ?? 0)}`;

  return {
    node,
    /** What is read out, as a sentence. @param {Chart} chart */
    text(chart) { return `${place(chart)}: ${rows(chart).map(([c, value]) => `${c.name} ${value}`).join(", ")}`; },
    /** @param {Geometry | null} geometry @param {Chart} chart @param {Theme} theme @param {number} top */
    show(geometry, chart, theme, top) {
      const { at } = chart, here = geometry && at !== null && at >= geometry.x[0] && at <= geometry.x[1];
      const lines = here ? rows(chart) : [];
      node.hidden = !lines.length;
      if (!here || !lines.length) return;
      node.replaceChildren(element("div", { class: "nblib-lines-place" }, place(chart)), ...lines.map(([curve, value]) => {
        const sample = element("span", {});
        sample.innerHTML = swatch(curve, theme);
        return element("div", {}, sample, element("span", {}, curve.name), element("b", {}, value));
      }));
      const { box } = geometry, u = geometry.X(at), left = u < box.left + box.width / 2;
      node.style.top = `${top}px`;
      node.style.left = left ? `${u + 12}px` : "";
      node.style.right = left ? "" : `calc(100% - ${u - 12}px)`;
    },
  };
}
