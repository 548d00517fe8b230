// What stands in for the page and the kernel in these tests.
import { readFileSync } from "node:fs";

/** The cases that a test in Python reads as well. */
export const cases = (name) => JSON.parse(readFileSync(new URL(`cases/${name}.json`, import.meta.url), "utf-8"));

/** A model with traits, events and what was sent. */
export function model_of(traits, send) {
  const heard = new Map();
  const model = {
    traits, sent: [],
    get: (name) => model.traits[name],
    set(name, value) { model.traits[name] = value; for (const call of heard.get(`change:${name}`) ?? []) call(); },
    save_changes() {},
    send(content) { model.sent.push(content); send?.(content); },
    on(event, call) { heard.set(event, [...(heard.get(event) ?? []), call]); },
    off(event, call) { heard.set(event, (heard.get(event) ?? []).filter((c) => c !== call)); },
    listeners: () => [...heard.values()].flat().length,
  };
  return model;
}

class Node {
  constructor(tag) { Object.assign(this, { tag, attributes: {}, children: [], hidden: false, textContent: "", style: { set: {}, setProperty(n, v) { this.set[n] = v; } } }); }
  setAttribute(name, value) { this.attributes[name] = value; if (name === "hidden") this.hidden = true; }
  append(...nodes) { this.children.push(...nodes); }
  prepend(...nodes) { this.children.unshift(...nodes); }
  addEventListener(name, call) { this[`on${name}`] = call; }
}
/** Elements that keep what they are given. */
export function page() {
  globalThis.document = { createElement: (tag) => new Node(tag) };
  return new Node("div");
}

/** A pen that only measures: seven pixels a letter. */
export const ruler = { measureText: (text) => ({ width: 7 * [...text].length }) };

export const view_of = (array) => new DataView(array.buffer, array.byteOffset, array.byteLength);
export const close = (a, b, within = 1e-9) => Math.abs(a - b) <= within || (Number.isNaN(a) && Number.isNaN(b));
