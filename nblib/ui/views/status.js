// The status line: texts only ever go in as text.
import { changes, element, write } from "./dom.js";
import { sender } from "./messages.js";

/**
 * @typedef {{ message: string, tone: string, cells: [string, string][], progress: number | null, notice: string,
 *   notice_tone: string, details: string, details_label: string, action: string, heard: number }} Traits
 */

/** @param {View<Traits>} view */
function render({ model, el }) {
  const root = element("div", { class: "nblib-status" });
  const said = element("span", { class: "nblib-said" });
  const action = element("button", { type: "button", class: "nblib-action" });
  action.addEventListener("click", () => model.send({ type: "action" }));
  const summary = element("summary"), pre = element("pre");
  const details = element("details", { class: "nblib-details" }, summary, pre);
  const notice = element("div", { class: "nblib-notice", role: "alert" }, said, action, details);
  const done = element("div");
  const bar = element("div", { class: "nblib-progress", role: "progressbar", "aria-label": "progress of the run" }, done);
  const message = element("div", { class: "nblib-message", role: "status" });
  const cells = element("div", { class: "nblib-cells" });
  const state = element("div", { class: "nblib-state" }, element("span", { class: "nblib-dot", "aria-hidden": "true" }), message);
  root.append(notice, bar, element("div", { class: "nblib-line" }, state, cells));
  el.append(root);

  /** @type {Map<string, HTMLElement>} */
  const places = new Map();
  function show() {
    root.dataset.tone = model.get("tone");
    write(message, model.get("message"));
    message.title = model.get("message");
    for (const [name, value] of model.get("cells")) {
      let place = places.get(name);
      if (!place) {
        place = element("span", { class: "nblib-value" });
        places.set(name, place);
        cells.append(element("div", { class: "nblib-cell" }, element("span", { class: "nblib-name" }, name), place));
      }
      place.textContent = value;
    }
    const progress = model.get("progress");
    bar.classList.toggle("nblib-unknown", progress === null);
    done.style.width = `${100 * (progress ?? 0)}%`;
    if (progress === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.round(100 * progress)));
    notice.hidden = !model.get("notice") && !model.get("details");
    notice.dataset.tone = model.get("notice_tone");
    write(said, model.get("notice"));
    action.hidden = !model.get("action");
    action.textContent = model.get("action");
    details.hidden = !model.get("details");
    summary.textContent = model.get("details_label");
    write(pre, model.get("details"));
  }
  const unread = changes(model, show);

  // A button of ipywidgets has no way to tell that nobody heard it: whatever is pressed in the panel asks for an answer.
  const pings = sender(model, root, { seen: "heard" });
  /** @type {Element | null} */
  let panel = null;
  /** @param {Event} event */
  function pressed(event) {
    if (event.target instanceof Element && event.target.closest("button")) pings.send("ping", { type: "ping" });
  }
  const frame = requestAnimationFrame(() => {
    panel = el.closest(".nblib-panel");
    panel?.addEventListener("click", pressed, true);
  });
  return () => {
    unread();
    pings.close();
    panel?.removeEventListener("click", pressed, true);
    cancelAnimationFrame(frame);
  };
}

export default { render };
