"""The fine-tuning panel in a real JupyterLab, with a job that only pretends: every state, keyboard, names, widths."""

import xml.etree.ElementTree as ElementTree

import pytest
from playwright.sync_api import expect

JOB = """
import math, time
from IPython.display import display
from nblib import FineTuneConfig, FineTunePanel, figures

class Pretend:
    def __init__(self, config):
        self.config = config

    def __call__(self, run):
        rate = [self.config.learning_rate]

        def change(name, value):
            old, rate[0] = rate[0], value
            return old

        run.on_set(change)
        run.begin(total=4000)
        run.say("2 rows dropped: <b>empty</b> text in rows 3 and 9")
        for i in range(4000):
            time.sleep(0.005)
            if fails.get("at") == i:
                raise RuntimeError("no <script>alert(1)</script> here")
            if not run.step(items=32, loss=0.2 + math.exp(-i / 200), learning_rate=rate[0]):
                return
            if i % 100 == 99:
                run.log(eval_loss=0.3 + math.exp(-i / 200), eval_accuracy=0.8, eval_f1_macro=0.7)

fails = {}
"""
PANEL = "panel = FineTunePanel(FineTuneConfig(max_train_samples=1024), make_job=Pretend)\ndisplay(panel)"
CHART = ".nblib-panel .nblib-lines"
POINTS = f"() => Number(document.querySelector('{CHART}').dataset.points)"
SCHEDULE = f"() => [...document.querySelectorAll('{CHART} canvas')].at(-1).toDataURL()"
ZOOMS = f"() => [...document.querySelectorAll('{CHART}')].map(e => e.dataset.zoom)"
PLACES = f"() => [...document.querySelectorAll('{CHART}')].map(e => e.dataset.at)"
HEIGHT = "() => document.querySelector('.nblib-status-host').getBoundingClientRect().top"


@pytest.fixture
def notebook(notebook_with):
    opened = notebook_with([JOB, PANEL, "print('another cell')"])
    opened.run_all()
    opened.page.wait_for_selector(f"{CHART} canvas")
    return opened


def said(notebook):
    return notebook.notebook.locator(".nblib-message")


def slide(notebook, name, key):
    slider = notebook.control("slider", name)
    slider.press(key)
    return slider


def test_runs_in_every_state(notebook):
    run_from_start_to_stop(notebook)
    a_page_that_is_loaded_again_shows_the_curves(notebook)
    a_failure_is_one_line_and_shows_its_markup_as_text(notebook)
    assert notebook.console_errors == []


def test_the_charts_answer_mouse_and_keyboard(notebook):
    a_short_run(notebook)
    a_drag_zooms_into_all_charts_and_a_double_click_goes_back(notebook)
    a_pointer_reads_all_charts_out(notebook)
    the_keyboard_reads_out_and_zooms(notebook)
    a_name_in_the_legend_hides_its_curve(notebook)
    the_saved_picture_has_its_scale_and_title(notebook)
    the_curves_open_as_a_plotly_figure(notebook)
    assert notebook.unnamed_controls() == [] and notebook.console_errors == []


def test_controls_by_mouse_keyboard_and_name(notebook):
    nothing_has_a_box_to_tick(notebook)
    the_run_as_text_is_copied(notebook)
    a_wrong_value_is_marked_and_can_be_mended(notebook)
    every_control_has_a_name(notebook)
    a_view_made_later_shows_what_the_first_shows(notebook)
    assert notebook.console_errors == []


def test_looks(notebook):
    for theme in ("light", "dark"):
        texts_stand_out_from_the_page(notebook, theme)
    for kind in ("SVG", "PNG"):
        the_curves_are_saved_without_a_network(notebook, kind)
    the_zones_stand_side_by_side_at_900_pixels_and_stack_when_narrow(notebook)


