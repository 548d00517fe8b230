// A table of what was meant and what was said; a press on a cell asks for the pictures behind it.
import { theme_of } from "./canvas.js";
import { changes, element } from "./dom.js";

const SIZE = 10;

/** @param {View<{ counts: number[], chosen: [number, number] }>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-confusion" });
  el.append(root);
  const digits = [...Array(SIZE).keys()];
  const buttons = digits.map((row) => digits.map((column) => {
    const cell = element("button", { type: "button" });
    cell.addEventListener("click", () => {
      model.set("chosen", [row, column]);
      model.save_changes();
    });
    return cell;
  }));
  const head = element("tr", {}, element("th", { scope: "col" }, "is \\ said"), ...digits.map((d) => element("th", { scope: "col" }, String(d))));
  const body = buttons.map((row, d) => element("tr", {}, element("th", { scope: "row" }, String(d)), ...row.map((b) => element("td", {}, b))));
  root.append(element("table", {}, head, ...body));
  root.addEventListener("keydown", (event) => { if (event.key !== "Tab") event.stopPropagation(); });

  function show() {
    const counts = model.get("counts"), [r, c] = model.get("chosen"), theme = theme_of(root);
    const most = Math.max(1, ...counts);
    buttons.forEach((row, i) => row.forEach((cell, j) => {
      const n = counts[SIZE * i + j] ?? 0;
      cell.textContent = n ? String(n) : "·";
      cell.title = `${n} pictures of ${i} read as ${j}`;
      cell.setAttribute("aria-label", cell.title);
      cell.setAttribute("aria-pressed", String(i === r && j === c));
      const share = n ? (i === j ? 0.12 + 0.3 * (n / most) : Math.min(0.75, 0.25 + 0.1 * n)) : 0;
      const [red, green, blue] = i === j ? [0, 114, 178] : [213, 94, 0];
      cell.style.background = `rgba(${red},${green},${blue},${share})`;
      cell.style.color = n ? theme.ink : theme.soft;
    }));
  }
  return changes(model, show);
}

export default { render };
