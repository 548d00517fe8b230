// Messages to Python: one under way at a time, and a line that says so where no answer comes.
import { element } from "./dom.js";

export const NO_ANSWER = "No answer from the kernel. If it was restarted, run this cell again.";
/** Milliseconds after which the page says that no answer came. */
export const PATIENCE = 4000;
/** Milliseconds after which the next message goes although the last one was not answered. */
export const RETRY = 3000;

/**
 * A line in `place` that is seen from `PATIENCE` ms after `listen()` until `heard()`. Sending to a restarted kernel
 * raises in JupyterLab, so listen before you send.
 * @param {HTMLElement} place
 */
export function silence(place) {
  const line = element("div", { class: "nblib-silent", role: "alert", hidden: true }, NO_ANSWER);
  place.prepend(line);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  function close() { clearTimeout(timer); timer = undefined; }
  return {
    line,
    listen() { timer ??= setTimeout(() => { line.hidden = false; }, PATIENCE); },
    heard() { close(); line.hidden = true; },
    close,
  };
}

/** @typedef {{ type: string } & Record<string, unknown>} Message */

/**
 * Sends messages with ascending numbers; the trait `seen` holds the last one that was answered. While one is under way
 * the others wait, and of those with the same key only the last is kept. A message may be a function that is asked when
 * its turn comes.
 * @template T
 * @param {Model<T>} model
 * @param {HTMLElement} place where the line stands that no answer came
 * @param {{ seen?: string, answered?: () => void }} [options] `answered` is called before the next one goes
 */
export function sender(model, place, { seen = "seen", answered = () => {} } = {}) {
  const last = () => Number(model.get(/** @type {keyof T} */ (seen)));
  const quiet = silence(place);
  let number = last(), sent = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Map<string, Message | (() => Message)>} */
  const waiting = new Map();
  function next() {
    clearTimeout(timer);
    if (!waiting.size) return;
    const rest = RETRY - (performance.now() - sent);
    if (number > last() && rest > 0) { timer = setTimeout(next, rest); return; }
    const [key, message] = /** @type {[string, Message | (() => Message)]} */ (waiting.entries().next().value);
    waiting.delete(key);
    // Another view of the same model may have asked since.
    number = Math.max(number, last()) + 1;
    sent = performance.now();
    quiet.listen();
    model.send({ ...(typeof message === "function" ? message() : message), number });
  }
  function heard() {
    quiet.heard();
    if (number > last()) quiet.listen();
    answered();
    next();
  }
  model.on(`change:${seen}`, heard);
  return {
    /** @param {string} key @param {Message | (() => Message)} message */
    send(key, message) { waiting.delete(key); waiting.set(key, message); next(); },
    /** Whether a message with this key has not gone yet. @param {string} key */
    waits: (key) => waiting.has(key),
    /** Whether anything waits, or waits for its answer. */
    busy: () => waiting.size > 0 || number > last(),
    close() { clearTimeout(timer); quiet.close(); model.off(`change:${seen}`, heard); },
  };
}
