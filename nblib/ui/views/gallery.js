// Small pictures in a row, from bytes.
import { bytes_of } from "./bytes.js";
import { on_theme, theme_of } from "./canvas.js";
import { colour_map, picture, themed } from "./colours.js";
import { changes, element, write } from "./dom.js";

/** Ink on paper, whatever the theme: 0 is white. */
const GREY = Uint8ClampedArray.from({ length: 1024 }, (_, k) => (k % 4 === 3 ? 255 : 255 - (k >> 2)));

/** @param {View<{ pictures: Bytes, side: number, size: number, captions: string[], signed: boolean, message: string }>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-gallery" });
  const readout = element("div", { class: "nblib-readout", role: "status" });
  el.append(root, readout);
  function show() {
    const side = model.get("side"), captions = model.get("captions"), area = side * side, wide = model.get("size");
    const bytes = bytes_of(model.get("pictures"));
    const map = model.get("signed") ? colour_map(themed("diverging", theme_of(root))) : GREY;
    const figures = [];
    for (let k = 0; (k + 1) * area <= bytes.length; k += 1) {
      const canvas = picture(side, side, map, (p) => bytes[k * area + p]);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", captions[k] || `picture ${k + 1}`);
      canvas.style.cssText = `width:${wide}px;height:${wide}px`;
      figures.push(element("figure", {}, canvas, ...(captions[k] ? [element("figcaption", {}, captions[k])] : [])));
    }
    root.replaceChildren(...figures);
    write(readout, model.get("message"));
  }
  const themes = on_theme(show), unread = changes(model, show);
  return () => { themes(); unread(); };
}

export default { render };
