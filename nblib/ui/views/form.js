// A form of settings: label, slider and text for a number, a list for a choice, a box to tick for a switch.
// Python says what is shown (`state`); a person's event goes to Python as text and is judged there.
import { changes, element, fill, keep_keys } from "./dom.js";
import { sender } from "./messages.js";

/**
 * @typedef {{ name: string, kind: string, label: string, title: string, hint: string, sight: boolean, group: string,
 *   choices: string[], placeholder: string, suggestions: string[], start: string, apart: { label: string, text: string }[] }} Field
 * @typedef {{ text: string, texts: string[], at: number, apart: number }} State what a control shows; a number has
 *   `texts` of the slider's stops, and which of the values that stand apart it is, −1 for none
 * @typedef {{ fields: Field[], state: Record<string, State>, notes: Record<string, { tone: string, text: string }>,
 *   locked: string[], seen: number, front: string }} Traits
 * @typedef {(name: string, text: string, final: boolean) => void} Edit
 * @typedef {{ box: HTMLElement, note: HTMLElement, head: HTMLElement, field: Field, dragging: boolean, shown: string,
 *   inputs: (HTMLInputElement | HTMLSelectElement)[], about: Record<string, string>, show: (state: State) => void }} Control
 */

let forms = 0;

/** @param {View<Traits>} view */
function render({ model, el }) {
  const prefix = `nblib-form-${++forms}`;
  /** @type {Map<string, Control>} */
  const controls = new Map();
  const root = element("div", { class: "nblib-form", role: "group", "aria-label": "Settings of the run" });
  const edits = sender(model, root, { answered: show_state });
  /** @type {Edit} */
  function edit(name, text, final) {
    // What stands there now is the person's: whatever Python answers is shown anew.
    const control = controls.get(name);
    if (control) control.shown = "";
    edits.send(name, { type: "edit", name, text, final });
  }
  /** @param {Field} field */
  function control(field) {
    const made = control_of(field, prefix, edit);
    controls.set(field.name, made);
    return made.box;
  }

  function show_state() {
    const state = model.get("state");
    for (const [name, control] of controls) {
      const now = JSON.stringify(state[name]);
      if (now === control.shown || control.dragging || edits.waits(name)) continue;
      control.shown = now;
      control.show(state[name]);
    }
  }
  function show_notes() {
    const notes = model.get("notes");
    for (const [name, { note, box, field, inputs }] of controls) {
      const about = notes[name];
      note.textContent = about ? about.text : field.hint;
      box.dataset.tone = about ? about.tone : "";
      for (const input of inputs) input.setAttribute("aria-invalid", String(about?.tone === "error"));
    }
    const hidden = [...controls.values()].find((c) => c.box.dataset.tone === "error" && !c.field.sight);
    const more = el.querySelector("details");
    if (hidden && more) more.open = true;
  }
  function show_locked() {
    const locked = new Set(model.get("locked"));
    for (const [name, { box, inputs }] of controls) {
      box.classList.toggle("nblib-locked", locked.has(name));
      for (const input of inputs) input.disabled = locked.has(name);
    }
  }

  const fields = model.get("fields"), rest = fields.filter((f) => !f.sight);
  root.append(...fields.filter((f) => f.sight).map(control));
  if (rest.length) root.append(disclosure(rest, control));
  keep_keys(root);
  el.append(root);

  const front = window.google?.colab ? "colab" : window.Jupyter?.notebook ? "classic" : "lab";
  if (model.get("front") !== front) {
    model.set("front", front);
    model.save_changes();
  }
  const ended = [changes(model, show_state, ["state"]), changes(model, show_notes, ["notes"]), changes(model, show_locked, ["locked"])];
  return () => { for (const end of ended) end(); edits.close(); };
}

/** What is seldom set, by groups. @param {Field[]} fields @param {(field: Field) => HTMLElement} control */
function disclosure(fields, control) {
  const more = element("details", { class: "nblib-more" }, element("summary", {}, `More (${fields.length})`));
  let group = "";
  for (const field of fields) {
    if (field.group !== group) {
      group = field.group;
      more.append(element("div", { class: "nblib-group" }, group));
    }
    more.append(control(field));
  }
  return more;
}

