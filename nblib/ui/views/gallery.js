// Small pictures in a row, from bytes.

import { nb_element, nb_map, nb_theme } from "./kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-gallery" });
  const readout = nb_element("div", { class: "nblib-readout", role: "status" });
  el.append(root, readout);
  function show() {
    const view = model.get("pictures"), side = model.get("side"), captions = model.get("captions"), size = side * side;
    const bytes = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(0);
    const theme = nb_theme(root), signed = model.get("signed");
    const map = signed ? nb_map(theme.dark ? "diverging_dark" : "diverging") : null, wide = model.get("size");
    const figures = [];
    for (let k = 0; (k + 1) * size <= bytes.length; k += 1) {
      const canvas = nb_element("canvas", { width: String(side), height: String(side), role: "img", "aria-label": captions[k] || `picture ${k + 1}` });
      canvas.style.cssText = `width:${wide}px;height:${wide}px`;
      const context = canvas.getContext("2d"), image = context.createImageData(side, side);
      for (let p = 0; p < size; p += 1) {
        const b = bytes[k * size + p];
        image.data.set(map ? map.subarray(4 * b, 4 * b + 4) : [255 - b, 255 - b, 255 - b, 255], 4 * p);
      }
      context.putImageData(image, 0, 0);
      const figure = nb_element("figure", {}, canvas);
      if (captions[k]) figure.append(nb_element("figcaption", {}, captions[k]));
      figures.push(figure);
    }
    root.replaceChildren(...figures);
    if (readout.textContent !== model.get("message")) readout.textContent = model.get("message");
  }
  const themes = new MutationObserver(show);
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  model.on("change", show);
  show();
  return () => { themes.disconnect(); model.off("change", show); };
}

export default { render };
