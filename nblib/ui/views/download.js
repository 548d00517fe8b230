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
  const plots = () => [...(el.closest(`.${model.get("panel")}`)?.querySelectorAll(".js-plotly-plot") ?? [])];
  let frame = 0;
  const refit = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const misfit = (plot) => plot.offsetWidth && Math.abs((plot._fullLayout?.width ?? 0) - plot.offsetWidth) > 1;
      if (plots().some(misfit)) window.dispatchEvent(new Event("resize"));
    });
  };
  const sizes = new ResizeObserver(refit);
  const arrivals = new MutationObserver(() => {
    const [live] = plots();
    if (!live) return;
    sizes.observe(live);
    refit();
    if (live._fullLayout) arrivals.disconnect();
  });
  requestAnimationFrame(() => {
    const panel = el.closest(`.${model.get("panel")}`);
    if (panel) arrivals.observe(panel, { childList: true, subtree: true });
    for (const plot of plots()) sizes.observe(plot);
  });
  // Pictures that came later are drawn within moments of each other, and none says when.
  const later = () => [100, 500, 1500, 4000].forEach((wait) => setTimeout(refit, wait));
  model.on("change:pictures", later);
  return () => {
    sizes.disconnect();
    arrivals.disconnect();
    model.off("change:pictures", later);
  };
}

export default { render };
