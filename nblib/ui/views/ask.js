// Fields and an answer. What is typed goes to Python, one question at a time; rows come back and are shown as text.

function element(tag, name, ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const fields = element("div", "nblib-ask-fields");
  const said = element("div", "nblib-ask-said");
  said.setAttribute("role", "status");
  const ends = element("div", "nblib-ask-ends");
  const rows = element("div", "nblib-ask-rows");
  rows.setAttribute("role", "list");
  const root = element("div", "nblib-ask", fields, said, ends, rows);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", model.get("title"));
  // The notebook has commands of its own on arrows, Enter and letters.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let number = model.get("seen"), sentAt = 0, waiting = false;
  const inputs = new Map();
  function next() {
    const busy = number > model.get("seen") && performance.now() - sentAt < 3000;
    if (busy || !waiting) return;
    waiting = false;
    number += 1;
    sentAt = performance.now();
    const texts = {};
    for (const [name, input] of inputs) texts[name] = input.value;
    model.send({ type: "ask", number, texts });
  }
  for (const field of model.get("fields")) {
    const input = element("input");
    input.type = "text";
    input.spellcheck = false;
    input.autocomplete = "off";
    input.dir = "auto";
    input.placeholder = field.placeholder || "";
    input.setAttribute("aria-label", field.label);
    input.addEventListener("input", () => { waiting = true; next(); });
    const label = element("label", field.wide ? "nblib-wide" : "", element("span", "", field.shown ?? field.label), input);
    fields.append(label);
    inputs.set(field.name, input);
  }
  fields.hidden = !inputs.size;

  function show_texts() {
    const texts = model.get("texts");
    for (const [name, input] of inputs) {
      // What a person is typing is not taken out of the hand.
      const mine = document.activeElement === input && (waiting || number > model.get("seen"));
      if (!mine && name in texts && input.value !== texts[name]) input.value = texts[name];
    }
  }
  function show_said() {
    if (said.textContent !== model.get("said")) said.textContent = model.get("said");
    said.dataset.tone = model.get("tone");
  }
  function show_rows() {
    const diverging = model.get("diverging"), pickable = model.get("pickable");
    const [left, right] = model.get("ends");
    ends.hidden = left === undefined || !model.get("rows").length;
    ends.replaceChildren(element("span", "", left ?? ""), element("span", "", right ?? ""));
    rows.replaceChildren(...model.get("rows").map(([word, value, digits, remark, tone]) => {
      const name = element(pickable ? "button" : "span", "nblib-ask-word", word);
      name.title = word;
      name.dir = "auto";
      if (pickable) {
        name.type = "button";
        name.addEventListener("click", () => model.send({ type: "pick", word }));
      }
      const bar = element("span", value === null ? "" : `nblib-ask-bar${diverging ? " nblib-middle" : ""}`);
      if (value !== null) {
        const fill = element("span");
        const part = Math.max(-1, Math.min(1, value));
        if (diverging) {
          fill.style.left = `${50 + Math.min(0, part) * 50}%`;
          fill.style.width = `${Math.abs(part) * 50}%`;
        } else {
          fill.style.left = "0";
          fill.style.width = `${Math.max(0, part) * 100}%`;
        }
        bar.append(fill);
      }
      const note = element("span", "nblib-ask-note", remark);
      note.title = remark;
      const row = element("div", "nblib-ask-row", name, bar, element("span", "nblib-ask-number", digits), note);
      row.setAttribute("role", "listitem");
      row.dataset.tone = tone;
      return row;
    }));
  }
  const answered = () => { next(); show_texts(); };
  const wired = { texts: show_texts, said: show_said, tone: show_said, rows: show_rows, ends: show_rows,
    diverging: show_rows, seen: answered };
  for (const [name, call] of Object.entries(wired)) model.on(`change:${name}`, call);
  show_texts();
  show_said();
  show_rows();
  return () => { for (const [name, call] of Object.entries(wired)) model.off(`change:${name}`, call); };
}

export default { render };
