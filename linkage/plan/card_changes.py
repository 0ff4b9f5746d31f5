"""方案差别: what a version of the run cards says otherwise than another, in words. Pure."""

from collections.abc import Iterator, Mapping

from linkage.kinds import Kind
from linkage.plan.grade_table import number
from linkage.plan.run_card import AutoLink, Due, LevelRule, RunCard, RunCards
from linkage.response.agencies import Agency
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole


def card_changes(old: RunCards, new: RunCards, agencies: Mapping[str, Agency]) -> list[str]:
    """One sentence for each difference; empty where both say the same."""
    return list(_Changes(agencies).between(old, new))


class _Changes:
    def __init__(self, agencies: Mapping[str, Agency]) -> None:
        self._agencies = agencies

    def between(self, old: RunCards, new: RunCards) -> Iterator[str]:
        before = {card.row: card for card in old.cards}
        after = {card.row: card for card in new.cards}
        for row in sorted(before.keys() | after.keys()):
            if row not in before:
                yield f"新增第{row}行：{after[row].name}"
            elif row not in after:
                yield f"删去第{row}行：{before[row].name}"
            else:
                where = f"第{row}行（{after[row].name}）"
                for change in self._card(before[row], after[row]):
                    yield f"{where}：{change}"
        for role in AssignmentRole:
            yield from self._texts(
                f"通用任务（{role.label}）", old.tasks.get(role, {}), new.tasks.get(role, {})
            )
            for change in _due(old.due.get(role, Due()), new.due.get(role, Due())):
                yield f"通用时限（{role.label}）：{change}"
        for level in RESPONSE_LEVELS:
            yield from self._level(level, old.levels[level], new.levels[level])
        yield from self._links(old, new)
        yield from _without(old, new)

    def _card(self, old: RunCard, new: RunCard) -> Iterator[str]:
        was, now = _roles(old), _roles(new)
        for agency_id in [*now, *(a for a in was if a not in now)]:
            name = self._name(agency_id)
            if agency_id not in was:
                yield f"增加{name}（{now[agency_id]}）"
            elif agency_id not in now:
                yield f"去掉{name}（原为{was[agency_id]}）"
            elif was[agency_id] != now[agency_id]:
                yield f"{name}由{was[agency_id]}改为{now[agency_id]}"
        yield from self._texts("任务", old.tasks, new.tasks)
        for role in AssignmentRole:
            for change in _due(old.due.get(role, Due()), new.due.get(role, Due())):
                yield f"{role.label}时限：{change}"
        plain = (
            ("名称", old.name, new.name),
            ("适用类别", _listed(k.label for k in old.kinds), _listed(k.label for k in new.kinds)),
            ("适用编码", _listed(old.codes), _listed(new.codes)),
            ("限涉及危险品", _yes(old.hazmat), _yes(new.hazmat)),
            ("法定牵头", old.statutory_lead, new.statutory_lead),
            ("网外单位", _listed(old.others), _listed(new.others)),
            ("起始级别", _level_word(old.start_level), _level_word(new.start_level)),
            ("启动条件", _starts(old), _starts(new)),
            ("启动说明", old.start, new.start),
            ("备注", old.note, new.note),
            ("依据", old.basis, new.basis),
        )
        for label, before, after in plain:
            if before != after:
                yield f"{label}由“{before or '无'}”改为“{after or '无'}”"

    def _texts(self, label: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
        for agency_id in [*new, *(a for a in old if a not in new)]:
            if old.get(agency_id) == new.get(agency_id):
                continue
            before, after = old.get(agency_id, "通用任务"), new.get(agency_id, "通用任务")
            yield f"{self._name(agency_id)}的{label}由“{before}”改为“{after}”"

    def _level(self, level: int, old: LevelRule, new: LevelRule) -> Iterator[str]:
        where = RESPONSE_LEVELS[level]
        if old.standby != new.standby or set(old.front) != set(new.front):
            yield f"{where}：市级单位待命的规定有改动"
        if old.runs != new.runs:
            yield f"{where}：由“{old.runs}”改为“{new.runs}”"
        if old.expected_hours != new.expected_hours:
            yield f"{where}：预计时长由{old.expected_hours}小时改为{new.expected_hours}小时"
        for label, before, after in (
            ("待命任务", old.standby_task, new.standby_task),
            ("依据", old.basis, new.basis),
        ):
            if before != after:
                yield f"{where}：{label}由“{before or '无'}”改为“{after or '无'}”"
        if old.others != new.others:
            yield f"{where}：电话通知由“{_listed(old.others)}”改为“{_listed(new.others)}”"

    def _links(self, old: RunCards, new: RunCards) -> Iterator[str]:
        before = {link.when: link for link in old.auto_links}
        after = {link.when: link for link in new.auto_links}
        for when in [*after, *(w for w in before if w not in after)]:
            was, now = before.get(when), after.get(when)
            if was != now:
                yield f"必带联动（{when.label}）由“{self._link(was)}”改为“{self._link(now)}”"

    def _link(self, link: AutoLink | None) -> str:
        if link is None:
            return "无"
        limit = f"，{link.acknowledge_s}秒内签收" if link.acknowledge_s else ""
        others = f"，电话通知{_listed(link.others)}" if link.others else ""
        always = "，所属部门已在列的也加" if link.always else ""
        return f"{_listed(map(self._name, link.agencies))}{limit}{others}{always}（{link.basis}）"

    def _name(self, agency_id: str) -> str:
        return self._agencies[agency_id].name if agency_id in self._agencies else agency_id


def _roles(card: RunCard) -> dict[str, str]:
    roles = {card.lead: AssignmentRole.LEAD.label}
    for agency_id in card.support:
        command = agency_id == card.on_scene_command
        roles[agency_id] = "现场指挥" if command else AssignmentRole.SUPPORT.label
    return roles | dict.fromkeys(card.inform, AssignmentRole.INFORM.label)


def _due(old: Due, new: Due) -> Iterator[str]:
    for label, before, after in (
        ("到场", old.on_scene_s, new.on_scene_s),
        ("反馈", old.report_s, new.report_s),
    ):
        if before != after:
            yield f"{label}由{_span(before)}改为{_span(after)}"


def _span(seconds: int | None) -> str:
    return "不计时" if seconds is None else f"{seconds}秒"


def _listed(words: object) -> str:
    return "、".join(words)  # type: ignore[arg-type]


def _level_word(level: int | None) -> str:
    return RESPONSE_LEVELS[level] if level is not None else ""


def _starts(card: RunCard) -> str:
    rules = [
        f"{one.label}{number(one.at_least)}{one.unit}以上为{RESPONSE_LEVELS[one.level]}"
        for one in card.start_at
    ]
    if card.by_warning:
        rules.append("按预警颜色")
    return "，".join(rules)


def _without(old: RunCards, new: RunCards) -> Iterator[str]:
    for kind in Kind:
        before, after = old.without_card.get(kind, "无"), new.without_card.get(kind, "无")
        if before != after:
            yield f"不设方案的类别（{kind.label}）：说明由“{before}”改为“{after}”"


def _yes(told: object) -> str:
    return "是" if told else "否"
