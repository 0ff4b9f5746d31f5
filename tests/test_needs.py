"""What an incident needs: asked, offered, sent, brought, given back; nobody counts it twice."""

from datetime import datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select

from ingest.feedback import read_feedback
from linkage.alerts import Unreadable
from linkage.desk import incidents, merging
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response import needs, responses
from linkage.response.asking import insert_need, sort_of
from linkage.response.feedback import Feedback, NeedStep, Want
from linkage.response.hear import hear
from linkage.response.involved import involved
from linkage.response.need_list import Need, open_needs, read_needs_of
from linkage.response.need_messages import NeedList
from linkage.response.need_moves import NEXT, Part, come_to, covered, shortfall
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.tables import outbound_message
from linkage.vocabulary import AssignmentStatus, Disposition, Outcome
from tests.builders import alert
from tests.desk import AGENCIES, incident_row, issue, order, say, story
from tests.onrecord import put_incident

N, S = NeedStatus, AssignmentStatus
STORED, DUPLICATE, REJECTED = Outcome.STORED, Outcome.DUPLICATE, Outcome.REJECTED
SECOND = timedelta(seconds=1)
SANDBAGS = Want(sort=NeedSort.SUPPLIES, what="沙袋", amount=300, measure="个")


@pytest.fixture
def flood(record: Record) -> int:
    return put_incident(record, alert(kind=Kind.FLOOD, event_code="11A01", headline="堤防渗水"))


@pytest.fixture
def task(record: Record, flood: int, now: datetime) -> int:
    return issue(record, flood, order("water"), order("transport"), at=now)[0]


def step(  # noqa: PLR0917
    record: Record, agency: str, need_id: int, status: N, at: datetime, amount: float | None = None
) -> tuple[Outcome, str]:
    with record.write(at) as w:
        said = NeedStep(need_id=need_id, status=status, amount=amount)
        return hear(w, said, AGENCIES[agency])


def listed(record: Record, agency: str) -> NeedList:
    """The newest retained list of needs for an agency."""
    wire = outbound_message.c
    with record.read() as cx:
        ask = select(wire.payload).where(wire.topic == f"linkage/v1/assignment/{agency}/needs")
        payload = cx.execute(ask.order_by(wire.id.desc())).scalars().first()
    assert payload is not None, agency
    return msgspec.json.decode(payload, type=NeedList)


def only(record: Record, incident_id: int) -> Need:
    (need,) = read_needs_of(record, incident_id)
    return need


def test_a_list_of_needs_is_read_item_by_item() -> None:
    said = read_feedback(
        b'{"assignment": 7, "revision": 1, "status": "on_scene", "needs": ['
        b'{"sort": "supplies", "what": "\xe6\xb2\x99\xe8\xa2\x8b", "amount": 300, "measure": "x"},'
        b'{"sort": "people", "what": "y"}]}',
        AGENCIES["water"],
    )
    assert isinstance(said, Feedback)
    assert said.needs == "沙袋 300x、y"
    assert said.wants[0] == Want(sort=NeedSort.SUPPLIES, what="沙袋", amount=300, measure="x")
    assert said.wants[1].amount is None


@pytest.mark.parametrize(
    ("needs_", "words"),
    [
        ('[{"sort": "gold", "what": "x"}]', "sort"),
        ('[{"sort": "people"}]', "what：缺少"),
        ('[{"sort": "people", "what": "x", "amount": -1}]', "amount"),
        ("[1]", "每项应为对象"),
        ("[" + ",".join(['{"sort": "people", "what": "x"}'] * 51) + "]", "最多 50 项"),
    ],
)
def test_a_list_that_breaks_the_contract_says_where(needs_: str, words: str) -> None:
    payload = f'{{"assignment": 7, "revision": 1, "status": "on_scene", "needs": {needs_}}}'
    with pytest.raises(Unreadable, match=words):
        read_feedback(payload.encode(), AGENCIES["water"])


def test_a_share_needs_both_figures() -> None:
    payload = (
        b'{"assignment":7,"revision":1,"status":"acknowledged","share":{"what":"x","asked":3}}'
    )
    with pytest.raises(Unreadable, match="asked 和 given"):
        read_feedback(payload, AGENCIES["water"])


@pytest.mark.parametrize(
    ("words", "sort"),
    [
        ("需增派警力协助交通管制", NeedSort.PEOPLE),
        ("请求增派一辆救护车", NeedSort.EQUIPMENT),
        ("需要吸附棉和防护服", NeedSort.SUPPLIES),
        ("医护人员两名、救护车一辆", NeedSort.PEOPLE),
    ],
)
def test_free_words_say_which_sort_of_need_it_is(words: str, sort: NeedSort) -> None:
    assert sort_of(words) is sort


