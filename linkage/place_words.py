"""Where, in words: roads, places, house numbers and kilometre posts in a report.

Chinese has no spaces and we carry no word list of the language: a name is found by how it ends
(路, 小区, 大厦 …) and cut at the words that cannot belong to a name (在, 区, 附近 …).
"""

import re
from functools import lru_cache

import msgspec

ROAD_ENDS = "高速公路|高速|大道|快速路|公路|路|大街|街|巷"
SPOT_ENDS = (
    "火车站|汽车站|加油站|收费站|服务区|变电站|污水处理厂|幼儿园|开发区|产业园|工业园|批发市场|农贸市场|"
    "停车场|体育馆|图书馆|养老院|卫生院|小区|花园|家园|花苑|公寓|新村|社区|名都|广场|大厦|商城|商场|超市|市场|"
    "医院|学校|中学|小学|大学|学院|宾馆|酒店|饭店|公司|化工|石化|码头|港区|公园|工地|水库|大桥|立交|"
    "隧道|涵洞|罐区|园区|库区|渔港|村|苑|厂|桥|闸|港"
)
# 街道 is a township and 路灯 a lamp; what stands before them belongs to no name.
_NOT_AN_END = "街道|路[人过灯障况面]|港市|厂[房区内]"
_ENDS = re.compile(rf"{_NOT_AN_END}|{SPOT_ENDS}|{ROAD_ENDS}")
_ROAD_ENDS = frozenset(ROAD_ENDS.split("|"))
_NAME_ENDS = _ROAD_ENDS | frozenset(SPOT_ENDS.split("|"))
# Characters no name goes across: prepositions, townships, pronouns, verbs of telling.
_CUT = frozenset(
    "在到于从往去是和与及跟的有我你他这那称报见说被沿向距离经过近旁边侧省市县镇乡区了着将某个位处"
)
_STEM = 6  # characters: longer names differ before that anyway
# Endings that are no name of their own.
_GENERIC = frozenset(
    [
        "十字",
        "丁字",
        "三岔",
        "一条",
        "条马",
        "马路",
        "公路",
        "道路",
        "铁路",
        "线路",
        "出口",
        "入口",
        "路口",
        "大型",
        "小型",
        "一家",
        "一个",
        "附近",
        "对面",
        "门口",
        "高速",
        "国道",
        "省道",
        "居民",
        "老旧",
        "建筑",
        "施工",
        "前方",
        "整个",
        "本市",
    ]
)

# 国道 and 高速 by number or by name: drivers say one, police write the other.
_ROAD_NUMBER = re.compile(r"(?<![A-Za-z0-9])([GSXY])\s?(\d{1,4})(?![\d室栋])|(\d{2,4})([国省县]道)")
_CLASS = {"国道": "G", "省道": "S", "县道": "X"}
EXPRESSWAYS = {"连霍": "G30", "沈海": "G15", "长深": "G25", "连徐": "G30", "同三": "G15"}
_POST = re.compile(
    r"[Kk]\s?(\d{1,4})(?:\s?\+\s?(\d{1,3}))?(?!\d)"
    r"|(?<![距离约有\d.])(\d{1,4})(?:公里|千米)(?:\s?\+?(\d{1,3})米)?(?![外内远以])"
)
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}
_NUMBER = re.compile(
    r"(\d{1,3}|[A-Z]|[一二三四五六七八九十]{1,3})\s?(号楼|栋|幢|座|单元)|(\d{3,4})\s?(室)"
    r"|(?<=[路街巷道])(\d{1,4})(号)(?!楼|线|门|出口)"
)
_DISTRICT = re.compile(r"(?:^|[市省])([\u4e00-\u9fff]{2}[区县])")
_UNIT = {"号楼": "栋", "幢": "栋", "座": "栋"}

_NOTHING: frozenset[str] = frozenset()