def run_from_start_to_stop(notebook):
    planned = notebook.page.evaluate(SCHEDULE)
    slide(notebook, "warmup ratio", "ArrowRight")
    notebook.page.wait_for_function(f"before => ({SCHEDULE})() !== before", arg=planned)

    notebook.control("button", "Start").click()
    expect(said(notebook)).to_have_text("running")
    notebook.page.wait_for_function(f"() => ({POINTS})() > 20")
    before = notebook.page.evaluate(POINTS)
    # Another cell runs meanwhile, and the curve goes on.
    assert notebook.execute("print(panel.session.state)") == "running\n"
    notebook.page.wait_for_function(f"before => ({POINTS})() > before", arg=before)
    expect(notebook.control("slider", "batch size")).to_be_disabled()
    nothing_jumps_while_the_numbers_grow(notebook)

    notebook.control("button", "Pause").click()
    expect(said(notebook)).to_contain_text("paused at step")
    slide(notebook, "learning rate", "ArrowLeft")
    notebook.wait_for_text("applied at step")
    assert notebook.execute("print(panel.session.history.events[-1]['new'])") == "8e-05\n"
    notebook.control("button", "Resume").click()
    expect(said(notebook)).to_have_text("running")
    notebook.control("button", "Stop").click()
    expect(said(notebook)).to_contain_text("stopped at step")
    expect(notebook.control("button", "Start")).to_be_enabled()


def a_page_that_is_loaded_again_shows_the_curves(notebook):
    drawn = notebook.page.evaluate(POINTS)
    assert drawn > 20
    notebook.reload()
    notebook.page.wait_for_function(f"drawn => document.querySelector('{CHART}') && ({POINTS})() === drawn", arg=drawn)
    expect(said(notebook)).to_contain_text("stopped at step")


def every_control_has_a_name(notebook):
    notebook.notebook.locator("summary", has_text="More").click()
    for drawer in ("Look at the data", "Results", "Try a sentence", "Export", "Copy as …"):
        notebook.control("button", drawer).click()
        assert notebook.unnamed_controls() == [], drawer
    for name in ("dropout", "frozen cache mb", "split seed"):
        expect(notebook.control("slider", name)).to_be_visible()
    expect(notebook.control("checkbox", "dropout: the model's")).to_be_checked()
    expect(notebook.control("switch", "group by length")).to_be_checked()
    expect(notebook.control("combobox", "lr scheduler type")).to_have_value("linear")


def a_wrong_value_is_marked_and_can_be_mended(notebook):
    rate = notebook.control("textbox", "learning rate")
    rate.fill("abc")
    rate.press("Enter")
    notebook.wait_for_text("learning_rate: 'abc' is not a number above 0 and at most 1")
    expect(rate).to_have_attribute("aria-invalid", "true")
    expect(rate).to_have_value("abc")
    rate.fill("1e-7")
    rate.press("Enter")
    expect(rate).to_have_attribute("aria-invalid", "false")
    expect(rate).to_have_value("1e-7")
    expect(notebook.control("slider", "learning rate")).to_have_value("0")
    assert notebook.execute("print(panel.config.learning_rate)") == "1e-07\n"


def nothing_has_a_box_to_tick(notebook):
    number = notebook.control("textbox", "max train samples")
    tick = notebook.control("checkbox", "max train samples: all")
    tick.check()
    expect(number).to_have_value("all")
    assert notebook.execute("print(panel.config.max_train_samples)") == "None\n"
    tick.uncheck()
    expect(number).to_have_value("1024")
    assert notebook.execute("print(panel.config.max_train_samples)") == "1024\n"


def a_failure_is_one_line_and_shows_its_markup_as_text(notebook):
    notebook.execute("fails['at'] = 30")
    notebook.control("button", "Start").click()
    notebook.wait_for_text("The run failed at step 30: RuntimeError: no <script>alert(1)</script> here")
    pre = notebook.notebook.locator(".nblib-details pre")
    expect(pre).to_be_hidden()
    notebook.notebook.locator("summary", has_text="Traceback").click()
    expect(pre).to_contain_text("RuntimeError")


def a_view_made_later_shows_what_the_first_shows(notebook):
    slide(notebook, "epochs", "ArrowRight")
    expect(notebook.control("textbox", "epochs")).to_have_value("3")
    notebook.run_cell(1)
    notebook.page.wait_for_selector(f"{CHART} canvas")
    notebook.execute("panel.controls.edit('epochs', '7')")
    expect(notebook.control("textbox", "epochs")).to_have_value("7")


