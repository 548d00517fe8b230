// Labelled points in space. New places come from Python; turning, zooming, pointing and gliding stay in the browser.

function element(tag, name, ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const picture = element("canvas", "nblib-cloud-picture");
  picture.tabIndex = 0;
  picture.setAttribute("role", "application");
  const tools = element("div", "nblib-cloud-tools");
  const empty = element("div", "nblib-cloud-empty");
  const box = element("div", "nblib-cloud-box", picture, empty, tools);
  const legend = element("div", "nblib-cloud-legend");
  const lineCanvas = element("canvas");
  lineCanvas.setAttribute("aria-hidden", "true");
  const lineText = element("span");
  const line = element("div", "nblib-cloud-line", lineCanvas, lineText);
  const note = element("div", "nblib-cloud-note");
  const root = element("div", "nblib-cloud", box, legend, line, note);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  function button(name, title, press) {
    const node = element("button", "", name);
    node.type = "button";
    node.title = title;
    node.setAttribute("aria-label", title);
    node.addEventListener("click", press);
    tools.append(node);
    return node;
  }
  let flat = model.get("flat"), yaw = 0.5, pitch = 0.35, zoom = 1, panX = 0, panY = 0;
  const dimensions = button("", "", () => { flat = !flat; panX = panY = 0; show_mode(); paint(); });
  button("−", "Zoom out", () => { zoom = Math.max(0.4, zoom / 1.25); paint(); });
  button("+", "Zoom in", () => { zoom = Math.min(12, zoom * 1.25); paint(); });
  button("⟲", "View as at first", () => { yaw = 0.5; pitch = 0.35; zoom = 1; panX = panY = 0; paint(); });
  function show_mode() {
    dimensions.textContent = flat ? "2-D" : "3-D";
    const title = flat ? "Shown in two dimensions; press for three" : "Shown in three dimensions; press for two";
    dimensions.title = title;
    dimensions.setAttribute("aria-label", title);
  }

  // Where the points come from, where they go, where they are now.
  let from = new Float32Array(0), to = from, now = from, scaleFrom = 1, scaleTo = 1, scale = 1;
  let words = [], groups = new Uint8Array(0), began = 0, lasts = 0, lastCame = 0, frames = 0;
  const still = window.matchMedia?.("(prefers-reduced-motion: reduce)");
  const bytes = (name) => {
    const view = model.get(name);
    return view instanceof DataView ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : new ArrayBuffer(0);
  };
  const bound = (places) => {
    const radii = [];
    for (let i = 0; i < places.length; i += 3) radii.push(Math.hypot(places[i], places[i + 1], places[i + 2]));
    radii.sort((a, b) => a - b);
    return radii[Math.floor(0.9 * (radii.length - 1))] || 1e-9;
  };

  function take() {
    const places = new Float32Array(bytes("points"));
    const labels = model.get("words");
    const time = performance.now();
    // A word that was there glides from where it is; one that is new appears in its place.
    const before = new Map(words.map((w, i) => [w, i]));
    from = places.slice();
    labels.forEach((w, i) => {
      const k = before.get(w);
      if (k !== undefined) from.set(now.subarray(3 * k, 3 * k + 3), 3 * i);
    });
    const fresh = !words.length || !labels.length;
    words = labels;
    groups = new Uint8Array(bytes("groups"));
    to = places;
    scaleTo = places.length ? bound(places) : 1;
    scaleFrom = fresh ? scaleTo : scale;
    now = from.slice();
    lasts = still?.matches || fresh ? 0 : Math.min(1000, Math.max(150, time - lastCame));
    lastCame = began = time;
    frames += 1;
    root.dataset.frames = frames;
    empty.textContent = model.get("empty");
    empty.hidden = places.length > 0;
    picture.setAttribute("aria-label", `${words.length} words in space. Arrow keys turn the view, plus and minus zoom, ` +
      "0 shows it as at first.");
    glide();
  }

  let frame = 0;
  function glide() {
    cancelAnimationFrame(frame);
    const part = lasts ? Math.min(1, (performance.now() - began) / lasts) : 1;
    const ease = part * part * (3 - 2 * part);
    for (let i = 0; i < to.length; i++) now[i] = part < 1 ? from[i] + ease * (to[i] - from[i]) : to[i];
    scale = scaleFrom + ease * (scaleTo - scaleFrom);
    draw();
    if (part < 1) frame = requestAnimationFrame(glide);
  }
  function paint() {
    if (!lasts || performance.now() - began >= lasts) { cancelAnimationFrame(frame); frame = requestAnimationFrame(draw); }
  }

  const widths = new Map();
  let spots = [], pointed = -1;
  function draw() {
    const width = picture.clientWidth, height = model.get("height"), ratio = window.devicePixelRatio || 1;
    if (!width) return;
    picture.style.height = `${height}px`;
    if (picture.width !== Math.round(width * ratio) || picture.height !== Math.round(height * ratio)) {
      picture.width = Math.round(width * ratio);
      picture.height = Math.round(height * ratio);
    }
    const pen = picture.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(root);
    const ink = style.color, soft = getComputedStyle(note).color;
    const back = style.getPropertyValue("--nb-back").trim() || "rgba(128,128,128,0.2)";
    const family = style.fontFamily;
    const size = (0.42 * Math.min(width, height) * zoom) / scale;
    // A wide place is filled: what is a little farther apart from left to right than from top to bottom.
    const across = Math.max(1, Math.min(1.6, (0.8 * width) / height));
    const [cy, sy, cp, sp] = flat ? [1, 0, 1, 0] : [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    spots = [];
    for (let i = 0; i < words.length; i++) {
      const x = now[3 * i], y = now[3 * i + 1], z = flat ? 0 : now[3 * i + 2];
      const u = cy * x + sy * z, w = -sy * x + cy * z;
      const v = cp * y - sp * w, depth = sp * y + cp * w;
      const near = flat ? 1 : 1 / (1 - 0.15 * Math.max(-2, Math.min(2, depth / scale)));
      spots.push([width / 2 + panX + across * size * u * near, height / 2 + panY - size * v * near, near, i]);
    }
    const marked = model.get("marked"), colours = model.get("legend");
    const order = spots.slice().sort((a, b) => a[2] - b[2]);
    for (const [x, y, near, i] of order) {
      const group = groups[i];
      pen.globalAlpha = flat ? 0.9 : Math.max(0.35, Math.min(1, near * 0.75));
      pen.fillStyle = group && colours[group - 1] ? colours[group - 1][1] : soft;
      sign(pen, group, x, y, (group ? 4.2 : 2.2) * Math.sqrt(near));
    }
    pen.globalAlpha = 1;
    // Labels in order of need: marked ones, those of a group, then as they come; none upon another.
    const taken = [];
    const need = (i) => (i === pointed ? -1 : marked.includes(i) ? 0 : groups[i] ? 1 : 2);
    const ranked = spots.slice().sort((a, b) => need(a[3]) - need(b[3]) || b[2] - a[2] || a[3] - b[3]);
    pen.textBaseline = "middle";
    for (const [x, y, near, i] of ranked) {
      const kind = need(i), bold = kind <= 0 && (i === pointed || marked[0] === i);
      if (x < -40 || y < 6 || x > width || y > height - 6) continue;
      const font = `${bold ? "600 13" : "12"}px ${family}`, key = `${bold}${words[i]}`;
      pen.font = font;
      if (!widths.has(key)) widths.set(key, pen.measureText(words[i]).width);
      const long = widths.get(key);
      const left = x + 7 + long > width ? x - 7 - long : x + 7;
      const area = [left - 2, y - 8, left + long + 2, y + 8];
      if (!bold && taken.some((t) => area[0] < t[2] && area[2] > t[0] && area[1] < t[3] && area[3] > t[1])) continue;
      taken.push(area);
      if (kind <= 0) {
        pen.strokeStyle = ink;
        pen.lineWidth = bold ? 2 : 1.2;
        pen.beginPath();
        pen.arc(x, y, bold ? 7 : 5.5, 0, 2 * Math.PI);
        pen.stroke();
      }
      pen.lineJoin = "round";
      pen.lineWidth = 3;
      pen.strokeStyle = back;
      pen.strokeText(words[i], left, y);
      pen.globalAlpha = kind === 2 ? 0.85 : 1;
      pen.fillStyle = kind === 2 ? soft : ink;
      pen.fillText(words[i], left, y);
      pen.globalAlpha = 1;
    }
    root.dataset.view = `${flat ? 2 : 3} ${yaw.toFixed(2)} ${pitch.toFixed(2)} ${zoom.toFixed(2)} ${Math.round(panX)} ${Math.round(panY)}`;
  }

  function sign(pen, group, x, y, r) {
    pen.beginPath();
    if (group === 2) pen.rect(x - r * 0.85, y - r * 0.85, 1.7 * r, 1.7 * r);
    else if (group === 3) { pen.moveTo(x, y - r); pen.lineTo(x + r, y + r * 0.8); pen.lineTo(x - r, y + r * 0.8); }
    else if (group === 4) { pen.moveTo(x, y - r * 1.2); pen.lineTo(x + r, y); pen.lineTo(x, y + r * 1.2); pen.lineTo(x - r, y); }
    else if (group === 5) { pen.rect(x - r * 1.1, y - r * 0.35, 2.2 * r, 0.7 * r); pen.rect(x - r * 0.35, y - r * 1.1, 0.7 * r, 2.2 * r); }
    else if (group === 6) for (let k = 0; k < 10; k++) {
      const a = (k * Math.PI) / 5 - Math.PI / 2, q = (k % 2 ? 0.5 : 1.2) * r;
      pen.lineTo(x + q * Math.cos(a), y + q * Math.sin(a));
    }
    else pen.arc(x, y, r, 0, 2 * Math.PI);
    pen.closePath();
    pen.fill();
  }

  function draw_curve() {
    const values = new Float32Array(bytes("curve"));
    line.hidden = values.length < 2 && !model.get("curve_text");
    lineText.textContent = model.get("curve_text");
    const width = lineCanvas.clientWidth, height = 40, ratio = window.devicePixelRatio || 1;
    if (!width) return;
    lineCanvas.width = Math.round(width * ratio);
    lineCanvas.height = Math.round(height * ratio);
    const pen = lineCanvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (values.length < 2) return;
    const low = Math.min(...values), high = Math.max(...values), span = high - low || 1;
    pen.strokeStyle = getComputedStyle(root).getPropertyValue("--nb-accent").trim() || "#1976d2";
    pen.lineWidth = 2;
    pen.beginPath();
    values.forEach((v, i) => pen.lineTo((i / (values.length - 1)) * (width - 2) + 1, height - 4 - ((v - low) / span) * (height - 8)));
    pen.stroke();
  }
  function show_legend() {
    legend.replaceChildren(...model.get("legend").map(([name, colour], k) => {
      const mark = element("canvas"), ratio = window.devicePixelRatio || 1;
      mark.width = mark.height = Math.round(12 * ratio);
      mark.setAttribute("aria-hidden", "true");
      const pen = mark.getContext("2d");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.fillStyle = colour;
      sign(pen, k + 1, 6, 6, 4.6);
      return element("span", "", mark, ` ${name}`);
    }));
  }
  function show_note() { note.textContent = model.get("note"); }

  // Turning and pointing.
  const nearest = (event) => {
    const at = picture.getBoundingClientRect(), x = event.clientX - at.left, y = event.clientY - at.top;
    let best = -1, least = 14;
    for (const [sx, sy, , i] of spots) {
      const far = Math.hypot(sx - x, sy - y) - (groups[i] ? 2 : 0);
      if (far < least) { least = far; best = i; }
    }
    return best;
  };
  let grip = null;
  picture.addEventListener("pointerdown", (event) => {
    grip = { x: event.clientX, y: event.clientY, far: 0 };
    picture.setPointerCapture(event.pointerId);
    picture.classList.add("nblib-turning");
  });
  picture.addEventListener("pointermove", (event) => {
    if (!grip) {
      const before = pointed;
      pointed = nearest(event);
      picture.classList.toggle("nblib-over", pointed >= 0);
      picture.title = pointed >= 0 ? words[pointed] : "";
      if (pointed !== before) paint();
      return;
    }
    const dx = event.clientX - grip.x, dy = event.clientY - grip.y;
    grip.far += Math.hypot(dx, dy);
    grip.x = event.clientX;
    grip.y = event.clientY;
    turn(dx, dy);
  });
  function turn(dx, dy) {
    if (flat) { panX += dx; panY += dy; }
    else { yaw += dx * 0.01; pitch = Math.max(-1.5, Math.min(1.5, pitch + dy * 0.01)); }
    paint();
  }
  picture.addEventListener("pointerup", (event) => {
    const click = grip && grip.far < 4;
    grip = null;
    picture.classList.remove("nblib-turning");
    const word = click ? nearest(event) : -1;
    if (word >= 0) model.send({ type: "pick", word: words[word] });
  });
  picture.addEventListener("pointercancel", () => { grip = null; picture.classList.remove("nblib-turning"); });
  picture.addEventListener("pointerleave", () => { if (pointed >= 0) { pointed = -1; paint(); } });
  picture.addEventListener("keydown", (event) => {
    const step = 16;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (moves[event.key]) turn(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") { zoom = Math.min(12, zoom * 1.25); paint(); }
    else if (event.key === "-") { zoom = Math.max(0.4, zoom / 1.25); paint(); }
    else if (event.key === "0") { yaw = 0.5; pitch = 0.35; zoom = 1; panX = panY = 0; paint(); }
    else return;
    event.preventDefault();
  });

  const wired = { points: take, legend: () => { show_legend(); paint(); }, marked: paint, note: show_note,
    curve: draw_curve, curve_text: draw_curve, empty: take };
  for (const [name, call] of Object.entries(wired)) model.on(`change:${name}`, call);
  const sizes = new ResizeObserver(() => { draw(); draw_curve(); });
  sizes.observe(picture);
  // Colours are the page's: drawn again when the theme changes.
  const themes = new MutationObserver(() => { draw(); draw_curve(); });
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "class"] });
  show_mode();
  show_legend();
  show_note();
  take();
  draw_curve();
  return () => {
    for (const [name, call] of Object.entries(wired)) model.off(`change:${name}`, call);
    sizes.disconnect();
    themes.disconnect();
    cancelAnimationFrame(frame);
  };
}

export default { render };