class Names(msgspec.Struct, frozen=True, gc=False):
    """Where, in words. `keys` find incidents in an index; the rest is compared."""

    roads: frozenset[str] = _NOTHING
    spots: frozenset[str] = _NOTHING
    numbers: frozenset[str] = _NOTHING  # 3栋, 2单元, 501室, 解放东路128号 as "128号"
    posts: tuple[int, ...] = ()  # kilometre posts, in metres
    keys: frozenset[str] = _NOTHING
    district: str = ""
    highway: bool = False  # 国道, 省道 or 高速: positions there are rough


NAMELESS = Names()


@lru_cache(maxsize=8192)
def names_in(text: str) -> Names:
    if not text:
        return NAMELESS
    roads: set[str] = set()
    spots: set[str] = set()
    keys: set[str] = set()
    last = 0
    for end in _ENDS.finditer(text):
        kind = end.group()
        stem = _stem(text, max(last, end.start() - _STEM), end.start())
        last = end.end()
        if kind not in _NAME_ENDS or len(stem) < 2 or stem in _GENERIC:
            continue
        if kind in _ROAD_ENDS:
            roads.add(EXPRESSWAYS.get(stem[-2:], stem + kind) if "高速" in kind else stem + kind)
        else:
            spots.add(stem + kind)
        keys.add(stem[-2:] + kind)
    numbered = {_road_number(m) for m in _ROAD_NUMBER.finditer(text)}
    roads |= numbered
    express = {road for road in roads if road[0] in "GSX" and road[1:].isdigit()}
    posts = tuple(_post(m) for m in _POST.finditer(text)) if "K" in text or "公里" in text else ()
    numbers = frozenset(_house_number(m) for m in _NUMBER.finditer(text))
    district = _DISTRICT.search(text)
    return Names(
        roads=frozenset(roads),
        spots=frozenset(spots),
        numbers=numbers,
        posts=posts,
        keys=frozenset(keys | express),
        district=district.group(1) if district else "",
        highway=bool(express) or "高速" in text,
    )


def joined(one: Names, other: Names) -> Names:
    if other is NAMELESS:
        return one
    if one is NAMELESS:
        return other
    return Names(
        roads=one.roads | other.roads,
        spots=one.spots | other.spots,
        numbers=one.numbers | other.numbers,
        # The first stated post stands: a crash does not drive on.
        posts=one.posts or other.posts,
        keys=one.keys | other.keys,
        district=one.district or other.district,
        highway=one.highway or other.highway,
    )


def plate(written: str) -> str:
    return written.upper().replace("·", "").replace("•", "").replace(" ", "")


def _stem(text: str, start: int, end: int) -> str:
    at = end
    while at > start and "\u4e00" <= text[at - 1] <= "\u9fff" and text[at - 1] not in _CUT:
        at -= 1
    # 和平路, 向阳路: a name may begin with such a character after all.
    if end - at == 1 and at > start and "\u4e00" <= text[at - 1] <= "\u9fff":
        at -= 1
    return text[at:end]


def _road_number(found: re.Match[str]) -> str:
    letter, number, plain, kind = found.groups()
    return f"{letter}{number}" if letter else f"{_CLASS[kind]}{plain}"


def _post(found: re.Match[str]) -> int:
    km, metres, plain_km, plain_metres = found.groups()
    return 1000 * int(km or plain_km) + int(metres or plain_metres or 0)


def _house_number(found: re.Match[str]) -> str:
    value, unit, room, room_unit, house, house_unit = found.groups()
    if room:
        return room + room_unit
    if house:
        return house + house_unit
    return f"{_counted(value)}{_UNIT.get(unit, unit)}"


def _counted(value: str) -> str:
    """三 → 3, 十二 → 12, 二十 → 20; digits and letters as they are."""
    if value[0] not in _DIGITS and value[0] != "十":
        return value
    tens, ten, ones = value.rpartition("十")
    if not ten:
        return str(_DIGITS[value[-1]])
    return str(10 * (_DIGITS[tens[-1]] if tens else 1) + (_DIGITS[ones[-1]] if ones else 0))
