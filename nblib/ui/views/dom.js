// Elements, and traits that are read once a message.

/**
 * An element with attributes and children; an attribute that is null, undefined or false is left out, true is written
 * as "".
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/** @param {string} word @param {string} title @param {(event: MouseEvent) => void} press */
export function button(word, title, press) {
  const node = element("button", { type: "button", title }, word);
  node.addEventListener("click", press);
  return node;
}

/** Written only when it changed, so that a reader of the screen says it once. @param {HTMLElement} node @param {string} text */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The notebook has commands of its own on arrows, Enter and letters: none of them hears a key. @param {HTMLElement} node */
export function keep_keys(node) {
  node.addEventListener("keydown", (event) => event.stopPropagation());
}

/** The part of a slider that lies below its value is coloured. @param {HTMLInputElement} slider */
export function fill(slider) {
  const low = Number(slider.min), share = (Number(slider.value) - low) / (Number(slider.max) - low || 1);
  slider.style.setProperty("--nblib-fill", `${100 * share}%`);
}

/** Where a pointer is within a node. @param {Element} node @param {MouseEvent} event @returns {[number, number]} */
export function offset(node, event) {
  const place = node.getBoundingClientRect();
  return [event.clientX - place.left, event.clientY - place.top];
}

/**
 * Traits that arrive in one message are read once, and once at the start. Gives a function that ends it.
 * @template T
 * @param {Model<T>} model
 * @param {() => void} read
 * @param {string[]} names "" for any trait
 */
export function changes(model, read, names = [""]) {
  let pending = false;
  function changed() {
    if (pending) return;
    pending = true;
    queueMicrotask(() => { pending = false; read(); });
  }
  const events = names.map((name) => (name ? `change:${name}` : "change"));
  for (const event of events) model.on(event, changed);
  read();
  return () => { for (const event of events) model.off(event, changed); };
}

/**
 * A text as XML has it, in saved pictures. Control letters and halves of pairs, which XML has no place for, become �.
 * @param {string} text
 */
export function escaped(text) {
  const known = String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  return known.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
