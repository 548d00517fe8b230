// What a hand does in a chart: pointer, drag and keys become calls of a few verbs.

/**
 * @typedef {import("./lines_paint.js").Geometry} Geometry
 * @typedef {{ geometry: () => Geometry | null, read_out: (at: number | null) => void, drag: (x: [number, number] | null) => void,
 *   zoom: (x: [number, number] | null) => void, walk: (by: number) => void, closer: (factor: number) => void }} Verbs
 */

/** Pixels that a drag is long at least; a shorter one is a click. */
const SHORTEST_DRAG = 6;

/**
 * Listen on the canvas. A finger that moves up or down scrolls the page.
 * @param {HTMLCanvasElement} canvas
 * @param {Verbs} verbs
 */
export function listen(canvas, verbs) {
  /** @type {number | null} */
  let began = null;

  /** @param {PointerEvent} event @param {boolean} within null outside the axes, else the nearest place on them */
  function place(event, within) {
    const geometry = verbs.geometry();
    if (!geometry) return null;
    const { box, x } = geometry, share = (event.clientX - canvas.getBoundingClientRect().left - box.left) / box.width;
    if (!within && (share < 0 || share > 1)) return null;
    return x[0] + Math.max(0, Math.min(1, share)) * (x[1] - x[0]);
  }
  /** @param {number} a @param {number} b @returns {[number, number] | null} */
  function span(a, b) {
    const geometry = verbs.geometry();
    if (!geometry || Math.abs(geometry.X(b) - geometry.X(a)) < SHORTEST_DRAG) return null;
    return [Math.min(a, b), Math.max(a, b)];
  }

  canvas.addEventListener("pointerdown", (event) => {
    began = event.button === 0 ? place(event, false) : null;
    if (began !== null) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (began === null) { verbs.read_out(place(event, false)); return; }
    const now = place(event, true);
    if (now !== null) { verbs.drag(span(began, now)); verbs.read_out(now); }
  });
  canvas.addEventListener("pointerup", (event) => {
    const now = place(event, true), chosen = began !== null && now !== null ? span(began, now) : null;
    began = null;
    verbs.drag(null);
    if (chosen) verbs.zoom(chosen);
  });
  canvas.addEventListener("pointercancel", () => { began = null; verbs.drag(null); });
  canvas.addEventListener("pointerleave", () => { if (began === null) verbs.read_out(null); });
  canvas.addEventListener("dblclick", () => verbs.zoom(null));
  canvas.addEventListener("blur", () => verbs.read_out(null));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => verbs.walk(-far), ArrowRight: () => verbs.walk(far),
      Home: () => verbs.walk(-Infinity), End: () => verbs.walk(Infinity),
      "+": () => verbs.closer(0.5), "=": () => verbs.closer(0.5), "-": () => verbs.closer(2), "_": () => verbs.closer(2),
      Escape: () => { verbs.drag(null); verbs.read_out(null); verbs.zoom(null); },
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
