// What a model writes: the newest sample writes itself, the older ones are a slider away.
import { changes, element, fill, keep_keys } from "../../../ui/views/dom.js";
import { number } from "../../../ui/views/numbers.js";

/** @typedef {{ number: number, step: number, temperature: number, text: string }} Sample */

/** Milliseconds in which a sample writes itself, however long it is. */
const WRITING = 1500;

/** @param {View<{ samples: Sample[], title: string, empty: string }>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-writing" });
  const head = element("div", { class: "nblib-view-title" });
  const slider = element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "sample" });
  const about = element("span");
  const page = element("div", { class: "nblib-page", tabindex: 0, role: "region", "aria-label": "what the model writes", dir: "auto" });
  root.append(head, element("label", { class: "nblib-scrub" }, about, slider), page);
  keep_keys(root);
  el.append(root);

  /** @type {Sample[]} */
  let samples = [];
  let chosen = 0, follows = true, shown = "", frame = 0;

  function read() {
    samples = model.get("samples");
    const last = Math.max(0, samples.length - 1);
    if (follows || chosen > last) chosen = last;
    slider.max = String(last);
    head.textContent = model.get("title");
    put(follows);
  }

  /** @param {boolean} lively */
  function put(lively) {
    slider.value = String(chosen);
    fill(slider);
    slider.disabled = samples.length < 2;
    const sample = samples[chosen];
    root.dataset.samples = String(samples.length);
    about.textContent = sample ? `step ${sample.step}, temperature ${number(sample.temperature)}` : "nothing yet";
    slider.setAttribute("aria-valuetext", about.textContent);
    const key = `${sample?.number}`;
    if (key === shown) return;
    shown = key;
    cancelAnimationFrame(frame);
    if (!lively || !sample) { page.textContent = sample ? sample.text : model.get("empty"); return; }
    const letters = [...sample.text], began = performance.now();
    const more = (/** @type {number} */ time) => {
      const count = Math.min(letters.length, Math.ceil((letters.length * (time - began)) / WRITING));
      page.textContent = letters.slice(0, Math.max(0, count)).join("");
      if (count < letters.length) frame = requestAnimationFrame(more);
    };
    frame = requestAnimationFrame(more);
  }

  slider.addEventListener("input", () => { chosen = Number(slider.value); follows = chosen === samples.length - 1; put(false); });
  const unread = changes(model, read);
  return () => { unread(); cancelAnimationFrame(frame); };
}

export default { render };
