"""Where, in words: roads, places, house numbers and kilometre posts in a report.

Chinese has no spaces and we carry no word list of the language: a name is found by how it ends
(路, 小区, 大厦 …) and cut at the words that cannot belong to a name (在, 区, 附近 …).
"""

import re
from functools import lru_cache

import msgspec

_ROAD_ENDS = "高速公路 高速 大道 快速路 公路 路 大街 街 巷"
_SPOT_ENDS = (
    "火车站 汽车站 加油站 收费站 服务区 变电站 污水处理厂 幼儿园 开发区 产业园 工业园 批发市场 "
    "农贸市场 停车场 体育馆 图书馆 养老院 卫生院 小区 花园 家园 花苑 公寓 新村 社区 名都 广场 大厦 "
    "商城 商场 超市 市场 医院 学校 中学 小学 大学 学院 宾馆 酒店 饭店 公司 化工 石化 码头 港区 "
    "公园 工地 水库 大桥 立交 隧道 涵洞 罐区 园区 库区 渔港 村 苑 厂 桥 闸 港"
)
# A township and a lamp are no street; what stands before them belongs to no name.
_NO_ENDS = "街道 线路 管路 电路 水路 路人 路过 路灯 路障 路况 路面 港市 厂房 厂区 厂内"
# Characters no name goes across: prepositions, townships, pronouns, verbs of telling.
_CUT = frozenset(
    "号在到于从往去是和与及跟的有我你他这那称报见说被沿向距离经过近旁边侧省市县镇乡区了着将某个位处口"
)
_MAY_BEGIN = frozenset("和向沿与经距市镇")  # 和平路, 向阳路: a name after all
_STEM = 6  # characters: longer names differ before that anyway
_GENERIC_STEMS = (
    "十字 丁字 三岔 一条 条马 马路 公路 道路 铁路 出口 入口 路口 大型 小型 一家 一个 附近 对面 "
    "门口 高速 国道 省道 居民 老旧 建筑 施工 前方 整个 本市"
)
_GENERIC = frozenset(_GENERIC_STEMS.split())
# What is read at most: a place and a text of any length must not hold up the intake, and an
# incident that many reports joined must not come to know every street of the town.
PLACE, TEXT, MANY = 120, 600, 20
SHORTEST_PIECE = 3  # characters of a place that can still find it
_FILLER = re.compile(
    r"^.{2,3}省|^.{2,3}市|交叉口|交汇处|路口|附近|旁边|门口|路边|对面|路段|方向|街道"
    r"|[\dA-Za-z+＋号楼栋幢座单元室公里米处省国县道\W]+"
)

# 国道 and 高速 by number or by name: drivers say one, police write the other.
_ROAD_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])([GSXY])\s?(\d{1,4})(?![\d室栋])|(\d{2,4})([国省县]道)|([国省县]道)(\d{2,4})"
)
_CLASS = {"国道": "G", "省道": "S", "县道": "X"}
EXPRESSWAYS = {"连霍": "G30", "沈海": "G15", "长深": "G25", "连徐": "G30", "同三": "G15"}
_EXPRESSWAY = re.compile(rf"(?:{'|'.join(EXPRESSWAYS)})高速(?:公路)?")
_POST = re.compile(
    r"[Kk]\s?(\d{1,4})(?:\s?\+\s?(\d{1,3}))?(?!\d)"
    r"|(?<![距离约有\d.])(\d{1,4})(?:公里|千米)(?:\s?\+?(\d{1,3})米)?(?![外内远以])"
)
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}
_NUMBER = re.compile(
    r"(\d{1,3}|[A-Z]|[一二三四五六七八九十]{1,3})\s?(号楼|栋|幢|座|单元)|(\d{3,4})\s?(室)"
    r"|(?<=[路街巷道])(\d{1,4})(号)(?!楼|线|门|出口)"
)
_UNITS = re.compile("[号栋幢座元室]")
_UNIT = {"号楼": "栋", "幢": "栋", "座": "栋"}
_DISTRICT = re.compile(r"(?:^|[市省])([\u4e00-\u9fff]{2}[区县])")
_DIGIT = re.compile(r"\d")
_CODED = re.compile(r"[GSXY]\s?\d|[国省县]道")

_NOTHING: frozenset[str] = frozenset()


def by_first_character(words: list[str]) -> dict[str, list[str]]:
    """For scanning a text: a sixth of the time of one long regular expression of alternatives."""
    table: dict[str, list[str]] = {}
    for word in sorted({*words}, key=lambda word: (-len(word), word)):
        table.setdefault(word[0], []).append(word)
    return table


# What an ending makes of the name before it: True a road, False a place, None no name.
_MEANS: dict[str, bool | None] = (
    dict.fromkeys(_ROAD_ENDS.split(), True)
    | dict.fromkeys(_SPOT_ENDS.split(), False)
    | dict.fromkeys(_NO_ENDS.split(), None)
)
_ENDS = by_first_character(list(_MEANS))
_END_BEGINS = re.compile(f"[{''.join(_ENDS)}]")


