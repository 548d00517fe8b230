// All heads of a model at once, one of them large, and its lines: what is hovered, switched and stepped through is
// answered from the bytes that came with the text; only a new text and an exact weight ask the kernel.

import { nb_png, nb_save, nb_strongest, nb_svg } from "./export.js";
import { nb_bytes, nb_largest, nb_maps_of, nb_picture } from "./maps.js";
import { NB_FONT, nb_button, nb_canvas, nb_element, nb_map, nb_places, nb_ticks } from "../../../ui/views/kit.js";

const NB_MODES = { head: "Head", layer: "Mean of the layer", all: "Mean of all", rollout: "Rollout" };
const NB_MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function render({ model, el }) {
  const alone = model.get("alone");
  const root = nb_element("div", { class: "nblib-explorer" });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  const field = (label, name, wide) => {
    const input = nb_element("input", { type: "text", spellcheck: "false", "aria-label": label, class: wide ? "nblib-wide" : "" });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") ask(); });
    return { input, node: nb_element("label", { class: wide ? "nblib-wide" : "" }, nb_element("span", {}, label), input), name };
  };
  const named = field("Model", "model"), typed = field("Sentence", "text", true);
  const questions = nb_element("div", { class: "nblib-row nblib-questions" }, named.node, typed.node, nb_button("Show", "Read the sentence (Enter)", () => ask()));
  const said = nb_element("div", { class: "nblib-readout", role: "status" });
  const sets_row = nb_element("span", { class: "nblib-choice" }), modes_row = nb_element("span", { class: "nblib-choice" });
  const role_choice = nb_element("select", { "aria-label": "Role", title: "Number every head by how much of its attention goes where the role says" });
  const brightest = nb_element("input", { type: "checkbox" });
  const zooms = nb_element("span", { class: "nblib-choice" }, nb_button("−", "Show more tokens", () => zoom(2)), nb_button("+", "Show fewer tokens, larger, around the chosen one", () => zoom(0.5)));
  const files = nb_element("span", { class: "nblib-choice nblib-files" });
  const tools = nb_element("div", { class: "nblib-row nblib-explorer-tools" }, sets_row, modes_row,
    nb_element("label", { class: "nblib-inline" }, "Role", role_choice),
    nb_element("label", { class: "nblib-inline", title: "Colours from 0 to 1; else from 0 to the largest weight in sight" }, brightest, "0 to 1"), zooms, files);
  const heads_place = nb_element("div", { class: "nblib-canvas nblib-heads-place" });
  const map_place = nb_element("div", { class: "nblib-canvas nblib-map-place" });
  const lines_place = nb_element("div", { class: "nblib-canvas nblib-lines-place" });
  const name = nb_element("div", { class: "nblib-view-title" });
  const value = nb_element("div", { class: "nblib-readout nblib-weight", "aria-live": "polite" });
  const roles_line = nb_element("div", { class: "nblib-note" });
  const notes = nb_element("div", { class: "nblib-note nblib-explorer-note" });
  if (!alone) root.append(questions);
  root.append(said, tools, name, nb_element("div", { class: "nblib-explorer-views" }, heads_place, map_place, lines_place), value, roles_line, notes);

  let tokens = [], maps = null, content = null, set = 0, mode = "head", layer = 0, head = 0, row = null, column = null;
  let window_at = [0, 0], span = 0, exact = null, number = 0, waiting = 0, thumbs = [], painted = null;
  let box = null, grid = null, ends = null;

  // -- what is shown -------------------------------------------------------------------------------------------------

  const signed = () => set < 0;
  const weights = () => maps.weights(set, mode, layer, head);
  const label = (t) => tokens[t] ?? "";
  const short = (text, most = 14) => ([...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);

  function accept(message, buffers) {
    content = message;
    tokens = message.tokens;
    maps = nb_maps_of(message, buffers);
    layer = Math.min(layer, maps.layers - 1);
    head = Math.min(head, maps.heads - 1);
    if (maps.sets < 2) set = 0;
    if (row !== null && row >= maps.T) row = column = null;
    span = Math.min(maps.T, 96);
    window_at = [0, 0];
    exact = null;
    thumbs = [];
    painted = null;
    if (!alone) { named.input.value = message.model; typed.input.value = message.text; }
    notes.textContent = message.about;
    zooms.hidden = maps.T <= 24;
    choices();
    changed();
    grow();
    root.dataset.tokens = maps.T;
    root.dataset.shown = message.number;
  }

  function choices() {
    const make = (place, entries, chosen, press) => {
      place.replaceChildren(...entries.map(([key, word, title]) => {
        const button = nb_button(word, title, () => { press(key); choices(); changed(); });
        button.setAttribute("aria-pressed", key === chosen);
        return button;
      }));
    };
    const names = content?.names ?? [];
    sets_row.hidden = names.length < 2;
    const wide = [...names.map((n, k) => [k, n, `The attention of ${n}`]), [-1, "Difference", `${names[1]} less ${names[0]}`]];
    make(sets_row, wide, set, (key) => { set = key; thumbs = []; grow(); });
    make(modes_row, Object.entries(NB_MODES).map(([key, word]) => [key, word, {
      head: "One head", layer: "The mean of the heads of this layer", all: "The mean of all heads of all layers",
      rollout: "How much of each first token flows into each last one: layers multiplied, half of each the residual",
    }[key]]), mode, (key) => { mode = key; });
    const roles = Object.keys(model.get("roles"));
    if (role_choice.options.length !== roles.length + 1) {
      role_choice.replaceChildren(nb_element("option", { value: "" }, "–"), ...roles.map((r) => nb_element("option", { value: r }, r)));
    }
    role_choice.parentElement.hidden = !roles.length;
  }

  function changed() {
    painted = null;
    say();
    for (const view of [heads_view, map_view, lines_view]) view.now();
  }

  function title() {
    if (!maps) return "";
    const which = { head: `Layer ${layer + 1}, head ${head + 1}`, layer: `Layer ${layer + 1}, mean of its ${maps.heads} heads`, all: `Mean of all ${maps.layers} × ${maps.heads} heads`, rollout: `Rollout over ${maps.layers} layers` }[mode];
    const whose = content.names.length > 1 ? ` · ${set < 0 ? `${content.names[1]} less ${content.names[0]}` : content.names[set]}` : "";
    return which + whose;
  }

  function say() {
    name.textContent = title();
    root.dataset.at = `${mode} ${layer + 1} ${head + 1}`;
    root.dataset.token = row === null ? "" : `${row} ${column ?? ""}`;
    if (!maps) return;
    if (row !== null && column !== null) {
      const weight = weights()[row * maps.T + column];
      const text = `“${label(row)}” (${row + 1}) looks at “${label(column)}” (${column + 1}): ${weight.toFixed(3).replace("-", "−")}`;
      const known = exact && exact.key === where();
      value.textContent = known ? `${text} · exactly ${exact.value.replace("-", "−")}` : text;
      value.dataset.weight = weight;
    } else {
      value.textContent = `Point at a cell, or go there with the arrow keys${alone ? "." : "; a click fetches the exact weight."}`;
      value.dataset.weight = "";
    }
    roles_line.textContent = mode === "head" ? roles_of(layer, head) : "";
  }

  function roles_of(l, h) {
    const found = Object.entries(model.get("roles")).map(([r, scores]) => [r, scores[l]?.[h] ?? 0]).sort((a, b) => b[1] - a[1]);
    return found.length ? `Role, measured over ${model.get("role_texts")} sentences: ${found.map(([r, s]) => `${r} ${s.toFixed(2)}`).join(" · ")}` : "";
  }

  const where = () => `${set} ${mode} ${layer} ${head} ${row} ${column}`;

  // -- thumbnails ----------------------------------------------------------------------------------------------------

  let growing = 0;
  // A few heads a frame, so that nothing waits for those of a long text.
  function grow() {
    cancelAnimationFrame(growing);
    growing = requestAnimationFrame(function more() {
      if (!maps) return;
      const until = performance.now() + 8, count = maps.layers * maps.heads, side = Math.min(maps.T, 40);
      let made = 0;
      for (let k = 0; k < count && performance.now() < until; k += 1) {
        if (thumbs[k]) continue;
        const found = maps.patches(set, Math.floor(k / maps.heads), k % maps.heads, side);
        thumbs[k] = { found, side, top: nb_largest(found), canvas: null };
        made += 1;
      }
      heads_view.again();
      if (made) growing = requestAnimationFrame(more); else root.dataset.thumbs = thumbs.length;
    });
  }

  function paint_heads(context, width, height, theme) {
    if (!maps) { empty(context, width, height, theme); return; }
    const left = 26, top = 20, one = Math.max(10, Math.min(40, (width - left - 2) / maps.heads, (440 - top) / maps.layers));
    grid = { left, top, one };
    heads_view.resize(Math.ceil(top + one * maps.layers + 22));
    context.fillStyle = theme.soft;
    context.textAlign = "center";
    for (const h of nb_places(maps.heads, Math.floor((one * maps.heads) / 20))) context.fillText(h + 1, left + (h + 0.5) * one, 10);
    context.textAlign = "right";
    for (const l of nb_places(maps.layers, Math.floor((one * maps.layers) / 15))) context.fillText(l + 1, left - 5, top + (l + 0.5) * one);
    const role = role_choice.value, scores = role && model.get("roles")[role];
    const map_name = signed() ? (theme.dark ? "diverging_dark" : "diverging") : "viridis";
    context.imageSmoothingEnabled = true;
    for (let l = 0; l < maps.layers; l += 1) for (let h = 0; h < maps.heads; h += 1) {
      const thumb = thumbs[l * maps.heads + h], x = left + h * one, y = top + l * one;
      if (!thumb) { context.fillStyle = theme.line; context.globalAlpha = 0.3; context.fillRect(x + 1, y + 1, one - 2, one - 2); context.globalAlpha = 1; continue; }
      if (thumb.canvas?.name !== map_name) { thumb.canvas = { name: map_name, node: nb_picture(thumb.found, thumb.side, thumb.top, map_name, signed(), true) }; }
      context.globalAlpha = scores ? 0.25 : 1;
      context.drawImage(thumb.canvas.node, x + 1, y + 1, one - 2, one - 2);
      context.globalAlpha = 1;
      if (scores) {
        const score = scores[l]?.[h] ?? 0;
        context.fillStyle = theme.accent;
        context.fillRect(x + 1, y + 1 + (one - 2) * (1 - score), 4, (one - 2) * score);
        if (one >= 24) { context.fillStyle = theme.ink; context.textAlign = "center"; context.fillText(score.toFixed(2).replace(/^0/, ""), x + one / 2 + 1, y + one / 2 + 0.5); }
      }
    }
    context.strokeStyle = theme.dark ? "#fff" : "#000";
    context.lineWidth = 2;
    if (mode === "head") context.strokeRect(left + head * one, top + layer * one, one, one);
    else if (mode === "layer") context.strokeRect(left, top + layer * one, one * maps.heads, one);
    else context.strokeRect(left, top, one * maps.heads, one * maps.layers);
    context.lineWidth = 1;
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    context.fillText("heads →, layers ↓", left, top + one * maps.layers + 12);
  }

  function head_under(event) {
    if (!maps || !grid) return null;
    const place = heads_view.canvas.getBoundingClientRect();
    const h = Math.floor((event.clientX - place.left - grid.left) / grid.one), l = Math.floor((event.clientY - place.top - grid.top) / grid.one);
    return h >= 0 && l >= 0 && h < maps.heads && l < maps.layers ? [l, h] : null;
  }

  function choose(l, h) {
    layer = Math.max(0, Math.min(maps.layers - 1, l));
    head = Math.max(0, Math.min(maps.heads - 1, h));
    if (mode === "all" || mode === "rollout") { mode = "head"; choices(); }
    changed();
  }

  // -- the large map -------------------------------------------------------------------------------------------------

  function empty(context, width, height, theme) {
    context.fillStyle = theme.soft;
    context.textAlign = "center";
    context.fillText(waiting ? "reading …" : "nothing to show yet", width / 2, height / 2);
  }

  function picture(theme) {
    const map_name = signed() ? (theme.dark ? "diverging_dark" : "diverging") : "viridis";
    const key = `${where().split(" ").slice(0, 4).join(" ")} ${map_name} ${brightest.checked}`;
    if (painted?.key !== key) {
      const values = weights(), top = brightest.checked ? 1 : nb_largest(values);
      painted = { key, top, name: map_name, canvas: nb_picture(values, maps.T, top, map_name, signed()) };
    }
    return painted;
  }

  function paint_map(context, width, height, theme) {
    if (!maps) { empty(context, width, height, theme); box = null; return; }
    context.font = NB_FONT;
    const [first_q, first_k] = window_at, n = span;
    let longest = 0;
    for (let t = 0; t < n; t += 1) longest = Math.max(longest, context.measureText(short(label(first_q + t))).width, context.measureText(short(label(first_k + t))).width);
    const left = Math.min(110, longest + 12), top = Math.min(100, longest * 0.87 + 16), bar = 58;
    const side = Math.max(60, Math.min(width - left - bar, 470)), one = side / n;
    const tall = Math.ceil(top + side + 26);
    map_view.resize(tall);
    if (lines_view) lines_view.resize(tall);
    box = { left, top, side, one };
    const { canvas, top: most } = picture(theme);
    context.imageSmoothingEnabled = false;
    context.drawImage(canvas, first_k, first_q, n, n, left, top, side, side);
    context.strokeStyle = theme.line;
    context.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
    const every = Math.max(1, Math.ceil(14 / one));
    for (let t = 0; t < n; t += 1) {
      const q = first_q + t, k = first_k + t;
      if (t % every === 0 || q === row) text(context, theme, q === row, "right", short(label(q)), left - 6, top + (t + 0.5) * one, 0);
      if (t % every === 0 || k === column) text(context, theme, k === column, "left", short(label(k)), left + (t + 0.5) * one, top - 6, -Math.PI / 3);
    }
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    const shown = n < maps.T ? ` · tokens ${first_q + 1} to ${first_q + n} at ${first_k + 1} to ${first_k + n}, of ${maps.T}` : "";
    context.fillText(`each row looks at the columns${shown}`, left, top + side + 13);
    legend(context, left + side + 12, top, side, most, theme);
    if (row !== null) {
      const y = top + (row - first_q) * one, x = column === null ? null : left + (column - first_k) * one;
      context.strokeStyle = theme.dark ? "#fff" : "#000";
      if (y >= top - 0.1 && y < top + side) {
        context.globalAlpha = 0.6;
        context.strokeRect(left, y, side, Math.max(1, one));
        context.globalAlpha = 1;
        if (x !== null && x >= left - 0.1 && x < left + side) { context.lineWidth = 2; context.strokeRect(x, y, Math.max(2, one), Math.max(2, one)); context.lineWidth = 1; }
      }
    }
  }

  function text(context, theme, chosen, align, words, x, y, turn) {
    context.save();
    context.translate(x, y);
    if (turn) context.rotate(turn);
    context.textAlign = align;
    context.font = chosen ? `600 ${NB_FONT}` : NB_FONT;
    if (chosen) {
      const wide = context.measureText(words).width;
      context.fillStyle = theme.back;
      context.fillRect(align === "right" ? -wide - 2 : -2, -8, wide + 4, 16);
    }
    context.fillStyle = chosen ? theme.ink : theme.soft;
    context.fillText(words, 0, 0);
    context.restore();
  }

  function legend(context, x, top, side, most, theme) {
    const map = nb_map(signed() ? (theme.dark ? "diverging_dark" : "diverging") : "viridis"), low = signed() ? -most : 0;
    for (let k = 0; k < side; k += 1) {
      const at = 4 * Math.round(255 * (1 - k / side));
      context.fillStyle = `rgb(${map[at]},${map[at + 1]},${map[at + 2]})`;
      context.fillRect(x, top + k, 9, 1.5);
    }
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    for (const [at, words] of nb_ticks(low, most, 5, false)) context.fillText(words, x + 13, top + side - ((at - low) / (most - low)) * side);
  }

  function cell_under(event) {
    if (!maps || !box) return null;
    const place = map_view.canvas.getBoundingClientRect();
    const k = Math.floor((event.clientX - place.left - box.left) / box.one), q = Math.floor((event.clientY - place.top - box.top) / box.one);
    return q >= 0 && k >= 0 && q < span && k < span ? [q + window_at[0], k + window_at[1]] : null;
  }

  function point(q, k) {
    if (q === row && k === column) return;
    row = q;
    column = k;
    say();
    map_view.now();
    lines_view.now();
  }

  // Keeps the chosen token in sight.
  function follow() {
    const hold = (first, at) => (at === null ? first : Math.max(0, Math.min(maps.T - span, at < first ? at : at >= first + span ? at - span + 1 : first)));
    window_at = [hold(window_at[0], row), hold(window_at[1], column)];
  }

  function zoom(factor) {
    if (!maps) return;
    span = Math.max(Math.min(8, maps.T), Math.min(maps.T, Math.round(span * factor)));
    const about = (at) => Math.max(0, Math.min(maps.T - span, Math.round((at ?? 0) - span / 2)));
    window_at = row === null ? [Math.min(window_at[0], maps.T - span), Math.min(window_at[1], maps.T - span)] : [about(row), about(column)];
    map_view.now();
  }

  function fetch_exact() {
    if (alone || row === null || column === null) return;
    listen();
    model.send({ type: "exact", set, mode, layer, head, row, column, key: where() });
  }

  // -- lines ---------------------------------------------------------------------------------------------------------

  function paint_lines(context, width, height, theme) {
    if (!maps) { ends = null; return; }
    const T = maps.T, wide = Math.min(104, width * 0.3), left = wide, right = width - wide;
    const top = 26, high = Math.min(22, (height - top - 24) / T), y = (t) => top + (t + 0.5) * high;
    ends = { left, right, top, high };
    context.fillStyle = theme.soft;
    context.textAlign = "right";
    context.fillText("looks", left - 6, 10);
    context.textAlign = "left";
    context.fillText("at", right + 6, 10);
    const values = weights(), most = nb_largest(values), strong = nb_strongest(values, T, row, 600);
    context.lineWidth = Math.max(1, Math.min(3, high / 5));
    for (const { q, k, value: v } of strong) {
      context.globalAlpha = Math.min(1, Math.max(0.03, Math.abs(v) / most));
      context.strokeStyle = v < 0 ? theme.series.rnn : theme.series.lstm;
      context.beginPath();
      context.moveTo(left, y(q));
      context.lineTo(right, y(k));
      context.stroke();
    }
    context.globalAlpha = 1;
    context.lineWidth = 1;
    // Where not every token has room, those that the strongest lines reach come first.
    const order = (side) => [...new Set([...(side === "q" ? [row] : [column]), ...strong.slice().reverse().map((s) => s[side]), ...Array(T).keys()])].filter((t) => t !== null);
    for (const [side, x, align] of [["q", left - 6, "right"], ["k", right + 6, "left"]]) {
      const taken = new Uint8Array(Math.ceil(height) + 20);
      for (const t of high >= 13 ? Array(T).keys() : order(side).slice(0, 600)) {
        const at = Math.round(y(t));
        if (high < 13 && (taken[at] || taken[Math.max(0, at - 6)] || taken[at + 6])) continue;
        taken.fill(1, Math.max(0, at - 6), at + 7);
        text(context, theme, t === (side === "q" ? row : column), align, short(label(t), 12), x, y(t), 0);
      }
    }
  }

  function token_under(event) {
    if (!maps || !ends) return null;
    const place = lines_view.canvas.getBoundingClientRect(), t = Math.floor((event.clientY - place.top - ends.top) / ends.high);
    if (t < 0 || t >= maps.T) return null;
    return [t, event.clientX - place.left > (ends.left + ends.right) / 2 ? "k" : "q"];
  }

  // -- views and what a person does ----------------------------------------------------------------------------------

  const heads_view = nb_canvas(heads_place, 200, paint_heads, { tabindex: 0, role: "img", "aria-label": "all heads; arrow keys choose one" });
  const map_view = nb_canvas(map_place, 320, paint_map, { tabindex: 0, role: "img", "aria-label": "attention of the chosen head; arrow keys move through tokens, with Shift through heads" });
  const lines_view = nb_canvas(lines_place, 320, paint_lines, { tabindex: 0, role: "img", "aria-label": "lines from token to token" });

  heads_view.canvas.addEventListener("pointerdown", (event) => { const hit = head_under(event); if (hit) choose(...hit); });
  heads_view.canvas.addEventListener("pointermove", (event) => {
    const hit = head_under(event);
    heads_view.canvas.title = hit ? `Layer ${hit[0] + 1}, head ${hit[1] + 1}` : "";
    roles_line.textContent = hit ? `Layer ${hit[0] + 1}, head ${hit[1] + 1}. ${roles_of(...hit)}` : mode === "head" ? roles_of(layer, head) : "";
  });
  heads_view.canvas.addEventListener("pointerleave", say);
  map_view.canvas.addEventListener("pointermove", (event) => { const hit = cell_under(event); if (hit) point(...hit); });
  map_view.canvas.addEventListener("pointerdown", (event) => { const hit = cell_under(event); if (hit) { point(...hit); fetch_exact(); } });
  map_view.canvas.addEventListener("dblclick", () => zoom(0.5));
  lines_view.canvas.addEventListener("pointermove", (event) => {
    const hit = token_under(event);
    if (!hit) return;
    if (hit[1] === "q") point(hit[0], column); else point(row, hit[0]);
  });
  for (const view of [map_view, lines_view]) {
    view.canvas.addEventListener("pointerleave", () => { if (document.activeElement !== view.canvas) { point(null, null); } });
  }

  function keys(event, moves_heads) {
    if (!maps || (event.ctrlKey || event.metaKey || event.altKey)) return;
    const move = NB_MOVES[event.key];
    if (event.key === "Escape") point(null, null);
    else if (event.key === "Enter") fetch_exact();
    else if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (move && (moves_heads !== event.shiftKey)) choose(layer + move[0], head + move[1]);
    else if (move) {
      const clamp = (t) => Math.max(0, Math.min(maps.T - 1, t));
      const to = row === null ? [0, 0] : [clamp(row + move[0]), clamp((column ?? 0) + move[1])];
      row = to[0];
      column = to[1];
      follow();
      changed();
    } else return;
    event.preventDefault();
  }
  heads_view.canvas.addEventListener("keydown", (event) => keys(event, true));
  map_view.canvas.addEventListener("keydown", (event) => keys(event, false));
  lines_view.canvas.addEventListener("keydown", (event) => keys(event, false));

  role_choice.addEventListener("change", () => {
    const scores = model.get("roles")[role_choice.value];
    if (!scores) { changed(); return; }
    let best = [0, 0];
    for (const [l, of_layer] of scores.entries()) for (const [h, s] of of_layer.entries()) if (s > scores[best[0]][best[1]]) best = [l, h];
    mode = "head";
    choices();
    choose(...best);
  });
  brightest.addEventListener("change", changed);

  function ask() {
    number += 1;
    waiting = number;
    tell("reading …", "plain");
    if (!maps) map_view.again();
    listen();
    model.send({ type: "ask", model: named.input.value, text: typed.input.value, number });
  }

  // Python answers at once, also where a model has to be read from the disk first; a kernel that was restarted does not,
  // and sending to it raises: so listen before.
  let received = 0, silent = false;
  function listen() {
    const then = received;
    setTimeout(() => {
      if (received !== then) return;
      silent = true;
      tell("No answer from the kernel. If it was restarted, run this cell again.", "bad");
    }, 8000);
  }

  function tell(words, tone) {
    said.textContent = words;
    said.hidden = !words;
    said.dataset.tone = tone;
  }

  function current() {
    const top = brightest.checked ? 1 : nb_largest(weights());
    return { title: `${title()}: ${content.model}`, tokens, weights: weights(), top, signed: signed(), query: row };
  }
  const file = () => `attention-${root.dataset.at.replaceAll(" ", "-")}`;
  files.append(
    nb_button("⤓ SVG", "Save the map and the lines as SVG", () => { if (maps) nb_save(`${file()}.svg`, new Blob([nb_svg(current())], { type: "image/svg+xml" })); }),
    nb_button("⤓ PNG", "Save the map and the lines as PNG", () => { if (maps) nb_png(nb_svg(current()), (blob) => nb_save(`${file()}.png`, blob)); }),
  );
  if (!alone) files.append(nb_button("⤓ HTML", "Save this explorer, with all heads, as one file that needs no network", () => { listen(); model.send({ type: "html" }); }));

  function receive(message, buffers) {
    received += 1;
    if (silent) { silent = false; tell("", "plain"); }
    if (message.type === "maps") { waiting = 0; accept(message, buffers); tell(message.note, message.note ? "note" : "plain"); }
    if (message.type === "said") { waiting = 0; tell(message.text, message.tone); if (!maps) map_view.again(); }
    if (message.type === "exact") { exact = message; say(); }
    if (message.type === "html") nb_save("attention.html", new Blob([nb_bytes(buffers[0])], { type: "text/html" }));
  }
  model.on("msg:custom", receive);
  const roles_changed = () => { choices(); say(); heads_view.again(); };
  model.on("change:roles", roles_changed);
  choices();
  say();
  tell("", "plain");
  model.send({ type: "ready" });

  return () => {
    cancelAnimationFrame(growing);
    model.off("msg:custom", receive);
    model.off("change:roles", roles_changed);
    for (const view of [heads_view, map_view, lines_view]) view.close();
  };
}

export default { render };
