"""data/run_cards*.toml → RunCards: read, checked, or refused with place and remedy.

Each file is one version. The one in force is the newest whose day has come; the next may lie
beside it (run_cards.2027.toml) and is used from its day on, not before.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from linkage.alerts import Casualties
from linkage.beijing import BEIJING
from linkage.errors import BadConfig
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.plan.grade_table import COUNTED
from linkage.plan.run_card import AutoLink, Due, LevelRule, RunCard, RunCards, When
from linkage.response.agencies import Agency
from linkage.toml_file import only_keys, parse_toml, read_text, shaped, tables_of
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole

_TOP = (
    "version",
    "effective_from",
    "level",
    "card",
    "due",
    "tasks",
    "auto_link",
    "without_card",
)


class _General(msgspec.Struct, frozen=True, kw_only=True):
    due: dict[AssignmentRole, Due]
    tasks: dict[AssignmentRole, dict[str, str]]
    without_card: dict[Kind, str]


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    effective_from: Any


def load_versions(tables: Path, agencies: Mapping[str, Agency]) -> tuple[RunCards, ...]:
    """Every version that lies there, the one in force last to come first. Raises BadConfig."""
    found = [load_run_cards(path, agencies) for path in sorted(tables.glob("run_cards*.toml"))]
    if not found:
        raise BadConfig("run_cards.toml", "文件", "一份联动方案也没有", f"请把它放在 {tables}")
    found.sort(key=lambda cards: cards.effective_at)
    for older, newer in pairwise(found):
        if older.effective_at == newer.effective_at or older.label == newer.label:
            raise BadConfig(
                "run_cards*.toml",
                f"版本 {newer.label}",
                f"与版本 {older.label} 的版本号或生效日期相同",
                "每份方案用自己的 version 和 effective_from",
            )
    return tuple(found)


def in_force(versions: Sequence[RunCards], now: datetime) -> RunCards:
    """The newest version whose day has come. Raises BadConfig where none has."""
    begun = [cards for cards in versions if cards.effective_at <= now]
    if not begun:
        first = min(versions, key=lambda cards: cards.effective_at)
        day = first.effective_at.astimezone(BEIJING).date()
        raise BadConfig(
            "run_cards.toml",
            f"版本 {first.label}",
            f"{day} 才生效，现在没有可用的联动方案",
            "保留上一版的文件，或改正 effective_from",
        )
    return max(begun, key=lambda cards: cards.effective_at)


def load_run_cards(path: Path, agencies: Mapping[str, Agency]) -> RunCards:
    """One version. Raises BadConfig."""
    return read_run_cards(path, read_text(path), agencies)


def read_run_cards(path: Path, text: str, agencies: Mapping[str, Agency]) -> RunCards:
    """A version from its text, such as one that was kept; `path` names it in a refusal."""
    raw = parse_toml(path, text)
    only_keys(path, raw, *_TOP)
    usual: dict[str, Any] = {"due": {}, "tasks": {}, "without_card": {}}
    general = shaped(path, "通用部分", usual | raw, _General, "角色应为 lead、support、inform")
    cards: list[RunCard] = []
    for number, entry in enumerate(tables_of(path, raw, "card"), start=1):
        where = f"card 第{entry.get('row', f'？（第{number}个）')}行"
        card = shaped(path, where, _with_lead(path, where, entry), RunCard, _KINDS)
        _check_card(path, where, card, agencies)
        _check_against(path, where, card, cards)
        cards.append(card)
    auto_links = [_auto_link(path, entry, agencies) for entry in raw.get("auto_link", ())]
    _check_tasks(path, general.tasks, agencies)
    _check_every_kind(path, cards, general.without_card)
    head = shaped(path, "版本", raw, _Head)
    # A datetime is a date too; only the plain day will do.
    if type(head.effective_from) is not date:
        wrong = f"effective_from 写成了 {head.effective_from}"
        raise BadConfig(path.name, "版本", wrong, "写日期，不加引号，如 2026-08-01")
    return RunCards(
        label=head.version,
        effective_at=datetime.combine(head.effective_from, time(), BEIJING),
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        levels=_levels(path, raw.get("level"), agencies),
        cards=tuple(cards),
        due=general.due,
        tasks=general.tasks,
        auto_links=tuple(auto_links),
        without_card=general.without_card,
    )


def _levels(path: Path, raw: Any, agencies: Mapping[str, Agency]) -> dict[int, LevelRule]:
    """[level.1] to [level.4], all of them."""
    written = raw if isinstance(raw, dict) else {}
    if set(written) != {str(level) for level in RESPONSE_LEVELS}:
        wrong = f"写了 {'、'.join(written) or '空'}"
        raise BadConfig(path.name, "[level]", wrong, "写全 [level.1] 到 [level.4]")
    rules: dict[int, LevelRule] = {}
    for level in RESPONSE_LEVELS:
        where = f"level.{level}"
        rule = shaped(path, where, written[str(level)], LevelRule)
        _known(path, where, rule.front, agencies)
        if rule.expected_hours <= 0 or not rule.basis or not rule.runs:
            remedy = "写上 runs、basis 和大于 0 的 expected_hours"
            raise BadConfig(path.name, where, "缺少牵头说明、依据或预计时长", remedy)
        if rule.standby and not rule.standby_task:
            raise BadConfig(path.name, where, "待命单位没有任务", "写上 standby_task")
        rules[level] = rule
    return rules


_KINDS = "事件类别的代码见 linkage/kinds.py"
_STARTS = COUNTED | {"fire_alarm_level", *Casualties.__struct_fields__}


def _with_lead(path: Path, where: str, entry: dict[str, Any]) -> dict[str, Any]:
    if not entry.get("lead"):
        raise BadConfig(
            path.name, where, "没有牵头单位", "写上 lead；法定牵头在网外的，另写 statutory_lead"
        )
    return entry


def _check_card(path: Path, where: str, card: RunCard, agencies: Mapping[str, Agency]) -> None:
    _known(path, where, card.parties, agencies)
    twice = {a for a in card.parties if card.parties.count(a) > 1}
    if twice:
        names = "、".join(sorted(twice))
        raise BadConfig(path.name, where, f"{names} 写了不止一个角色", "每个单位只留一个角色")
    if card.on_scene_command is not None and card.on_scene_command not in card.support:
        raise BadConfig(
            path.name,
            where,
            f"现场指挥 {card.on_scene_command} 不在 support 中",
            "把它加进 support；牵头单位自己指挥的不必写 on_scene_command",
        )
    if card.start_level is not None and card.start_level not in RESPONSE_LEVELS:
        raise BadConfig(path.name, where, f"start_level 是 {card.start_level}", "应为 1 到 4")
    for start in card.start_at:
        if start.figure not in _STARTS or start.level not in RESPONSE_LEVELS:
            wrong = f"start_at 的数字项 {start.figure} 或级别 {start.level} 不存在"
            remedy = f"数字项应为 {'、'.join(sorted(_STARTS))}；级别为 1 到 4"
            raise BadConfig(path.name, where, wrong, remedy)
    if not card.basis or not card.name:
        raise BadConfig(path.name, where, "缺少名称或依据", "写上 name 和 basis")
    for agency_id in card.tasks:
        if agency_id not in card.parties:
            raise BadConfig(
                path.name, where, f"给 {agency_id} 写了任务，但它不在本行", "删去或加入本行"
            )
    for due in card.due.values():
        _check_due(path, where, due)


def _check_against(path: Path, where: str, card: RunCard, before: Iterable[RunCard]) -> None:
    for other in before:
        if other.row == card.row:
            raise BadConfig(path.name, where, "行号重复", "每行用自己的行号")
        for kind in card.kinds:
            if kind in other.kinds:
                raise BadConfig(
                    path.name,
                    where,
                    f"类别 {kind} 已在第{other.row}行",
                    "一个类别只能有一行，请删去一处",
                )
        for code in card.codes:
            if code in other.codes and card.hazmat is other.hazmat:
                raise BadConfig(
                    path.name, where, f"编码 {code} 已在第{other.row}行", "请删去一处或写长前缀"
                )


def _auto_link(path: Path, entry: dict[str, Any], agencies: Mapping[str, Agency]) -> AutoLink:
    where = f"auto_link {entry.get('when', '？')}"
    link = shaped(path, where, entry, AutoLink, f"when 应为 {'、'.join(When)}")
    _known(path, where, link.agencies, agencies)
    return link


def _known(path: Path, where: str, ids: Iterable[str], agencies: Mapping[str, Agency]) -> None:
    for agency_id in ids:
        if agency_id not in agencies:
            raise BadConfig(
                path.name,
                where,
                f"单位 {agency_id} 未登记",
                f"应为 agencies.toml 中的 id：{'、'.join(agencies)}",
            )


def _check_due(path: Path, where: str, due: Due) -> None:
    for seconds in (due.on_scene_s, due.report_s):
        if seconds is not None and seconds <= 0:
            raise BadConfig(path.name, where, f"时限是 {seconds} 秒", "应大于 0；不计时就不写")


def _check_tasks(
    path: Path, tasks: Mapping[AssignmentRole, Mapping[str, str]], agencies: Mapping[str, Agency]
) -> None:
    """Every agency must have something to do in every role it may be given."""
    for role in AssignmentRole:
        written = tasks.get(role, {})
        _known(path, f"tasks.{role}", (a for a in written if a != "default"), agencies)
        silent = [a for a in agencies if not written.get(a) and not written.get("default")]
        if silent:
            names = "、".join(silent)
            raise BadConfig(
                path.name, f"tasks.{role}", f"没有写 {names} 的任务", "逐个写上，或写 default"
            )


def _check_every_kind(
    path: Path, cards: Iterable[RunCard], without_card: Mapping[Kind, str]
) -> None:
    seated = {kind for card in cards for kind in card.kinds}
    for kind in Kind:
        if kind in ROUTINE_KINDS:
            continue
        if kind not in seated and kind not in without_card:
            raise BadConfig(
                path.name,
                f"类别 {kind}（{kind.label}）",
                "没有联动方案",
                "加入某一行的 kinds，或在 [without_card] 写明为何不设",
            )
        if kind in seated and kind in without_card:
            raise BadConfig(
                path.name, f"类别 {kind}（{kind.label}）", "既有方案又写了不设", "删去一处"
            )
