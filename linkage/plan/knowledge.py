"""处置要点: the sheet of a dangerous substance and the first measures of a kind, at hand.

data/substances.toml and data/first_measures.toml; what is not yet checked says so itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from linkage.errors import BadConfig
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

SUBSTANCES = "substances.toml"
MEASURES = "first_measures.toml"
# Part of a longer name: 甲苯, 苯酚 … are not 苯.
_JOINS = frozenset("甲乙丙丁戊己酚胺基酸酯氯硝二三对邻间并醇醛酮醚")
# 硫酸铵, 硝酸钾 … are no acids.
_SALTS = frozenset("铵钠钾钙镁铝锌铁铜银钡铅盐根")
# 聚乙烯, 三氯甲烷, 溴甲烷 … are other substances; 液氯甲醇 is a list, 积聚甲烷 the thing itself.
_BEFORE = re.compile(r"(?:(?<![积汇])聚|(?<!液)氯|溴|碘|氟|(?<!循)环)$")
# 硫酸二甲酯, 乙酸乙酯, 硝酸甘油, 丙烯酸树脂, 甲醇钠, 甲苯胺 … are others too.
_OF_ACID = re.compile(r"(?:[一二三四甲乙丙丁戊己异正叔环]{0,4}酯|甘油|纤维|树脂)")
_OF_OTHERS = re.compile(r"(?:基(?!地)|胺|钠|钾)")
_OTHERS = tuple("烯醇酮醛苯烷炔")
# 乙炔路, 苯宁路 are places; 苯流路面 is none.
_STREET = r"(?:路|街|巷|大道|村|镇)(?!面|边|上|中|旁|基)"
_PLACE, _PLACE_OF_ONE = re.compile(_STREET), re.compile(f"[\u4e00-\u9fff]?{_STREET}")
_UN = re.compile(
    r"(?:(?<![A-Za-z])UN|联合国)[\s-]*(?:No\.?|编号)?\s*[:：]?\s*(\d{4})(?!\d)", re.IGNORECASE
)
_CAS = re.compile(r"(?<![\d-])(\d{2,7}-\d{2}-\d)(?![\d-])")
# An incident names a handful; a text of hostile length is not read to its end.
_TEXT = 20_000


class Guide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for a group of substances. Metres; None: by the table of toxic gases."""

    id: str
    name: str
    isolate_m: int
    fire_m: int
    large_m: int | None = None
    hazards: str
    fire: str
    spill: str
    do_not: tuple[str, ...]
    first_aid: str
    source: str


class Substance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`aliases`: as callers and freight papers say it. `toxic`: initial isolation by inhalation.

    `checked`: its values were compared with the book they are from."""

    name: str
    un: str
    cas: str
    guide: str
    hazards: str
    source: str
    aliases: tuple[str, ...] = ()
    toxic: str = ""
    do_not: tuple[str, ...] = ()
    checked: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A substance with its guide. `found`: the word, number or plate that named it."""

    substance: Substance
    guide: Guide
    found: str


class FirstMeasures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kinds: tuple[Kind, ...]
    ask: tuple[str, ...]
    first: tuple[str, ...]
    do_not: tuple[str, ...]
    basis: str


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    guides: Mapping[str, Guide]
    substances: tuple[Substance, ...]
    measures: Mapping[Kind, FirstMeasures]

    def sheets(self, texts: Iterable[str]) -> list[Sheet]:
        """The substances that the texts name, in the order in which they are first named."""
        found: dict[str, Sheet] = {}
        for text in texts:
            # Fullwidth letters and digits are the same ones.
            plain = unicodedata.normalize("NFKC", text[:_TEXT])
            for substance, word in _named(plain, self.substances):
                sheet = Sheet(substance=substance, guide=self.guides[substance.guide], found=word)
                found.setdefault(substance.name, sheet)
        return list(found.values())


def load_knowledge(folder: Path) -> Knowledge:
    """Raises BadConfig."""
    path = folder / SUBSTANCES
    raw = read_toml(path)
    only_keys(path, raw, "guide", "substance")
    guides: dict[str, Guide] = {}
    for entry in tables_of(path, raw, "guide"):
        where = f'guide "{entry.get("id", "？")}"'
        guide = shaped(path, where, entry, Guide)
        if guide.id in guides or min(guide.isolate_m, guide.fire_m) <= 0:
            raise BadConfig(path.name, where, "编号重复或距离不大于 0", "每个指南一项，单位米")
        guides[guide.id] = guide
    substances = _substances(path, tables_of(path, raw, "substance"), guides)
    return Knowledge(guides=guides, substances=substances, measures=_measures(folder / MEASURES))