def the_curves_are_saved_without_a_network(notebook, kind):
    notebook.page.context.set_offline(True)
    with notebook.page.expect_download() as download:
        # Not by the mouse: JupyterLab may lay its word about the lost server over the page at any moment.
        notebook.control("button", f"Save the curves as {kind}").evaluate("button => button.click()")
    assert download.value.suggested_filename == f"curves.{kind.lower()}"
    content = download.value.path().read_bytes()
    notebook.page.context.set_offline(False)
    if kind == "SVG":
        assert texts_of(content)[0] == "Learning rate"
    else:
        assert content.startswith(b"\x89PNG")


def texts_of(svg):
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def a_short_run(notebook):
    notebook.control("button", "Start").click()
    notebook.page.wait_for_function(f"() => ({POINTS})() > 220")
    notebook.control("button", "Stop").click()
    expect(said(notebook)).to_contain_text("stopped at step")


def box(notebook, chart=0):
    canvas = notebook.page.locator(f"{CHART} canvas").nth(chart)
    canvas.scroll_into_view_if_needed()
    return canvas.bounding_box()


def a_drag_zooms_into_all_charts_and_a_double_click_goes_back(notebook):
    mouse, place = notebook.page.mouse, box(notebook)
    mouse.move(place["x"] + 60, place["y"] + 50)
    mouse.down()
    mouse.move(place["x"] + 160, place["y"] + 60, steps=4)
    mouse.up()
    notebook.page.wait_for_function(f"() => ({ZOOMS})().every(zoom => zoom)")
    zooms = notebook.page.evaluate(ZOOMS)
    low, high = map(float, zooms[0].split())
    assert len(zooms) == 3 and len(set(zooms)) == 1 and 0 < low < high < 4000 / 4
    back = notebook.notebook.get_by_role("button", name="Whole run")
    expect(back).to_have_count(1)
    notebook.page.locator(f"{CHART} canvas").nth(1).dblclick()
    notebook.page.wait_for_function(f"() => ({ZOOMS})().every(zoom => zoom === '')")
    expect(back).to_have_count(0)


def a_pointer_reads_all_charts_out(notebook):
    place = box(notebook)
    notebook.page.mouse.move(place["x"] + 60, place["y"] + 50)
    notebook.page.wait_for_function(f"() => ({PLACES})().every(at => Number(at) > 1)")
    cards = notebook.page.locator(f"{CHART} .nblib-lines-card:visible")
    expect(cards).to_have_count(3)
    expect(cards.first).to_contain_text("step ")
    expect(cards.first).to_contain_text("train")
    notebook.page.mouse.move(5, 5)
    expect(cards).to_have_count(0)


def the_keyboard_reads_out_and_zooms(notebook):
    canvas = notebook.page.locator(f"{CHART} canvas").first
    spoken = notebook.page.locator(f"{CHART} [aria-live]").first
    canvas.focus()
    canvas.press("Home")
    expect(spoken).to_contain_text("step 1: ")
    canvas.press("ArrowRight")
    expect(spoken).to_contain_text("step 2: each step ")
    canvas.press("Shift+ArrowRight")
    expect(spoken).to_contain_text("step 12: ")
    for key in "++-":
        canvas.press(key)
    notebook.page.wait_for_function(f"() => ({ZOOMS})().every(zoom => zoom)")
    low, high = map(float, notebook.page.evaluate(ZOOMS)[0].split())
    assert high - low == pytest.approx(2000, rel=0.01) and low <= 12 <= high
    canvas.press("Escape")
    notebook.page.wait_for_function(f"() => ({ZOOMS})().every(zoom => zoom === '')")
    assert notebook.page.evaluate(PLACES) == ["", "", ""]
    summary = canvas.evaluate("node => document.getElementById(node.getAttribute('aria-describedby')).textContent")
    assert summary == notebook.notebook.locator(".nblib-caption").inner_text().strip()


