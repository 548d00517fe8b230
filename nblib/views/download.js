// Save the live figure. plotly's own camera button makes the file; it is told the format first, since it offers one only.

function render({ model, el }) {
  const row = document.createElement("div");
  row.className = "nblib-row nblib-download";
  const said = document.createElement("span");
  said.className = "nblib-said";
  said.setAttribute("role", "status");
  for (const format of ["png", "svg"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `⤓ ${format.toUpperCase()}`;
    button.title = `Save the curves as ${format.toUpperCase()}`;
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => {
      const plot = el.closest(`.${model.get("panel")}`)?.querySelector(".js-plotly-plot");
      const bar = plot?._fullLayout?._modeBar;
      const camera = bar?.buttonElements[bar.buttonsNames.indexOf("toImage")];
      said.textContent = camera ? "" : "no figure here yet";
      if (!camera) return;
      const options = plot._context.toImageButtonOptions;
      plot._context.toImageButtonOptions = {
        ...options, format, filename: model.get("filename"), scale: format === "png" ? 2 : 1,
        width: plot.offsetWidth, height: plot.offsetHeight,
      };
      camera.click();
      plot._context.toImageButtonOptions = options;
    });
    row.append(button);
  }
  row.append(said);
  el.append(row);

  // plotly measures its place once, often before it is on the page, and later only when the window changes.
  let frame = 0;
  const refit = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const plot = find();
      if (plot?._fullLayout && Math.abs(plot._fullLayout.width - plot.offsetWidth) > 1) window.dispatchEvent(new Event("resize"));
    });
  };
  const find = () => el.closest(`.${model.get("panel")}`)?.querySelector(".js-plotly-plot");
  const sizes = new ResizeObserver(refit);
  const arrivals = new MutationObserver(() => {
    const plot = find();
    if (!plot) return;
    sizes.observe(plot);
    refit();
    if (plot._fullLayout) arrivals.disconnect();
  });
  requestAnimationFrame(() => {
    const panel = el.closest(`.${model.get("panel")}`);
    if (panel) arrivals.observe(panel, { childList: true, subtree: true });
    if (find()) sizes.observe(find());
  });
  return () => {
    sizes.disconnect();
    arrivals.disconnect();
  };
}

export default { render };
