"""打印: who may, what is noted of it, and the file. Each paper handed out is one log entry."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from linkage.actions import Action
from linkage.beijing import beijing, date_second
from linkage.clocks.clock import Clocks
from linkage.clocks.next_to_breach import of_assignments
from linkage.clocks.running import running
from linkage.desk.queries import read_case
from linkage.duty.roster import ladder
from linkage.errors import NotAllowed
from linkage.paper import incident_sheet, open_orders
from linkage.paper.board_sheet import layout
from linkage.paper.incident_sheet import Told
from linkage.paper.page import document_page
from linkage.people import Actor, permit
from linkage.plan.response_rows import active_response
from linkage.record import Record
from linkage.reporting.document import Block, Line, Rule, Sides
from linkage.reporting.pdf import document_pdf
from linkage.response.agencies import Agency
from linkage.response.need_list import needs_of
from linkage.response.tasks import tasks_alive
from linkage.vocabulary import Labelled, Role

ORDERS_TITLE = "未结任务看板"


class Form(Labelled):
    PDF = "pdf", "PDF"
    HTML = "html", "网页"


class Names(msgspec.Struct, frozen=True):
    """The files of facts that the papers are worded with."""

    sources: Mapping[str, str]
    agencies: Mapping[str, Agency]
    clocks: Clocks


class Printed(msgspec.Struct, frozen=True):
    name: str
    content: bytes


def print_incident(
    record: Record,
    actor: Actor,
    incident_id: int,
    form: Form,
    names: Names,
    *,
    personal: bool = False,
    at: datetime | None = None,
) -> Printed:
    """The sheet of one incident. `personal`: with who called; for those who may answer callers.

    Raises NotAllowed, NotPermitted; then nothing was logged and nothing is handed out.
    """
    _permit(actor)
    if actor.role is Role.AGENCY_OFFICER:
        raise NotAllowed("事件单含其他单位的任务和电话，请向指挥中心索取；本单位的任务可以打印。")
    if personal:
        permit(actor, Action.UNMASK)
    now = at or datetime.now(UTC)
    case = read_case(record, incident_id, now)
    if case is None:
        raise NotAllowed("没有这个事件，请刷新后重新打开。")
    with record.read() as cx:
        told = Told(
            case=case,
            response=active_response(cx, incident_id),
            needs=needs_of(cx, incident_id),
            clocks=of_assignments(
                run for run in running(cx, now, names.clocks) if run.incident_id == incident_id
            ),
            duty=ladder(cx, now, names.clocks.duty.standing),
            agencies=names.agencies,
            source_names=names.sources,
            personal=personal,
            by=str(actor),
            now=now,
        )
    made = incident_sheet.sheet_pdf if form is Form.PDF else incident_sheet.sheet_page
    content = made(told)
    with record.write(now) as w:
        w.log.add(
            str(actor),
            Action.UNMASK if personal else Action.PRINT,
            "打印事件单，含报警人信息" if personal else "打印事件单",
            incident_id=incident_id,
            after={"form": form.value, "personal": personal, "version": case.incident.version},
        )
    return Printed(incident_sheet.file_name(told, form.value), content)


def print_orders(
    record: Record, actor: Actor, form: Form, names: Names, *, at: datetime | None = None
) -> Printed:
    """Every open order, by department; an officer of a department has its own. Raises as above."""
    _permit(actor)
    now = at or datetime.now(UTC)
    with record.read() as cx:
        tasks = tasks_alive(cx)
        clocks = of_assignments(running(cx, now, names.clocks))
    if actor.role is Role.AGENCY_OFFICER:
        tasks = tuple(task for task in tasks if task.agency_id == actor.agency_id)
    owed = open_orders.pressing_first(tasks, clocks)
    foot = f"{ORDERS_TITLE}　打印于 {date_second(now)}"
    head: list[Block] = [
        Sides(f"打印于 {date_second(now)}　{actor}", f"未结 {len(owed)} 项，最急的单位在前"),
        Line("签收、到场、反馈请当场记下谁、何时；系统可用之后逐项补登。"),
        Rule(),
    ]
    blocks = [*head, *open_orders.blocks(owed, names.agencies, now)]
    if form is Form.PDF:
        look = msgspec.structs.replace(layout(now), foot=foot)
        content = document_pdf(ORDERS_TITLE, blocks, layout=look)
    else:
        content = document_page(ORDERS_TITLE, blocks, landscape=True, foot=foot)
    with record.write(now) as w:
        after = {"form": form.value, "orders": len(owed)}
        w.log.add(str(actor), Action.PRINT, f"打印{ORDERS_TITLE}", after=after)
    return Printed(f"{ORDERS_TITLE}-{beijing(now):%Y%m%d-%H%M}.{form.value}", content)


def _permit(actor: Actor) -> None:
    permit(actor, Action.PRINT, actor.agency_id)
