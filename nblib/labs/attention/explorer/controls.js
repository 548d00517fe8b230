// What stands above the explorer's maps: which set, which map, which role, zoom, files.
import { button, element } from "../../../ui/views/dom.js";
import { png_of, save } from "./export.js";

/**
 * @typedef {import("./state.js").Look} Look
 * @typedef {import("./maps.js").Mode} Mode
 * @typedef {{ changed: () => void, set_changed: () => void, role_chosen: () => void, zoom: (factor: number) => void }} Hands
 */

/** @type {[Mode, string, string][]} */
const MODES = [
  ["head", "Head", "One head"],
  ["layer", "Mean of the layer", "The mean of the heads of this layer"],
  ["all", "Mean of all", "The mean of all heads of all layers"],
  ["rollout", "Rollout", "How much of each first token flows into each last one: layers multiplied, half of each the residual"],
];

/**
 * Buttons of which one is pressed.
 * @template K
 * @param {HTMLElement} place
 * @param {[K, string, string][]} entries
 * @param {K} chosen
 * @param {(key: K) => void} press
 */
function choice(place, entries, chosen, press) {
  place.replaceChildren(...entries.map(([key, text, title]) => {
    const one = button(text, title, () => press(key));
    one.setAttribute("aria-pressed", String(key === chosen));
    return one;
  }));
}

/** @param {Look} look @param {Hands} hands */
export function tools_of(look, { changed, set_changed, role_chosen, zoom }) {
  const sets = element("span", { class: "nblib-choice" }), modes = element("span", { class: "nblib-choice" });
  const role = element("select", { "aria-label": "Role", title: "Number every head by how much of its attention goes where the role says" });
  const role_label = element("label", { class: "nblib-inline" }, "Role", role);
  const brightest = element("input", { type: "checkbox" });
  const zooms = element("span", { class: "nblib-choice" },
    button("−", "Show more tokens", () => zoom(2)), button("+", "Show fewer tokens, larger, around the chosen one", () => zoom(0.5)));
  const files = element("span", { class: "nblib-choice nblib-files" });
  const node = element("div", { class: "nblib-row nblib-explorer-tools" }, sets, modes, role_label,
    element("label", { class: "nblib-inline", title: "Colours from 0 to 1; else from 0 to the largest weight in sight" }, brightest, "0 to 1"), zooms, files);
  role.addEventListener("change", role_chosen);
  brightest.addEventListener("change", changed);

  /** @param {string[]} roles */
  function show(roles) {
    const names = look.content?.names ?? [];
    sets.hidden = names.length < 2;
    /** @type {[number, string, string][]} */
    const entries = [...names.map((n, k) => /** @type {[number, string, string]} */ ([k, n, `The attention of ${n}`])),
      [-1, "Difference", `${names[1]} less ${names[0]}`]];
    choice(sets, entries, look.set, (set) => { look.set = set; set_changed(); show(roles); changed(); });
    choice(modes, MODES, look.mode, (mode) => { look.mode = mode; show(roles); changed(); });
    if (role.options.length !== roles.length + 1) {
      role.replaceChildren(element("option", { value: "" }, "–"), ...roles.map((r) => element("option", { value: r }, r)));
    }
    role_label.hidden = !roles.length;
    zooms.hidden = look.maps !== null && look.T <= 24;
  }
  return { node, files, role, brightest, show };
}

/** The fields of the question. @param {() => void} ask */
export function question_of(ask) {
  /** @param {string} label @param {boolean} wide */
  const field = (label, wide) => {
    const input = element("input", { type: "text", spellcheck: "false", "aria-label": label, class: wide ? "nblib-wide" : "" });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") ask(); });
    return { input, node: element("label", { class: wide ? "nblib-wide" : "" }, element("span", {}, label), input) };
  };
  const model = field("Model", false), text = field("Sentence", true);
  const node = element("div", { class: "nblib-row nblib-questions" }, model.node, text.node, button("Show", "Read the sentence (Enter)", ask));
  return { node, model: model.input, text: text.input };
}

/** Buttons that save what is shown. @param {() => boolean} ready @param {() => string} svg @param {() => string} name without an ending */
export function file_buttons(ready, svg, name) {
  return [
    button("⤓ SVG", "Save the map and the lines as SVG", () => { if (ready()) save(`${name()}.svg`, new Blob([svg()], { type: "image/svg+xml" })); }),
    button("⤓ PNG", "Save the map and the lines as PNG", () => { if (ready()) png_of(svg(), (blob) => save(`${name()}.png`, blob)); }),
  ];
}
