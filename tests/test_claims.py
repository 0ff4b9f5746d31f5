"""接手: nobody has it, somebody has it, whoever had it is away; and one click is done once."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from linkage.access_tables import account, sign_in
from linkage.actions import Action
from linkage.desk import incidents
from linkage.desk.claims import Claim, Held, load_claim_rule, stale
from linkage.desk.once import AlreadyDone, OnceRecord
from linkage.desk.pressed import PressedRows
from linkage.desk.taking import take_stale
from linkage.errors import BadConfig, NotAllowed, NotPermitted, Raced
from linkage.once_tables import act_once
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import incident, log_entry
from linkage.vocabulary import Role, Severity
from tests.builders import alert
from tests.onrecord import put_incident
from tests.signing import sit_down
from tests.timekeeping import CLAIMS, CLOCKS

FIRST, OTHER = Actor("甲", Role.DUTY_OFFICER), Actor("乙", Role.DUTY_OFFICER)


def entries(record: Record, action: Action) -> int:
    with record.read() as cx:
        of_action = select(func.count()).where(log_entry.c.action == action.value)
        return int(cx.execute(of_action).scalar_one())


def claimed(record: Record, now: datetime, severity: Severity = Severity.SEVERE) -> int:
    made = put_incident(record, alert(severity=severity), at=now)
    incidents.claim(record, FIRST, made, at=now)
    return made


@pytest.mark.parametrize(
    ("severity", "minutes", "expected"),
    [
        (Severity.EXTREME, 5, None),
        (Severity.EXTREME, 5.1, Held.IDLE),
        (Severity.MODERATE, 14, None),
        (Severity.MODERATE, 16, Held.IDLE),
        (Severity.MINOR, 29, None),
        (Severity.UNKNOWN, 31, Held.IDLE),
    ],
)
def test_a_claim_is_left_alone_the_sooner_the_graver_it_is(
    now: datetime, severity: Severity, minutes: float, expected: Held | None
) -> None:
    claim = Claim(by="甲", severity=severity, claimed_at=now)
    found = stale(CLAIMS, claim, now + timedelta(minutes=minutes))
    assert (found.held if found else None) == expected


def test_every_act_of_whoever_has_it_begins_the_time_anew(now: datetime) -> None:
    acted = now + timedelta(minutes=4)
    claim = Claim(by="甲", severity=Severity.SEVERE, claimed_at=now, acted_at=acted)
    assert stale(CLAIMS, claim, now + timedelta(minutes=8)) is None
    found = stale(CLAIMS, claim, now + timedelta(minutes=10))
    assert found is not None
    assert found.why == "甲自 14:34:00 起没有操作"


def test_who_has_left_the_desk_leaves_the_claim_alone_at_once(now: datetime) -> None:
    claim = Claim(by="甲", severity=Severity.MINOR, claimed_at=now, left_at=now)
    assert stale(CLAIMS, claim, now + timedelta(seconds=110)) is None
    found = stale(CLAIMS, claim, now + timedelta(seconds=130))
    assert found is not None
    assert found.held is Held.ABSENT


def test_the_screens_are_told_which_claims_are_left_alone(record: Record, now: datetime) -> None:
    made = claimed(record, now)
    rows = PressedRows(CLOCKS, CLAIMS)
    with record.read() as cx:
        assert str(made) not in rows(cx, now) or not rows(cx, now)[str(made)].held
        assert rows(cx, now + timedelta(minutes=6))[str(made)].held == "idle"
    incidents.note(record, FIRST, made, "已电话联系", at=now + timedelta(minutes=6))
    with record.read() as cx:
        later = rows(cx, now + timedelta(minutes=7)).get(str(made))
    assert later is None or not later.held


def test_a_signed_out_officer_is_seen_to_be_away(record: Record, now: datetime) -> None:
    made = claimed(record, now, Severity.MINOR)
    with record.write(now) as w:
        who, stay = w.next_id(), w.next_id()
        w.cx.execute(
            insert(account).values(
                id=who,
                login="jia",
                name="甲",
                role=Role.DUTY_OFFICER,
                failed=0,
                active=True,
                cast=False,
                made_by="系统",
                made_at=now,
                changed_at=now,
                version=1,
            )
        )
        w.cx.execute(
            insert(sign_in).values(
                id=stay,
                account_id=who,
                token="0" * 64,
                means="password",
                began_at=now,
                seen_at=now,
                ends_at=now + timedelta(hours=12),
                address="",
                agent="",
            )
        )
    rows = PressedRows(CLOCKS, CLAIMS)
    soon = now + timedelta(minutes=5)
    with record.read() as cx:
        assert not getattr(rows(cx, soon).get(str(made)), "held", "")
    with record.write(soon) as w:
        w.cx.execute(update(sign_in).where(sign_in.c.id == stay).values(ended_at=soon))
    with record.read() as cx:
        assert rows(cx, soon + timedelta(minutes=3))[str(made)].held == "absent"


def test_a_desk_that_nobody_touches_any_more_leaves_its_claims_alone(
    record: Record, now: datetime
) -> None:
    """It locks after so long; a refresh of the page is nobody's act."""
    made = claimed(record, now, Severity.UNKNOWN)
    sit_down(record, FIRST, at=now)
    rows = PressedRows(CLOCKS, CLAIMS)
    with record.read() as cx:
        soon = now + CLAIMS.unattended
        assert getattr(rows(cx, soon).get(str(made)), "held", "") != "absent"
        assert rows(cx, soon + timedelta(minutes=3))[str(made)].held == "absent"


