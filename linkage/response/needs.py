"""需求: asked by desk or agency, offered, sent, brought, given back; each step written down.

The desk's acts raise NotAllowed, NotPermitted and Raced as linkage/desk/incidents.py does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from linkage.actions import Action
from linkage.desk.amend import find_incident, open_incident, touch
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor, permit
from linkage.record import Record, Writing
from linkage.response.agencies import Agency
from linkage.response.asking import insert_need
from linkage.response.feedback import NEED_STEPS, NeedStep, Want, quantity
from linkage.response.need_messages import tell_needs
from linkage.response.need_moves import CLOSED, Part, advance, come_to
from linkage.response.order_rules import clean
from linkage.response.own_guard import must_concern, must_own, must_work_there, watched
from linkage.response.promises import promised_elsewhere
from linkage.response.refusals import refuse
from linkage.response_tables import need, need_offer
from linkage.response_vocabulary import NeedStatus
from linkage.vocabulary import Outcome

N = NeedStatus
LONGEST_WHAT = 100
# As of other answers (linkage/response/answers.py): a clock may go before ours by so much.
CLOCK_AHEAD = timedelta(minutes=2)
_STAMPS = {N.ON_THE_WAY: "on_the_way_at", N.ARRIVED: "arrived_at", N.RELEASED: "released_at"}


@watched(Action.ASK_NEED)
def ask(
    record: Record,
    actor: Actor,
    incident_id: int,
    want: Want,
    *,
    agencies: Mapping[str, Agency],
    of: Sequence[str] = (),
    note: str = "",
    at: datetime | None = None,
) -> int:
    """Say what an incident needs, and put it to the agencies `of` by name. Returns its id."""
    permit(actor, Action.ASK_NEED, actor.agency_id)
    _check(want)
    unknown = [one for one in of if one not in agencies]
    if unknown:
        raise NotAllowed(f"单位“{unknown[0]}”未登记，请在 data/agencies.toml 中增加。")
    with record.write(at) as w:
        must_work_there(w.cx, actor, incident_id, of)
        row = open_incident(w, incident_id)
        need_id = insert_need(
            w,
            incident_id,
            want,
            str(actor),
            agency_id=actor.agency_id,
            note=note,
            exercise=row["exercise"],
        )
        for agency_id in dict.fromkeys(of):
            _insert_offer(w, need_id, agency_id, N.ASKED, str(actor))
        touch(w, incident_id)
        tell_needs(w, incident_id)
    return need_id


@watched(Action.MOVE_NEED)
def withdraw(
    record: Record,
    actor: Actor,
    need_id: int,
    version: int,
    reason: str,
    *,
    at: datetime | None = None,
) -> None:
    """It is not needed any more: whoever has promised something is told."""
    permit(actor, Action.MOVE_NEED, actor.agency_id)
    if not reason.strip():
        raise NotAllowed("请写明收回需求的理由。")
    with record.write(at) as w:
        row = _need(w, need_id)
        must_own(actor, row["agency_id"])
        if row["version"] != version:
            raise Raced("该需求刚被改动，您的操作未生效；请查看最新情况后再决定。")
        if row["closed_at"] is not None:
            raise NotAllowed(f"该需求已是“{N(row['status']).label}”，不必再收回。")
        _settle(w, row, N.WITHDRAWN)
        _log(w, str(actor), Action.MOVE_NEED, row, f"收回需求：{reason.strip()}", N.WITHDRAWN)


@watched(Action.OFFER_NEED)
def give(
    record: Record,
    actor: Actor,
    step: NeedStep,
    agency_id: str,
    *,
    agencies: Mapping[str, Agency],
    at: datetime | None = None,
) -> None:
    """Enter at a desk what an agency does about a need: by telephone, or its own officer."""
    permit(actor, Action.OFFER_NEED, agency_id)
    if agency_id not in agencies:
        raise NotAllowed(f"单位“{agency_id}”未登记，请在 data/agencies.toml 中增加。")
    with record.write(at) as w:
        must_concern(w.cx, actor, step.need_id)
        outcome, reason = _take(w, step, agencies[agency_id], str(actor))
        if outcome is Outcome.REJECTED:
            raise NotAllowed(reason)


def apply_need_step(w: Writing, step: NeedStep, agency: Agency) -> tuple[Outcome, str]:
    """Take what an agency says over the line about a need."""
    actor = f"agency:{agency.id}"
    outcome, reason = _take(w, step, agency, actor)
    if outcome is Outcome.REJECTED:
        refuse(w, agency, actor, step.status.label, reason, need=step.need_id)
    return outcome, reason


def _take(w: Writing, step: NeedStep, agency: Agency, actor: str) -> tuple[Outcome, str]:
    row = w.cx.execute(select(need).where(need.c.id == step.need_id)).mappings().first()
    if row is None:
        return Outcome.REJECTED, f"没有编号为 {step.need_id} 的需求，请核对编号。"
    if step.status not in NEED_STEPS:
        return Outcome.REJECTED, f"“{step.status.label}”不是对需求的答复。"
    if step.status not in CLOSED and step.amount is not None and step.amount <= 0:
        return Outcome.REJECTED, "amount：数量应大于 0；数量不明请留空，不能提供请答 withdrawn。"
    offer = _offer_of(w, step.need_id, agency.id)
    if offer is not None and _is_older(w, offer, step):
        # Delivered late or again: what was said since, a withdrawal above all, stands.
        return Outcome.DUPLICATE, f"之后已答复“{N(offer['status']).label}”，以较新的为准。"
    closed = row["closed_at"] is not None
    if closed and (offer is None or offer["status"] in CLOSED or step.status not in CLOSED):
        return Outcome.REJECTED, f"该需求已是“{N(row['status']).label}”，不再接受供给。"
    now = N.ASKED if offer is None else N(offer["status"])
    try:
        advance(now, step.status)
    except NotAllowed as why:
        return Outcome.REJECTED, str(why)
    if offer is not None and not _news(offer, step):
        return Outcome.DUPLICATE, f"“{now.label}”已收到过。"
    if offer is None and step.status is N.WITHDRAWN:
        _insert_offer(w, row["id"], agency.id, N.ASKED, actor)  # a refusal stays on record
        offer = _offer_of(w, row["id"], agency.id)
    _write(w, row, offer, step, agency, actor)
    return Outcome.STORED, step.status.label


def _is_older(w: Writing, offer: RowMapping, step: NeedStep) -> bool:
    """By the agency's own clock it was said before what stands."""
    said_at, known = _said_at(w, step), offer["said_at"]
    return said_at is not None and known is not None and said_at < known


