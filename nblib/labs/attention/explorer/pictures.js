// The three canvases of the explorer, and what lies where on them.
import { blank, canvas } from "../../../ui/views/canvas.js";
import { element, offset } from "../../../ui/views/dom.js";
import { head_at } from "../heads/paint.js";
import { largest, map_picture } from "./maps.js";
import { map_box, map_name, paint_lines, paint_map, paint_thumbs, thumbs_grid } from "./paint.js";

/**
 * @typedef {import("./state.js").Look} Look
 * @typedef {{ scores: () => number[][] | undefined, brightest: () => boolean, waiting: () => boolean, grown: (count: number) => void }} Asked
 *   `scores` of the chosen role; `brightest`: colours go from 0 to 1; `grown`: all thumbnails are made
 */

/** Milliseconds of a frame that thumbnails may take. */
const SLICE = 8;

/** @param {Look} look @param {Asked} asked */
export function pictures_of(look, { scores, brightest, waiting, grown }) {
  const places = ["heads", "map", "lines"].map((name) => element("div", { class: `nblib-canvas nblib-${name}-place` }));
  /** @type {import("./paint.js").Thumb[]} */
  let thumbs = [];
  /** @type {{ key: string, top: number, canvas: HTMLCanvasElement } | null} */
  let painted = null;
  let frame = 0, grid = { left: 0, top: 0, one: 1 }, box = { left: 0, top: 0, side: 1, one: 1, height: 0 }, ends = { left: 0, right: 0, top: 0, high: 1 };

  // A few heads a frame, so that nothing waits for those of a long text.
  function grow() {
    const { maps } = look, until = performance.now() + SLICE;
    if (!maps) return;
    const count = maps.layers * maps.heads, side = Math.min(maps.T, 40);
    let made = 0;
    for (let k = 0; k < count && performance.now() < until; k += 1) {
      if (thumbs[k]) continue;
      const values = maps.patches(look.set, Math.floor(k / maps.heads), k % maps.heads, side);
      thumbs[k] = { values, side, top: largest(values), name: "", canvas: null };
      made += 1;
    }
    heads.again();
    if (made) frame = requestAnimationFrame(grow); else grown(thumbs.length);
  }

  const top = () => (brightest() ? 1 : largest(look.weights));
  /** @param {Theme} theme */
  function picture(theme) {
    const name = map_name(look, theme), key = `${look.key} ${name} ${brightest()}`;
    if (painted?.key !== key) painted = { key, top: top(), canvas: map_picture(look.weights, look.T, top(), name, look.signed) };
    return painted;
  }
  /** @param {Paint} paint @returns {Paint} */
  const when_read = (paint) => (pen, width, height, theme) => {
    if (look.maps) paint(pen, width, height, theme);
    else blank(pen, width, height, theme, waiting() ? "reading …" : "nothing to show yet");
  };
  const heads = canvas(places[0], 200, when_read((pen, width, _, theme) => {
    if (!look.maps) return;
    grid = thumbs_grid(width, look.maps);
    heads.resize(Math.ceil(grid.top + grid.one * look.maps.layers + 22));
    paint_thumbs(pen, theme, grid, look, thumbs, scores());
  }), { tabindex: 0, role: "img", "aria-label": "all heads; arrow keys choose one" });
  const map = canvas(places[1], 320, when_read((pen, width, _, theme) => {
    box = map_box(pen, width, look);
    map.resize(box.height);
    lines.resize(box.height);
    const { canvas: node, top: most } = picture(theme);
    paint_map(pen, theme, box, look, node, most);
  }), { tabindex: 0, role: "img", "aria-label": "attention of the chosen head; arrow keys move through tokens, with Shift through heads" });
  const lines = canvas(places[2], 320, (pen, width, height, theme) => {
    if (look.maps) ends = paint_lines(pen, width, height, theme, look);
  }, { tabindex: 0, role: "img", "aria-label": "lines from token to token" });

  return {
    places, heads, map, lines, top,
    /** Other weights. */
    changed() { painted = null; for (const view of [heads, map, lines]) view.now(); },
    /** Other heads: their thumbnails are made anew. */
    restart() { thumbs = []; painted = null; cancelAnimationFrame(frame); frame = requestAnimationFrame(grow); },
    /** Layer and head under the pointer. @param {MouseEvent} event */
    head: (event) => (look.maps ? head_at(grid, look.maps, ...offset(heads.canvas, event)) : null),
    /** Row and column under the pointer. @param {MouseEvent} event @returns {[number, number] | null} */
    cell(event) {
      const hit = look.maps && head_at(box, { layers: look.span, heads: look.span }, ...offset(map.canvas, event));
      return hit ? [hit[0] + look.first[0], hit[1] + look.first[1]] : null;
    },
    /** Row and column with the token under the pointer in place of one of them. @param {MouseEvent} event @returns {[number | null, number | null] | null} */
    token(event) {
      const [x, y] = offset(lines.canvas, event), t = Math.floor((y - ends.top) / ends.high);
      if (!look.maps || t < 0 || t >= look.T) return null;
      return x > (ends.left + ends.right) / 2 ? [look.row, t] : [t, look.column];
    },
    close() { cancelAnimationFrame(frame); for (const view of [heads, map, lines]) view.close(); },
  };
}
