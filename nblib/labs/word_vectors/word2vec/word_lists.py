"""Words that the labs look at: groups to colour, and lists to measure a bias with. A text need not have them all."""

from __future__ import annotations

from collections.abc import Callable

ENGLISH = {
    "family": "mom dad mother father brother sister parents wife husband kids daughter son cousin grandma",
    "food": "pizza chicken rice cheese bread meat chocolate pasta soup burger salad beer cake coffee",
    "feelings": "happy sad tired angry excited scared nervous bored stressed lonely proud worried glad",
    "music": "guitar piano song band jazz rock metal rap songs album concert violin",
    "places": "california texas florida york china japan france germany canada europe mexico india",
    "studies": "math physics engineering science calculus chemistry biology statistics major degree algebra",
}
FILMS = {
    "praise": "funny beautiful powerful moving charming brilliant fresh compelling engaging touching",
    "blame": "dull boring tedious predictable bland flat silly stupid pretentious worst",
    "film": "film movie picture documentary comedy drama thriller sequel remake story",
    "people": "director actor actors cast performance performances screenplay writer star audience",
}
CHINESE = {
    "酒店 hotel": "酒店 宾馆 前台 早餐 服务员 大堂 房间 床 空调 卫生间 入住",
    "书 book": "书 作者 内容 小说 故事 读 文字 本书 一本 翻译",
    "电脑 computer": "屏幕 键盘 电池 系统 机器 硬盘 散热 内存 笔记本 电脑 驱动",
    "好 good": "好 不错 喜欢 满意 漂亮 舒服 干净 方便 值得 推荐",
    "坏 bad": "差 失望 脏 贵 垃圾 糟糕 不好 后悔 吵",
}

# title → (first group, second group, first attributes, second attributes)
ASSOCIATIONS = {
    "instruments and weapons, pleasant and not": (
        "guitar piano violin drums trumpet flute cello ukulele instrument instruments",
        "gun guns sword knife bomb bombs weapon weapons shoot nuclear",
        "love nice happy fun beautiful good great wonderful sweet lovely enjoy amazing awesome peace friend",
        "hate ugly sad boring terrible bad awful horrible evil gross annoying pain sick death war",
    ),
    "he and she, studies and arts": (
        "he him his man guy boy brother dad husband father men male",
        "she her hers woman girl sister mom wife mother women female",
        "math physics engineering computer science calculus algebra programming",
        "art poetry dance drama painting drawing theater novel music",
    ),
    "he and she, work and home": (
        "he him his man guy boy brother dad husband father men male",
        "she her hers woman girl sister mom wife mother women female",
        "job work career office business company boss salary",
        "home family kids children wedding marriage parents cousins",
    ),
    "酒店 and 书, 好 and 差": (
        "酒店 宾馆 房间 前台 服务员 大堂",
        "书 本书 作者 小说 故事 文字",
        "好 不错 喜欢 满意 漂亮 值得 推荐",
        "差 失望 脏 贵 糟糕 不好 后悔",
    ),
}
POLES = [("he", "she"), ("him", "her"), ("man", "woman"), ("boy", "girl"), ("dad", "mom"), ("brother", "sister")]
OCCUPATIONS = (
    "nurse teacher doctor engineer programmer lawyer scientist professor chef cook manager boss driver police cleaner "
    "secretary accountant dancer singer actor artist writer player coach farmer"
).split()

FEWEST = 4
FIRST_COMMON, MORE_WORDS = 60, 140


def groups_in(places: dict[str, int]) -> list[tuple[str, list[str]]]:
    """The groups of which a text has four words or more, at most six: those of the language that it has most of."""
    sets = []
    for table in (ENGLISH, FILMS, CHINESE):
        groups = [(name, [w for w in words.split() if w in places]) for name, words in table.items()]
        sets.append([(name, words) for name, words in groups if len(words) >= FEWEST])
    return max(sets, key=lambda s: sum(len(words) for _, words in s))


def words_to_show(places: dict[str, int], words: list[str]) -> tuple[list[int], list[int], list[str]]:
    """Places of the words of a picture, the group of each (0 for none), and the names of the groups.

    After the groups come frequent words, without the very most frequent, which stand beside everything.
    """
    groups = groups_in(places)
    chosen: dict[int, int] = {}
    for number, (_, members) in enumerate(groups, start=1):
        for word in members:
            chosen.setdefault(places[word], number)
    for place in range(FIRST_COMMON if len(words) > 3 * FIRST_COMMON else 0, len(words)):
        if len(chosen) >= MORE_WORDS + sum(len(members) for _, members in groups):
            break
        if not words[place].isdigit():
            chosen.setdefault(place, 0)
    return list(chosen), list(chosen.values()), [name for name, _ in groups]


def first_known(candidates: str, known: Callable[[str], bool]) -> str:
    """The first of these words that is known, "" for none."""
    return next((word for word in candidates.split() if known(word)), "")