def _said_at(w: Writing, step: NeedStep) -> datetime | None:
    """A time that has not come yet would make everything after it late."""
    return step.at if step.at is not None and step.at <= w.at + CLOCK_AHEAD else None


def _news(offer: RowMapping, step: NeedStep) -> bool:
    return (
        step.status != offer["status"]
        or (step.amount is not None and step.amount != offer["amount"])
        or (step.unit_id is not None and step.unit_id != offer["unit_id"])
        or bool(step.text and step.text != offer["note"])
    )


def _write(  # noqa: PLR0917
    w: Writing,
    row: RowMapping,
    offer: RowMapping | None,
    step: NeedStep,
    agency: Agency,
    actor: str,
) -> None:
    if offer is None:
        _insert_offer(w, row["id"], agency.id, step.status, actor, step)
    else:
        said = {
            "amount": step.amount,
            "unit_id": step.unit_id,
            "note": clean(step.text) or None,
            "said_at": _said_at(w, step),
        }
        values: dict[str, Any] = {n: value for n, value in said.items() if value is not None}
        stamp = _STAMPS.get(step.status)
        if stamp is not None and offer[stamp] is None:
            values[stamp] = w.at
        w.cx.execute(
            update(need_offer)
            .where(need_offer.c.id == offer["id"])
            .values(**values, status=step.status, changed_at=w.at)
        )
    amount = quantity(step.amount, row["measure"])
    words = f"{agency.name}{step.status.label}：{row['what']} {amount}".rstrip()
    reason = f"{words}；{clean(step.text)}" if step.text else words
    if step.unit_id and step.status not in CLOSED:
        elsewhere = promised_elsewhere(w, agency.id, step.unit_id, row["incident_id"])
        reason += f"（注意：{step.unit_id} 同时用于事件 {elsewhere}）" if elsewhere else ""
    parts = [Part(N(one["status"]), one["amount"]) for one in _offers(w, row["id"])]
    _settle(w, row, N(row["status"]) if row["closed_at"] else come_to(parts))
    _log(w, actor, Action.OFFER_NEED, row, reason, step.status, agency.id, step.amount)


