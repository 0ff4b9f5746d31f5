"""时钟稽核: whether the clocks are kept, judged from outside the process that keeps them.

It reads the orders in SQL of its own, so that a mistake of the keeper's reading is no mistake of
the auditor's; what else runs it reads anew, from nothing. It says what is wrong once, and once
that it is right again. Only the dashboard runs it: both must die before there is silence.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from linkage.actions import Happening
from linkage.clocks.chain import check_ladder
from linkage.clocks.clock import Clocks
from linkage.clocks.firings import fired_numbers, open_steps
from linkage.clocks.keeper import KEEPER
from linkage.clocks.letters import NOBODY
from linkage.clocks.next_to_breach import duration
from linkage.clocks.running import running
from linkage.clocks.steps import steps_due
from linkage.duty.roster import ladder
from linkage.own_state import read_service, read_services, set_service
from linkage.record import Record, Writing
from linkage.response_tables import clock_firing
from linkage.response_vocabulary import Step
from linkage.tables import assignment, incident
from linkage.vocabulary import OPEN_STATUSES, AssignmentStatus, Labelled

AUDIT = "audit"  # its row in service_state
EVERY_S = 10.0
# The keeper looks every second and says so every third.
BEAT_LATE = timedelta(seconds=10)
STEP_LATE = timedelta(seconds=15)
# … and is still missing so long after it was first found so: what has only just begun to run, with
# its limit long past, is given the keeper's next look.
STILL = timedelta(seconds=8)
# An audit that is older has died too.
AUDIT_LATE = timedelta(seconds=35)
# So long after nobody was reached the screens say so.
SAID_FOR = timedelta(minutes=15)
RULE = "rule:audit"
_F, _A, _I = clock_firing.c, assignment.c, incident.c


class Fault(Labelled):
    """What can be wrong with the clocks."""

    STOPPED = "stopped", "守时停走"
    MISSED = "missed", "到期未执行"
    NOBODY = "nobody", "无人可通知"


class Finding(msgspec.Struct, frozen=True):
    fault: Fault
    words: str


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What the screens are told. `calls`: whom to telephone now, by name and number.

    `suspected`: steps that were found missing, and since when.
    """

    at: datetime
    suspected: dict[str, datetime] = {}
    findings: tuple[Finding, ...] = ()
    calls: tuple[str, ...] = ()

    def silent(self, now: datetime) -> bool:
        """The auditor itself has not been heard of."""
        return abs(now - self.at) > AUDIT_LATE


def audit(cx: Connection, now: datetime, clocks: Clocks, before: Audit | None = None) -> Audit:
    """One round. Reads only. `before`: the round before it."""
    late = now - STEP_LATE
    known = before.suspected if before else {}
    missing = sorted({*_unsigned(cx, late, clocks), *_untaken(cx, late, clocks)})
    suspected = {words: min(known.get(words, now), now) for words in missing}
    lasting = [words for words, since in suspected.items() if now - since >= STILL]
    found = [*stopped(cx, now), *_missed(lasting), *_nobody(cx, now, clocks)]
    calls = _calls(cx, now, clocks) if found else ()
    return Audit(at=now, findings=tuple(found), calls=calls, suspected=suspected)


def hold_audit(record: Record, now: datetime, clocks: Clocks) -> Audit:
    """A round, left where every screen reads it; the log says what has begun and what is over."""
    with record.read() as cx:
        found = audit(cx, now, clocks, read_audit(cx))
    with record.write(now) as w:
        before = read_audit(w.cx)
        _tell(w, {one.fault: one for one in before.findings} if before else {}, found)
        set_service(w, AUDIT, now, msgspec.to_builtins(found))
    return found


def read_audit(cx: Connection) -> Audit | None:
    """The last round, of whatever process; None: there has been none yet."""
    state = read_service(cx, AUDIT)
    return None if state is None else msgspec.convert(state.detail, Audit)


def _tell(w: Writing, before: Mapping[Fault, Finding], now: Audit) -> None:
    after = {one.fault: one for one in now.findings}
    for fault in Fault:
        if fault in after and fault not in before:
            said = f"{fault.label}：{after[fault].words}"
            w.log.add(RULE, Happening.AUDIT, said, after={"fault": fault})
        elif fault in before and fault not in after:
            w.log.add(RULE, Happening.AUDIT, f"{fault.label}已恢复", before={"fault": fault})