def test_a_colleague_takes_over_what_is_left_alone_and_the_log_says_why(
    record: Record, now: datetime
) -> None:
    made = claimed(record, now)
    with pytest.raises(NotAllowed, match="刚有操作"):
        take_stale(record, OTHER, made, 2, CLAIMS, at=now + timedelta(minutes=2))
    take_stale(record, OTHER, made, 2, CLAIMS, at=now + timedelta(minutes=6))
    with record.read() as cx:
        row = cx.execute(select(incident).where(incident.c.id == made)).one()
        of_taking = log_entry.c.action == Action.TAKE_STALE.value
        said = cx.execute(select(log_entry.c.reason).where(of_taking)).scalars().all()
    assert row.claimed_by == str(OTHER)
    assert said == ["自甲（值班员）接替：久未处置，甲（值班员）自 14:30:00 起没有操作"]


def test_of_two_who_take_it_over_the_second_hears_who_was_faster(
    record: Record, now: datetime
) -> None:
    """D10: one wins, the other sees who."""
    made, later = claimed(record, now), now + timedelta(minutes=6)
    take_stale(record, OTHER, made, 2, CLAIMS, at=later)
    with pytest.raises(Raced, match="乙"):
        take_stale(record, Actor("丙", Role.DUTY_OFFICER), made, 2, CLAIMS, at=later)


def test_only_who_sits_at_a_desk_takes_over(record: Record, now: datetime) -> None:
    made = claimed(record, now)
    for actor in (Actor("析", Role.ANALYST), Actor("消", Role.AGENCY_OFFICER, "fire")):
        with pytest.raises(NotPermitted):
            take_stale(record, actor, made, 2, CLAIMS, at=now + timedelta(hours=1))


def test_a_click_that_is_told_again_is_done_once(record: Record, now: datetime) -> None:
    """D12: no action is sent twice."""
    made = put_incident(record)
    once = OnceRecord(record, "a" * 32)
    incidents.note(once, FIRST, made, "已到场", at=now)
    for _ in range(3):
        with pytest.raises(AlreadyDone):
            incidents.note(OnceRecord(record, "a" * 32), FIRST, made, "已到场", at=now)
    assert entries(record, Action.NOTE) == 1


def test_a_click_that_was_refused_may_be_told_again(record: Record, now: datetime) -> None:
    made = put_incident(record)
    with pytest.raises(NotAllowed):
        incidents.note(OnceRecord(record, "k"), FIRST, made, "", at=now)
    incidents.note(OnceRecord(record, "k"), FIRST, made, "已到场", at=now)
    assert entries(record, Action.NOTE) == 1


def test_one_click_from_two_threads_at_once_is_done_once(record: Record, now: datetime) -> None:
    made = put_incident(record)
    refused: list[BaseException] = []

    def click() -> None:
        try:
            incidents.note(OnceRecord(record, "same"), FIRST, made, "已到场", at=now)
        except AlreadyDone as why:
            refused.append(why)

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join(30)
    assert entries(record, Action.NOTE) == 1
    assert len(refused) == 3


def test_old_keys_are_forgotten(record: Record, now: datetime) -> None:
    made = put_incident(record)
    incidents.note(OnceRecord(record, "old"), FIRST, made, "一", at=now)
    incidents.note(OnceRecord(record, "new"), FIRST, made, "二", at=now + timedelta(days=3))
    with record.read() as cx:
        assert cx.execute(select(act_once.c.key)).scalars().all() == ["new"]


@pytest.mark.parametrize(
    "wrong",
    [
        "after_s = 20",
        "after_s = 1",
        'after_s = "20"',
        "after_s = true",
        'seconds = 20\nbasis = "有"',
        'after_s = 20\nbasis = " "',
    ],
)
def test_a_wrong_table_of_claims_is_named(tmp_path: Path, wrong: str) -> None:
    good = Path("data/claims.toml").read_text("utf-8")
    start, end = good.index("after_s = 20"), good.index("# 自接手人")
    (tmp_path / "claims.toml").write_text(f"{good[:start]}{wrong}\n{good[end:]}", "utf-8")
    with pytest.raises(BadConfig, match="unclaimed"):
        load_claim_rule(tmp_path / "claims.toml")


def test_the_shipped_table_is_read() -> None:
    assert CLAIMS.unclaimed == timedelta(seconds=20)
    assert set(CLAIMS.idle) == set(Severity)
