"""What a report's words pin down: where, what happened, to what, with which substance and plate."""

import re
from functools import lru_cache
from typing import NamedTuple

import msgspec

from linkage.correlation.place_words import (
    NAMELESS,
    TEXT,
    Names,
    by_first_character,
    joined,
    names_in,
    names_of_place,
    numbers_in,
    plate,
    posts_in,
)


class Topic:
    """What happened, as bits. The caller's own words, whatever code the desk chose."""

    CRASH, FIRE, LEAK, POISON, COLLAPSE, TRAPPED, DROWNING, FLOODED = (1 << n for n in range(8))
    TREE, ILLNESS, FIGHT, THEFT, LIFT, POWER, FALL, BLAST = (1 << n for n in range(8, 16))
    SMELL = 1 << 16


_TOPIC_WORDS = {
    Topic.CRASH: (
        "车祸 交通事故 追尾 相撞 碰撞 撞车 撞人 撞了 撞上 刮擦 剐蹭 侧翻 翻车 "
        "翻了 被撞 肇事 撞到 撞倒"
    ),
    Topic.FIRE: "着火 起火 失火 火灾 自燃 冒烟 浓烟 明火 火势 烧伤 燃烧 火光 烧起来",
    Topic.LEAK: "泄漏 泄露 外泄 滴漏 漏液 漏了",
    Topic.POISON: "中毒 吸入 熏倒 熏晕 刺激性 有毒",
    Topic.SMELL: "煤气味 汽油味 异味 刺鼻 气味 臭味 难闻",
    Topic.COLLAPSE: "坍塌 倒塌 垮塌 塌陷 塌方 塌了 掩埋 被埋",
    Topic.TRAPPED: "被困 困在 卡住 被卡 夹住 出不来",
    Topic.DROWNING: "落水 溺水 坠河 跳河 掉进河 掉河里 沉没 翻船",
    Topic.FLOODED: "积水 内涝 被淹 进水 水淹 倒灌 淹了",
    Topic.TREE: "树倒 大树 树木 倒伏 树枝 倒树",
    Topic.ILLNESS: (
        "胸痛 胸闷 心梗 脑梗 中风 发烧 高烧 抽搐 产妇 分娩 临产 腹痛 晕倒 昏迷 "
        "哮喘 心脏病 高血压 癫痫 醉酒 喝醉 发病 犯病 叫不醒 脑出血 难产 抽搐"
    ),
    Topic.FIGHT: "打架 斗殴 殴打 打人 刀 砍 争吵 吵架 打起来 动手 闹事 打斗 持刀",
    Topic.THEFT: "被盗 盗窃 偷 扒窃 诈骗 被骗 抢劫 抢夺",
    Topic.LIFT: "电梯",
    Topic.POWER: "停电 没电 断电 跳闸 变压器 电线",
    Topic.FALL: "坠落 坠楼 高处 摔伤 摔下 摔倒 跌落 跌倒 砸伤",
    Topic.BLAST: "爆炸 爆燃 巨响 爆了",
}


class Thing:
    """What it happened to, as bits."""

    TANKER, LORRY, CAR, BUS, BIKE, HOME, SHOP, WORKS, RUBBISH, GRASS = (1 << n for n in range(10))
    WALKER, SITE, BOAT, STALL = (1 << n for n in range(10, 14))


_THING_WORDS = {
    Thing.TANKER: "槽罐车 油罐车 罐车 危化品车 危险品车 化学品车 危化品运输车 槽车",
    Thing.LORRY: "货车 卡车 半挂 重卡 渣土车 拖车",
    Thing.CAR: "轿车 小汽车 私家车 面包车 出租车 越野车 小车",
    Thing.BUS: "公交车 大巴 客车 校车",
    Thing.BIKE: "电动车 电瓶车 摩托车 自行车 三轮车",
    Thing.WALKER: "行人 路人 老人过马路",
    Thing.HOME: "厨房 民房 居民楼 住宅 阳台 客厅 油烟机 家中 家里 住户 楼道",
    Thing.SHOP: "店铺 饭店 商铺 超市 门面 门市 饭馆 餐馆 网吧",
    Thing.WORKS: "厂房 车间 仓库 储罐 装置 反应釜 管道 厂区",
    Thing.SITE: "工地 脚手架 塔吊 基坑",
    Thing.RUBBISH: "垃圾",
    Thing.GRASS: "荒草 杂草 草地 山林 秸秆 芦苇",
    Thing.BOAT: "渔船 货船 船 快艇",
}
SUBSTANCES = (
    "苯乙烯 甲苯 苯 液氯 氯气 液氨 氨气 甲醇 乙醇 汽油 柴油 硫酸 盐酸 硝酸 天然气 液化气 煤气 "
    "丙烯 乙烯 环氧乙烷 硫化氢 双氧水 烧碱 液碱 丙酮"
)


