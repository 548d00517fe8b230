// Charts that share one x axis tell each other what is read out and zoomed into, and are saved together. Each view is
// a module of its own on the page, so that they meet by events of the document.

/**
 * @typedef {{ at: number | null, zoom: [number, number] | null }} Reading
 * @typedef {import("./save.js").Part} Part
 */

/**
 * @param {string} group "" for a chart that stands alone
 * @param {{ root: HTMLElement, move: (place: Reading) => void, part: () => Part | null }} chart
 */
export function linked(group, chart) {
  const name = `nblib-chart-${group}`;
  const me = {};
  /** @param {any} event */
  function heard({ detail }) {
    if (detail.from !== me && detail.place) chart.move(detail.place);
    const part = detail.parts && detail.within.contains(chart.root) && chart.part();
    if (part) detail.parts.push(part);
  }
  if (group) document.addEventListener(name, heard);
  return {
    /** @param {Reading} place */
    tell(place) { if (group) document.dispatchEvent(new CustomEvent(name, { detail: { from: me, place } })); },
    close() { document.removeEventListener(name, heard); },
  };
}

/**
 * All charts of a group within an element that show something, from the top of the page down.
 * @param {string} group
 * @param {Element} within
 * @returns {Part[]}
 */
export function parts_of(group, within) {
  /** @type {Part[]} */
  const parts = [];
  document.dispatchEvent(new CustomEvent(`nblib-chart-${group}`, { detail: { parts, within } }));
  return parts.sort((a, b) => (a.top ?? 0) - (b.top ?? 0));
}
