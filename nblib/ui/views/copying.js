// The run as code, as YAML, as a command: shown, and copied at a press.

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "nblib-copy";
  const row = document.createElement("div");
  row.className = "nblib-row";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Copy as");
  const area = document.createElement("textarea");
  area.readOnly = true;
  area.spellcheck = false;
  const said = document.createElement("span");
  said.className = "nblib-said";
  said.setAttribute("role", "status");
  const copy = document.createElement("button");
  copy.type = "button";
  copy.textContent = "Copy";
  root.append(row, area);
  // The notebook has commands of its own on arrows and letters.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  let chosen = 0;
  function show() {
    const texts = model.get("texts");
    chosen = Math.max(0, Math.min(chosen, texts.length - 1));
    row.replaceChildren(
      ...texts.map(([name], k) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = name;
        button.setAttribute("aria-pressed", String(k === chosen));
        button.addEventListener("click", () => { chosen = k; said.textContent = ""; show(); });
        return button;
      }),
      copy,
      said,
    );
    if (!texts.length) return;
    const [name, text] = texts[chosen];
    area.setAttribute("aria-label", name);
    if (area.value !== text) { area.value = text; said.textContent = ""; }
    area.rows = Math.min(16, Math.max(3, text.split("\n").length));
  }
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(area.value);
      said.textContent = "copied";
    } catch {
      // No secure page or no permission: the old way, and failing that the keyboard.
      area.focus();
      area.select();
      let done = false;
      try { done = document.execCommand("copy"); } catch { done = false; }
      said.textContent = done ? "copied" : "selected: press Ctrl+C (or ⌘C)";
    }
  });
  model.on("change:texts", show);
  show();
  return () => model.off("change:texts", show);
}

export default { render };
