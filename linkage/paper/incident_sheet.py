"""事件单: one incident on one sheet of A4, two at most, for who leaves the desk with it.

Head, place with its coordinates, what was reported in the reporters' own words, the response, the
orders with their clocks, the needs, the timeline, and whom to call. What does not fit is counted,
never dropped in silence.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from linkage.areas import AREAS
from linkage.beijing import date_second, day_minute, day_second
from linkage.clocks.clock import Running
from linkage.desk.queries import Case, Said
from linkage.desk.timeline import Event, timeline
from linkage.duty.people import Person
from linkage.exercise.marking import MARK
from linkage.paper.open_orders import pressing_first
from linkage.paper.page import document_page
from linkage.paper.wording import caller, cut, people, position
from linkage.personal import masked
from linkage.plan.response_rows import JointResponse
from linkage.reporting.document import Block, Grid, Heading, Line, Pairs, Rule, Sides
from linkage.reporting.pdf import Layout, set_paper
from linkage.response.agencies import Agency
from linkage.response.need_list import Need
from linkage.response_vocabulary import Post
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentStatus, MessageKind

MOST_PAGES = 2
_ENDED = frozenset({AssignmentStatus.COMPLETED, AssignmentStatus.CANCELLED})


class Room(msgspec.Struct, frozen=True):
    """How much of what grows without end is printed: pieces, and signs of each."""

    reports: int
    report: int
    events: int
    event: int
    tasks: int
    task: int


# Tried in this order until the sheet fits. A storm of reports leaves the first and the newest.
_ROOMS = (
    Room(reports=30, report=400, events=40, event=120, tasks=40, task=200),
    Room(reports=12, report=200, events=20, event=90, tasks=30, task=110),
    Room(reports=6, report=120, events=12, event=60, tasks=20, task=60),
    Room(reports=3, report=80, events=6, event=40, tasks=14, task=30),
    Room(reports=2, report=50, events=3, event=30, tasks=8, task=20),
)
_WHOLE = Room(reports=500, report=4_000, events=500, event=1_000, tasks=500, task=2_000)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All that the sheet says. `personal`: who called is printed in full. `by`: who prints it."""

    case: Case
    response: JointResponse | None
    needs: tuple[Need, ...]
    clocks: Mapping[int, Running]
    duty: Sequence[tuple[Post, Sequence[Person]]]
    agencies: Mapping[str, Agency]
    source_names: Mapping[str, str]
    personal: bool
    by: str
    now: datetime

    def agency(self, agency_id: str) -> str:
        return self.agencies[agency_id].name if agency_id in self.agencies else agency_id

    def source(self, source_id: str) -> str:
        return self.source_names.get(source_id, source_id)

    def shown(self, text: str) -> str:
        return text if self.personal else masked(text)


def sheet_pdf(told: Told) -> bytes:
    layout = Layout(
        margins=(16.0, 14.0, 14.0),
        foot_mm=15.0,
        body=10.5,
        body_mm=5.6,
        table=9.5,
        table_mm=4.8,
        title=18,
        title_mm=9.0,
        pad_mm=0.9,
        label=0.13,
        foot=_foot(told),
    )
    for room in _ROOMS:
        paper = set_paper(
            _title(told), list(_blocks(told, room)), above=_above(told), layout=layout
        )
        if paper.page_no() <= MOST_PAGES:
            break
    return paper.file()


def sheet_page(told: Told) -> bytes:
    """Whole, to be read on a screen or printed on as many pages as it takes."""
    return document_page(
        _title(told), list(_blocks(told, _WHOLE)), above=_above(told), foot=_foot(told)
    )


def file_name(told: Told, ending: str) -> str:
    """Of our own making: nothing in it comes from outside."""
    drill = "演练-" if told.case.incident.exercise else ""
    return f"{drill}事件单-{told.case.incident.number}.{ending}"


def _title(told: Told) -> str:
    return f"事件单　{told.case.incident.number}"


def _foot(told: Told) -> str:
    return f"事件单 {told.case.incident.number}　打印于 {date_second(told.now)}"


def _above(told: Told) -> list[Block]:
    return [Line(MARK, "center")] if told.case.incident.exercise else []


def _blocks(told: Told, room: Room) -> Iterator[Block]:
    hidden = "含报警人信息，用后收存" if told.personal else "报警人姓名、电话已遮盖"
    yield Sides(f"打印于 {date_second(told.now)}　{told.by}", hidden)
    yield Rule()
    yield Pairs(_head(told))
    yield from _reports(told, room)
    yield from _response(told, room)
    yield from _orders(told, room)
    yield from _needs(told, room)
    yield from _story(told, room)
    yield from _contacts(told)


def _head(told: Told) -> list[tuple[str, str]]:
    it = told.case.incident
    levels = [
        it.severity.label,
        f"{it.grade.label}事件" if it.grade else "未定级",
        f"{RESPONSE_LEVELS[it.response_level]}响应" if it.response_level else "未启动响应",
        *(["涉危化品"] if it.hazmat else []),
    ]
    times = [
        f"发生 {day_second(it.occurred_at)}",
        f"立案 {day_second(it.opened_at)}",
        f"最近来报 {day_second(it.last_alert_at)}",
    ]
    sources = "、".join(told.source(one) for one in it.source_ids)
    rows = [
        ("事件", cut(told.shown(it.headline), 160)),
        ("类别", f"{it.kind.label}（GB/T 35561 {it.event_code}）　{it.status.label}"),
        ("程度等级", " · ".join(levels)),
        (
            "地点",
            f"{cut(told.shown(it.place), 120) or '未报地点'}　{AREAS.get(it.area_code or '', '')}",
        ),
        ("坐标", position(it.point, it.position_note)),
        ("伤亡", people(it.casualties)),
        ("时间", "　".join(times)),
        ("接手", it.claimed_by or "尚无人接手"),
        ("来源", f"{sources}，共 {it.alert_count} 条"),
    ]
    if told.case.merged_into:
        rows.insert(1, ("并案", f"已并入 {told.case.merged_into}，请以该事件为准"))
    return rows


