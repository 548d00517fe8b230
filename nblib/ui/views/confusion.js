// A table of what was meant and what was said; a press on a cell asks for the pictures behind it.

import { nb_element, nb_theme } from "./kit.js";

function render({ model, el }) {
  const root = nb_element("div", { class: "nblib-confusion" });
  el.append(root);
  const size = 10, digits = [...Array(size).keys()];
  const buttons = digits.map((row) => digits.map((column) => {
    const button = nb_element("button", { type: "button" });
    button.addEventListener("click", () => {
      model.set("chosen", [row, column]);
      model.save_changes();
    });
    return button;
  }));
  const head = nb_element("tr", {}, nb_element("th", { scope: "col" }, "is \\ said"), ...digits.map((d) => nb_element("th", { scope: "col" }, String(d))));
  const body = buttons.map((row, d) => nb_element("tr", {}, nb_element("th", { scope: "row" }, String(d)), ...row.map((b) => nb_element("td", {}, b))));
  root.append(nb_element("table", {}, head, ...body));
  root.addEventListener("keydown", (event) => { if (event.key !== "Tab") event.stopPropagation(); });

  function show() {
    const counts = model.get("counts"), [r, c] = model.get("chosen"), theme = nb_theme(root);
    const most = Math.max(1, ...counts);
    buttons.forEach((row, i) => row.forEach((button, j) => {
      const n = counts[size * i + j] ?? 0;
      button.textContent = n ? String(n) : "·";
      button.setAttribute("aria-label", `${n} pictures of ${i} read as ${j}`);
      button.title = button.getAttribute("aria-label");
      button.setAttribute("aria-pressed", String(i === r && j === c));
      const share = n ? (i === j ? 0.12 + 0.3 * (n / most) : Math.min(0.75, 0.25 + 0.1 * n)) : 0;
      const [red, green, blue] = i === j ? [0, 114, 178] : [213, 94, 0];
      button.style.background = `rgba(${red},${green},${blue},${share})`;
      button.style.color = n ? theme.ink : theme.soft;
    }));
  }
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
