// What a model writes: the newest sample writes itself, the older ones are a slider away.

import { nb_element, nb_number } from "../../../ui/views/kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-writing" });
  const head = nb_element("div", { class: "nblib-view-title" });
  const slider = nb_element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "sample" });
  const words = nb_element("span", {});
  const page = nb_element("div", { class: "nblib-page", tabindex: 0, role: "region", "aria-label": "what the model writes", dir: "auto" });
  root.append(head, nb_element("label", { class: "nblib-scrub" }, words, slider), page);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let samples = [], chosen = 0, follows = true, shown = "", timer = 0;

  function read() {
    samples = model.get("samples");
    const last = Math.max(0, samples.length - 1);
    if (follows || chosen > last) chosen = last;
    slider.max = last;
    head.textContent = model.get("title");
    put(follows);
  }

  function put(lively) {
    slider.value = chosen;
    slider.style.setProperty("--nblib-fill", `${(100 * chosen) / Math.max(1, samples.length - 1)}%`);
    slider.disabled = samples.length < 2;
    const sample = samples[chosen];
    root.dataset.samples = samples.length;
    words.textContent = sample ? `step ${sample.step}, temperature ${nb_number(sample.temperature)}` : "nothing yet";
    slider.setAttribute("aria-valuetext", words.textContent);
    const text = sample ? sample.text : model.get("empty");
    const key = `${sample?.number}`;
    if (key === shown) return;
    shown = key;
    cancelAnimationFrame(timer);
    if (!lively || !sample) { page.textContent = text; return; }
    // Written out over a second and a half, however long it is.
    const letters = [...text], began = performance.now();
    const more = (time) => {
      const count = Math.min(letters.length, Math.ceil((letters.length * (time - began)) / 1500));
      page.textContent = letters.slice(0, Math.max(0, count)).join("");
      if (count < letters.length) timer = requestAnimationFrame(more);
    };
    timer = requestAnimationFrame(more);
  }

  slider.addEventListener("input", () => { chosen = Number(slider.value); follows = chosen === samples.length - 1; put(false); });
  model.on("change", read);
  read();
  return () => { model.off("change", read); cancelAnimationFrame(timer); };
}

export default { render };