def _substances(
    path: Path, entries: Iterable[dict[str, object]], guides: Mapping[str, Guide]
) -> tuple[Substance, ...]:
    found: list[Substance] = []
    taken: dict[str, str] = {}
    for entry in entries:
        where = f'substance "{entry.get("name", "？")}"'
        one = shaped(path, where, entry, Substance)
        if one.guide not in guides:
            raise BadConfig(path.name, where, f"没有指南 {one.guide}", f"应为 {'、'.join(guides)}")
        if not re.fullmatch(r"\d{4}", one.un) or not _valid_cas(one.cas):
            wrong = f"un {one.un} 或 cas {one.cas} 不对"
            raise BadConfig(path.name, where, wrong, "un 为4位数字；cas 末位是校验码")
        for name in one.names:
            if taken.setdefault(name.lower(), one.name) != one.name:
                raise BadConfig(
                    path.name, where, f"名称 {name} 已属于 {taken[name.lower()]}", "请删去一处"
                )
        found.append(one)
    return tuple(found)


def _valid_cas(number: str) -> bool:
    if not _CAS.fullmatch(number):
        return False
    digits = [int(digit) for digit in number.replace("-", "")]
    total = sum(place * digit for place, digit in enumerate(reversed(digits[:-1]), start=1))
    return total % 10 == digits[-1]


def _measures(path: Path) -> dict[Kind, FirstMeasures]:
    raw = read_toml(path)
    only_keys(path, raw, "measures")
    found: dict[Kind, FirstMeasures] = {}
    for entry in tables_of(path, raw, "measures"):
        where = f"measures {entry.get('kinds', '？')}"
        card = shaped(path, where, entry, FirstMeasures, "事件类别的代码见 linkage/kinds.py")
        if not (card.first and card.ask and card.basis):
            raise BadConfig(path.name, where, "没有内容或依据", "写上 ask、first 和 basis")
        for kind in card.kinds:
            if kind in found:
                raise BadConfig(path.name, where, f"类别 {kind} 写了两次", "一个类别一张")
            found[kind] = card
    lacking = set(Kind) - set(found) - ROUTINE_KINDS - {Kind.SYSTEM_FAULT}
    if lacking:
        names = "、".join(sorted(lacking))
        raise BadConfig(path.name, "measures", f"没有写 {names}", "每个类别都要有一张")
    return found


def _named(text: str, substances: tuple[Substance, ...]) -> list[tuple[Substance, str]]:
    """By UN or CAS number, and by name: the longest first, so that 甲苯 is not 苯."""
    by_un = {one.un: one for one in substances}
    by_cas = {one.cas: one for one in substances}
    found = [
        (match.start(), by_un[match[1]], f"UN{match[1]}")
        for match in _UN.finditer(text)
        if match[1] in by_un
    ]
    found += [
        (match.start(), by_cas[match[1]], match[1])
        for match in _CAS.finditer(text)
        if match[1] in by_cas
    ]
    covered = bytearray(len(text))
    names = [(name, one) for one in substances for name in one.names]
    for name, one in sorted(names, key=lambda pair: -len(pair[0])):
        for match in _pattern(name).finditer(text):
            start, end = match.span()
            if any(covered[start:end]) or _inside_a_name(name, text, start, end):
                continue
            covered[start:end] = b"\1" * (end - start)
            found.append((start, one, match[0]))
    return [(one, word) for _, one, word in sorted(found, key=lambda hit: hit[0])]


def _pattern(name: str) -> re.Pattern[str]:
    """Latin letters as a whole word: EO, not GEOgraphy; CO as written, not co."""
    if not name.isascii():
        return re.compile(re.escape(name))
    flags = re.NOFLAG if name.isupper() else re.IGNORECASE
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", flags)


def _inside_a_name(name: str, text: str, start: int, end: int) -> bool:
    """Part of the name of another substance, or of a street."""
    if _BEFORE.search(text[max(0, start - 2) : start]):
        return True
    if name.endswith("酸") and (text[end : end + 1] in _SALTS or _OF_ACID.match(text, end)):
        return True
    if name.endswith(_OTHERS) and _OF_OTHERS.match(text, end):
        return True
    place = _PLACE if len(name) > 1 else _PLACE_OF_ONE
    if place.match(text, end):
        return True
    if len(name) > 1:
        return False
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return any(character in _JOINS for character in around)