class Names(msgspec.Struct, frozen=True, gc=False):
    """Where, in words. `keys` find incidents in an index; the rest is compared."""

    roads: frozenset[str] = _NOTHING
    spots: frozenset[str] = _NOTHING
    keys: frozenset[str] = _NOTHING
    district: str = ""
    rest: str = ""  # of a place in which no listed ending was found: what may be its name
    highway: bool = False  # 国道, 省道 or 高速: positions there are rough


NAMELESS = Names()


@lru_cache(maxsize=16384)
def names_of_place(place: str) -> Names:
    """Of a place field, where all words are about the place. A text has others: `names_in`."""
    if not place:
        return NAMELESS
    place = place[:PLACE]
    roads, spots, keys = _names(place)
    district = ""
    if "区" in place or "县" in place:
        found = _DISTRICT.search(place)
        district = found.group(1) if found else ""
    rest = ""
    if not spots:
        rest = _rest(place, roads, district)
        keys.update(piece[-4:] for piece in rest.split())
    return _named(place, roads, spots, keys, district, rest)


@lru_cache(maxsize=8192)
def names_in(text: str) -> Names:
    roads, spots, keys = _names(text)
    if not roads and not spots and not _DIGIT.search(text):
        return NAMELESS
    return _named(text, roads, spots, keys)


def _names(text: str) -> tuple[set[str], set[str], set[str]]:
    """Roads, places, and keys: the last two characters of the name with its ending."""
    roads: set[str] = set()
    spots: set[str] = set()
    keys: set[str] = set()
    last = 0
    for begin in _END_BEGINS.finditer(text):
        at = begin.start()
        if at < last:
            continue
        for end in _ENDS[text[at]]:
            if not text.startswith(end, at):
                continue
            is_road = _MEANS[end]
            stem = _stem(text, max(last, at - _STEM), at)
            last = at + len(end)
            if is_road is None or len(stem) < 2 or stem in _GENERIC:
                break
            if not is_road:
                spots.add(stem + end)
            elif "高速" in end:
                roads.add(EXPRESSWAYS.get(stem[-2:], stem + end))
            else:
                roads.add(stem + end)
            keys.add(stem[-2:] + end)
            break
    return roads, spots, keys


def _named(  # noqa: PLR0917
    text: str,
    roads: set[str],
    spots: set[str],
    keys: set[str],
    district: str = "",
    rest: str = "",
) -> Names:
    highway = "高速" in text
    if _DIGIT.search(text) and _CODED.search(text):
        numbered = {_road_number(m) for m in _ROAD_NUMBER.finditer(text)}
        roads |= numbered
        highway = highway or bool(numbered)
    if highway:
        keys |= {road for road in roads if road[0] in "GSX"}
    return Names(frozenset(roads), frozenset(spots), frozenset(keys), district, rest, highway)


def numbers_in(text: str) -> frozenset[str]:
    """3栋, 2单元, 501室, and 128号 where it follows a street."""
    if not _UNITS.search(text):
        return _NOTHING
    return frozenset(_house_number(m) for m in _NUMBER.finditer(text))


def posts_in(text: str) -> tuple[int, ...]:
    """Kilometre posts, in metres."""
    if not _DIGIT.search(text):
        return ()
    return tuple(_post(m) for m in _POST.finditer(text))


def _rest(place: str, roads: set[str], district: str) -> str:
    rest = _EXPRESSWAY.sub(" ", place) if "高速" in place else place
    for name in roads:
        rest = rest.replace(name, " ")
    rest = _FILLER.sub(" ", rest.replace(district, " ") if district else rest)
    return " ".join(piece for piece in rest.split() if len(piece) >= SHORTEST_PIECE)


def joined(one: Names, other: Names) -> Names:
    if other is NAMELESS:
        return one
    if one is NAMELESS:
        return other
    return Names(
        roads=one.roads | other.roads if len(one.roads) < MANY else one.roads,
        spots=one.spots | other.spots if len(one.spots) < MANY else one.spots,
        keys=one.keys | other.keys if len(one.keys) < 2 * MANY else one.keys,
        district=one.district or other.district,
        rest=one.rest if other.rest in one.rest else f"{one.rest} {other.rest}".strip()[:PLACE],
        highway=one.highway or other.highway,
    )


def plate(written: str) -> str:
    return written.upper().replace("·", "").replace("•", "").replace(" ", "")


def _stem(text: str, start: int, end: int) -> str:
    at = end
    while at > start and "\u4e00" <= text[at - 1] <= "\u9fff" and text[at - 1] not in _CUT:
        at -= 1
    if end - at == 1 and at > start and text[at - 1] in _MAY_BEGIN:
        at -= 1
    return text[at:end]


def _road_number(found: re.Match[str]) -> str:
    letter, number, before, kind, kind_first, after = found.groups()
    return f"{letter}{number}" if letter else f"{_CLASS[kind or kind_first]}{before or after}"


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