def _meanings() -> dict[str, tuple[int, int, str]]:
    """Word → topic, thing and substance it names."""
    table: dict[str, tuple[int, int, str]] = {}
    for place, words_of in enumerate((_TOPIC_WORDS, _THING_WORDS)):
        for bit, words in words_of.items():
            for word in words.split():
                topic, thing, _ = table.get(word, (0, 0, ""))
                table[word] = (topic | bit, thing, "") if place == 0 else (topic, thing | bit, "")
    for word in SUBSTANCES.split():
        topic, thing, _ = table.get(word, (0, 0, ""))
        table[word] = (topic, thing, word)
    return table


_MEANING = _meanings()
_SAID = by_first_character(list(_MEANING))
_BEGIN = re.compile(f"[{''.join(_SAID)}]")
_DENIED = ("未", "没", "无", "没有", "未见", "不是")
_NOTHING: frozenset[str] = frozenset()


class Words(msgspec.Struct, frozen=True, gc=False):
    """Everything a report's words pin down."""

    names: Names
    numbers: frozenset[str] = _NOTHING
    posts: tuple[int, ...] = ()
    topics: int = 0
    things: int = 0
    substances: frozenset[str] = _NOTHING
    plates: frozenset[str] = _NOTHING


_LATIN = re.compile("[A-Z]")
_PLATE = re.compile(r"[\u4eac-\u9f99][A-Z][·•\s]?[A-Z0-9]{4,5}[A-Z0-9挂学警]")
UNREAD = Words(NAMELESS)


@lru_cache(maxsize=8192)
def words_in(place: str, *said: str) -> Words:
    """Of a place field and of what was said: headline, text, each read by itself.

    Places come again and headlines mostly begin with theirs, so pieces are kept, not whole reports.
    """
    names = names_of_place(place)
    pieces: list[_Piece] = []
    room = TEXT
    for text in said:
        rest = text[:room]
        room -= len(rest)
        if place and rest.startswith(f"{place} "):
            pieces.append(_read(place))
            rest = rest[len(place) + 1 :]
        if rest:
            pieces.append(_read(rest))
            names = joined(names, names_in(rest))
    numbers, substances, plates = _read(place[:TEXT]).numbers, _NOTHING, _NOTHING
    topics = things = 0
    for piece in pieces:
        topics |= piece.topics
        things |= piece.things
        if piece.numbers:
            numbers |= piece.numbers
        if piece.substances:
            substances |= piece.substances
        if piece.plates:
            plates |= piece.plates
    posts: tuple[int, ...] = ()
    if names.highway:
        numbers = _NOTHING
        posts = posts_in(place) or sum((posts_in(text[:TEXT]) for text in said), ())
    return Words(names, numbers, posts, topics, things, substances, plates)


class _Piece(NamedTuple):
    """What one headline or text says by itself, its names apart."""

    numbers: frozenset[str]
    topics: int
    things: int
    substances: frozenset[str]
    plates: frozenset[str]


@lru_cache(maxsize=8192)
def _read(text: str) -> _Piece:
    topics = things = last = 0
    substances: set[str] = set()
    for begin in _BEGIN.finditer(text):
        at = begin.start()
        if at < last:
            continue
        for word in _SAID[text[at]]:
            if text.startswith(word, at):
                last = at + len(word)
                if not text[max(0, at - 2) : at].endswith(_DENIED):
                    topic, thing, substance = _MEANING[word]
                    topics |= topic
                    things |= thing
                    if substance:
                        substances.add(substance)
                break
    plates = _NOTHING
    if _LATIN.search(text):
        plates = frozenset(plate(m.group()) for m in _PLATE.finditer(text))
    return _Piece(numbers_in(text), topics, things, frozenset(substances), plates)


def both(one: Words, other: Words) -> Words:
    if one is UNREAD:
        return other
    return Words(
        joined(one.names, other.names),
        one.numbers | other.numbers,
        # The first stated post stands: a crash does not drive on.
        one.posts or other.posts,
        one.topics | other.topics,
        one.things | other.things,
        one.substances | other.substances,
        one.plates | other.plates,
    )