def stopped(cx: Connection, now: datetime) -> Iterable[Finding]:
    """Whether the keeper has been heard of. Cheap: the screens ask it between the rounds too."""
    states = read_services(cx, KEEPER)
    if KEEPER not in states:
        words = "守时进程从未启动，时限不会提醒也不会升级；请启动接入进程（python -m ingest run）"
        yield Finding(Fault.STOPPED, words)
        return
    age = now - states[KEEPER].at
    if abs(age) > BEAT_LATE:
        yield Finding(
            Fault.STOPPED,
            f"守时进程已 {duration(abs(age).total_seconds())}没有动静，时限不再提醒和升级；"
            "请逐项人工盯办，并重启接入进程（python -m ingest run）",
        )


def _missed(missing: Sequence[str]) -> Iterable[Finding]:
    if missing:
        some = "、".join(missing[:3])
        listed = f"{some}等 {len(missing)} 项" if len(missing) > 3 else some
        yield Finding(
            Fault.MISSED, f"{listed}到期而没有执行提醒或升级；请人工催办，并检查接入进程日志"
        )


def _untaken(cx: Connection, late: datetime, clocks: Clocks) -> Iterable[str]:
    """By the rules, over all that runs, read anew."""
    due = [
        (run, steps)
        for run in running(cx, late, clocks)
        if (steps := steps_due(clocks.by_id[run.rule_id], run, late))
    ]
    taken = fired_numbers(cx, [run for run, _ in due])
    missed = [run for run, steps in due if open_steps(steps, taken.get(run.key, set()))]
    numbers = _open_numbers(cx) if missed else {}
    for run in missed:
        number = numbers.get(run.incident_id) if run.assignment_id is not None else None
        # In the words of `_unsigned`: what both have found is one.
        yield (
            f"{run.who} {run.words}"
            if number is None
            else _order(number, clocks.owner(run), run.words)
        )


def _open_numbers(cx: Connection) -> Mapping[int | None, str]:
    open_ = _I.status.in_([status.value for status in OPEN_STATUSES])
    return {row.id: row.number for row in cx.execute(select(_I.id, _I.number).where(open_))}


def _order(number: str, agency: str, awaited: str) -> str:
    return f"{number} {agency} {awaited}"


def _unsigned(cx: Connection, late: datetime, clocks: Clocks) -> Iterable[str]:
    """The one clock that counts most, by the columns alone: an order that nobody has signed in
    time and of which no breach is on record, whatever the rules make of it."""
    breach = (
        select(_F.id)
        .where(
            _F.assignment_id == _A.id,
            _F.round == _A.revision,
            _F.rule_id.like("acknowledge%"),
            _F.step != Step.WARN.value,
        )
        .exists()
    )
    rows = (
        select(_A.agency_id, _I.number)
        .join(incident, _I.id == _A.incident_id)
        .where(
            _A.status == AssignmentStatus.ISSUED.value,
            _A.acknowledge_due_at < late,
            _A.acknowledged_at.is_(None),
            _A.exercise.is_(False),  # that of an exercise which has ended is owed no more
            _I.status.in_([status.value for status in OPEN_STATUSES]),
            ~breach,
        )
    )
    for row in cx.execute(rows):
        yield _order(row.number, clocks.agency(row.agency_id), "签收")


def _nobody(cx: Connection, now: datetime, clocks: Clocks) -> Iterable[Finding]:
    """A step that should have reached a person reached none, and it is not long ago; or the next
    one would, by the people who are on duty now."""
    rows = select(_F.told).where(
        _F.fired_at > now - SAID_FOR,
        _F.told.contains(NOBODY),
        _F.exercise.is_(False),  # it may leave its leaders in peace, by decision
    )
    told = cx.execute(rows.order_by(_F.id.desc()).limit(1)).scalar_one_or_none()
    if told is not None:
        why = next(said for said in msgspec.json.decode(told) if said.startswith(NOBODY))
        yield Finding(
            Fault.NOBODY,
            f"超时升级{why}；请在“值班”页补排有联系方式的人，并人工通知",
        )
        return
    people = ladder(cx, now, clocks.duty.standing)
    # Nobody at all: no roster was entered, and nothing has been missed by it so far.
    wrong = check_ladder(people, clocks) if any(held for _, held in people) else []
    if wrong:
        yield Finding(Fault.NOBODY, wrong[0])


def _calls(cx: Connection, now: datetime, clocks: Clocks) -> tuple[str, ...]:
    """Everybody on duty with a number, from the chief's post down: who must know of it."""
    found = []
    for post, people in ladder(cx, now, clocks.duty.standing):
        for one in people:
            number = one.mobile or one.telephone
            found.append(f"{post.label}{one.name} {number or '无号码'}")
    return tuple(found)
