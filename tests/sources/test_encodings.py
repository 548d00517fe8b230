import pytest

from nblib.engine.errors import InputError
from nblib.sources.encodings import decode

CHINESE = "text,label\n这本书很好看，值得推荐给大家,好\n质量太差了，不喜欢,坏\n"
TRADITIONAL = "text,label\n這本書很好看，我們很喜歡,好\n品質太差了，不會再買,壞\n"
FRENCH = "text,label\nC’est très bon, l’été à la plage…,pos\n“théâtre” égal,neg\n"
RUSSIAN = "text,label\nПривет как дела сегодня мы пошли в кино,да\nхорошо,нет\n"
KOREAN = "text,label\n안녕하세요 오늘은 날씨가 좋습니다 그래서 나는 밖에 갔습니다 정말로 좋았어요,긍정\n"
JAPANESE = "text,label\n今日はとても良い天気ですね。映画を見に行きました。,良い\n"


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        (CHINESE + FRENCH, "utf-8", "UTF-8"),
        ("text,label\nplain,1\n", "ascii", "UTF-8"),
        (CHINESE, "utf-8-sig", "UTF-8 with BOM"),
        (CHINESE, "utf-16", "UTF-16 with BOM"),
        ("\ufeff" + FRENCH, "utf-16-be", "UTF-16 with BOM"),
        (CHINESE, "gb18030", "GB18030"),
        ("好,1\n差,0\n", "gb18030", "GB18030"),
        (TRADITIONAL, "gb18030", "GB18030"),
        (FRENCH, "cp1252", "cp1252"),
        ("text,label\ndon’t go there,neg\n", "cp1252", "cp1252"),  # 92 74 is a Chinese character too
        ("text,label\nthéâtre,neg\n", "cp1252", "cp1252"),
        ("text,label\nfoo,1\nbar ££ ,0\n", "cp1252", "cp1252"),  # A3 A3 too
        ("text,label\nÜber größere Häuser für 5 €,neg\n", "cp1252", "cp1252"),
    ],
)
def test_text_comes_back_and_its_encoding_is_said(text, codec, expected):
    found, label = decode(text.encode(codec), "f.csv")
    assert label == expected
    assert found.removeprefix("\ufeff") == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (KOREAN, "euc-kr"),
        (JAPANESE, "shift-jis"),
        (JAPANESE, "euc-jp"),
        (TRADITIONAL, "big5"),
    ],
)
def test_other_encodings_are_refused(text, codec):
    with pytest.raises(InputError, match="f.csv is in an encoding that is not read, or is no text: save it as UTF-8"):
        decode(text.encode(codec), "f.csv")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\nx\0y,1\n", "f.csv is no text file: a NUL byte on line 2"),
        ("a,b\nx,1\n".encode("utf-16-le"), "a NUL byte on line 1"),
        (b"a,b\r\nx\x07,1\n", "the control character 0x07 on line 2"),
        (b"\xef\xbb\xbfa,b\n\x1b,1\n", "the control character 0x1b on line 2"),
        ("a,b\n".encode("utf-32"), "f.csv is UTF-32, which is not read"),
        (b"\xff\xfea\x00\x00\xd8b\x00", "f.csv starts as UTF-16 with BOM but breaks at byte 4"),
        (b"\xef\xbb\xbfab\xff", "f.csv starts as UTF-8 with BOM but breaks at byte"),
        (CHINESE.encode()[:-5] + b"\xe5\n", "f.csv is UTF-8 but for line 3, where byte"),
        (b"text,label\n\x81\x8d\x8f,1\n", "f.csv is in an encoding that is not read"),
        (bytes(range(128, 256)) * 8, "f.csv is in an encoding that is not read"),
    ],
)
def test_what_is_no_text_is_refused(data, message):
    with pytest.raises(InputError) as caught:
        decode(data, "f.csv")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_white_space_of_every_kind_is_text():
    assert decode(b"a\tb\x0b\x0c\r\n", "f.csv") == ("a\tb\x0b\x0c\r\n", "UTF-8")