def _settle(w: Writing, row: RowMapping, status: N) -> None:
    """The need comes to `status`; everybody it concerns gets the new list."""
    closed = row["closed_at"] or (w.at if status in CLOSED else None)
    w.cx.execute(
        update(need)
        .where(need.c.id == row["id"])
        .values(status=status, closed_at=closed, changed_at=w.at, version=need.c.version + 1)
    )
    givers = [one["agency_id"] for one in _offers(w, row["id"])]
    touch(w, row["incident_id"])
    tell_needs(w, row["incident_id"], givers)


def _log(  # noqa: PLR0917
    w: Writing,
    actor: str,
    action: Action,
    row: RowMapping,
    reason: str,
    status: N,
    agency_id: str | None = None,
    amount: float | None = None,
) -> None:
    version = find_incident(w, row["incident_id"])["version"]
    after: dict[str, Any] = {"need": row["id"], "need_status": status, "version": version}
    if agency_id is not None:
        after |= {"agency_id": agency_id, "amount": amount}
    w.log.add(
        actor,
        action,
        reason,
        incident_id=row["incident_id"],
        assignment_id=row["assignment_id"],
        before={"need": row["id"], "need_status": row["status"]},
        after=after,
    )


def _insert_offer(  # noqa: PLR0917
    w: Writing, need_id: int, agency_id: str, status: N, actor: str, step: NeedStep | None = None
) -> None:
    stamp = _STAMPS.get(status)
    w.cx.execute(
        insert(need_offer).values(
            id=w.next_id(),
            need_id=need_id,
            agency_id=agency_id,
            amount=None if step is None else step.amount,
            unit_id=None if step is None else step.unit_id,
            status=status,
            note=None if step is None else clean(step.text) or None,
            offered_by=actor if step is None or not step.by else f"{actor} {clean(step.by)}",
            offered_at=w.at,
            said_at=None if step is None else _said_at(w, step),
            changed_at=w.at,
            **({} if stamp is None else {stamp: w.at}),
        )
    )


def _need(w: Writing, need_id: int) -> RowMapping:
    row = w.cx.execute(select(need).where(need.c.id == need_id)).mappings().first()
    if row is None:
        raise NotAllowed(f"没有编号为 {need_id} 的需求，请刷新后重新选择。")
    return row


def _offers(w: Writing, need_id: int) -> list[RowMapping]:
    rows = select(need_offer).where(need_offer.c.need_id == need_id).order_by(need_offer.c.id)
    return list(w.cx.execute(rows).mappings())


def _offer_of(w: Writing, need_id: int, agency_id: str) -> RowMapping | None:
    return next((one for one in _offers(w, need_id) if one["agency_id"] == agency_id), None)


def _check(want: Want) -> None:
    if not clean(want.what):
        raise NotAllowed("请写明需要什么。")
    if len(want.what) > LONGEST_WHAT:
        raise NotAllowed(f"需求内容有 {len(want.what)} 字，最多 {LONGEST_WHAT} 字，请精简。")
    if want.amount is not None and want.amount <= 0:
        raise NotAllowed("数量应大于 0；数量不明请留空。")