def _reports(told: Told, room: Room) -> Iterator[Block]:
    said = told.case.said
    yield Heading(f"来报原话（{len(said)} 条）")
    if not said:
        yield Line("没有来报。")
    # The first words are what everything after them is read against; the newest are the news.
    shown = said if len(said) <= room.reports else (said[0], *said[len(said) - room.reports + 1 :])
    for one in shown:
        yield Line(_report(one, told, room.report))
    yield from _rest(len(said), len(shown), "条来报")


def _report(one: Said, told: Told, most: int) -> str:
    kind = "" if one.message_kind is MessageKind.ALERT else f"（{one.message_kind.label}）"
    words = one.headline if one.text in {"", one.headline} else f"{one.headline}　{one.text}"
    who = (
        f"　报警人 {caller(one.caller_name, one.caller_phone, personal=told.personal)}"
        if _has_caller(one)
        else ""
    )
    head = f"{day_second(one.received_at)} {told.source(one.source_id)}{kind}{who}"
    return f"{head}：{cut(told.shown(words), most)}"


def _has_caller(one: Said) -> bool:
    return bool(one.caller_name or one.caller_phone)


def _response(told: Told, room: Room) -> Iterator[Block]:
    yield Heading("响应")
    one = told.response
    if one is None:
        yield Line("没有启动中的响应。")
        return
    until = day_minute(one.expected_until) if one.expected_until else "另行通知"
    yield Line(
        f"{RESPONSE_LEVELS[one.level]}响应　{one.command.label}　{day_minute(one.started_at)} 由"
        f"{one.started_by}启动　预计至 {until}"
    )
    yield Line(cut(told.shown(f"事项：{one.subject}　措施：{one.measures}"), 2 * room.report))


def _orders(told: Told, room: Room) -> Iterator[Block]:
    tasks = told.case.tasks
    yield Heading(f"联动任务（{len(tasks)} 项）")
    if not tasks:
        yield Line("没有下达联动任务。")
        return
    live = pressing_first((one for one in tasks if one.status not in _ENDED), told.clocks)
    ended = pressing_first((one for one in tasks if one.status in _ENDED), {})
    shown = [*live, *ended][: room.tasks]
    rows = []
    for one in shown:
        task = one.task
        said = f"\n反馈：{task.last_feedback}" if task.last_feedback else ""
        what = cut(told.shown(f"{task.task}"), room.task)
        known = told.agencies.get(task.agency_id)
        rows.append(
            (
                f"{told.agency(task.agency_id)}（{task.role.label}）",
                f"{what}{cut(told.shown(said), room.task)}",
                f"{one.state(told.now)}　{day_minute(task.issued_at)} 下达",
                known.telephone if known and known.telephone else "未登记",
            )
        )
    yield Grid(("单位", "任务和反馈", "状态与时限", "值班电话"), rows, (0.17, 0.43, 0.24, 0.16))
    yield from _rest(len(tasks), len(shown), "项任务")


def _needs(told: Told, room: Room) -> Iterator[Block]:
    yield Heading(f"需求（{len(told.needs)} 项）")
    if not told.needs:
        yield Line("没有提出需求。")
    shown = sorted(told.needs, key=lambda one: not one.uncovered)[: room.tasks]
    for one in shown:
        amount = f" {one.amount:g}{one.measure}" if one.amount is not None else ""
        asked = told.agency(one.agency_id) if one.agency_id else "指挥中心"
        what = cut(told.shown(f"{one.what}{amount}"), room.task)
        yield Line(f"{one.sort.label}　{what}　{one.short}　{asked}提出")
    yield from _rest(len(told.needs), len(shown), "项需求")


def _story(told: Told, room: Room) -> Iterator[Block]:
    events = timeline(told.case)
    yield Heading("时间线（最新在前）")
    if not events:
        yield Line("没有记录。")
    for event in events[: room.events]:
        yield Line(_event(event, told, room.event))
    yield from _rest(len(events), min(len(events), room.events), "条记录")


def _event(event: Event, told: Told, most: int) -> str:
    source, agency = event.who.removeprefix("source:"), event.who.removeprefix("agency:")
    who = told.source(source) if source != event.who else event.who
    who = told.agency(agency) if agency != event.who else who
    whose = f"（{told.agency(event.agency_id)}）" if event.agency_id else ""
    words = f"{event.words}：{event.said.headline}" if event.said else event.words
    return f"{day_second(event.at)}　{who}　{event.did}{whose}　{cut(told.shown(words), most)}"


def _contacts(told: Told) -> Iterator[Block]:
    """Of the desk; the departments' telephones stand beside their tasks."""
    yield Heading("联系")
    for post, held in told.duty:
        for one in held[:3]:
            numbers = "　".join(filter(None, (one.mobile, one.telephone))) or "没有电话"
            yield Line(f"{post.label}　{one.name}　{numbers}")
    if not any(held for _, held in told.duty):
        yield Line("值班表上此刻无人在岗。")


def _rest(count: int, shown: int, what: str) -> Iterator[Block]:
    if count > shown:
        yield Line(f"另有 {count - shown} {what}未列，见“事件处置”或 HTML。")
