"""A report's way: opened by the rule, filled from the record, signed, sent, answered, followed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.people import Actor
from linkage.record import Record
from linkage.reporting import drafts, flow
from linkage.reporting.exchange import ReportMessage, ReportReceipt
from linkage.reporting.receipts import apply_receipt
from linkage.reporting.reports import chain_of, open_reports
from linkage.reporting.sending import resend
from linkage.response.outbox import mark_sent, pending
from linkage.response_vocabulary import ReportElement as E
from linkage.response_vocabulary import ReportStage, ReportStatus
from linkage.tables import incident, log_entry, outbound_message
from linkage.verify import verify
from linkage.vocabulary import Grade, IncidentStatus, Outcome, Role
from tests.builders import alert
from tests.onrecord import add_alert, put_incident
from tests.reporting import LIMITS, NAMES, fill, keeper, one, put_grave, signed

MIN = timedelta(minutes=1)


def change(record: Record, incident_id: int, at: datetime, **columns: Any) -> None:
    """The record has learned something new of the incident."""
    with record.write(at) as w:
        it = incident.c
        new = {"revision": w.next_revision(), "changed_at": at, **columns}
        w.cx.execute(update(incident).where(it.id == incident_id).values(**new))


def sent(record: Record, at: datetime) -> list[ReportMessage]:
    """The broker takes everything that waits."""
    with record.read() as cx:
        due = pending(cx, 100, at)
    with record.write(at) as w:
        mark_sent(w, [message.id for message in due])
    return [msgspec.json.decode(message.payload, type=ReportMessage) for message in due]


def answer(record: Record, at: datetime, authority: str = "js-province", **said: Any) -> Any:
    with record.write(at) as w:
        return apply_receipt(w, ReportReceipt(**said), authority)


@pytest.fixture
def draft(record: Record, now: datetime) -> int:
    put_grave(record, at=now)
    return keeper(record).look(now)[0]


def test_three_dead_open_a_draft_by_themselves_with_three_limits(
    record: Record, now: datetime
) -> None:
    put_grave(record, at=now)
    keeping = keeper(record)
    opened = keeping.look(now + timedelta(seconds=2))
    draft = one(record, opened[0])
    assert draft.stage is ReportStage.FIRST
    assert draft.status is ReportStatus.DRAFT
    assert draft.runs_from == now
    assert draft.telephone_due_at == now + 30 * MIN
    assert draft.written_due_at == now + 60 * MIN
    assert draft.legal_due_at == now + 120 * MIN
    assert keeping.look(now + timedelta(seconds=4)) == [], "once"
    assert keeper(record).look(now + timedelta(seconds=6)) == [], "after a restart too"


def test_an_everyday_collision_opens_nothing(record: Record, now: datetime) -> None:
    put_grave(record, deaths=1, grade_proposed=Grade.ORDINARY, at=now)
    assert keeper(record).look(now) == []


def test_the_form_holds_what_is_known_and_says_what_is_not(record: Record, draft: int) -> None:
    said = one(record, draft).elements
    assert said[E.DEATHS] == "3"
    assert said[E.MISSING] == "待核"
    assert said[E.CAUSE] == "待核"
    assert said[E.SOURCE] == "110接处警系统"
    assert said[E.OCCURRED_AT] != "待核"
    assert said[E.RECEIVED_AT] == "2026年11月22日14时30分"
    assert "较大（初判）" in said[E.GRADE]
    assert said[E.FIRM] == "待核", "an accident has the elements of the accident regulation"
    assert E.SPECIES not in said


def test_the_loss_and_what_else_the_sources_stated_stand_in_the_form(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    facts = {"loss_10k_yuan": 1200.0, "in_danger": 40, "enterprise": "某化工\0", "closed_km": 3.5}
    it = put_incident(
        record, alert(facts=facts), deaths=3, missing=2, grade=Grade.CONSIDERABLE, at=now
    )
    draft = keeper(record).look(now)[0]
    said = one(record, draft).elements
    assert (said[E.LOSS], said[E.FIRST_LOSS], said[E.AT_RISK]) == ("1200", "1200", "40")
    assert (said[E.FIRM], said[E.SCOPE]) == ("某化工", "封闭里程 3.5 千米")
    assert said[E.UNACCOUNTED] == "2"
    fill(record, officer, draft, {E.LOSS: "900"}, now)
    signed(record, draft, officer, chief, now + MIN)
    change(record, it, now + 2 * MIN, deaths=4)
    again = one(record, keeper(record).look(now + 2 * MIN)[0])
    assert again.elements[E.LOSS] == "900", "corrected by the officer"
    flow.withdraw(record, chief, again.id, 1, "并入下一报", at=now + 3 * MIN)
    newer = alert(source_ref="J9", facts={"loss_10k_yuan": 1500}, occurred_at=now + 4 * MIN)
    add_alert(record, it, newer)
    change(record, it, now + 5 * MIN, deaths=5)
    newest = one(record, keeper(record).look(now + 5 * MIN)[0])
    assert newest.elements[E.LOSS] == "1500", "told since"


def test_a_disaster_and_an_epizootic_have_their_own_elements(record: Record, now: datetime) -> None:
    put_grave(record, event_code="11A01", grade=Grade.CONSIDERABLE, at=now)
    put_grave(record, event_code="13E99", grade=Grade.CONSIDERABLE, at=now)
    flood, fever = (one(record, i).elements for i in keeper(record).look(now))
    assert E.HOUSES_DOWN in flood
    assert E.SPECIES not in flood
    assert E.SPECIES in fever


def test_a_leader_who_did_not_write_it_signs_and_it_gets_a_number(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    fill(record, officer, draft, {E.CAUSE: "转弯侧翻"}, now + MIN)
    done = signed(record, draft, officer, chief, now + 20 * MIN)
    assert done.status is ReportStatus.SIGNED
    assert done.number == "连应急报〔2026〕第1号"
    assert done.signed_by == "丙（值班长）"
    assert done.late_reason is None


def test_who_wrote_it_does_not_sign_it_under_whatever_post(
    record: Record, draft: int, chief: Actor, now: datetime
) -> None:
    at_the_desk = Actor(chief.name, Role.DUTY_OFFICER)
    flow.submit(record, at_the_desk, draft, 1, at=now)
    with pytest.raises(NotPermitted, match="起草人"):
        flow.sign(record, chief, draft, 2, limits=LIMITS, at=now)


def test_who_wrote_it_does_not_sign_it_though_another_submitted_it(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    fill(record, chief, draft, {E.CAUSE: "转弯侧翻"}, now)
    fill(record, officer, draft, {E.TREND: "趋稳"}, now)
    flow.submit(record, officer, draft, 3, at=now + MIN)
    for same in ("丙", " 丙\u3000"):
        with pytest.raises(NotPermitted, match="起草人"):
            flow.sign(
                record, Actor(same, Role.DUTY_CHIEF), draft, 4, limits=LIMITS, at=now + 2 * MIN
            )
    commander = Actor("丁", Role.COMMANDER)
    flow.sign(record, commander, draft, 4, limits=LIMITS, at=now + 2 * MIN)


def test_an_officer_does_not_sign(
    record: Record, draft: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    flow.submit(record, officer, draft, 1, at=now)
    with pytest.raises(NotPermitted):
        flow.sign(record, other_officer, draft, 2, limits=LIMITS, at=now)


def test_late_is_refused_without_a_reason_and_goes_with_one(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    late = now + 61 * MIN
    with pytest.raises(NotAllowed, match=r"书面报告已超时1分00秒.*迟报原因"):
        signed(record, draft, officer, chief, late)
    assert one(record, draft).status is ReportStatus.PENDING
    flow.sign(record, chief, draft, 2, limits=LIMITS, late_reason="现场通信中断", at=late)
    assert one(record, draft).late_reason == "现场通信中断"
    assert sent(record, late)[-1].late_reason == "现场通信中断"


def test_the_telephone_report_is_noted_with_whom_and_when(
    record: Record, draft: int, officer: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="写明电话报告给了谁"):
        flow.telephone(record, officer, draft, 1, "  ", at=now)
    told = "省应急指挥中心值班员，工号07"
    flow.telephone(record, officer, draft, 1, told, when=now + 9 * MIN, at=now + 10 * MIN)
    noted = one(record, draft)
    assert noted.telephoned_at == now + 9 * MIN
    assert noted.telephone_note == told
    with pytest.raises(NotAllowed, match="不必重复"):
        flow.telephone(record, officer, draft, 2, told, at=now + 11 * MIN)


def test_a_late_call_needs_its_reason_and_none_may_lie_ahead(
    record: Record, draft: int, officer: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="电话报告已超时"):
        flow.telephone(record, officer, draft, 1, "省中心", at=now + 31 * MIN)
    with pytest.raises(NotAllowed, match="现在之前"):
        flow.telephone(record, officer, draft, 1, "省中心", when=now + 99 * MIN, at=now)


def test_what_is_sent_back_goes_to_its_writer_with_the_reason(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    flow.submit(record, officer, draft, 1, at=now)
    with pytest.raises(NotAllowed, match="退回理由"):
        flow.return_to_writer(record, chief, draft, 2, "", at=now)
    flow.return_to_writer(record, chief, draft, 2, "请写明泄漏量", at=now)
    back = one(record, draft)
    assert (back.status, back.return_reason) == (ReportStatus.RETURNED, "请写明泄漏量")
    fill(record, officer, draft, {E.COURSE: "约泄漏2吨"}, now)
    assert signed(record, draft, officer, chief, now).number


def test_two_officers_at_one_form_the_slower_is_told(
    record: Record, draft: int, officer: Actor, other_officer: Actor, now: datetime
) -> None:
    fill(record, officer, draft, {E.CAUSE: "侧翻"}, now)
    with pytest.raises(Raced, match="草稿"):
        flow.save(record, other_officer, draft, 1, {}, limits=LIMITS, at=now)


def test_a_count_that_is_no_number_is_refused_and_unknown_is_an_answer(
    record: Record, draft: int, officer: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match=r"死亡人数.*三四个.*待核"):
        fill(record, officer, draft, {E.DEATHS: "三四个"}, now)
    fill(record, officer, draft, {E.DEATHS: "4人", E.MISSING: ""}, now)
    kept = one(record, draft).elements
    assert (kept[E.DEATHS], kept[E.MISSING]) == ("4", "待核")


def test_a_report_of_nothing_known_is_not_submitted(
    record: Record, draft: int, officer: Actor, now: datetime
) -> None:
    fill(record, officer, draft, {E.COURSE: ""}, now)
    with pytest.raises(NotAllowed, match="至少写明已知的情况"):
        flow.submit(record, officer, draft, 2, at=now)


def test_what_is_signed_is_never_changed_the_correction_is_a_new_report(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    with pytest.raises(NotAllowed, match=r"已签发.*起草续报"):
        flow.save(record, officer, draft, done.version, {}, limits=LIMITS, at=now)
    assert done.incident_id is not None
    again = drafts.compose(
        record,
        officer,
        done.incident_id,
        ReportStage.FOLLOW_UP,
        limits=LIMITS,
        names=NAMES,
        at=now + MIN,
    )
    assert one(record, again).name == "续报1"
    assert one(record, draft) == done


def test_the_message_goes_by_the_outbox_in_the_transaction_that_signed(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    with record.read() as cx:
        row = cx.execute(select(outbound_message)).one()
    assert row.topic == "linkage/v1/report/js-province"
    message = msgspec.json.decode(row.payload, type=ReportMessage)
    assert (message.id, message.number) == (done.id, done.number)
    assert message.casualties is not None
    assert message.casualties.deaths == 3
    assert message.region_code == "320706000000"
    assert message.event_code == "12H99"
    assert message.report_type is ReportStage.FIRST
    assert message.follows is None
    assert not message.exercise


def test_sent_received_and_the_receipt_in_their_words(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    sent(record, now + MIN)
    keeper(record).look(now + MIN)
    assert one(record, draft).sent_at == now + MIN
    got = {"report_id": done.id, "number": done.number, "status": "received", "by": "省值班室"}
    assert answer(record, now + 2 * MIN, **got)[0] is Outcome.STORED
    after = one(record, draft)
    assert (after.status, after.received_at) == (ReportStatus.RECEIVED, now + 2 * MIN)
    assert after.receipt == "省值班室"
    assert answer(record, now + 3 * MIN, **got)[0] is Outcome.DUPLICATE
    assert one(record, draft) == after


def test_a_receipt_that_fits_nothing_we_sent_is_refused_with_the_reason(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    early = {"report_id": draft, "number": "x", "status": "received"}
    assert "尚未签发" in answer(record, now, **early)[1]
    done = signed(record, draft, officer, chief, now)
    right = {"report_id": done.id, "number": done.number, "status": "received"}
    for wrong, why in (
        ({"report_id": 987654}, "没有编号为 987654"),
        ({"number": "连应急报〔2026〕第9号"}, "文号"),
        ({"authority": "other-province"}, "不是 other-province"),
    ):
        outcome, reason = answer(record, now, **{**right, **wrong})
        assert outcome is Outcome.REJECTED
        assert why in reason
    assert one(record, draft).status is ReportStatus.SIGNED


def test_the_receipt_may_come_before_the_brokers_word(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    answer(record, now, report_id=done.id, number=done.number, status="received")
    assert one(record, draft).sent_at == now


def test_no_receipt_in_ten_minutes_sends_the_same_bytes_again_six_times_at_most(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    signed(record, draft, officer, chief, now)
    first = sent(record, now)
    keeping = keeper(record)
    keeping.look(now)
    keeping.look(now + 9 * MIN)
    assert sent(record, now + 9 * MIN) == []
    for round_ in range(1, 9):
        at = now + round_ * 11 * MIN
        keeping.look(at)
        assert sent(record, at) == (first if round_ <= 6 else [])
    assert one(record, draft).resends == 6


def test_an_officer_may_send_again_too(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="草稿"):
        resend(record, officer, draft, 1, at=now)
    done = signed(record, draft, officer, chief, now)
    first = sent(record, now)
    resend(record, officer, draft, done.version, at=now + MIN)
    assert sent(record, now + MIN) == first


def test_what_the_province_returns_becomes_a_further_report(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    returned = {"report_id": done.id, "number": done.number, "status": "returned"}
    answer(record, now, **returned, reason="缺少起因")
    assert one(record, draft).status is ReportStatus.REFUSED
    crossing = {**returned, "status": "received"}
    assert answer(record, now, **crossing)[0] is Outcome.DUPLICATE, "the return stands"
    again = one(record, keeper(record).look(now + MIN)[0])
    assert again.stage is ReportStage.FOLLOW_UP
    assert "缺少起因" in again.basis


def test_other_figures_open_the_next_report_which_says_what_changed(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    fill(record, officer, draft, {E.CAUSE: "转弯侧翻"}, now)
    done = signed(record, draft, officer, chief, now)
    assert done.incident_id is not None
    change(record, done.incident_id, now + 90 * MIN, poisoned=4)
    again = keeper(record).look(now + 90 * MIN)[0]
    second = one(record, again)
    assert second.elements[E.POISONED] == "4"
    assert second.elements[E.CAUSE] == "转弯侧翻", "the officer's words go on"
    signed(record, again, officer, chief, now + 95 * MIN)
    message = sent(record, now + 95 * MIN)[-1]
    assert message.follows == done.number
    assert message.seq == 1
    told = {c.element: (c.before, c.after) for c in message.changes}
    assert told["poisoned"] == ("1", "4")
    assert "cause" not in told


def test_graded_up_later_runs_all_three_limits_anew(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    assert done.incident_id is not None
    change(record, done.incident_id, now + 90 * MIN, grade=Grade.MAJOR)
    second = one(record, keeper(record).look(now + 90 * MIN)[0])
    assert second.telephone_due_at == now + 120 * MIN
    assert second.grade is Grade.MAJOR


def test_the_end_opens_the_final_report(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    assert done.incident_id is not None
    ended = {"status": IncidentStatus.CLOSED, "closed_at": now + 90 * MIN}
    change(record, done.incident_id, now + 90 * MIN, **ended)
    final = one(record, keeper(record).look(now + 90 * MIN)[0])
    assert final.stage is ReportStage.FINAL
    assert "已办结" in final.elements[E.OUTCOME]


def test_while_a_draft_lies_open_no_second_one_is_opened(
    record: Record, draft: int, now: datetime
) -> None:
    it = one(record, draft).incident_id
    assert it is not None
    change(record, it, now + MIN, deaths=5, grade=Grade.MAJOR)
    assert keeper(record).look(now + MIN) == []


def test_what_a_leader_has_withdrawn_stays_so_until_it_gets_worse(
    record: Record, draft: int, chief: Actor, now: datetime
) -> None:
    flow.withdraw(record, chief, draft, 1, "核实为误报", at=now)
    assert keeper(record).look(now + MIN) == []
    it = one(record, draft).incident_id
    assert it is not None
    change(record, it, now + 2 * MIN, grade=Grade.MAJOR)
    assert len(keeper(record).look(now + 2 * MIN)) == 1


def test_a_merged_incidents_reports_go_on_under_the_one_it_became_part_of(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    assert done.incident_id is not None
    into = put_grave(record, poisoned=1, number="20261122-9999", at=now)
    gone = {"status": IncidentStatus.MERGED, "merged_into": into}
    change(record, done.incident_id, now + MIN, **gone)
    assert keeper(record).look(now + MIN) == [], "no second first report"
    with record.read() as cx:
        assert [r.id for r in chain_of(cx, into)] == [draft]


def test_merged_on_and_on_there_is_still_no_second_first_report(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    assert done.incident_id is not None
    second = put_grave(record, number="20261122-9998", at=now)
    third = put_grave(record, number="20261122-9999", at=now)
    merged = IncidentStatus.MERGED
    change(record, done.incident_id, now + MIN, status=merged, merged_into=second)
    change(record, second, now + 2 * MIN, status=merged, merged_into=third)
    assert keeper(record).look(now + 3 * MIN) == []
    more, it = ReportStage.FOLLOW_UP, done.incident_id
    with pytest.raises(NotAllowed, match="已合并到 20261122-9998"):
        drafts.compose(record, officer, it, more, limits=LIMITS, names=NAMES, at=now)


def test_a_follow_up_that_a_leader_withdrew_is_not_drafted_again_and_again(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    assert done.incident_id is not None
    change(record, done.incident_id, now + MIN, poisoned=4)
    keeping = keeper(record)
    again = keeping.look(now + MIN)[0]
    flow.withdraw(record, chief, again, 1, "数字有误", at=now + 2 * MIN)
    assert keeping.look(now + 3 * MIN) == []
    change(record, done.incident_id, now + 4 * MIN, poisoned=5)
    assert len(keeping.look(now + 4 * MIN)) == 1, "other figures are another report"


def test_what_is_reopened_after_its_final_report_is_reported_on(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    it = done.incident_id
    assert it is not None
    ended = {"status": IncidentStatus.CLOSED, "closed_at": now + 5 * MIN}
    change(record, it, now + 5 * MIN, **ended)
    keeping = keeper(record)
    final = keeping.look(now + 5 * MIN)[0]
    signed(record, final, officer, chief, now + 6 * MIN)
    worse = {"deaths": 12, "grade": Grade.MAJOR}
    change(record, it, now + 60 * MIN, status=IncidentStatus.RECEIVED, closed_at=None, **worse)
    again = one(record, keeping.look(now + 60 * MIN)[0])
    assert again.stage is ReportStage.FOLLOW_UP
    assert "由较大提为重大" in again.basis


def test_no_final_report_goes_out_on_what_is_still_going_on(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    done = signed(record, draft, officer, chief, now)
    it = done.incident_id
    assert it is not None
    with pytest.raises(NotAllowed, match="处置结束后才报终报"):
        drafts.compose(record, officer, it, ReportStage.FINAL, limits=LIMITS, names=NAMES, at=now)
    ended = {"status": IncidentStatus.CLOSED, "closed_at": now + 5 * MIN}
    change(record, it, now + 5 * MIN, **ended)
    final = keeper(record).look(now + 5 * MIN)[0]
    flow.submit(record, officer, final, 1, at=now + 6 * MIN)
    change(record, it, now + 7 * MIN, status=IncidentStatus.RECEIVED, closed_at=None)
    with pytest.raises(NotAllowed, match="处置结束后才报终报"):
        flow.sign(record, chief, final, 2, limits=LIMITS, at=now + 8 * MIN)


def test_an_exercise_has_numbers_of_its_own_and_says_so(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    put_grave(record, exercise=True, at=now)
    draft = keeper(record).look(now)[0]
    done = signed(record, draft, officer, chief, now)
    assert done.number == "连应急演练〔2026〕第1号"
    message = sent(record, now)[-1]
    assert message.exercise
    assert message.title.startswith("【演练】")


def test_numbers_count_on_in_the_year_and_begin_again_in_the_next(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    numbers = []
    for at in (now, now + MIN, now + timedelta(days=60)):
        put_grave(record, number=f"n{at:%m%d%M}", at=at)
        numbers.append(signed(record, keeper(record).look(at)[-1], officer, chief, at).number)
    assert numbers == ["连应急报〔2026〕第1号", "连应急报〔2026〕第2号", "连应急报〔2027〕第1号"]


def test_our_clock_put_back_holds_up_no_daily_report(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    """T24: what the hour alone makes due is looked for though the last look lies ahead of us."""
    ours = keeper(record)
    ours.look(now + timedelta(days=5))
    put_grave(record, event_code="11A01", at=now)
    signed(record, ours.look(now)[0], officer, chief, now)
    ours.look(now + MIN)
    morning = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 09:30 in Beijing
    assert [one(record, found).stage for found in ours.look(morning)] == [ReportStage.FOLLOW_UP]


def test_what_is_due_next_comes_first_in_the_list(record: Record, now: datetime) -> None:
    put_grave(record, number="late", at=now)
    keeper(record).look(now)
    put_grave(record, number="early", at=now - 9 * MIN)
    keeper(record).look(now)
    with record.read() as cx:
        assert [r.incident_number for r in open_reports(cx)] == ["early", "late"]


def test_every_act_is_in_the_chain_of_the_log(
    record: Record, draft: int, officer: Actor, chief: Actor, now: datetime
) -> None:
    fill(record, officer, draft, {E.CAUSE: "侧翻"}, now)
    done = signed(record, draft, officer, chief, now)
    answer(record, now, report_id=done.id, number=done.number, status="received")
    with record.read() as cx:
        acts = list(cx.execute(select(log_entry.c.action).order_by(log_entry.c.id)).scalars())
    for act in ("compose_report", "submit_report", "sign_report", "receipt"):
        assert act in acts
    chain = [finding for finding in verify(record) if "处置记录" in finding.check]
    assert chain
    assert not any(finding.fault for finding in chain)
