"""对外预警: eight legal fields, one voice, a second person, and CAP that our own desk can read."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from ingest.dialects import cap
from linkage.actions import Action, Happening
from linkage.alerts import Alert
from linkage.duty_tables import public_warning
from linkage.errors import BadConfig, NotAllowed, NotPermitted, Raced
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.record import Record
from linkage.response_vocabulary import PublicWarningStatus as Status
from linkage.sources import Source, load_sources
from linkage.tables import log_entry, outbound_message
from linkage.verify import verify
from linkage.vocabulary import MessageKind, Role, WarningColour
from linkage.warnings import approving, cap_schema, composing, legal
from linkage.warnings.approving import approve, preview, send_back
from linkage.warnings.cap_out import identifier, usual_headline
from linkage.warnings.composing import change, compose, discard, follow_up, submit
from linkage.warnings.expiry import expire
from linkage.warnings.legal import Text, missing
from linkage.warnings.public import NEXT, PublicWarning, at_work, find_public, published
from linkage.warnings.public_words import PublicWords, load_public_words
from linkage.warnings.standing import standing
from tests.builders import CALL
from tests.onrecord import put_incident

ROOT = Path(__file__).parents[1]
WORDS = load_public_words(ROOT / "data" / "public_warnings.toml")
HOUR = timedelta(hours=1)
NAMES = ["类别", "级别", "起始时间", "可能影响范围", "警示事项", "应当采取的措施", "发布单位"]


@pytest.fixture
def text(now: datetime) -> Text:
    return Text(
        kind=Kind.TYPHOON,
        event_code="11B01",
        colour=WarningColour.YELLOW,
        starts_at=now,
        expires_at=now + 12 * HOUR,
        area="连云港市",
        area_codes=("320700",),
        headline="连云港市气象台发布台风黄色预警[III级/较重]",
        notice="预计24小时内沿海平均风力达8级以上。",
        measures="请停止高空和水上作业，船舶进港。",
        issuer="连云港市气象台",
    )


def of(text: Text, **changes: Any) -> Text:
    return msgspec.structs.replace(text, **changes)


def find(record: Record, warning_id: int) -> PublicWarning:
    with record.read() as cx:
        found = find_public(cx, warning_id)
    assert found is not None
    return found


class Desk:
    """An officer who composes and a chief who signs, with their screens up to date."""

    def __init__(self, record: Record, officer: Actor, chief: Actor, now: datetime) -> None:
        self.record, self.officer, self.chief, self.now = record, officer, chief, now

    def draft(self, text: Text, **options: Any) -> int:
        return compose(self.record, self.officer, text, words=WORDS, at=self.now, **options)

    def submit(self, warning_id: int) -> int:
        version = find(self.record, warning_id).version
        return submit(self.record, self.officer, warning_id, version, words=WORDS, at=self.now)

    def approve(self, warning_id: int, by: Actor | None = None, at: datetime | None = None) -> str:
        version = find(self.record, warning_id).version
        who = by or self.chief
        when = at or self.now
        return approve(self.record, who, warning_id, version, words=WORDS, region="320700", at=when)

    def out(self, text: Text, **options: Any) -> int:
        made = self.draft(text, **options)
        self.submit(made)
        self.approve(made)
        return made

    def after(self, base: int, kind: MessageKind, text: Text, at: datetime) -> int:
        version = find(self.record, base).version
        made = follow_up(self.record, self.officer, base, version, kind, text, words=WORDS, at=at)
        self.submit(made)
        self.approve(made, at=at)
        return made


@pytest.fixture
def desk(record: Record, officer: Actor, chief: Actor, now: datetime) -> Desk:
    return Desk(record, officer, chief, now)


def sent(record: Record) -> list[Any]:
    with record.read() as cx:
        return list(cx.execute(select(outbound_message).order_by(outbound_message.c.id)))


def weather() -> Source:
    return load_sources(ROOT / "sources.toml")["weather"]


def read(xml: bytes) -> Alert:
    found = cap.reader(weather())(xml.decode())
    assert isinstance(found, Alert)
    return found


def test_every_field_the_law_names_is_asked_for_by_its_name(text: Text) -> None:
    empty = {
        "类别": of(text, event_code=""),
        "级别": of(text, colour=None),
        "起始时间": of(text, starts_at=None),
        "可能影响范围": of(text, area=" "),
        "警示事项": of(text, notice=""),
        "应当采取的措施": of(text, measures="\n"),
        "发布单位": of(text, issuer=""),
    }
    assert list(empty) == NAMES
    for name, one in empty.items():
        assert missing(one, MessageKind.ALERT) == [name]
    assert missing(text, MessageKind.ALERT) == []


def test_a_warning_without_measures_is_not_even_kept(desk: Desk, text: Text) -> None:
    with pytest.raises(NotAllowed, match="缺少应当采取的措施"):
        desk.draft(of(text, measures=""))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires_at": None}, "失效时间没有填写"),
        ({"expires_at": datetime.fromisoformat("2026-11-22T06:30:00+00:00")}, "不晚于起始时间"),
        ({"expires_at": datetime.fromisoformat("2026-12-12T06:30:00+00:00")}, "超过 10 天"),
        ({"area_codes": ("110000",)}, "不属于本市"),
        ({"area_codes": ("320000",)}, "320000 不属于本市"),
        ({"area_codes": ("320700", "320100")}, "320100 不属于本市"),
        ({"area_codes": ("3207061",)}, "不属于本市"),
        (
            {
                "starts_at": datetime.fromisoformat("2027-11-22T06:30:00+00:00"),
                "expires_at": datetime.fromisoformat("2027-11-22T18:30:00+00:00"),
            },
            "起始时间在 10 天以后",
        ),
        ({"notice": "风" * 2001}, "警示事项超过 2000 字"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(
    desk: Desk, text: Text, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(NotAllowed, match=said):
        desk.draft(of(text, **changes))


@pytest.mark.parametrize(
    ("kind", "code", "clause", "who"),
    [
        (Kind.WATER_POLLUTION, "12Q01", "危险化学品安全管理条例§74", "市生态环境局"),
        (Kind.AIR_POLLUTION, "12Q02", "危险化学品安全管理条例§74", "市生态环境局"),
        (Kind.ANIMAL_EPIDEMIC, "13E99", "重大动物疫情应急条例§20", "国务院"),
        (Kind.TERRORISM, "14F99", "反恐怖主义法§63", "省级"),
        (Kind.RAINSTORM, "11B03", "气象法§22", "市气象台"),
        (Kind.EARTHQUAKE, "11C02", "防震减灾法§29", "省人民政府"),
    ],
)
def test_only_the_lawful_voice_speaks(  # noqa: PLR0917
    desk: Desk, text: Text, kind: Kind, code: str, clause: str, who: str
) -> None:
    """domain §11 no. 20"""
    with pytest.raises(NotAllowed) as refused:
        desk.draft(of(text, kind=kind, event_code=code, issuer="连云港市应急管理局"))
    assert clause in str(refused.value)
    assert who in str(refused.value)


def test_what_the_state_alone_may_say_nobody_here_may(desk: Desk, text: Text) -> None:
    for issuer in WORDS.issuers.values():
        with pytest.raises(NotAllowed, match="本市不发布"):
            desk.draft(of(text, kind=Kind.ANIMAL_EPIDEMIC, event_code="13E99", issuer=issuer.name))


def test_the_voice_counts_by_the_code_as_well_as_by_our_kind(desk: Desk, text: Text) -> None:
    with pytest.raises(NotAllowed, match="反恐怖主义法§63"):
        desk.draft(of(text, kind=Kind.OTHER, event_code="14F99", issuer="连云港市人民政府"))


def test_the_environment_office_speaks_of_pollution(desk: Desk, text: Text) -> None:
    own = of(text, kind=Kind.WATER_POLLUTION, event_code="12Q01", issuer="连云港市生态环境局")
    own = of(own, headline="连云港市生态环境局发布水污染黄色预警", notice="下游水源污染。")
    assert desk.draft(own)


def test_an_issuer_nobody_registered_is_refused(desk: Desk, text: Text) -> None:
    with pytest.raises(NotAllowed, match="没有登记"):
        desk.draft(of(text, issuer="连云港晚报"))


def test_who_wrote_it_may_not_sign_it_under_any_role(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    made = desk.draft(text)
    desk.submit(made)
    same_person = Actor(desk.officer.name, Role.COMMANDER)
    with pytest.raises(NotPermitted, match="不能自己审签"):
        desk.approve(made, by=same_person)
    assert find(record, made).status is Status.PENDING
    assert sent(record) == []


def test_who_only_changed_a_word_may_not_sign_it_either(
    desk: Desk, record: Record, chief: Actor, commander: Actor, text: Text
) -> None:
    made = desk.draft(text)
    change(record, chief, made, 1, of(text, notice="风很大。"), words=WORDS, at=desk.now)
    desk.submit(made)
    with pytest.raises(NotPermitted):
        desk.approve(made, by=chief)
    assert desk.approve(made, by=commander)


def test_an_officer_cannot_sign(desk: Desk, other_officer: Actor, text: Text) -> None:
    made = desk.draft(text)
    desk.submit(made)
    with pytest.raises(NotPermitted, match="预警审签"):
        desk.approve(made, by=other_officer)


def test_nothing_leaves_before_it_is_signed(desk: Desk, record: Record, text: Text) -> None:
    made = desk.draft(text)
    assert sent(record) == []
    desk.submit(made)
    assert sent(record) == []
    number = desk.approve(made)
    (message,) = sent(record)
    assert (message.topic, message.retain) == ("linkage/v1/warning/320700", False)
    assert number.encode() in message.payload
    it = find(record, made)
    assert (it.status, it.issued_at, it.approved_by) == (
        *(Status.ISSUED, desk.now),
        "丙（值班长）",
    )


def test_the_number_is_sender_and_second_with_a_serial(desk: Desk, text: Text) -> None:
    """domain §3.3"""
    first, second = desk.draft(text), desk.draft(text)
    for one in (first, second):
        desk.submit(one)
    assert desk.approve(first) == "32070041600000_20261122143000_0"
    assert desk.approve(second) == "32070041600000_20261122143000_1"


def test_an_eleventh_in_one_second_waits(now: datetime) -> None:
    taken = [f"32070041600000_20261122143000_{n}" for n in range(10)]
    assert identifier("32070041600000", now, taken) is None


def test_a_returned_one_goes_back_with_its_reason_and_comes_again(
    desk: Desk, record: Record, chief: Actor, text: Text
) -> None:
    made = desk.draft(text)
    desk.submit(made)
    with pytest.raises(NotAllowed, match="退回理由"):
        send_back(record, chief, made, 2, " ", at=desk.now)
    send_back(record, chief, made, 2, "范围写细", at=desk.now)
    it = find(record, made)
    assert (it.status, it.return_reason) == (Status.RETURNED, "丙（值班长）：范围写细")
    with pytest.raises(NotAllowed, match="不能改为"):
        desk.approve(made)
    change(record, desk.officer, made, 3, of(text, area="沿海"), words=WORDS, at=desk.now)
    desk.submit(made)
    assert desk.approve(made)


def test_what_waits_for_a_signature_is_not_changed_underneath_it(
    desk: Desk, record: Record, text: Text
) -> None:
    made = desk.draft(text)
    desk.submit(made)
    with pytest.raises(NotAllowed, match="请先退回"):
        change(record, desk.officer, made, 2, text, words=WORDS, at=desk.now)


def test_a_chief_signs_what_the_screen_showed(
    desk: Desk, record: Record, chief: Actor, text: Text
) -> None:
    made = desk.draft(text)
    desk.submit(made)
    with pytest.raises(Raced, match="已被他人处理"):
        approve(record, chief, made, 1, words=WORDS, region="320700", at=desk.now)


def test_a_discarded_draft_is_out_of_the_way_and_kept(
    desk: Desk, record: Record, text: Text
) -> None:
    made = desk.draft(text)
    discard(record, desk.officer, made, 1, "改由省台发布", at=desk.now)
    with record.read() as cx:
        assert at_work(cx) == []
    assert find(record, made).status is Status.DISCARDED


def test_our_own_desk_reads_what_we_publish(desk: Desk, record: Record, text: Text) -> None:
    made = desk.out(text)
    xml = (find(record, made).xml or "").encode()
    assert cap_schema.fault(xml) is None
    said = read(xml)
    assert (said.source_ref, said.kind, said.event_code, said.warning_colour) == (
        *("32070041600000_20261122143000_0", Kind.TYPHOON),
        *("11B01", WarningColour.YELLOW),
    )
    assert (said.occurred_at, said.expires_at) == (text.starts_at, text.expires_at)
    assert said.area_codes == text.area_codes
    assert said.headline == text.headline
    assert said.text == f"{text.notice}\n{text.measures}"
    assert said.facts["issuer"] == text.issuer
    assert not said.exercise


def test_an_update_names_what_it_replaces_and_ends_it(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    first = desk.out(text)
    red = of(
        text, colour=WarningColour.RED, headline="连云港市气象台更新台风红色预警[I级/特别严重]"
    )
    second = desk.after(first, MessageKind.UPDATE, red, now + HOUR)
    assert [find(record, i).status for i in (first, second)] == [Status.UPDATED, Status.ISSUED]
    said = read((find(record, second).xml or "").encode())
    assert said.message_kind is MessageKind.UPDATE
    assert said.references == (("weather", "32070041600000_20261122143000_0"),)
    with record.read() as cx:
        before, after = ([w.id for w in standing(cx, t)] for t in (now, now + HOUR))
    assert (before, after) == ([first], [second])


def test_lifting_says_all_clear_and_names_what_it_lifts(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    first = desk.out(text)
    end = of(text, notice="台风已远离，影响结束。", measures="")
    lifting = desk.after(first, MessageKind.CANCEL, end, now + HOUR)
    assert [find(record, i).status for i in (first, lifting)] == [Status.CANCELLED] * 2
    xml = find(record, lifting).xml or ""
    assert "<responseType>AllClear</responseType>" in xml
    assert cap_schema.fault(xml.encode()) is None
    assert read(xml.encode()).message_kind is MessageKind.CANCEL
    with record.read() as cx:
        assert standing(cx, now + HOUR) == []


def test_what_is_over_is_neither_updated_nor_lifted(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    first = desk.out(text)
    after = now + 13 * HOUR
    later = of(text, expires_at=now + 20 * HOUR)
    version = find(record, first).version
    with pytest.raises(NotAllowed, match="已到期"):
        follow_up(
            *(record, desk.officer, first, version, MessageKind.UPDATE, later),
            words=WORDS,
            at=after,
        )


def test_two_updates_of_one_warning_are_not_written_side_by_side(
    desk: Desk, record: Record, text: Text
) -> None:
    first = desk.out(text)
    version = find(record, first).version
    follow = (record, desk.officer, first, version, MessageKind.UPDATE, text)
    follow_up(*follow, words=WORDS, at=desk.now)
    with pytest.raises(NotAllowed, match="已在拟制中"):
        follow_up(*follow, words=WORDS, at=desk.now)


def test_an_update_that_waited_past_the_end_is_not_signed(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    first = desk.out(text)
    version = find(record, first).version
    longer = of(text, expires_at=now + 20 * HOUR)
    made = follow_up(
        *(record, desk.officer, first, version, MessageKind.UPDATE, longer),
        words=WORDS,
        at=now,
    )
    desk.submit(made)
    with pytest.raises(NotAllowed, match="已到期"):
        desk.approve(made, at=now + 13 * HOUR)


def test_an_exercise_says_so_in_every_way(desk: Desk, record: Record, text: Text) -> None:
    made = desk.out(text, exercise=True)
    xml = find(record, made).xml or ""
    assert "<status>Exercise</status>" in xml
    assert "<headline>【演练】" in xml
    assert "<description>【演练】" in xml
    assert read(xml.encode()).exercise


HOSTILE = "<script>alert(1)</script> & ]]> \" ' {area} %s \x00\x0b \ud800 =cmd|'/c'!A1"


def test_hostile_words_stay_words(desk: Desk, record: Record, text: Text) -> None:
    said = HOSTILE.encode("utf-8", "replace").decode()
    made = desk.out(of(text, headline=said, notice=said, measures=said, area=said))
    xml = (find(record, made).xml or "").encode()
    assert cap_schema.fault(xml) is None
    assert b"<script>" not in xml
    back = read(xml)
    plain = said.replace("\x00", "").replace("\x0b", "").strip()
    assert plain.split()[0] in back.headline
    assert plain.split()[0] in back.text


def test_every_template_makes_a_message_of_the_standard(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    for template in WORDS.templates.values():
        for colour in WarningColour:
            usual = template.words(colour)
            if usual is None:
                continue
            issuer = WORDS.issuers[template.issuer]
            said = of(
                text,
                kind=template.kind,
                event_code=template.code,
                colour=colour,
                expires_at=now + timedelta(hours=usual.lasts_h),
                notice=usual.notice.replace("{area}", "连云港市"),
                measures=usual.measures,
                issuer=issuer.name,
            )
            said = of(said, headline=usual_headline(said, template.event, MessageKind.ALERT))
            assert legal.refusal(said, WORDS.voices, WORDS.issuers) is None, template.code
            composing.check(said, WORDS, now, MessageKind.ALERT)
            row = find(record, desk.draft(said))
            assert cap_schema.fault(preview(row, (), WORDS)) is None, template.code


def test_a_message_that_is_no_cap_is_told_by_the_schema() -> None:
    assert cap_schema.fault(b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'/>") is not None
    assert cap_schema.fault(b"no xml") is not None


def test_it_runs_out_at_its_second_and_the_log_says_so(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    made = desk.out(text)
    ends = now + 12 * HOUR
    assert expire(record, ends - timedelta(seconds=1)) == 0
    assert expire(record, ends + timedelta(seconds=7)) == 1
    it = find(record, made)
    assert (it.status, it.ended_at) == (Status.EXPIRED, ends)
    assert expire(record, ends + timedelta(seconds=9)) == 0
    with record.read() as cx:
        entry = cx.execute(select(log_entry).order_by(log_entry.c.id.desc()).limit(1)).one()
    assert entry.action == Happening.EXPIRE
    assert "11-23 02:30:00 到期" in entry.reason


def test_every_act_is_in_the_log_and_the_chain_holds(
    desk: Desk, record: Record, chief: Actor, text: Text
) -> None:
    made = desk.draft(text)
    desk.submit(made)
    send_back(record, chief, made, 2, "改", at=desk.now)
    desk.submit(made)
    desk.approve(made)
    with record.read() as cx:
        done = cx.execute(select(log_entry.c.action).order_by(log_entry.c.id)).scalars().all()
        assert [one.id for one in published(cx)] == [made]
        assert cx.execute(select(public_warning.c.outbound_id)).scalar_one()
    assert done == [
        Action.COMPOSE_WARNING,
        Action.SUBMIT_WARNING,
        Action.RETURN_WARNING,
        Action.SUBMIT_WARNING,
        Action.APPROVE_WARNING,
    ]
    assert [finding.fault for finding in verify(record)] == [None] * len(list(verify(record)))


def test_the_table_of_moves_knows_every_state() -> None:
    assert set(NEXT) == set(Status)


def test_only_a_leader_returns(desk: Desk, record: Record, text: Text) -> None:
    made = desk.draft(text)
    desk.submit(made)
    with pytest.raises(NotPermitted):
        send_back(record, desk.officer, made, 2, "改", at=desk.now)


def test_what_the_broker_gets_is_what_was_signed(desk: Desk, record: Record, text: Text) -> None:
    made = desk.out(text)
    (message,) = sent(record)
    assert message.payload == (find(record, made).xml or "").encode()
    assert approving.TOPIC.format("320700") == message.topic


def test_the_words_of_the_city_are_read(tmp_path: Path) -> None:
    assert isinstance(WORDS, PublicWords)
    assert {"11B01", "11B03", "11A01"} <= set(WORDS.templates)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            'sender = "32070041600000"',
            'sender = "3207004160"',
            r'issuer "weather": sender 有 10 位',
        ),
        ('issuers = ["environment"]', 'issuers = ["nobody"]', '发布单位 "nobody" 没有登记'),
        ('category = "Met"', 'category = "Weather"', 'category "Weather" 不是 CAP 的类别'),
        ('code = "11B01"', 'code = "99Z99"', 'template "99Z99": code 不在 GB/T 35561 编码表'),
        ("lasts_h = 24", "lasts_h = 2400", "lasts_h 是 2400；应在 0 到 240 小时之间"),
        ('instead = "请由市农业', 'insted = "请由市农业', "insted"),
        ('words = ["动物疫情"', 'words = [" "', "words 或 titles 中有空的词"),
    ],
)
def test_a_bad_table_is_refused_with_place_and_remedy(
    tmp_path: Path, was: str, becomes: str, said: str
) -> None:
    good = (ROOT / "data" / "public_warnings.toml").read_text(encoding="utf-8")
    assert was in good
    file = tmp_path / "public_warnings.toml"
    file.write_text(good.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(BadConfig, match=said):
        load_public_words(file)


@pytest.mark.parametrize("name", ["甲 ", " 甲", "甲\u3000", "甲\u200b", "\u2060甲"])
def test_a_name_written_with_a_blank_is_still_the_same_person(
    desk: Desk, record: Record, text: Text, name: str
) -> None:
    made = desk.draft(text)
    desk.submit(made)
    with pytest.raises(NotPermitted, match="不能自己审签"):
        desk.approve(made, by=Actor(name, Role.DUTY_CHIEF))
    assert sent(record) == []


@pytest.mark.parametrize("name", ["area", "notice", "measures"])
@pytest.mark.parametrize("empty", ["\u200b\u200b", "\ufeff", "……", "\u202e", "\u2800"])
def test_what_says_nothing_is_missing(desk: Desk, text: Text, name: str, empty: str) -> None:
    with pytest.raises(NotAllowed, match="缺少"):
        desk.draft(of(text, **{name: empty}))


def test_no_sign_turns_the_words_round(desk: Desk, record: Record, text: Text) -> None:
    made = desk.out(of(text, headline="\u202e台风\u2066黄色预警\u200b", notice="风\x85很\u2028大"))
    xml = find(record, made).xml or ""
    assert "<headline>台风黄色预警</headline>" in xml
    assert not set(xml) & set("\u202e\u2066\u200b\x85\u2028")


def test_an_exercise_says_so_in_what_people_are_told_to_do(
    desk: Desk, record: Record, text: Text
) -> None:
    """A loudspeaker may read out the instruction alone."""
    made = desk.out(text, exercise=True)
    xml = find(record, made).xml or ""
    assert "<instruction>【演练】" in xml


def test_an_update_of_an_update_names_every_one_before_it(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    """Who missed the one in between must still end the first."""
    first = desk.out(text)
    second = desk.after(first, MessageKind.UPDATE, text, now + HOUR)
    third = desk.after(second, MessageKind.UPDATE, text, now + 2 * HOUR)
    end = of(text, notice="台风已远离。", measures="")
    last = desk.after(third, MessageKind.CANCEL, end, now + 3 * HOUR)
    rows = [find(record, i) for i in (first, second, third, last)]
    numbers = [("weather", row.identifier) for row in rows]
    for place, row in enumerate(rows):
        xml = (row.xml or "").encode()
        assert cap_schema.fault(xml) is None
        assert list(read(xml).references) == numbers[:place]


def test_an_update_does_not_change_its_issuer_by_a_second_look(
    desk: Desk, record: Record, text: Text, now: datetime
) -> None:
    ours = of(text, kind=Kind.OTHER, event_code="12A01", issuer="连云港市应急管理局")
    ours = of(ours, headline="连云港市应急管理局发布瓦斯黄色预警")
    first = desk.out(ours)
    version = find(record, first).version
    made = follow_up(
        *(record, desk.officer, first, version, MessageKind.UPDATE, ours), words=WORDS, at=now
    )
    for other in (of(ours, issuer="连云港市人民政府"), of(ours, event_code="12B01")):
        with pytest.raises(NotAllowed, match="不能换类别和发布单位"):
            change(record, desk.officer, made, 1, other, words=WORDS, at=now)


@pytest.mark.parametrize(
    ("field", "said", "clause"),
    [
        ("headline", "连云港市应急管理局发布地震预警", "防震减灾法§29"),
        ("notice", "我市可能发生地震，请防范。", "防震减灾法§29"),
        ("headline", "连云港市应急管理局发布台风红色预警", "气象法§22"),
        ("headline", "连云港市应急管理局发布暴 雨 警报", "气象法§22"),
        ("notice", "东海县发生非洲\u200b猪瘟，请勿购买。", "重大动物疫情应急条例§20"),
        ("measures", "请远离恐怖袭击地点。", "反恐怖主义法§63"),
        ("notice", "周边环境污染严重。", "危险化学品安全管理条例§74"),
        ("notice", "发生核泄漏。", "核电厂核事故应急管理条例"),
    ],
)
def test_the_voice_counts_by_the_words_too(
    desk: Desk, text: Text, field: str, said: str, clause: str
) -> None:
    """domain §11 no. 20: chosen as 其他, said all the same."""
    other = of(text, kind=Kind.OTHER, event_code="12A01", issuer="连云港市应急管理局")
    other = of(other, headline="连云港市应急管理局发布安全预警")
    with pytest.raises(NotAllowed, match=clause):
        desk.draft(of(other, **{field: said}))


def test_the_weather_office_may_be_quoted(desk: Desk, text: Text) -> None:
    quoted = "市气象台已发布暴雨红色预警，预计水位继续上涨，田湾核电站道路绕行。"
    flood = of(text, kind=Kind.FLOOD, event_code="11A01", issuer="连云港市水利局", notice=quoted)
    assert desk.draft(of(flood, headline="连云港市水利局发布洪水黄色预警[III级/较重]"))


def test_a_warning_is_for_its_incident_and_practice_stays_practice(
    desk: Desk, record: Record, text: Text
) -> None:
    real = put_incident(record)
    drill = put_incident(record, replace(CALL, source_ref="D-1", exercise=True))
    made = desk.draft(text, incident_id=real)
    assert find(record, made).incident_id == real
    assert desk.draft(text, incident_id=drill, exercise=True)
    for incident_id, exercise in ((drill, False), (real, True)):
        with pytest.raises(NotAllowed, match="演练"):
            desk.draft(text, incident_id=incident_id, exercise=exercise)
    with pytest.raises(NotAllowed, match="没有标识为 404 的事件"):
        desk.draft(text, incident_id=404)
