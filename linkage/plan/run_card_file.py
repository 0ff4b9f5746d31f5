"""data/run_cards.toml → RunCards: read, checked, or refused with place and remedy."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from linkage.errors import BadConfig
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.response.agencies import Agency
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole, Labelled


class When(Labelled):
    """The condition of an automatic link."""

    HAZMAT = "hazmat", "涉及危险品"
    HURT = "hurt", "有人受伤或中毒"
    TRAPPED = "trapped", "有人被困或失踪"
    LEVEL_3 = "level_3", "Ⅲ级及以上"
    RED_WARNING = "red_warning", "红色预警"


class Due(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds from issuing; None: no limit."""

    on_scene_s: int | None = None
    report_s: int | None = None


class RunCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the matrix. `lead` is of our network; `statutory_lead` is who leads by law when
    that is nobody of ours: then our lead takes the order for them and passes it on.

    `hazmat`: the variant for the same codes when dangerous goods are aboard.
    `on_scene_command`: who commands on the spot where another one coordinates; also in `support`.
    """

    row: int
    name: str
    kinds: tuple[Kind, ...]
    codes: tuple[str, ...]  # GB/T 35561-2017 prefixes
    lead: str
    basis: str
    hazmat: bool = False
    on_scene_command: str | None = None
    statutory_lead: str = ""
    support: tuple[str, ...] = ()
    inform: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # parties outside the network, reached by telephone
    start_level: int | None = None
    start: str = ""
    note: str = ""
    due: dict[AssignmentRole, Due] = {}
    tasks: dict[str, str] = {}

    @property
    def parties(self) -> tuple[str, ...]:
        return (self.lead, *self.support, *self.inform)


class AutoLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Agencies added whatever the card says. `always`: also a desk whose department is in."""

    when: When
    agencies: tuple[str, ...]
    basis: str
    others: tuple[str, ...] = ()
    always: bool = False


class RunCards(msgspec.Struct, frozen=True, kw_only=True):
    """`without_card`: kinds left without one on purpose, and why."""

    cards: tuple[RunCard, ...]
    due: dict[AssignmentRole, Due]
    tasks: dict[AssignmentRole, dict[str, str]]
    auto_links: tuple[AutoLink, ...]
    without_card: dict[Kind, str]


class _General(msgspec.Struct, frozen=True, kw_only=True):
    due: dict[AssignmentRole, Due]
    tasks: dict[AssignmentRole, dict[str, str]]
    without_card: dict[Kind, str]


def load_run_cards(path: Path, agencies: Mapping[str, Agency]) -> RunCards:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "card", "due", "tasks", "auto_link", "without_card")
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
    return RunCards(
        cards=tuple(cards),
        due=general.due,
        tasks=general.tasks,
        auto_links=tuple(auto_links),
        without_card=general.without_card,
    )


_KINDS = "事件类别的代码见 linkage/kinds.py"


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
