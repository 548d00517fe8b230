// The status line: texts only ever go in as text.

function element(tag, name, ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const root = element("div", "nblib-status");
  const said = element("span", "nblib-said");
  const action = element("button", "nblib-action");
  action.type = "button";
  action.addEventListener("click", () => model.send({ type: "action" }));
  const summary = element("summary");
  const pre = element("pre");
  const details = element("details", "nblib-details", summary, pre);
  const notice = element("div", "nblib-notice", said, action, details);
  notice.setAttribute("role", "alert");
  const bar = element("div", "nblib-progress", element("div"));
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", "progress of the run");
  const message = element("div", "nblib-message");
  message.setAttribute("role", "status");
  const dot = element("span", "nblib-dot");
  dot.setAttribute("aria-hidden", "true");
  const cells = element("div", "nblib-cells");
  const silent = element("div", "nblib-silent", "No answer from the kernel. If it was restarted, run this cell again.");
  silent.setAttribute("role", "alert");
  silent.hidden = true;
  root.append(silent, notice, bar, element("div", "nblib-line", element("div", "nblib-state", dot, message), cells));
  el.append(root);

  const places = new Map();
  function show() {
    root.dataset.tone = model.get("tone");
    // Written only when it changed, so that a reader of the screen says it once.
    if (message.textContent !== model.get("message")) message.textContent = message.title = model.get("message");
    for (const [name, value] of model.get("cells")) {
      if (!places.has(name)) {
        const place = element("span", "nblib-value");
        places.set(name, place);
        cells.append(element("div", "nblib-cell", element("span", "nblib-name", name), place));
      }
      places.get(name).textContent = value;
    }
    const progress = model.get("progress");
    bar.classList.toggle("nblib-unknown", progress === null);
    bar.firstChild.style.width = `${100 * (progress ?? 0)}%`;
    if (progress === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", Math.round(100 * progress));
    notice.hidden = !model.get("notice") && !model.get("details");
    notice.dataset.tone = model.get("notice_tone");
    if (said.textContent !== model.get("notice")) said.textContent = model.get("notice");
    action.hidden = !model.get("action");
    action.textContent = model.get("action");
    details.hidden = !model.get("details");
    summary.textContent = model.get("details_label");
    if (pre.textContent !== model.get("details")) pre.textContent = model.get("details");
  }
  model.on("change", show);
  show();

  // A button of ipywidgets has no way to tell that nobody heard it: whatever is pressed in the panel asks for an answer.
  let number = model.get("heard"), timer = 0, panel = null;
  function pressed(event) {
    if (!event.target.closest("button")) return;
    // Another view of this panel may have asked since.
    number = Math.max(number, model.get("heard")) + 1;
    clearTimeout(timer);
    timer = setTimeout(() => { silent.hidden = false; }, 4000);
    model.send({ type: "ping", number });
  }
  function heard() {
    clearTimeout(timer);
    silent.hidden = true;
  }
  model.on("change:heard", heard);
  const frame = requestAnimationFrame(() => {
    panel = el.closest(".nblib-panel");
    panel?.addEventListener("click", pressed, true);
  });
  return () => {
    model.off("change", show);
    model.off("change:heard", heard);
    panel?.removeEventListener("click", pressed, true);
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

export default { render };
