"""Chinese and English sentences made from a small grammar of this project's own: for translation with no download.

They are made, not collected: right in both languages, and as monotonous as what a textbook's first chapters say.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np


class Pair(NamedTuple):
    """A sentence in both languages, the template that it was made by, and what that was filled with."""

    zh: str
    en: str
    template: str
    filling: tuple[str, ...]


class Verb(NamedTuple):
    """A verb with what it is done to: ``zh``, ``en`` and the English third person, past and -ing."""

    zh: str
    en: str
    third: str
    past: str
    ing: str
    objects: tuple[tuple[str, str], ...]


def _words(text: str) -> tuple[tuple[str, str], ...]:
    """ "苹果 apple, 香蕉 a banana" → (("苹果", "apple"), …)."""
    return tuple((part.split(maxsplit=1)[0], part.split(maxsplit=1)[1]) for part in text.strip().split(", "))


# Chinese, English, whether the verb takes the third person.
SUBJECTS = (
    ("我", "I", False), ("你", "you", False), ("他", "he", True), ("她", "she", True), ("我们", "we", False),
    ("他们", "they", False), ("我妈妈", "my mother", True), ("我爸爸", "my father", True),
    ("我哥哥", "my brother", True), ("他的姐姐", "his sister", True), ("她的朋友", "her friend", True),
    ("我的老师", "my teacher", True),
    ("那个孩子", "that child", True), ("这个学生", "this student", True), ("医生", "the doctor", True),
    ("孩子们", "the children", False), ("我的同学", "my classmate", True), ("小王", "Xiao Wang", True),
    ("李明", "Li Ming", True), ("安娜", "Anna", True),
)  # fmt: skip
VERBS = (
    Verb("吃", "eat", "eats", "ate", "eating", _words(
        "披萨 pizza, 米饭 rice, 面条 noodles, 饺子 dumplings, 苹果 apples, 香蕉 bananas, 鱼 fish, 面包 bread, "
        "鸡蛋 eggs, 蛋糕 cake, 水果 fruit, 蔬菜 vegetables, 豆腐 tofu, 巧克力 chocolate, 西瓜 watermelon")),
    Verb("喝", "drink", "drinks", "drank", "drinking", _words(
        "水 water, 茶 tea, 咖啡 coffee, 牛奶 milk, 果汁 juice, 绿茶 green tea, 啤酒 beer, 热汤 hot soup")),
    Verb("看", "watch", "watches", "watched", "watching", _words(
        "电影 films, 电视 television, 足球比赛 football matches, 新闻 the news")),
    Verb("读", "read", "reads", "read", "reading", _words(
        "书 books, 报纸 newspapers, 小说 novels, 诗 poems, 历史书 history books, 信 letters")),
    Verb("学", "learn", "learns", "learned", "learning", _words(
        "中文 Chinese, 英语 English, 数学 mathematics, 音乐 music, 物理 physics, 画画 drawing")),
    Verb("买", "buy", "buys", "bought", "buying", _words(
        "衣服 clothes, 鞋子 shoes, 花 flowers, 票 tickets, 礼物 presents, 帽子 hats, 铅笔 pencils, "
        "水果 fruit, 书 books")),
    Verb("写", "write", "writes", "wrote", "writing", _words(
        "信 letters, 小说 novels, 汉字 Chinese characters, 诗 poems, 日记 a diary")),
    Verb("听", "listen to", "listens to", "listened to", "listening to", _words(
        "音乐 music, 广播 the radio, 故事 stories, 新闻 the news, 老歌 old songs")),
    Verb("玩", "play", "plays", "played", "playing", _words("游戏 games, 电脑游戏 computer games")),
    Verb("打", "play", "plays", "played", "playing", _words(
        "篮球 basketball, 网球 tennis, 乒乓球 table tennis, 排球 volleyball")),
    Verb("踢", "play", "plays", "played", "playing", _words("足球 football")),
    Verb("做", "cook", "cooks", "cooked", "cooking", _words("晚饭 dinner, 早饭 breakfast, 午饭 lunch")),
    Verb("画", "paint", "paints", "painted", "painting", _words("山 mountains, 马 horses, 花 flowers, 猫 cats")),
    Verb("洗", "wash", "washes", "washed", "washing", _words("衣服 clothes, 盘子 plates, 汽车 cars")),
)  # fmt: skip
# Chinese noun, its measure word, English singular and plural.
THINGS = (
    ("书", "本", "book", "books"), ("词典", "本", "dictionary", "dictionaries"), ("桌子", "张", "table", "tables"),
    ("椅子", "把", "chair", "chairs"), ("猫", "只", "cat", "cats"), ("狗", "条", "dog", "dogs"),
    ("鸟", "只", "bird", "birds"), ("苹果", "个", "apple", "apples"), ("杯子", "个", "cup", "cups"),
    ("手机", "部", "phone", "phones"), ("电脑", "台", "computer", "computers"), ("自行车", "辆", "bicycle", "bicycles"),
    ("汽车", "辆", "car", "cars"), ("房子", "座", "house", "houses"), ("房间", "个", "room", "rooms"),
    ("衬衫", "件", "shirt", "shirts"), ("帽子", "顶", "hat", "hats"), ("票", "张", "ticket", "tickets"),
    ("照片", "张", "photo", "photos"), ("箱子", "个", "box", "boxes"), ("钥匙", "把", "key", "keys"),
    ("雨伞", "把", "umbrella", "umbrellas"), ("花", "朵", "flower", "flowers"), ("铅笔", "支", "pencil", "pencils"),
)  # fmt: skip
ADJECTIVES = _words(
    "大 big, 小 small, 新 new, 旧 old, 贵 expensive, 便宜 cheap, 漂亮 beautiful, 有趣 interesting, 重 heavy, "
    "干净 clean, 脏 dirty, 红 red, 白 white, 长 long, 好 good"
)
ALIVE = ("猫", "狗", "鸟")
ODD_OF_ANIMALS = ("新", "旧", "贵", "便宜", "红", "长")
NUMBERS = _words("两 two, 三 three, 四 four, 五 five, 六 six, 七 seven, 八 eight, 九 nine, 十 ten")
PLACES = _words(
    "北京 Beijing, 上海 Shanghai, 学校 school, 公园 the park, 图书馆 the library, 医院 the hospital, 银行 the bank, "
    "火车站 the railway station, 机场 the airport, 超市 the supermarket, 博物馆 the museum, 饭店 the restaurant, "
    "办公室 the office, 电影院 the cinema, 海边 the seaside, 邮局 the post office"
)
SPOTS = _words("桌子上 on the table, 椅子下 under the chair, 门后面 behind the door, 房间里 in the room, "
               "箱子里 in the box, 窗户旁边 beside the window, 床上 on the bed, 花园里 in the garden")  # fmt: skip
WEATHER = _words("很好 fine, 很冷 cold, 很热 hot, 不好 bad, 很暖和 warm, 很凉快 cool")
NAMES = (
    ("小王", "Xiao Wang"),
    ("李明", "Li Ming"),
    ("安娜", "Anna"),
    ("汤姆", "Tom"),
    ("老师", "teacher"),
    ("玛丽", "Mary"),
)
GREETINGS = (
    ("你好", "Hello"), ("您好", "Hello"), ("早上好", "Good morning"), ("下午好", "Good afternoon"),
    ("晚上好", "Good evening"), ("晚安", "Good night"), ("再见", "Goodbye"), ("谢谢你", "Thank you"),
    ("对不起", "I am sorry"), ("欢迎", "Welcome"), ("生日快乐", "Happy birthday"), ("明天见", "See you tomorrow"),
)  # fmt: skip
PAST = _words("昨天 yesterday, 上个星期 last week, 去年 last year, 今天早上 this morning")
FUTURE = _words("明天 tomorrow, 下个星期 next week, 明年 next year, 今天晚上 this evening")


def _sentence(text: str, end: str = ".") -> str:
    return text[0].upper() + text[1:] + end


def _greetings() -> Iterator[Pair]:
    for zh, en in GREETINGS:
        yield Pair(f"{zh}。", f"{en}.", "greeting", (zh,))
        for name, english in NAMES:
            yield Pair(f"{zh}，{name}。", f"{en}, {english}.", "greeting", (zh, name))


def _doing() -> Iterator[Pair]:
    for (who, en, third), verb in itertools.product(SUBJECTS, VERBS):
        does = "does" if third else "do"
        for what, object_ in verb.objects:
            done, filling = f"{verb.zh}{what}", (who, verb.zh, what)
            like, want = ("likes", "wants") if third else ("like", "want")
            is_ = "am" if en == "I" else "is" if third else "are"
            do = f"{verb.en} {object_}"
            yield Pair(f"{who}喜欢{done}。", _sentence(f"{en} {like} to {do}"), "like", filling)
            yield Pair(f"{who}不喜欢{done}。", _sentence(f"{en} {does} not like to {do}"), "dislike", filling)
            yield Pair(f"{who}想{done}。", _sentence(f"{en} {want} to {do}"), "want", filling)
            yield Pair(f"{who}正在{done}。", _sentence(f"{en} {is_} {verb.ing} {object_}"), "doing", filling)
            yield Pair(f"{who}喜欢{done}吗？", _sentence(f"{does} {en} like to {do}", "?"), "question", filling)
            for when, time in PAST:
                yield Pair(f"{who}{when}{verb.zh}了{what}。", _sentence(f"{en} {verb.past} {object_} {time}"), "past",
                           (*filling, when))  # fmt: skip
            for when, time in FUTURE:
                yield Pair(f"{who}{when}要{done}。", _sentence(f"{en} will {do} {time}"), "future", (*filling, when))


def _going() -> Iterator[Pair]:
    for (who, en, third), (place, where) in itertools.product(SUBJECTS, PLACES):
        is_ = "am" if en == "I" else "is" if third else "are"
        for when, time in FUTURE:
            yield Pair(f"{who}{when}要去{place}。", _sentence(f"{en} will go to {where} {time}"), "going",
                       (who, place, when))  # fmt: skip
        for when, time in PAST:
            yield Pair(
                f"{who}{when}去了{place}。", _sentence(f"{en} went to {where} {time}"), "went", (who, place, when)
            )
        at = f"in {where}" if where[0].isupper() else f"at {where}"
        yield Pair(f"{who}在{place}。", _sentence(f"{en} {is_} {at}"), "being", (who, place))


def _things() -> Iterator[Pair]:
    for noun, measure, one, many in THINGS:
        for adjective, english in ADJECTIVES:
            if noun in ALIVE and adjective in ODD_OF_ANIMALS:
                continue
            yield Pair(f"这{measure}{noun}很{adjective}。", f"This {one} is {english}.", "this", (noun, adjective))
            yield Pair(f"那{measure}{noun}不{adjective}。", f"That {one} is not {english}.", "that", (noun, adjective))
        for (who, en, third), (number, count) in itertools.product(SUBJECTS, NUMBERS):
            has = "has" if third else "have"
            yield Pair(f"{who}有{number}{measure}{noun}。", _sentence(f"{en} {has} {count} {many}"), "having",
                       (who, number, noun))  # fmt: skip
        for spot, where in SPOTS:
            if noun not in spot and noun != "房子":
                yield Pair(f"{noun}在{spot}。", f"The {one} is {where}.", "where", (noun, spot))


def _weather() -> Iterator[Pair]:
    for (when, time), (zh, en) in itertools.product([("今天", "today"), ("这里", "here")], WEATHER):
        yield Pair(f"{when}天气{zh}。", f"The weather is {en} {time}.", "weather", (when, zh))
    for (place, where), (zh, en) in itertools.product([p for p in PLACES if p[1][0].isupper()], WEATHER):
        yield Pair(f"{place}的天气{zh}。", f"The weather in {where} is {en}.", "weather", (place, zh))


@cache
def everything() -> tuple[Pair, ...]:
    """Every sentence that the grammar makes, each Chinese one once, in a fixed order."""
    pairs: dict[str, Pair] = {}
    for pair in itertools.chain(_greetings(), _weather(), _going(), _things(), _doing()):
        pairs.setdefault(pair.zh, pair)
    return tuple(pairs.values())


def sentences(count: int = 8000, seed: int = 0) -> dict[str, list[Pair]]:
    """``count`` pairs drawn from all, in "train" (80 %), "validation" and "test" (10 % each).

    No two splits share a filling of a template, nor a sentence of either language. Raises ValueError where the grammar
    does not make so many.
    """
    made = everything()
    if not 10 <= count <= len(made):
        raise ValueError(f"count: the grammar makes between 10 and {len(made):,} sentences, not {count}")
    rng = np.random.default_rng(seed)
    few = [n for n, pair in enumerate(made) if pair.template in ("greeting", "weather")]
    rest = np.setdiff1d(np.arange(len(made)), few)
    # Of the short ones there are few, and they are what everybody types first.
    few = few[: count // 10]
    chosen = np.concatenate([few, rng.choice(rest, count - len(few), replace=False)])
    rng.shuffle(chosen)
    splits: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    home: dict[str, str] = {}
    for number, at in enumerate(chosen):
        pair = made[at]
        split = ("validation", "test")[number % 2] if number % 10 < 2 else "train"
        # Two Chinese sentences may be one in English: both go where the first went.
        splits[home.setdefault(pair.en, split)].append(pair)
    return splits