/** @param {Field} field @param {string} prefix @param {Edit} edit @returns {Control} */
function control_of(field, prefix, edit) {
  const id = `${prefix}-${field.name}`;
  const note = element("div", { class: "nblib-note", id: `${id}-note` });
  const label = element("label", { class: "nblib-label", for: id, title: field.title }, field.label);
  const head = element("div", { class: "nblib-head" }, label);
  const box = element("div", { class: `nblib-field nblib-${field.kind}`, "data-name": field.name }, head);
  const about = { id, title: field.title, "aria-describedby": `${id}-note`, name: field.name };
  /** @type {Control} */
  const control = { box, head, note, field, about, inputs: [], dragging: false, shown: "", show() {} };
  const fill_in = { switch: add_switch, choice: add_choice, text: add_text }[field.kind] ?? add_number;
  fill_in(control, edit);
  box.append(note);
  return control;
}

/** @param {Control} control @param {Edit} edit */
function add_switch(control, edit) {
  const input = element("input", { ...control.about, type: "checkbox", role: "switch" });
  input.addEventListener("change", () => edit(control.field.name, String(input.checked), true));
  control.head.prepend(input);
  control.inputs.push(input);
  control.show = (state) => { input.checked = state.text === "true"; };
}

/** @param {Control} control @param {Edit} edit */
function add_choice(control, edit) {
  const { field } = control;
  const input = element("select", control.about, ...field.choices.map((c) => element("option", { value: c }, c)));
  input.addEventListener("change", () => edit(field.name, input.value, true));
  control.head.append(input);
  control.inputs.push(input);
  control.show = (state) => { input.value = state.text; };
}

/** @param {Control} control @param {Edit} edit */
function add_text(control, edit) {
  const { field, about } = control, list = `${about.id}-list`;
  const input = element("input", {
    ...about, type: "text", placeholder: field.placeholder, spellcheck: "false", autocomplete: "off",
    list: field.suggestions.length ? list : null,
  });
  input.addEventListener("change", () => edit(field.name, input.value, true));
  control.box.append(input);
  if (field.suggestions.length) {
    control.box.append(element("datalist", { id: list }, ...field.suggestions.map((s) => element("option", { value: s }))));
  }
  control.inputs.push(input);
  control.show = (state) => { input.value = state.text; };
}

/** A slider over the stops that Python counted out, and the text, which takes any number. @param {Control} control @param {Edit} edit */
function add_number(control, edit) {
  const { field, head, box, inputs } = control;
  let back = "";
  const boxes = field.apart.map((apart) => {
    const tick = element("input", { type: "checkbox", "aria-label": `${field.label}: ${apart.label}`, title: field.title });
    tick.addEventListener("change", () => edit(field.name, tick.checked ? apart.text : back || field.start, true));
    head.append(element("label", { class: "nblib-apart", title: field.title }, tick, apart.label));
    return tick;
  });
  const text = element("input", { ...control.about, type: "text", inputmode: "decimal", class: "nblib-number", autocomplete: "off" });
  const slider = element("input", { type: "range", min: 0, max: 1, step: 1, "aria-label": field.label, title: field.title });
  head.append(text);
  box.append(slider);
  inputs.push(...boxes, text, slider);
  /** @type {string[]} */
  let texts = [];
  const slide = (/** @type {boolean} */ final) => {
    text.value = texts[Number(slider.value)];
    slider.setAttribute("aria-valuetext", text.value);
    fill(slider);
    edit(field.name, text.value, final);
  };
  slider.addEventListener("input", () => { control.dragging = true; slide(false); });
  slider.addEventListener("change", () => { control.dragging = false; slide(true); });
  text.addEventListener("change", () => edit(field.name, text.value, true));
  control.show = (state) => {
    texts = state.texts;
    slider.max = String(texts.length - 1);
    slider.value = String(state.at);
    slider.setAttribute("aria-valuetext", state.text);
    fill(slider);
    slider.classList.toggle("nblib-off", state.apart >= 0);
    boxes.forEach((tick, k) => { tick.checked = state.apart === k; });
    text.value = state.apart >= 0 ? field.apart[state.apart].label : state.text;
    if (state.apart < 0) back = state.text;
  };
}

export default { render };