def test_what_a_department_asks_for_stands_until_somebody_has_brought_it(
    record: Record, flood: int, task: int, now: datetime
) -> None:
    say(record, "water", task, S.ACKNOWLEDGED, now, wants=(SANDBAGS,), needs=str(SANDBAGS))
    need = only(record, flood)
    assert (need.agency_id, need.status, need.short) == ("water", N.ASKED, "缺 300个")
    step(record, "transport", need.id, N.OFFERED, now + SECOND, 200)
    assert only(record, flood).short == "缺 100个"
    step(record, "fire", need.id, N.OFFERED, now + 2 * SECOND, 100)
    need = only(record, flood)
    assert (need.short, need.uncovered) == ("已满足", False)
    for seconds, status in enumerate((N.ON_THE_WAY, N.ARRIVED, N.RELEASED), start=3):
        for agency in ("transport", "fire"):
            assert step(record, agency, need.id, status, now + seconds * SECOND)[0] is STORED
        assert only(record, flood).status is status
    need = only(record, flood)
    assert need.closed_at == now + 5 * SECOND
    assert [one.arrived_at for one in need.offers] == [now + 4 * SECOND] * 2
    assert open_needs(record) == ()
    did = [one.action for one in story(record, flood)]
    assert did.count("offer_need") == 8, "every step is written down"


def test_the_same_words_again_ask_for_nothing_more(
    record: Record, flood: int, task: int, now: datetime
) -> None:
    for seconds in (1, 2):
        at = now + seconds * SECOND
        say(record, "water", task, S.ACKNOWLEDGED, at, wants=(SANDBAGS,), needs=f"{seconds}")
    assert only(record, flood).amount == 300
    more = msgspec.structs.replace(SANDBAGS, amount=500)
    say(record, "water", task, S.ACKNOWLEDGED, now + 9 * SECOND, wants=(more,), needs="500")
    assert only(record, flood).amount == 500


def test_everybody_whom_it_concerns_gets_the_list(
    record: Record, flood: int, task: int, now: datetime, officer: Actor
) -> None:
    asked = needs.ask(
        record, officer, flood, SANDBAGS, agencies=AGENCIES, of=["civil-affairs"], at=now
    )
    (mine,) = listed(record, "civil-affairs").needs
    assert (mine.id, mine.asked_of_you, mine.short, mine.short_words) == (asked, True, 300, "300个")
    assert not listed(record, "transport").needs[0].asked_of_you
    step(record, "civil-affairs", asked, N.OFFERED, now + SECOND, 300)
    assert listed(record, "transport").needs[0].short == 0
    yours = listed(record, "civil-affairs").needs[0].yours
    assert yours is not None
    assert (yours.status, yours.amount) == (N.OFFERED, 300)
    needs.withdraw(record, officer, asked, only(record, flood).version, "已不需要", at=now)
    for agency in ("civil-affairs", "transport", "water"):
        assert listed(record, agency).needs == []


def test_who_is_called_later_sees_what_is_needed_and_who_has_left_does_not(
    record: Record, flood: int, task: int, now: datetime, officer: Actor
) -> None:
    asked = needs.ask(record, officer, flood, SANDBAGS, agencies=AGENCIES, at=now)
    (engine,) = issue(record, flood, order("fire"), at=now + SECOND)
    assert [one.id for one in listed(record, "fire").needs] == [asked]
    say(record, "fire", engine, S.DECLINED, now + 2 * SECOND, text="无车")
    assert listed(record, "fire").needs == []
    responses.reissue(
        record, officer, engine, 1, order("fire"), agencies=AGENCIES, at=now + 3 * SECOND
    )
    assert len(listed(record, "fire").needs) == 1
    responses.cancel(record, officer, task, 1, "不必", agencies=AGENCIES, at=now + 4 * SECOND)
    assert listed(record, "water").needs == []


def test_an_offer_repeated_is_one_offer_and_a_step_back_is_refused(
    record: Record, flood: int, now: datetime, officer: Actor
) -> None:
    asked = needs.ask(record, officer, flood, SANDBAGS, agencies=AGENCIES, at=now)
    assert step(record, "water", asked, N.ON_THE_WAY, now, 50)[0] is STORED
    assert step(record, "water", asked, N.ON_THE_WAY, now, 50)[0] is DUPLICATE
    outcome, reason = step(record, "water", asked, N.OFFERED, now)
    assert outcome is REJECTED
    assert "现为“调运中”" in reason
    assert step(record, "water", 4711, N.OFFERED, now)[0] is REJECTED
    assert len(only(record, flood).offers) == 1


