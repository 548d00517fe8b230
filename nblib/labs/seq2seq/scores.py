"""How good translations are: exact match, BLEU and chrF, and how each reading of a character fares."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from nblib.sources.pairs import TASKS, Pairs

if TYPE_CHECKING:
    from nblib.labs.seq2seq.job import Translate
    from nblib.models.encoder_decoder import EncoderDecoder

EVAL_BATCH = 200

# What BLEU counts as a word: of pinyin a syllable, of Chinese a character, of English a word or a stop.
WORDS = {TASKS[0]: "none", TASKS[1]: "char"}


def translated(job: Translate, model: EncoderDecoder, texts: Sequence[str]) -> list[str]:
    """The greedy translations of any number of texts, some at a time. The model is to be in eval mode."""
    found = []
    for start in range(0, len(texts), EVAL_BATCH):
        found += job.translate(model, list(texts[start : start + EVAL_BATCH]))
    return found


class Scores(NamedTuple):
    """Of so many ``answers``: the share that is ``exact`` (any of the right ones), 0 … 1; sacrebleu's ``bleu``
    (Papineni et al., 2002) and ``chrf`` (Popović, 2015) over all of them, 0 … 100."""

    answers: int
    exact: float
    bleu: float
    chrf: float


def scores(pairs: Pairs, sources: Sequence[str], answers: Sequence[str]) -> Scores:
    """Raises ValueError where there is nothing to score, or not one answer for each source."""
    if not sources or len(sources) != len(answers):
        raise ValueError(f"{len(answers)} answers for {len(sources)} sources: give one each, and at least one")
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    right = [pairs.right(source, answer) for source, answer in zip(sources, answers, strict=True)]
    known = [pairs.references(source) for source in sources]
    # sacrebleu wants the first reference of every answer, then the second of every one, and None where there is none
    # (which its documentation allows and its types do not).
    streams = [[r[k] if k < len(r) else cast(str, None) for r in known] for k in range(max(map(len, known)))]
    bleu = BLEU(tokenize=WORDS.get(pairs.name, "13a"), effective_order=True).corpus_score(list(answers), streams)
    chrf = CHRF().corpus_score(list(answers), streams)
    return Scores(len(right), sum(right) / len(right), bleu.score, chrf.score)


class Reading(NamedTuple):
    """One of the readings of a ``character``: in how many held-out phrases it ``occurs``, in how many of these the
    model says it (``right``), what it says most often ``instead`` ("" where it makes no mistake), and an ``example``:
    a phrase and the answer to it, a mistake where there is one."""

    character: str
    reading: str
    occurs: int
    right: int
    instead: str
    example: tuple[str, str]


def readings(sources: Sequence[str], targets: Sequence[str], answers: Sequence[str]) -> list[Reading]:
    """Of the characters that have several readings in these phrases, those first whose rarer readings occur most.

    Args:
        sources: phrases, a syllable a character. targets: their readings, syllables with spaces between.
        answers: what a model said. An answer with another number of syllables counts as wrong everywhere.
    """
    heard: dict[str, dict[str, list[tuple[str, str, str]]]] = defaultdict(lambda: defaultdict(list))
    for source, target, answer in zip(sources, targets, answers, strict=True):
        wanted, said = target.split(), answer.split()
        if len(said) != len(wanted):
            said = [""] * len(wanted)
        for character, syllable, given in zip(source, wanted, said, strict=True):
            heard[character][syllable].append((given, source, answer))
    several = {c: found for c, found in heard.items() if len(found) > 1}

    def rarer(character: str) -> int:
        counts = sorted(len(v) for v in several[character].values())
        return sum(counts[:-1])

    rows = []
    for character in sorted(several, key=lambda c: (-rarer(c), c)):
        for syllable, cases in sorted(several[character].items(), key=lambda item: (-len(item[1]), item[0])):
            wrong = [case for case in cases if case[0] != syllable]
            most = Counter(given for given, _, _ in wrong if given).most_common(1)
            example = (wrong or cases)[0][1:]
            rows.append(
                Reading(character, syllable, len(cases), len(cases) - len(wrong), most[0][0] if most else "", example)
            )
    return rows
