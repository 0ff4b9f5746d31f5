"""By which means an agency is told: the rule a duty officer can check on paper."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from linkage.errors import BadConfig
from linkage.means.ways import Way, choose, missing
from linkage.means.when_due import (
    OrderState,
    Waiting,
    brought_forward,
    not_needed,
    sooner,
    taken_over,
)
from linkage.response.agencies import Agency, load_agencies
from linkage.response_vocabulary import Means, NoticeStatus
from linkage.vocabulary import AssignmentRole, AssignmentStatus

DATA = Path(__file__).parents[1] / "data"
SHIPPED = load_agencies(DATA / "agencies.toml")
REACHED = load_agencies(DATA / "agencies.toml", DATA / "demo" / "contacts.toml")
LEAD, SUPPORT, INFORM = AssignmentRole
S = AssignmentStatus


def after(agency: Agency, role: AssignmentRole, now: datetime, **more: object) -> dict[Means, int]:
    """Means → seconds after the order."""
    chosen = choose(agency, role, more.pop("level", None), now, **more)
    return {one.means: int((one.not_before - now).total_seconds()) for one in chosen}


def test_a_second_means_comes_within_a_minute_and_the_letter_last(now: datetime) -> None:
    lead = after(REACHED["fire"], LEAD, now)
    assert lead[Means.SMS] <= 60
    assert lead[Means.TELEPHONE] == 60
    assert after(REACHED["fire"], SUPPORT, now)[Means.SMS] == 60
    assert list(lead)[-1] in {Means.EMAIL, Means.SHEET}


def test_who_is_only_informed_is_not_called(now: datetime) -> None:
    assert Means.TELEPHONE not in after(REACHED["fire"], INFORM, now)
    assert Means.SMS in after(REACHED["fire"], INFORM, now)


def test_a_great_response_leaves_a_sheet_of_paper_at_once(now: datetime) -> None:
    assert after(REACHED["fire"], SUPPORT, now, level=1)[Means.SHEET] == 0
    assert after(REACHED["fire"], SUPPORT, now, level=4)[Means.SHEET] == 180
    assert after(REACHED["fire"], SUPPORT, now)[Means.SHEET] == 180


def test_with_the_broker_away_every_means_takes_over_at_once_and_says_why(now: datetime) -> None:
    """K01: nobody hears an order over MQTT while the broker is away."""
    chosen = choose(REACHED["fire"], LEAD, None, now, broker_away=True)
    assert {one.not_before for one in chosen} == {now}
    assert all("消息服务器中断" in one.reason for one in chosen)


def test_without_numbers_there_are_still_the_sheet_and_a_call_to_make(now: datetime) -> None:
    assert set(after(SHIPPED["fire"], LEAD, now)) == {Means.SHEET, Means.TELEPHONE}
    assert missing(SHIPPED["fire"]) == [Means.WEBHOOK, Means.SMS, Means.TELEPHONE, Means.EMAIL]
    assert missing(REACHED["fire"]) == []


def test_an_agency_may_have_agreed_on_means_of_its_own(now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "agencies.toml"
    text = (DATA / "agencies.toml").read_text(encoding="utf-8")
    own = 'id = "telecom"\nmeans = [{ means = "sms", after_s = 5, to = "00000000777" }]'
    path.write_text(text.replace('id = "telecom"', own), encoding="utf-8")
    agencies = load_agencies(path, DATA / "demo" / "contacts.toml")
    (only,) = choose(agencies["telecom"], LEAD, None, now)
    assert (only.means, only.to) == (Means.SMS, "00000000777")
    assert after(agencies["fire"], LEAD, now)[Means.SMS] == 30


def test_a_contact_of_an_agency_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "contacts.toml"
    path.write_text('[fier]\nsms = "00000000119"\n', encoding="utf-8")
    with pytest.raises(BadConfig, match="fier"):
        load_agencies(DATA / "agencies.toml", path)


def test_no_number_of_the_demonstration_can_be_a_real_one() -> None:
    for agency in REACHED.values():
        assert agency.sms.startswith("00")
        assert agency.telephone.startswith("0518-00")
        assert agency.email.endswith("@example.invalid")


def order(now: datetime, **changes: object) -> OrderState:
    state = OrderState(
        status=S.ISSUED,
        role=LEAD,
        revision=1,
        told_at=now,
        delivered_at=None,
        cancel_read_at=None,
    )
    return msgspec.structs.replace(state, **changes)


def waiting(now: datetime, notice_id: int = 1, **changes: object) -> Waiting:
    one = Waiting(
        id=notice_id,
        means=Means.SMS,
        about="assignment",
        about_id=7,
        round=1,
        status=NoticeStatus.WAITING,
        created_at=now,
        not_before=now + timedelta(seconds=60),
        retry_at=None,
        attempts=0,
        result=None,
        order=order(now),
    )
    return msgspec.structs.replace(one, **changes)


def test_who_signed_need_not_be_told_again(now: datetime) -> None:
    assert not_needed(waiting(now)) is None
    for status in (S.ACKNOWLEDGED, S.DECLINED, S.EN_ROUTE, S.COMPLETED):
        said = not_needed(waiting(now, order=order(now, status=status)))
        assert said == f"对方{status.label}"


def test_the_system_having_it_is_enough_for_who_is_informed_and_for_nobody_else(
    now: datetime,
) -> None:
    """K02: technical receipt and human acceptance are two things."""
    has = order(now, delivered_at=now)
    assert not_needed(waiting(now, order=has)) is None
    assert not_needed(waiting(now, order=msgspec.structs.replace(has, role=INFORM)))


def test_an_old_order_is_not_sent_and_a_withdrawal_is_until_it_is_read(now: datetime) -> None:
    assert "第 2 版" in (not_needed(waiting(now, order=order(now, revision=2))) or "")
    gone = order(now, status=S.CANCELLED, revision=2)
    assert not_needed(waiting(now, round=2, order=gone)) is None
    read = msgspec.structs.replace(gone, cancel_read_at=now)
    assert not_needed(waiting(now, round=2, order=read)) == "撤销通知已签收"


def test_a_system_that_sends_no_receipt_is_not_waited_for(now: datetime) -> None:
    later = now + timedelta(seconds=21)
    assert sooner(waiting(now), now + timedelta(seconds=10), broker_away=False) is None
    assert "没有回执" in (sooner(waiting(now), later, broker_away=False) or "")
    here = waiting(now, order=order(now, delivered_at=now))
    assert sooner(here, later, broker_away=False) is None
    never = waiting(now, order=order(now, receipts=False))
    assert sooner(never, later, broker_away=False) is None


def test_an_order_that_did_not_leave_the_house_is_told_otherwise(now: datetime) -> None:
    stuck = waiting(now, order=order(now, unsent_since=now))
    assert sooner(stuck, now + timedelta(seconds=4), broker_away=False) is None
    assert "未送到消息服务器" in (
        sooner(stuck, now + timedelta(seconds=6), broker_away=False) or ""
    )
    assert sooner(waiting(now), now, broker_away=True)


def test_for_one_system_that_is_away_the_first_means_comes_and_the_others_keep_their_time(
    now: datetime,
) -> None:
    chat = waiting(now, 1, means=Means.WEBHOOK, not_before=now + timedelta(seconds=40))
    sms = waiting(now, 2)
    at = now + timedelta(seconds=21)
    ((one, _),) = brought_forward([chat, sms], at, broker_away=False)
    assert one.id == 1
    came = msgspec.structs.replace(chat, not_before=at)
    assert list(brought_forward([came, sms], at, broker_away=False)) == []
    assert [n.id for n, _ in brought_forward([chat, sms], at, broker_away=True)] == [1, 2]


def test_the_next_means_takes_over_from_one_that_fails_and_only_the_next(now: datetime) -> None:
    late = now + timedelta(seconds=60)
    failing = waiting(now, 1, not_before=now, attempts=1, result="超时")
    call = waiting(now, 2, means=Means.TELEPHONE, not_before=late)
    letter = waiting(now, 3, means=Means.EMAIL, not_before=late)
    ((one, why),) = taken_over([failing, call, letter], now)
    assert (one.id, why) == (2, "短信未送达")
    came = msgspec.structs.replace(call, not_before=now)
    assert list(taken_over([failing, came, letter], now)) == []
    other = msgspec.structs.replace(call, about_id=8)
    assert list(taken_over([failing, other], now)) == []


def test_a_means_says_when_it_is_for_whom() -> None:
    way = Way(means=Means.SHEET, after_s=0, roles=(LEAD,), levels=(1, 2))
    assert way.fits(LEAD, 1)
    assert not way.fits(LEAD, None), "no response is active"
    assert not way.fits(SUPPORT, 1)
