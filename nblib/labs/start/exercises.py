"""The exercise of lab 00: what an exercise is."""

from nblib.ui.exercises.kinds import Mistake, number


def _year(word: str) -> int:
    from nblib.labs.start.milestones import MILESTONES

    return next(m.year for m in MILESTONES if word in m.name)


def _mistakes() -> list[Mistake]:
    neuron, transformer = _year("neuron"), _year("Transformer")
    return [
        Mistake(neuron - transformer, "The right distance, counted backwards: take the earlier year from the later."),
        Mistake(
            transformer - _year("Perceptron"), "That is from the perceptron; the artificial neuron came before it."
        ),
        Mistake(_year("GPT-4") - neuron, "That is to GPT-4; the Transformer came before it."),
        Mistake(transformer, "That is the year itself; asked is how many years lie between the two."),
    ]


EXERCISES = (
    number(
        "00-years",
        lambda: _year("Transformer") - _year("neuron"),
        _mistakes,
        whole=True,
        praise="That is how every exercise works. What you pass is shown in the map above, when you run its "
        "cell again.",
        because="The year of the Transformer minus the year of the artificial neuron, both on the timeline.",
        otherwise="Find both on the timeline above and take the earlier year from the later one.",
    ),
)