def test_an_agency_that_cannot_help_says_so_and_it_stays_open(
    record: Record, flood: int, now: datetime, officer: Actor
) -> None:
    asked = needs.ask(record, officer, flood, SANDBAGS, agencies=AGENCIES, of=["market"], at=now)
    step(record, "market", asked, N.WITHDRAWN, now + SECOND)
    need = only(record, flood)
    assert (need.status, need.uncovered) == (N.ASKED, True)
    assert need.offers[0].status is N.WITHDRAWN


def test_what_was_taken_back_takes_no_more_offers(
    record: Record, flood: int, now: datetime, officer: Actor
) -> None:
    asked = needs.ask(record, officer, flood, SANDBAGS, agencies=AGENCIES, at=now)
    with pytest.raises(NotAllowed, match="理由"):
        needs.withdraw(record, officer, asked, 1, " ")
    with pytest.raises(Raced):
        needs.withdraw(record, officer, asked, 7, "改")
    needs.withdraw(record, officer, asked, 1, "水退了")
    outcome, reason = step(record, "water", asked, N.OFFERED, now)
    assert (outcome, reason) == (REJECTED, "该需求已是“已收回”，不再接受供给。")


def test_at_the_desk_an_offer_by_telephone_is_entered(
    record: Record, flood: int, now: datetime, officer: Actor, fire_officer: Actor
) -> None:
    asked = needs.ask(record, officer, flood, SANDBAGS, agencies=AGENCIES, of=["fire"], at=now)
    said = NeedStep(need_id=asked, status=N.OFFERED, amount=100, text="电话答应")
    needs.give(record, officer, said, "market", agencies=AGENCIES, at=now)
    (market,) = (one for one in only(record, flood).offers if one.agency_id == "market")
    assert market.offered_by == "甲（值班员）"
    needs.give(record, fire_officer, said, "fire", agencies=AGENCIES, at=now)
    with pytest.raises(NotPermitted):
        needs.give(record, fire_officer, said, "police", agencies=AGENCIES, at=now)


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_above_nothing(
    record: Record, flood: int, officer: Actor, amount: float
) -> None:
    want = msgspec.structs.replace(SANDBAGS, amount=amount)
    with pytest.raises(NotAllowed, match="数量应大于 0"):
        needs.ask(record, officer, flood, want, agencies=AGENCIES)


def test_what_is_short_is_what_nobody_has_promised() -> None:
    parts = [Part(N.OFFERED, 2), Part(N.WITHDRAWN, 9), Part(N.ASKED), Part(N.RELEASED, 1)]
    assert shortfall(5, parts) == 2
    assert shortfall(3, parts) == 0
    assert shortfall(None, parts) is None
    assert shortfall(5, [Part(N.OFFERED)]) == 0
    assert covered(None, parts)
    assert not covered(None, [])
    assert come_to([]) is N.ASKED
    assert come_to([Part(N.OFFERED), Part(N.ON_THE_WAY)]) is N.ON_THE_WAY
    assert come_to([Part(N.RELEASED)]) is N.RELEASED
    assert set(NEXT) == set(N)


def test_an_agency_that_has_to_respond_sees_the_incident(
    record: Record, flood: int, task: int, now: datetime, officer: Actor
) -> None:
    """By a task, by a need of its own or put to it; also where the incident was merged."""
    other = put_incident(record, alert(source_ref="J7", kind=Kind.FIRE, event_code="12G01"))
    needs.ask(record, officer, other, SANDBAGS, agencies=AGENCIES, of=["market"], at=now)
    with record.write(now) as w:
        insert_need(w, other, SANDBAGS, "辛（部门值班员）", agency_id="health")
    with record.read() as cx:
        seen = {a: (involved(cx, a, flood), involved(cx, a, other)) for a in AGENCIES}
    assert seen["water"] == (True, False)
    assert seen["market"] == seen["health"] == (False, True)
    assert seen["economy"] == (False, False)
    third = put_incident(record, alert(source_ref="J8", kind=Kind.FIRE, event_code="12G01"))
    issue(record, other, order("fire"), at=now)
    merging.merge(record, officer, other, third, "同一起", agencies=AGENCIES, at=now)
    with record.read() as cx:
        for agency in ("market", "health", "fire"):
            assert involved(cx, agency, other), "the old number leads on"
            assert involved(cx, agency, third)
        assert not involved(cx, "economy", other)


def test_a_closed_incident_needs_nothing_any_more(
    record: Record, flood: int, now: datetime, officer: Actor
) -> None:
    needs.ask(record, officer, flood, SANDBAGS, agencies=AGENCIES, of=["market"], at=now)
    assert len(listed(record, "market").needs) == 1
    version = incident_row(record, flood).version
    incidents.close(record, officer, flood, version, Disposition.HANDLED, at=now + SECOND)
    assert listed(record, "market").needs == []
    assert open_needs(record) == ()