def a_name_in_the_legend_hides_its_curve(notebook):
    before = notebook.page.locator(f"{CHART} canvas").first.evaluate("node => node.toDataURL()")
    name = notebook.notebook.locator(f"{CHART} .nblib-legend button").filter(has_text="each step")
    name.click()
    expect(name).to_have_attribute("aria-pressed", "false")
    changed = f"before => document.querySelector('{CHART} canvas').toDataURL() !== before"
    notebook.page.wait_for_function(changed, arg=before)


def the_saved_picture_has_its_scale_and_title(notebook):
    with notebook.page.expect_download() as download:
        notebook.control("button", "Save the curves as SVG").click()
    texts = texts_of(download.value.path().read_bytes())
    assert texts[0] == "Loss" and {"train", "validation", "step", "Learning rate", "1e-4"} <= set(texts)
    # What is hidden stays out; numbers stand at both axes.
    assert "each step" not in texts and {"0", "1000", "100%", "1"} <= set(texts)


def the_curves_open_as_a_plotly_figure(notebook):
    assert notebook.page.locator(".nblib-panel .js-plotly-plot").count() == 0
    notebook.control("button", "Open the curves as a plotly figure").click()
    notebook.page.wait_for_selector(".nblib-panel .js-plotly-plot .x2y2")
    notebook.control("button", "Close the figure").click()
    expect(notebook.page.locator(".nblib-panel .js-plotly-plot")).to_have_count(0)


def the_run_as_text_is_copied(notebook):
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.control("button", "Copy as …").click()
    notebook.control("button", "as a command").click()
    expect(notebook.control("textbox", "as a command")).to_have_value("nblib finetune --max-train-samples 1024")
    notebook.control("button", "Copy").click()
    notebook.wait_for_text("copied")
    assert notebook.page.evaluate("() => navigator.clipboard.readText()").startswith("nblib finetune")


def the_zones_stand_side_by_side_at_900_pixels_and_stack_when_narrow(notebook):
    page = notebook.page
    wide = "() => [...document.querySelectorAll('.nblib-panel')].some(e => e.scrollWidth > e.clientWidth + 1)"
    left, right = (notebook.notebook.locator(f".nblib-{zone}") for zone in ("controls", "pictures"))
    page.evaluate("document.querySelector('.nblib-panel').style.width = '900px'")
    notebook.painted()
    assert not page.evaluate(wide)
    assert left.bounding_box()["x"] + left.bounding_box()["width"] <= right.bounding_box()["x"] + 1
    page.wait_for_function(
        "() => document.querySelector('.nblib-panel .nblib-lines canvas').clientWidth"
        " <= document.querySelector('.nblib-pictures').clientWidth"
    )
    page.evaluate("document.querySelector('.nblib-panel').style.width = '640px'")
    notebook.painted()
    assert left.bounding_box()["y"] + left.bounding_box()["height"] <= right.bounding_box()["y"] + 1
    assert not page.evaluate(wide)


def nothing_jumps_while_the_numbers_grow(notebook):
    notebook.page.wait_for_function(f"() => ({POINTS})() > 5")
    before = notebook.page.evaluate(HEIGHT)
    places = "() => [...document.querySelectorAll('.nblib-cell')].map(e => e.getBoundingClientRect().left)"
    at = notebook.page.evaluate(places)
    notebook.page.wait_for_function(f"() => ({POINTS})() > 250")
    assert notebook.page.evaluate(places) == at
    assert abs(notebook.page.evaluate(HEIGHT) - before) < 1


def texts_stand_out_from_the_page(notebook, theme):
    notebook.set_theme(theme)
    judged, faint = notebook.page.evaluate(FAINT)
    assert judged > 60 and faint == []


# Contrast by WCAG 2.1 of every visible text in the panel that is not greyed on purpose: how many, and which are faint.
FAINT = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$|transparent/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let judged = 0;
  const found = [];
  for (const e of document.querySelectorAll('.nblib-panel *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || e.closest(':disabled, .modebar, style, option')) continue;
    const style = getComputedStyle(e), colour = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(colour), light(behind(e))].sort((x, y) => y - x), size = parseFloat(style.fontSize);
    judged += 1;
    if ((a + 0.05) / (b + 0.05) < 4 || size < 12) found.push([e.textContent, colour, behind(e), size]);
  }
  return [judged, found];
}"""
