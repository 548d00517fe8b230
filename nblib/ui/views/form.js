// A form of settings: label, slider and text for a number, a list for a choice, a box to tick for a switch.
// Python says what is shown (`state`); a person's event goes to Python as text and is judged there.

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

let forms = 0;

function render({ model, el }) {
  const prefix = `nblib-form-${++forms}`;
  const controls = new Map();

  // One edit is under way at a time; of those that follow only the last of each field is kept.
  let number = model.get("seen");
  let sentAt = 0;
  // Where no answer comes, as after a restart of the kernel.
  let silence = 0;
  const silent = element("div", { class: "nblib-silent", role: "alert", hidden: true },
    "No answer from the kernel. If it was restarted, run this cell again.");
  const waiting = new Map();
  function edit(name, text, final) {
    waiting.set(name, { text, final });
    // What stands there now is the person's: whatever Python answers is shown anew.
    controls.get(name).shown = "";
    next();
  }
  function next() {
    const busy = number > model.get("seen") && performance.now() - sentAt < 3000;
    if (busy || !waiting.size) return;
    const [name, { text, final }] = waiting.entries().next().value;
    waiting.delete(name);
    number += 1;
    sentAt = performance.now();
    clearTimeout(silence);
    silence = setTimeout(() => { silent.hidden = false; }, 4000);
    model.send({ type: "edit", number, name, text, final });
  }

  function control(field) {
    const id = `${prefix}-${field.name}`;
    const note = element("div", { class: "nblib-note", id: `${id}-note` });
    const label = element("label", { class: "nblib-label", for: id, title: field.title }, field.label);
    const about = { id, title: field.title, "aria-describedby": `${id}-note`, name: field.name };
    const head = element("div", { class: "nblib-head" }, label);
    const box = element("div", { class: `nblib-field nblib-${field.kind}`, "data-name": field.name }, head);
    const parts = { box, note, field, inputs: [], dragging: false, shown: "" };

    if (field.kind === "switch") {
      const input = element("input", { ...about, type: "checkbox", role: "switch" });
      input.addEventListener("change", () => edit(field.name, String(input.checked), true));
      head.prepend(input);
      parts.inputs.push(input);
      parts.show = (state) => { input.checked = state.text === "true"; };
    } else if (field.kind === "choice") {
      const input = element("select", about, ...field.choices.map((c) => element("option", { value: c }, c)));
      input.addEventListener("change", () => edit(field.name, input.value, true));
      head.append(input);
      parts.inputs.push(input);
      parts.show = (state) => { input.value = state.text; };
    } else if (field.kind === "text") {
      const input = element("input", {
        ...about, type: "text", placeholder: field.placeholder, spellcheck: "false", autocomplete: "off",
        list: field.suggestions.length ? `${id}-list` : null,
      });
      input.addEventListener("change", () => edit(field.name, input.value, true));
      box.append(input);
      if (field.suggestions.length) {
        box.append(element("datalist", { id: `${id}-list` }, ...field.suggestions.map((s) => element("option", { value: s }))));
      }
      parts.inputs.push(input);
      parts.show = (state) => { input.value = state.text; };
    } else {
      number_control(field, about, head, box, parts);
    }
    box.append(note);
    controls.set(field.name, parts);
    return box;
  }

  // A number: a slider over the stops that Python counted out, and the text, which takes any number.
  function number_control(field, about, head, box, parts) {
    const ticks = [];
    for (const [k, apart] of field.apart.entries()) {
      const tick = element("input", { type: "checkbox", "aria-label": `${field.label}: ${apart.label}`, title: field.title });
      tick.addEventListener("change", () => edit(field.name, tick.checked ? apart.text : parts.back || field.start, true));
      head.append(element("label", { class: "nblib-apart", title: field.title }, tick, apart.label));
      ticks.push(tick);
      parts.inputs.push(tick);
    }
    const text = element("input", { ...about, type: "text", inputmode: "decimal", class: "nblib-number", autocomplete: "off" });
    const slider = element("input", { type: "range", min: 0, max: 1, step: 1, "aria-label": field.label, title: field.title });
    head.append(text);
    box.append(slider);
    parts.inputs.push(text, slider);
    let texts = [];
    const slide = (final) => {
      text.value = texts[slider.value];
      slider.setAttribute("aria-valuetext", text.value);
      fill(slider);
      edit(field.name, text.value, final);
    };
    slider.addEventListener("input", () => { parts.dragging = true; slide(false); });
    slider.addEventListener("change", () => { parts.dragging = false; slide(true); });
    text.addEventListener("change", () => edit(field.name, text.value, true));
    parts.show = (state) => {
      texts = state.texts;
      slider.max = texts.length - 1;
      slider.value = state.at;
      slider.setAttribute("aria-valuetext", state.text);
      fill(slider);
      slider.classList.toggle("nblib-off", state.apart >= 0);
      ticks.forEach((tick, k) => { tick.checked = state.apart === k; });
      text.value = state.apart >= 0 ? field.apart[state.apart].label : state.text;
      if (state.apart < 0) parts.back = state.text;
    };
  }

  function fill(slider) {
    slider.style.setProperty("--nblib-fill", `${(100 * slider.value) / Math.max(1, slider.max)}%`);
  }

  function show_state() {
    const state = model.get("state");
    for (const [name, parts] of controls) {
      const now = JSON.stringify(state[name]);
      if (now === parts.shown || parts.dragging || waiting.has(name)) continue;
      parts.shown = now;
      parts.show(state[name]);
    }
  }

  function show_notes() {
    const notes = model.get("notes");
    for (const [name, parts] of controls) {
      const note = notes[name];
      parts.note.textContent = note ? note.text : parts.field.hint;
      parts.box.dataset.tone = note ? note.tone : "";
      for (const input of parts.inputs) input.setAttribute("aria-invalid", note?.tone === "error" ? "true" : "false");
    }
    const hidden = [...controls.values()].find((p) => p.box.dataset.tone === "error" && !p.field.sight);
    const more = el.querySelector("details");
    if (hidden && more) more.open = true;
  }

  function show_locked() {
    const locked = new Set(model.get("locked"));
    for (const [name, parts] of controls) {
      parts.box.classList.toggle("nblib-locked", locked.has(name));
      for (const input of parts.inputs) input.disabled = locked.has(name);
    }
  }

  const fields = model.get("fields");
  const root = element("div", { class: "nblib-form", role: "group", "aria-label": "Settings of the run" });
  root.append(silent);
  root.append(...fields.filter((f) => f.sight).map(control));
  const rest = fields.filter((f) => !f.sight);
  if (rest.length) {
    const more = element("details", { class: "nblib-more" }, element("summary", {}, `More (${rest.length})`));
    let group = "";
    for (const field of rest) {
      if (field.group !== group) {
        group = field.group;
        more.append(element("div", { class: "nblib-group" }, group));
      }
      more.append(control(field));
    }
    root.append(more);
  }
  // The notebook has commands of its own on arrows, Enter and letters.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  const front = window.google?.colab ? "colab" : window.Jupyter?.notebook ? "classic" : "lab";
  if (model.get("front") !== front) {
    model.set("front", front);
    model.save_changes();
  }

  const on_seen = () => {
    clearTimeout(silence);
    silent.hidden = true;
    next();
    show_state();
  };
  model.on("change:state", show_state);
  model.on("change:notes", show_notes);
  model.on("change:locked", show_locked);
  model.on("change:seen", on_seen);
  show_state();
  show_notes();
  show_locked();
  return () => {
    model.off("change:state", show_state);
    model.off("change:notes", show_notes);
    model.off("change:locked", show_locked);
    model.off("change:seen", on_seen);
    clearTimeout(silence);
  };
}

export default { render };
