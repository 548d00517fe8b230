"""Lab 01's panels in a real JupyterLab: the line by keyboard and mouse, points by keyboard, play, a digit drawn."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.notebook import PANEL

PERCEPTRON = """
from IPython.display import display
from nblib import DigitsConfig, DigitsPanel, PerceptronPanel, PlaygroundConfig, PlaygroundPanel
panel = PerceptronPanel()
display(panel)
"""
PLAYGROUND = """
play = PlaygroundPanel(PlaygroundConfig())
display(play)
"""
DIGITS = """
read = DigitsPanel(DigitsConfig(epochs=25))
display(read)
"""
# The colour of the field at a place of the plane (x1 and x2 from −1 to 2).
PIXEL = """([x, y]) => {
  const canvas = document.querySelector('.nblib-plane canvas'), wide = canvas.clientWidth, size = wide - 52;
  const ratio = canvas.width / wide, px = 46 + (x + 1) / 3 * size, py = 6 + (2 - y) / 3 * size;
  return [...canvas.getContext('2d').getImageData(Math.round(px * ratio), Math.round(py * ratio), 1, 1).data];
}"""
# Far from the points of AND and from the line at the start: one on each side of it.
BELOW, ABOVE = [-0.5, 0.25], [1.5, 0.5]
CLASS_OF = f"place => {{ const [r, , b] = ({PIXEL})(place); return b > r + 12 ? 1 : r > b + 12 ? 0 : -1; }}"


@pytest.fixture
def lab(notebook_with):
    opened = notebook_with([PERCEPTRON, PLAYGROUND, DIGITS])
    opened.run_all()
    opened.page.wait_for_selector(".nblib-play .nblib-node")
    return opened


def shows(notebook, place, wanted):
    """Wait until the field at this place has the colour of this class."""
    notebook.page.wait_for_function(f"([place, wanted]) => ({CLASS_OF})(place) === wanted", arg=[place, wanted])


def test_the_three_panels_under_the_hand(lab):
    """One kernel for all of them: to open JupyterLab takes longer than what is looked at in it."""
    steps = (
        w1_by_keyboard,
        w1_by_mouse,
        a_point_by_keyboard_alone,
        the_rule_one_example_at_a_time,
        points_by_mouse,
        play_pause_step,
        the_net_is_built_in_the_picture,
        a_weight_is_dragged_while_it_plays,
        the_state_is_cut_and_restored,
        a_one_is_drawn_and_read,
    )
    for look in steps:
        look(lab)
    assert lab.unnamed_controls() == []
    assert lab.console_errors == []
    a_kernel_that_was_restarted_is_said(lab)


def w1_by_keyboard(notebook):
    shows(notebook, BELOW, 0)
    shows(notebook, ABOVE, 1)
    slider = notebook.control("slider", "w1")
    slider.focus()
    slider.press("Home")
    shows(notebook, ABOVE, 0)
    shows(notebook, BELOW, 1)
    slider.press("End")
    shows(notebook, ABOVE, 1)
    shows(notebook, BELOW, 0)


def w1_by_mouse(notebook):
    box = notebook.control("slider", "w1").bounding_box()
    y = box["y"] + box["height"] / 2
    notebook.page.mouse.move(box["x"] + box["width"] - 8, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + box["width"] / 2, y, steps=5)
    notebook.page.mouse.move(box["x"] + 8, y, steps=5)
    # Still under the hand, and already there.
    shows(notebook, ABOVE, 0)
    shows(notebook, BELOW, 1)
    notebook.page.mouse.up()
    assert float(notebook.execute("print(panel.config.w1)")) < -2.5


def a_point_by_keyboard_alone(notebook):
    plane = notebook.notebook.get_by_role("application", name=re.compile("Plane of the perceptron"))
    plane.focus()
    for key in ("0", "ArrowRight", "ArrowUp", "Enter"):
        notebook.page.keyboard.press(key)
    said = notebook.notebook.locator(".nblib-plane .nblib-readout")
    expect(said).to_contain_text("class 0 · 5 points")
    wait_for(notebook, "[round(v, 1) for v in panel.points[-1].tolist()]", "[0.6, 0.6, 0.0]")
    for key in ("m", "ArrowUp", "ArrowUp", "m"):
        notebook.page.keyboard.press(key)
    expect(said).to_contain_text(re.compile(r"x₂ = 0\.7[23]"))
    wait_for(notebook, "[round(v, 1) for v in panel.points[-1].tolist()]", "[0.6, 0.7, 0.0]")
    notebook.page.keyboard.press("Delete")
    expect(said).to_contain_text("4 points")


def wait_for(notebook, expression, wanted):
    for _ in range(50):
        found = notebook.execute(f"print({expression})").strip()
        if found == wanted:
            return
        notebook.page.wait_for_timeout(50)
    assert found == wanted


def the_rule_one_example_at_a_time(notebook):
    notebook.control("button", "XOR").click()
    notebook.control("button", "Zero the weights").click()
    notebook.control("button", "Next example").click()
    notebook.wait_for_text("a = 0·0 + 0·0 + 0 = 0, so y = 0")
    notebook.control("button", "Learn to the end").click()
    notebook.wait_for_text("so the rule never comes to rest")
    notebook.control("button", "Best of all lines").click()
    notebook.wait_for_text("gets 1 of 4 points wrong: 25%, and no line does better")


def points_by_mouse(notebook):
    canvas = notebook.notebook.locator(".nblib-plane canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    size = box["width"] - 52
    spot = lambda x, y: (box["x"] + 46 + (x + 1) / 3 * size, box["y"] + 6 + (2 - y) / 3 * size)  # noqa: E731
    notebook.page.mouse.click(*spot(1.5, 1.5))
    said = notebook.notebook.locator(".nblib-plane .nblib-readout")
    expect(said).to_contain_text("5 points")
    notebook.page.mouse.move(*spot(1.5, 1.5))
    notebook.page.mouse.down()
    notebook.page.mouse.move(*spot(-0.5, -0.5), steps=6)
    notebook.page.mouse.up()
    wait_for(notebook, "[round(v, 1) for v in panel.points[4, :2].tolist()]", "[-0.5, -0.5]")
    notebook.page.keyboard.down("Shift")
    notebook.page.mouse.click(*spot(-0.5, -0.5))
    notebook.page.keyboard.up("Shift")
    expect(said).to_contain_text("4 points")


def message(notebook, panel=0):
    return notebook.notebook.locator(".nblib-message").nth(panel)


def play_pause_step(notebook):
    button = lambda name: notebook.control("button", name).first  # noqa: E731
    button("Start").click()
    expect(message(notebook)).to_have_text("running")
    notebook.page.wait_for_function("() => Number(document.querySelector('.nblib-lines').dataset.points) > 5")
    button("Pause").click()
    expect(message(notebook)).to_contain_text("paused at step")
    at = int(re.search(r"\d+", message(notebook).inner_text())[0])
    assert at > 100
    button("Step").click()
    expect(message(notebook)).to_have_text(f"paused at step {at + 1}")
    notebook.wait_for_text(re.compile(r"train loss: "))


def the_net_is_built_in_the_picture(notebook):
    notebook.control("button", "feature X₁X₂").press("Enter")
    expect(notebook.control("button", "feature X₁X₂")).to_have_attribute("aria-pressed", "true")
    notebook.control("button", "+ layer").click()
    expect(notebook.control("button", "neuron 2 of layer 3")).to_be_visible()
    notebook.control("button", "One neuron more in layer 3").click()
    expect(notebook.control("button", "neuron 3 of layer 3")).to_be_visible()
    notebook.control("button", "neuron 1 of layer 1").focus()
    expect(notebook.notebook.locator(".nblib-play-out .nblib-readout")).to_have_text("picture of neuron 1.1")
    notebook.control("button", "Graph of one example").click()
    notebook.wait_for_text(re.compile(r"L = ½·"))
    wait_for(notebook, "play.config.hidden_sizes", "4, 2, 3")


def a_weight_is_dragged_while_it_plays(notebook):
    notebook.control("button", "Resume").first.click()
    notebook.control("combobox", "weight to change").select_option("0,0,0")
    slider = notebook.control("slider", "value of the weight")
    box = slider.bounding_box()
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=5)
    held = "play.session.call(lambda p: [round(v, 2) for v in p.held.values()]).result(5)"
    value = float(slider.input_value())
    assert value > 3
    wait_for(notebook, held, f"[{value}]")
    before = notebook.execute("print(play.session.step_number)")
    wait_for(notebook, f"play.session.step_number > {before.strip()} + 50", "True")
    wait_for(notebook, "round(play.session.call(lambda p: float(p.net.weights[0][0, 0])).result(5), 2)", str(value))
    notebook.page.mouse.up()
    wait_for(notebook, held, "[]")


def the_state_is_cut_and_restored(notebook):
    notebook.control("button", "Stop").first.click()
    expect(message(notebook)).to_contain_text("stopped at step")
    notebook.control("button", "Share the state").click()
    area = notebook.notebook.get_by_role("textbox", name="the state as a line")
    expect(area).to_have_value(re.compile(r"^playground:\?.*&check=[0-9a-f]{8}$"))
    line = area.input_value()
    field = notebook.control("textbox", "restore")
    field.fill(line[:-5])
    notebook.control("button", "Restore").click()
    notebook.wait_for_text("state: the line was cut or edited")
    field.fill(line)
    notebook.control("button", "Restore").click()
    notebook.wait_for_text("Start goes on from here")


def a_one_is_drawn_and_read(notebook):
    notebook.control("button", "Start").nth(1).click()
    expect(message(notebook, 1)).to_contain_text("finished at step", timeout=60_000)
    pad = notebook.notebook.locator(".nblib-pad-draw")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    notebook.page.mouse.move(box["x"] + 112, box["y"] + 30)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + 112, box["y"] + 190, steps=12)
    notebook.page.mouse.up()
    expect(notebook.notebook.locator(".nblib-bars .nblib-readout")).to_have_text("it says 1")
    notebook.control("button", "Confusion matrix").click()
    cell = notebook.notebook.get_by_role("button", name=re.compile(r"^\d+ pictures of 3 read as 3$"))
    cell.click()
    notebook.wait_for_text(re.compile(r"\d+ test pictures of 3 read as 3"))
    notebook.control("button", "Clear").press("Enter")
    expect(notebook.notebook.locator(".nblib-bars .nblib-readout")).to_have_text("draw a digit from 0 to 9")


def a_kernel_that_was_restarted_is_said(notebook):
    notebook.page.evaluate(f"() => {PANEL}.sessionContext.session.kernel.restart().then(() => null)")
    notebook.notebook.get_by_role("application", name=re.compile("Plane of the perceptron")).press("Enter")
    notebook.control("slider", "w1").press("ArrowRight")
    notebook.notebook.locator(".nblib-bar button", has_text="Start").last.click()
    for place in (".nblib-plane", ".nblib-form", ".nblib-status"):
        said = notebook.notebook.locator(f"{place} > .nblib-silent:visible").last
        expect(said).to_contain_text("If it was restarted, run this cell again", timeout=20_000)
