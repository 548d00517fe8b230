"""Tell in which encoding a text file is, always with the same answer, and refuse what is no text.

Order: a byte order mark decides; else UTF-8 if every byte fits; else GB18030 if what comes out is Chinese as people
write it; else cp1252 if what comes out is mostly ASCII, as it is in the languages that use cp1252. Nearly any bytes
decode as cp1252, and many as GB18030, so that decoding without an error proves nothing for those two.
"""

import codecs
import re
from collections import Counter

from nblib.engine.errors import InputError

_ADVICE = "save it as UTF-8 (read are UTF-8, UTF-16 with a byte order mark, GB18030 and cp1252)"
# The most frequent characters of modern Chinese and their traditional forms: about two fifths of any running text.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去"
    "法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实这很太买品东西价格质量不错喜欢，。！？、：；"
    "這個們來為國說時會對於著過發後裡種經麼學現當沒動還進樣開從實買東質錯歡"
)
# What no text file holds; tab, line feed, form feed, carriage return and vertical tab are white space.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


def _line_of(text: str, position: int) -> int:
    head = text[:position]
    return head.count("\n") + head.count("\r") - head.count("\r\n") + 1


def _refuse_controls(text: str, name: str) -> None:
    control = _CONTROL.search(text)
    if control:
        what = "a NUL byte" if control[0] == "\0" else f"the control character 0x{ord(control[0]):02x}"
        raise InputError(f"{name} is no text file: {what} on line {_line_of(text, control.start())}")


def _is_chinese(text: str) -> bool:
    counts = Counter(re.findall(r"[^\x00-\x7f]", text))
    total = sum(counts.values())
    hanzi = plain = common = kana = 0
    for character, count in counts.items():
        try:
            lead = character.encode("gb2312")[0]
        except UnicodeEncodeError:
            lead = 0
        hanzi += count * ("\u4e00" <= character <= "\u9fff")
        kana += count * ("\u3040" <= character <= "\u30ff")
        # 0xA1 to 0xA3: punctuation and full-width forms; 0xB0 to 0xD7: the 3,755 everyday characters
        plain += count * (0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7)
        common += count * (character in _COMMON)
    if hanzi == 0 or kana > 0.1 * total:
        return False
    if total >= 30 and common < 0.08 * total:  # EUC-KR, Big5 and the like read as rows of rare characters
        return False
    # Traditional characters are outside of GB2312, so half is enough where common ones are among them.
    return plain >= 0.85 * total or (common > 0 and plain >= 0.5 * total)


def _is_western(text: str) -> bool:
    visible = [character for character in text if not character.isspace()]
    return sum(character > "\x7f" for character in visible) <= 0.3 * len(visible)


def decode(data: bytes, name: str) -> tuple[str, str]:
    """The text and its encoding: "UTF-8", "UTF-8 with BOM", "UTF-16 with BOM", "GB18030" or "cp1252".

    Args:
        data: the file's bytes.
        name: of the file, for messages.

    Raises:
        InputError: bytes that are no text, or an encoding that is not read; names the line where it can.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise InputError(f"{name} is UTF-32, which is not read: {_ADVICE}")
    marked = None
    if data.startswith(codecs.BOM_UTF8):
        marked = "utf-8-sig", "UTF-8 with BOM"
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = "utf-16", "UTF-16 with BOM"
    if marked:
        try:
            text = data.decode(marked[0])
        except UnicodeDecodeError as error:
            raise InputError(f"{name} starts as {marked[1]} but breaks at byte {error.start:,}: {_ADVICE}") from error
        _refuse_controls(text, name)
        return text, marked[1]
    _refuse_controls(data.decode("latin-1"), name)  # the same positions as bytes, in every encoding left
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        broken = error
    mended = data.decode("utf-8", errors="replace")
    bad = mended.count("\ufffd")
    if len(re.findall(r"[^\x00-\x7f]", mended)) - bad > bad:
        line = _line_of(data[: broken.start].decode("latin-1"), broken.start)
        raise InputError(
            f"{name} is UTF-8 but for line {line}, where byte {broken.start:,} (0x{data[broken.start]:02x}) fits "
            "nothing: mend that line"
        )
    for codec, label, plausible in (("gb18030", "GB18030", _is_chinese), ("cp1252", "cp1252", _is_western)):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if plausible(text):
            return text, label
    raise InputError(f"{name} is in an encoding that is not read, or is no text: {_ADVICE}")
