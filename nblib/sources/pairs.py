"""Pairs of sequences to translate: a phrase and its reading, a sentence and the same in another language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

import numpy as np

from nblib.engine.errors import InputError
from nblib.sources import grammar

PAD, BEGIN, END, UNKNOWN = 0, 1, 2, 3
SPECIAL = ("<pad>", "<begin>", "<end>", "<unknown>")
TASKS = ("hanzi to pinyin", "pinyin to hanzi", "Chinese to English", "opus-100, Chinese to English")


class Vocabulary:
    """The symbols of one side, numbered: padding, begin, end and unknown first, then as often as they occur.

    ``split`` takes a text apart into symbols, ``join`` puts them together again. ``most``: the rarer ones are left out.
    """

    def __init__(
        self,
        texts: Iterable[str],
        split: Callable[[str], list[str]],
        join: Callable[[list[str]], str] = "".join,
        most: int | None = None,
    ):
        counts = Counter(symbol for text in texts for symbol in split(text))
        self.symbols = [*SPECIAL, *sorted(counts, key=lambda s: (-counts[s], s))[:most]]
        self.split, self.join = split, join
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}

    @classmethod
    def of(cls, symbols: Sequence[str], split: Callable[[str], list[str]], join: Callable = "".join) -> Vocabulary:
        """With these symbols in this order; raises ValueError where the special ones are not the first, or one is
        twice."""
        made = cls([], split, join)
        if tuple(symbols[: len(SPECIAL)]) != SPECIAL or len(set(symbols)) != len(symbols):
            raise ValueError("symbols: these are none of a vocabulary")
        made.symbols = list(symbols)
        made._numbers = {symbol: number for number, symbol in enumerate(symbols)}
        return made

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's symbols, and END. Any text will do: a symbol never seen is UNKNOWN."""
        return [*(self._numbers.get(s, UNKNOWN) for s in self.split(text)), END]

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of numbers up to the first END."""
        symbols = []
        for number in numbers:
            if number == END:
                break
            if number not in (PAD, BEGIN):
                symbols.append("�" if number == UNKNOWN else self.symbols[number])
        return self.join(symbols)


class Side(NamedTuple):
    """One split: texts in and out, and the number of symbols going in, int32, by which accuracy is told."""

    sources: list[str]
    targets: list[str]
    lengths: np.ndarray

    def first(self, count: int | None) -> Side:
        """The first ``count`` pairs; all of them for None."""
        return Side(self.sources[:count], self.targets[:count], self.lengths[:count])


class Pairs(NamedTuple):
    """A task in three splits; ``references(source)``: the right answers to a source of any split, () where none is
    known."""

    name: str
    source: Vocabulary
    target: Vocabulary
    train: Side
    validation: Side
    test: Side
    references: Callable[[str], tuple[str, ...]]

    def right(self, source: str, answer: str) -> bool:
        """Whether an answer is one of the right ones."""
        return answer in self.references(source)


def pairs(name: str, *, tones: bool = False, most: int | None = None) -> Pairs:
    """The pairs of a task by its name.

    Args:
        name: one of ``TASKS``. The first two are the phrases of ``pinyin``, of at most 6 characters, the way back with
            ``EVERYDAY`` among those to train on; the third comes
            from ``nblib.sources.grammar``, made by this project; the last, the short ones of ``OPUS`` on the hub, needs
            a network once.
        tones: readings with the number of their tone, "xing2" for "xing".
        most: as many pairs to train on at most.

    Raises InputError for an unknown name, and where the offline pack or the hub's cache lacks what is needed and it
    cannot be fetched.
    """
    if name not in TASKS:
        raise InputError(f"task: unknown {name!r}; there are {', '.join(TASKS)}")
    if name in TASKS[:2]:
        made = _readings(tones, back=name == TASKS[1])
    else:
        made = _translation() if name == TASKS[2] else _opus()
    if most is None or most >= len(made.train.sources):
        return made
    train = made.train
    return made._replace(train=train.first(most))


def toneless(syllable: str) -> str:
    """ "xíng" → "xing"; ü stays ü."""
    kept = [c for c in unicodedata.normalize("NFD", syllable) if c not in TONES]
    return unicodedata.normalize("NFC", "".join(kept))


def numbered(syllable: str) -> str:
    """ "xíng" → "xing2"; a syllable without a mark, the light one, gets no number."""
    tone = next((str(TONES.index(c) + 1) for c in unicodedata.normalize("NFD", syllable) if c in TONES), "")
    return toneless(syllable) + tone


# Macron, acute, caron, grave: the first to the fourth tone.
TONES = "\u0304\u0301\u030c\u0300"
LONGEST_PHRASE = 6
# A phrase book has every phrase once; what people type all day stands in it as rarely as what nobody says. An input
# method learns these, unless they are held out, as often as EVERYDAY_TIMES says. Written by this project.
EVERYDAY_TIMES = 25
EVERYDAY = (
    "你好 nǐ hǎo, 谢谢 xiè xie, 再见 zài jiàn, 早上好 zǎo shang hǎo, 晚上好 wǎn shang hǎo, 晚安 wǎn ān, "
    "对不起 duì bu qǐ, 没关系 méi guān xi, 不客气 bú kè qi, 请问 qǐng wèn, 什么 shén me, 怎么 zěn me, "
    "为什么 wèi shén me, 多少钱 duō shao qián, 我爱你 wǒ ài nǐ, 我们 wǒ men, 你们 nǐ men, 他们 tā men, "
    "朋友 péng you, 老师 lǎo shī, 学生 xué sheng, 医生 yī shēng, 妈妈 mā ma, 爸爸 bà ba, 今天 jīn tiān, "
    "明天 míng tiān, 昨天 zuó tiān, 现在 xiàn zài, 时间 shí jiān, 天气 tiān qì, 北京 běi jīng, "
    "上海 shàng hǎi, 中国 zhōng guó, 中国人 zhōng guó rén, "
    "中文 zhōng wén, 英语 yīng yǔ, 学习 xué xí, 工作 gōng zuò, 电脑 diàn nǎo, 手机 shǒu jī, 电影 diàn yǐng, "
    "吃饭 chī fàn, 喝茶 hē chá, 喜欢 xǐ huan, 知道 zhī dào, 可以 kě yǐ, 很好 hěn hǎo, 生日快乐 shēng rì kuài lè"
)


@cache
def _readings(tones: bool, back: bool) -> Pairs:
    from nblib import sources

    data = sources.load("pinyin")
    texts: list[tuple[list[str], list[str]]] = []
    known: dict[str, dict[str, None]] = {}
    for split in ("train", "validation", "test"):
        phrases, readings = [], []
        for phrase, syllables in zip(data[split]["phrase"], data[split]["reading"], strict=True):
            if len(phrase) <= LONGEST_PHRASE and len(phrase) == len(syllables):
                reading = " ".join(numbered(s) if tones else toneless(s) for s in syllables)
                phrases.append(phrase)
                readings.append(reading)
                # Many phrases sound alike: whichever has that reading is right.
                source, target = (reading, phrase) if back else (phrase, reading)
                known.setdefault(source, {})[target] = None
        texts.append((phrases, readings))
    if back:
        _add_everyday(texts, known, numbered if tones else toneless)
    sides = []
    for phrases, readings in texts:
        lengths = np.array([len(phrase) for phrase in phrases], np.int32)
        sides.append(Side(readings, phrases, lengths) if back else Side(phrases, readings, lengths))
    return _pairs(TASKS[back], sides, known)


def _add_everyday(
    texts: list[tuple[list[str], list[str]]], known: dict[str, dict[str, None]], write: Callable[[str], str]
) -> None:
    """Adds to the first of ``texts``, phrases and readings of a split, and to the right answers of each reading."""
    (phrases, readings), *held_out = texts
    held = {phrase for side, _ in held_out for phrase in side}
    for entry in EVERYDAY.split(", "):
        phrase, *marked = entry.split()
        reading = " ".join(write(s) for s in marked)
        if phrase not in held:
            phrases += [phrase] * EVERYDAY_TIMES
            readings += [reading] * EVERYDAY_TIMES
            known.setdefault(reading, {})[phrase] = None


# A greeting is a sentence like any other to the grammar, and the first that a person types.
GREETING_TIMES = 8


@cache
def _translation() -> Pairs:
    made, sides = grammar.sentences(), []
    made["train"] += [p for p in made["train"] if p.template == "greeting"] * (GREETING_TIMES - 1)
    for split in ("train", "validation", "test"):
        zh, en = [p.zh for p in made[split]], [p.en for p in made[split]]
        sides.append(Side(zh, en, np.array([len(hanzi(t)) for t in zh], np.int32)))
    # All that the grammar makes, drawn or not: a person types any of it.
    known = {p.zh: {p.en: None} for p in grammar.everything()}
    return _pairs(TASKS[2], sides, known)


# Zhang et al., "Improving massively multilingual neural machine translation and zero-shot translation", 2020.
OPUS = "Helsinki-NLP/opus-100", "en-zh"
MOST_PAIRS, MOST_EACH, MOST_WORDS, LONGEST_SENTENCE = 50_000, 2_000, 12_000, 20


@cache
def _opus() -> Pairs:
    from nblib.sources.hub import download

    data, known = download(*OPUS), {}
    sides: dict[str, Side] = {}
    # The later splits first: what training shares with them is left out of training.
    for split in ("test", "validation", "train"):
        if split not in data:
            raise InputError(f"data set {OPUS[0]!r} has no {split} split; it has {', '.join(map(repr, data))}")
        fresh: dict[str, str] = {}
        most = MOST_PAIRS if split == "train" else MOST_EACH
        # Rows are dicts; datasets' own types let a whole column be one too.
        for row in cast("Iterable[dict[str, Any]]", data[split]):
            pair = row.get("translation") or {}
            zh, en = (" ".join(str(pair.get(language) or "").split()) for language in ("zh", "en"))
            fits = 0 < len(hanzi(zh)) <= LONGEST_SENTENCE and 0 < len(words(en)) <= LONGEST_SENTENCE
            if fits and _chinese(zh) and zh not in known and fresh.setdefault(zh, en) == en and len(fresh) == most:
                break
        if not fresh:
            raise InputError(f"data set {OPUS[0]!r}: {split} has no short Chinese sentence with an English one")
        known |= {zh: {en: None} for zh, en in fresh.items()}
        sides[split] = Side(list(fresh), list(fresh.values()), np.array([len(hanzi(t)) for t in fresh], np.int32))
    return _pairs(TASKS[3], [sides[s] for s in ("train", "validation", "test")], known, MOST_WORDS)


def _chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def hanzi(text: str) -> list[str]:
    """A symbol each character; spaces and stops, which people leave out, do not count."""
    return [c for c in text if not c.isspace() and c not in "。，？！.,?!"]


def letters(text: str) -> list[str]:
    """A symbol each letter, with one space between syllables; capitals and the marks of tones do not count."""
    return list(toneless(" ".join(text.lower().split())))


def syllables(text: str) -> list[str]:
    """A symbol each syllable, as an input method takes letters apart: "ni hao" and "nihao" are the same, and of two
    ways the one with the longer first syllable is taken ("xian", not "xi an"). What is none stays one symbol."""
    symbols = []
    for word in toneless(text.lower().replace("'", " ")).split():
        for row, tone in re.findall(r"(\D+|\d\d+)(\d?)", word):
            parts = _syllables(row[:60]) or [row]
            symbols += [*parts[:-1], parts[-1] + tone]
    return symbols


_SYLLABLE = re.compile(
    "(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])"
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|üan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|üe|ün|[aeiouü])"
    "|ang|eng|ai|an|ao|ei|en|er|ou|[aeo])"
)


@cache
def _syllables(row: str) -> list[str] | None:
    """None where it is no row of syllables."""
    if not row:
        return []
    for end in range(min(6, len(row)), 0, -1):
        if _SYLLABLE.fullmatch(row, 0, end) and (rest := _syllables(row[end:])) is not None:
            return [row[:end], *rest]
    return None


def words(text: str) -> list[str]:
    """English words, and its stops as words of their own."""
    return re.findall(r"[^\s.,?!]+|[.,?!]", text)


def sentence(parts: list[str]) -> str:
    """Words as a person writes them: no space before a stop."""
    return re.sub(r" (?=[.,?!])", "", " ".join(parts))


def vocabularies(name: str, source: Sequence[str], target: Sequence[str]) -> tuple[Vocabulary, Vocabulary]:
    """The vocabularies of a task from their symbols, as an export has them. Raises ValueError for what is none."""
    read, write, join = _ways(name)
    return Vocabulary.of(source, read), Vocabulary.of(target, write, join)


def _ways(name: str) -> tuple[Callable, Callable, Callable]:
    """How a task's texts are taken apart on either side, and those of the target put together."""
    if name not in TASKS:
        raise ValueError(f"task: unknown {name!r}")
    if name in TASKS[:2]:
        return (hanzi, letters, "".join) if name == TASKS[0] else (syllables, hanzi, "".join)
    return hanzi, words, sentence


def _pairs(name: str, sides: list[Side], known: dict[str, dict[str, None]], most: int | None = None) -> Pairs:
    """``known``: source → its right answers, in the order in which they came. ``most``: symbols of either side."""
    read, write, join = _ways(name)
    source = Vocabulary(sides[0].sources, read, most=most)
    target = Vocabulary(sides[0].targets, write, join, most)
    answers = {tuple(read(text)): tuple(right) for text, right in known.items()}
    return Pairs(name, source, target, *sides, references=lambda text: answers.get(tuple(read(text)), ()))
