"""data/public_warnings.toml → who may publish what, and the usual text of each kind and colour."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from linkage.errors import BadConfig
from linkage.event_codes import EVENT_CODES
from linkage.kinds import Kind
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import WarningColour

# CAP 1.2 §3.2.2
CATEGORIES = (
    *("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra"),
    *("CBRNE", "Other"),
)
RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "None")
PLACES = ("{area}", "{starts}", "{until}")
SENDER_DIGITS = 14


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sender`: division, GB/T 4657 agency, unit, extension; the front of every identifier."""

    id: str
    name: str
    sender: str
    basis: str


class Voice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only one may say. `issuers` empty: nobody of this city; `instead`: what to do then.

    `words`: whoever writes them speaks of it, whatever was chosen as kind; `titles`: whoever
    writes them before 预警 in the headline. Others may quote a title in their text.
    """

    kinds: tuple[Kind, ...]
    codes: tuple[str, ...]  # prefixes of GB/T 35561-2017
    issuers: tuple[str, ...]
    who: str
    basis: str
    instead: str
    words: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    def about(self, kind: Kind, event_code: str) -> bool:
        return kind in self.kinds or event_code.startswith(self.codes)


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    notice: str
    measures: str
    lasts_h: float
    respond: tuple[str, ...]


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`issuer` "": nobody of this city may publish it. A colour may be missing."""

    code: str
    kind: Kind
    event: str
    category: str
    issuer: str
    basis: str
    red: Words | None = None
    orange: Words | None = None
    yellow: Words | None = None
    blue: Words | None = None

    def words(self, colour: WarningColour) -> Words | None:
        found: Words | None = getattr(self, colour.value)
        return found


class PublicWords(msgspec.Struct, frozen=True, kw_only=True):
    issuers: Mapping[str, Issuer]
    voices: tuple[Voice, ...]
    templates: Mapping[str, Template]  # by event code

    def issuer_named(self, name: str) -> Issuer | None:
        return next((one for one in self.issuers.values() if one.name == name), None)


def load_public_words(path: Path) -> PublicWords:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "issuer", "voice", "template")
    issuers: dict[str, Issuer] = {}
    for entry in tables_of(path, raw, "issuer"):
        issuer = _issuer(path, entry)
        if issuer.id in issuers:
            raise BadConfig(path.name, f'issuer "{issuer.id}"', "id 重复", "每个单位只写一次")
        issuers[issuer.id] = issuer
    voices = tuple(
        _voice(path, number, entry, issuers)
        for number, entry in enumerate(tables_of(path, raw, "voice"), start=1)
    )
    templates: dict[str, Template] = {}
    for entry in tables_of(path, raw, "template"):
        made = _template(path, entry, issuers)
        if made.code in templates:
            raise BadConfig(path.name, f'template "{made.code}"', "code 重复", "每个编码只写一次")
        templates[made.code] = made
    return PublicWords(issuers=issuers, voices=voices, templates=templates)


def _issuer(path: Path, entry: dict[str, Any]) -> Issuer:
    where = f'issuer "{entry.get("id", "？")}"'
    issuer = shaped(path, where, entry, Issuer)
    if not issuer.sender.isascii() or not issuer.sender.isdigit():
        raise BadConfig(path.name, where, f'sender "{issuer.sender}" 不是数字', _SENDER)
    if len(issuer.sender) != SENDER_DIGITS:
        raise BadConfig(path.name, where, f"sender 有 {len(issuer.sender)} 位", _SENDER)
    if not issuer.name.strip() or not issuer.basis.strip():
        raise BadConfig(path.name, where, "name 或 basis 是空的", "写上单位全称和依据")
    return issuer


_SENDER = "应为 14 位：区划 6 位、部门 3 位、内设机构 3 位、扩展 2 位"


def _voice(path: Path, number: int, entry: dict[str, Any], issuers: Mapping[str, Issuer]) -> Voice:
    where = f"voice 第{number}个"
    voice = shaped(path, where, entry, Voice, "kinds 用 linkage/kinds.py 的代码")
    _known(path, where, voice.issuers, issuers)
    if not (voice.who.strip() and voice.basis.strip() and voice.instead.strip()):
        raise BadConfig(path.name, where, "who、basis 或 instead 是空的", "写明谁可以发布和依据")
    if not voice.kinds and not voice.codes:
        raise BadConfig(path.name, where, "kinds 和 codes 都是空的", "至少写一个事件类别或编码前缀")
    if not all(map(str.strip, (*voice.words, *voice.titles))):
        raise BadConfig(path.name, where, "words 或 titles 中有空的词", "删去空的词")
    return voice


def _known(path: Path, where: str, names: tuple[str, ...], issuers: Mapping[str, Issuer]) -> None:
    for name in names:
        if name not in issuers:
            allowed = f"应为其中之一：{'、'.join(issuers)}"
            raise BadConfig(path.name, where, f'发布单位 "{name}" 没有登记', allowed)


def _template(path: Path, entry: dict[str, Any], issuers: Mapping[str, Issuer]) -> Template:
    where = f'template "{entry.get("code", "？")}"'
    made = shaped(path, where, entry, Template, "kind 用 linkage/kinds.py 的代码")
    if made.code not in EVENT_CODES:
        raise BadConfig(path.name, where, "code 不在 GB/T 35561 编码表", "见 data/event_codes.toml")
    if made.category not in CATEGORIES:
        wrong = f'category "{made.category}" 不是 CAP 的类别'
        raise BadConfig(path.name, where, wrong, f"应为其中之一：{'、'.join(CATEGORIES)}")
    _known(path, where, (made.issuer,) if made.issuer else (), issuers)
    for colour in WarningColour:
        words = made.words(colour)
        if words is not None:
            _check_words(path, f"{where} {colour.value}", words)
    return made


def _check_words(path: Path, where: str, words: Words) -> None:
    if not words.notice.strip() or not words.measures.strip():
        raise BadConfig(path.name, where, "notice 或 measures 是空的", "写明警示事项和应采取措施")
    if not 0 < words.lasts_h <= 240:
        raise BadConfig(path.name, where, f"lasts_h 是 {words.lasts_h:g}", "应在 0 到 240 小时之间")
    for word in words.respond:
        if word not in RESPONSES:
            allowed = f"应为其中之一：{'、'.join(RESPONSES)}"
            raise BadConfig(path.name, where, f'respond "{word}" 不是 CAP 的词', allowed)
