"""What an officer does to one incident, and what a second officer is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from linkage.alerts import Point
from linkage.desk import incidents
from linkage.desk.progress import ENDS, LADDER, NEXT, STAMPS, advance, reached
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import incident, log_entry
from linkage.vocabulary import Disposition, Grade, IncidentStatus, PositionNote, Role
from tests.builders import alert
from tests.onrecord import change_incident, put_incident, put_task

S = IncidentStatus


def row_of(record: Record, incident_id: int) -> dict[str, Any]:
    with record.read() as cx:
        return dict(
            cx.execute(select(incident).where(incident.c.id == incident_id)).mappings().one()
        )


def last_entry(record: Record) -> Any:
    with record.read() as cx:
        return cx.execute(select(log_entry).order_by(log_entry.c.id.desc())).first()


def test_every_status_has_a_row() -> None:
    assert set(NEXT) == set(S) == set(LADDER) | ENDS
    assert set(STAMPS) == set(LADDER[1:])
    assert set(STAMPS.values()) <= {column.name for column in incident.columns}


@pytest.mark.parametrize("later", LADDER)
def test_what_is_told_late_takes_nothing_back(later: S) -> None:
    for earlier in LADDER[: LADDER.index(later) + 1]:
        assert advance(later, earlier) is later
        assert advance(earlier, later) is later


@pytest.mark.parametrize("end", sorted(ENDS))
def test_an_ended_incident_moves_no_further_until_reopened(end: S) -> None:
    for other in ENDS - {end}:
        with pytest.raises(NotAllowed, match="请先重启"):
            advance(end, other)
    assert advance(end, S.VERIFIED) is S.VERIFIED


def test_how_far_it_came_is_read_from_the_stamps(now: datetime) -> None:
    stamps = dict.fromkeys(STAMPS.values())
    assert reached(stamps) is S.RECEIVED
    assert reached({**stamps, "verified_at": now, "on_scene_at": now}) is S.ON_SCENE


def test_two_officers_claim_and_the_second_is_told_who_has_it(
    record: Record, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    it = put_incident(record)
    assert incidents.claim(record, officer, it, at=now) == 2
    with pytest.raises(Raced, match=r"已由甲（值班员）于 14:30:00 接手"):
        incidents.claim(record, other_officer, it, at=now)
    assert row_of(record, it)["claimed_by"] == "甲（值班员）"


def test_claiming_twice_changes_nothing(record: Record, officer: Actor) -> None:
    it = put_incident(record)
    version = incidents.claim(record, officer, it)
    before = row_of(record, it)
    assert incidents.claim(record, officer, it) == version
    assert row_of(record, it) == before


def test_the_chief_takes_over_with_a_reason_and_the_log_says_from_whom(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    it = put_incident(record)
    version = incidents.claim(record, officer, it, at=now)
    later = now + timedelta(minutes=9)
    assert incidents.take_over(record, chief, it, version, "甲突发不适", at=later) == version + 1
    row = row_of(record, it)
    assert (row["claimed_by"], row["claimed_at"]) == (str(chief), later)
    entry = last_entry(record)
    assert (entry.actor, entry.action) == (str(chief), "take_over")
    assert entry.reason == "自甲（值班员）接替：甲突发不适"
    assert "甲（值班员）" in entry.before
    with pytest.raises(Raced, match="“接替”（自甲（值班员）接替：甲突发不适）"):
        incidents.verify(record, officer, it, version)


def test_a_take_over_is_for_who_leads_and_never_without_a_reason(
    record: Record, officer: Actor, other_officer: Actor, chief: Actor
) -> None:
    it = put_incident(record)
    with pytest.raises(NotAllowed, match="尚无人接手，请直接接手"):
        incidents.take_over(record, chief, it, 1, "交班")
    version = incidents.claim(record, officer, it)
    with pytest.raises(NotPermitted, match=r"“接替”：此操作限值班长、指挥员"):
        incidents.take_over(record, other_officer, it, version, "交班")
    with pytest.raises(NotAllowed, match="请写明接替理由"):
        incidents.take_over(record, chief, it, version, " ")
    assert row_of(record, it)["claimed_by"] == str(officer)
    mine = incidents.take_over(record, chief, it, version, "交班")
    assert incidents.take_over(record, chief, it, mine, "交班") == mine, "twice is harmless"


def test_two_leaders_take_over_and_the_second_is_told(
    record: Record, officer: Actor, chief: Actor
) -> None:
    it = put_incident(record)
    version = incidents.claim(record, officer, it)
    incidents.take_over(record, chief, it, version, "交班")
    commander = Actor("己", Role.COMMANDER)
    with pytest.raises(Raced, match="“接替”"):
        incidents.take_over(record, commander, it, version, "直接指挥")


def test_who_has_it_gives_it_back_and_a_colleague_claims(
    record: Record, officer: Actor, other_officer: Actor
) -> None:
    it = put_incident(record)
    with pytest.raises(NotAllowed, match="尚无人接手，只有接手人可以交回"):
        incidents.release(record, officer, it, 1, "下班")
    version = incidents.claim(record, officer, it)
    with pytest.raises(NotAllowed, match=r"由甲（值班员）接手，只有接手人可以交回"):
        incidents.release(record, other_officer, it, version, "下班")
    with pytest.raises(NotAllowed, match="请写明交回理由"):
        incidents.release(record, officer, it, version, "")
    incidents.release(record, officer, it, version, "交班")
    row = row_of(record, it)
    assert (row["claimed_by"], row["claimed_at"]) == (None, None)
    assert (last_entry(record).action, last_entry(record).reason) == ("release", "交班")
    incidents.claim(record, other_officer, it)
    assert row_of(record, it)["claimed_by"] == str(other_officer)


def test_verifying_stamps_the_time_and_logs_before_and_after(
    record: Record, officer: Actor, now: datetime
) -> None:
    it = put_incident(record)
    version = incidents.verify(record, officer, it, 1, note="回拨属实", at=now)
    row = row_of(record, it)
    assert (row["status"], row["verified_at"], row["version"]) == (S.VERIFIED, now, version)
    entry = last_entry(record)
    assert (entry.actor, entry.action, entry.reason) == ("甲（值班员）", "verify", "回拨属实")
    assert '"status":"received"' in entry.before
    assert '"status":"verified"' in entry.after


def test_verifying_what_is_on_scene_stamps_and_does_not_go_back(
    record: Record, officer: Actor, now: datetime
) -> None:
    it = put_incident(record, status=S.ON_SCENE, on_scene_at=now)
    incidents.verify(record, officer, it, 1, at=now + timedelta(minutes=1))
    row = row_of(record, it)
    assert row["status"] == S.ON_SCENE
    assert row["verified_at"] == now + timedelta(minutes=1)


def test_a_stamp_is_never_overwritten(record: Record, officer: Actor, now: datetime) -> None:
    it = put_incident(record)
    version = incidents.verify(record, officer, it, 1, at=now)
    again = incidents.verify(record, officer, it, version, at=now + timedelta(hours=1))
    assert again == version
    assert row_of(record, it)["verified_at"] == now


def test_the_slower_officer_is_told_who_did_what_and_when(
    record: Record, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    it = put_incident(record)
    incidents.verify(record, officer, it, 1, note="属实", at=now)
    with pytest.raises(Raced, match=r"甲（值班员）已于 14:30:00 .*“核实”（属实）.*未生效"):
        incidents.close(record, other_officer, it, 1, Disposition.FALSE_ALARM)
    assert row_of(record, it)["status"] == S.VERIFIED


def _attach(record: Record, incident_id: int) -> None:
    """A further report joins by rule, as the intake writes it."""
    change_incident(record, incident_id, alert_count=2)
    with record.write() as w:
        w.log.add("source:120-cad", "attach", "相距 20 米", incident_id=incident_id)


def test_reports_that_join_meanwhile_do_not_stop_an_officer(record: Record, officer: Actor) -> None:
    it = put_incident(record)
    _attach(record, it)
    assert incidents.verify(record, officer, it, 1) == 3


def test_a_colleague_is_not_overlooked_behind_a_report_that_joined(
    record: Record, officer: Actor, other_officer: Actor
) -> None:
    it = put_incident(record)
    incidents.verify(record, officer, it, 1)
    _attach(record, it)
    with pytest.raises(Raced, match="甲（值班员）"):
        incidents.confirm_grade(record, other_officer, it, 1, Grade.MAJOR, "伤亡大")


def test_nobody_closes_over_a_report_that_was_not_read(record: Record, officer: Actor) -> None:
    it = put_incident(record)
    _attach(record, it)
    with pytest.raises(Raced, match=r"接入系统 120-cad 已于 .*“来报归入”（相距 20 米）"):
        incidents.close(record, officer, it, 1, Disposition.HANDLED)


def test_a_note_overtakes_nobody(record: Record, officer: Actor, other_officer: Actor) -> None:
    it = put_incident(record)
    before = row_of(record, it)["revision"]
    assert incidents.note(record, other_officer, it, "已通知家属") == 1
    assert row_of(record, it)["revision"] > before, "other screens must read it again"
    assert incidents.verify(record, officer, it, 1) == 2


def test_an_empty_note_is_refused(record: Record, officer: Actor) -> None:
    it = put_incident(record)
    with pytest.raises(NotAllowed, match="内容为空"):
        incidents.note(record, officer, it, "  ")


def test_a_grade_as_proposed_needs_no_words_and_another_does(
    record: Record, officer: Actor, commander: Actor
) -> None:
    it = put_incident(record, grade_proposed=Grade.CONSIDERABLE, grade_reason="死亡 3 人")
    with pytest.raises(NotAllowed, match="请写明理由"):
        incidents.confirm_grade(record, officer, it, 1, Grade.MAJOR)
    version = incidents.confirm_grade(record, officer, it, 1, Grade.CONSIDERABLE)
    assert last_entry(record).reason == "死亡 3 人"
    incidents.confirm_grade(record, commander, it, version, Grade.MAJOR, "油罐车在居民区")
    row = row_of(record, it)
    assert (row["grade"], row["response_level"]) == (Grade.MAJOR, None), "the grade starts nothing"


def test_an_officer_puts_an_incident_on_the_map(record: Record, officer: Actor) -> None:
    it = put_incident(record, alert(point=None, position_note=PositionNote.MISSING, place=""))
    incidents.place_at(record, officer, it, 1, Point(119.17, 34.6), "郁洲路口")
    row = row_of(record, it)
    assert (row["lon"], row["lat"], row["place"]) == (119.17, 34.6, "郁洲路口")
    assert (row["position_note"], row["area_code"]) == (PositionNote.EXACT, "320706")


def test_a_place_beyond_the_city_is_marked_as_such(record: Record, officer: Actor) -> None:
    it = put_incident(record)
    incidents.place_at(record, officer, it, 1, Point(116.4, 39.9), "")
    row = row_of(record, it)
    assert (row["position_note"], row["area_code"]) == (PositionNote.OUTSIDE, None)
    assert row["place"] == "海州区郁洲路口", "no words leave the words that were there"


@pytest.mark.parametrize("point", [Point(181, 30), Point(119, 91), Point(float("nan"), 30)])
def test_a_place_off_the_globe_is_refused(record: Record, officer: Actor, point: Point) -> None:
    it = put_incident(record)
    with pytest.raises(NotAllowed, match="坐标超出范围"):
        incidents.place_at(record, officer, it, 1, point, "")


@pytest.mark.parametrize(
    ("disposition", "status"),
    [
        (Disposition.HANDLED, S.CLOSED),
        (Disposition.TRANSFERRED, S.CLOSED),
        (Disposition.FALSE_ALARM, S.CANCELLED),
        (Disposition.UNFOUNDED, S.CANCELLED),
    ],
)
def test_closing_says_what_came_of_it(
    record: Record, officer: Actor, now: datetime, disposition: Disposition, status: S
) -> None:
    it = put_incident(record)
    incidents.close(record, officer, it, 1, disposition, at=now)
    row = row_of(record, it)
    assert (row["status"], row["disposition"], row["closed_at"]) == (status, disposition, now)


def test_nothing_is_closed_while_an_agency_still_works(record: Record, officer: Actor) -> None:
    it = put_incident(record)
    put_task(record, it, "fire")
    put_task(record, it, "health", status="completed")
    put_task(record, it, "weather", role="inform")
    with pytest.raises(NotAllowed, match=r"^fire的联动任务尚未办结"):
        incidents.close(record, officer, it, 1, Disposition.HANDLED)
    assert row_of(record, it)["closed_at"] is None


def test_a_closed_incident_refuses_work_and_says_what_to_do(record: Record, officer: Actor) -> None:
    it = put_incident(record)
    version = incidents.close(record, officer, it, 1, Disposition.HANDLED)
    with pytest.raises(NotAllowed, match=r"已办结.*请先重启"):
        incidents.verify(record, officer, it, version)


def test_the_chief_reopens_where_it_had_come_to(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    it = put_incident(record)
    version = incidents.verify(record, officer, it, 1, at=now)
    version = incidents.close(record, officer, it, version, Disposition.UNFOUNDED, at=now)
    with pytest.raises(NotPermitted, match="值班长"):
        incidents.reopen(record, officer, it, version, "又有人报警")
    incidents.reopen(record, chief, it, version, "又有人报警", at=now)
    row = row_of(record, it)
    assert (row["status"], row["closed_at"], row["disposition"]) == (S.VERIFIED, None, None)
    assert row["verified_at"] == now
    assert '"disposition":"unfounded"' in last_entry(record).before


def test_an_open_incident_is_not_reopened(record: Record, chief: Actor) -> None:
    it = put_incident(record)
    with pytest.raises(NotAllowed, match="只有已办结或已取消"):
        incidents.reopen(record, chief, it, 1, "误点")


def test_an_analyst_changes_nothing(record: Record, analyst: Actor) -> None:
    it = put_incident(record)
    before = row_of(record, it)
    with pytest.raises(NotPermitted):
        incidents.close(record, analyst, it, 1, Disposition.HANDLED)
    assert row_of(record, it) == before


def test_an_incident_that_is_not_there_is_said_so(record: Record, officer: Actor) -> None:
    with pytest.raises(NotAllowed, match="没有标识为 99 的事件"):
        incidents.claim(record, officer, 99)


def test_a_screen_ahead_of_the_record_is_told_to_read_again(record: Record, officer: Actor) -> None:
    """The database was restored from a backup under a screen that had been open."""
    it = put_incident(record)
    with pytest.raises(Raced, match="请查看最新情况"):
        incidents.verify(record, officer, it, 7)


def test_a_merged_incident_sends_the_officer_on(record: Record, officer: Actor) -> None:
    one, other = put_incident(record), put_incident(record, alert(source_ref="J2"))
    number = row_of(record, one)["number"]
    with record.write() as w:
        w.cx.execute(
            update(incident).where(incident.c.id == other).values(status=S.MERGED, merged_into=one)
        )
    with pytest.raises(NotAllowed, match=f"已并入 {number}"):
        incidents.verify(record, officer, other, 1)
