"""A refused message is put right by a person: once, in the open, and the bytes that came stay."""

import threading
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ingest import mend
from ingest.errands import LOOK_EVERY_S, Errands
from ingest.registry import read_registry
from linkage.errors import NotAllowed, NotPermitted, Raced
from linkage.figures.intake_status import intake_status
from linkage.figures.kept import imbalances
from linkage.figures.refusals import (
    RefusalState,
    Sieve,
    groups,
    instead,
    pattern,
    refusal,
    refusal_ids,
    refusals,
)
from linkage.intake import errands
from linkage.intake.errands import Errand, ErrandKind, ErrandState
from linkage.intake.mend import set_aside, take_up
from linkage.intake.take_in import Intake
from linkage.intake_tables import source_state
from linkage.people import Actor
from linkage.record import Record
from linkage.tables import alert, inbound_message, log_entry, outbound_message
from linkage.verify import verify
from linkage.vocabulary import Outcome
from tests.mending import REGISTRY, SETTINGS, Desk, call, reading_as

# A time that cannot be read, and a level that sources.toml does not have.
BAD_TIME = {"BJSJ": "昨天下午"}
OTHER_TIME = {"BJSJ": "刚才"}


@pytest.fixture
def desk(record: Record, now: datetime) -> Desk:
    return Desk(record, now)


def worked(work: mend.Work) -> dict[str, Any]:
    while True:
        try:
            next(work)
        except StopIteration as done:
            return dict(done.value)


def redriven(desk: Desk, who: Actor, ids: list[int], changed: bytes | None = None) -> list[Any]:
    return list(worked(mend.redrive(desk.workplace(), who, ids, changed))["messages"])


def open_ids(record: Record, **sieve: Any) -> list[int]:
    with record.read() as cx:
        return refusal_ids(cx, Sieve(**sieve))


def row(record: Record, number: int) -> Any:
    with record.read() as cx:
        return cx.execute(select(inbound_message).where(inbound_message.c.id == number)).one()


def balanced(record: Record) -> bool:
    with record.read() as cx:
        return imbalances(cx) == [] and [f for f in verify(record) if f.fault] == []


class Errandboy:
    """The intake as far as it carries out errands; `registry` is the one in use."""

    def __init__(self, desk: Desk, sources: Path | None = None) -> None:
        settings = SETTINGS
        if sources is not None:
            settings = msgspec.structs.replace(SETTINGS, sources=sources)
        self.desk, self.clock = desk, 0.0
        self.errands = Errands(desk.workplace(), settings, desk.use)

    def look(self) -> bool:
        self.clock += LOOK_EVERY_S
        return self.errands.look(self.clock)

    def carry_out(self, who: Actor, kind: ErrandKind, **asked: Any) -> Errand:
        payload = asked.pop("payload", None)
        number = errands.ask(self.desk.record, who, kind, asked, payload, at=self.desk.now)
        for _ in range(1000):
            self.look()
            with self.desk.record.read() as cx:
                one = errands.look_up(cx, number)
            assert one is not None
            if one.state.over:
                return one
        pytest.fail("the errand was never done")


def test_a_message_put_right_is_one_of_its_own_and_the_old_bytes_stay(
    desk: Desk, record: Record, chief: Actor
) -> None:
    """What was refused stays byte for byte; what is taken in instead is a message of its own."""
    wrong, right = call("A1", **BAD_TIME), call("A1")
    desk.send(wrong)
    [old] = open_ids(record)
    [done] = redriven(desk.later(7), chief, [old], right)
    before, after = row(record, old), row(record, done["new_id"])
    assert (before.payload, before.outcome, before.mended_by) == (wrong, "rejected", after.id)
    assert (after.payload, after.outcome, after.mends) == (right, "stored", old)
    assert after.received_at == desk.now
    assert after.topic == before.topic
    assert done["incident"] == "20261122-0001"
    with record.read() as cx:
        said = cx.execute(select(alert)).one()
        entry = cx.execute(select(log_entry).where(log_entry.c.action == "mend")).one()
    assert said.source_id == "110-cad"
    assert said.occurred_at < before.received_at
    assert entry.actor == str(chief)
    assert balanced(record)


def test_the_source_hears_that_its_message_was_taken_in_after_all(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    redriven(desk, chief, open_ids(record), call("A1"))
    with record.read() as cx:
        sent = cx.execute(select(outbound_message)).one()
    receipt = msgspec.json.decode(sent.payload)
    assert sent.topic == "linkage/v1/receipt/110-cad"
    assert (receipt["source_ref"], receipt["status"]) == ("A1", "stored")


def test_a_persons_work_is_no_sign_of_life_of_the_source(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    heard = desk.now
    redriven(desk.later(60), chief, open_ids(record), call("A1"))
    with record.read() as cx:
        state = cx.execute(select(source_state)).one()
    assert state.last_at == heard
    assert (state.received, state.stored, state.rejected) == (2, 1, 1)


def test_what_is_refused_again_leaves_everything_as_it_was(
    desk: Desk, record: Record, officer: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    ids = open_ids(record)
    for _ in range(3):
        [done] = redriven(desk, officer, ids)
        assert done["new_id"] is None
        assert done["reason"].startswith("仍不能接入：BJSJ")
    assert open_ids(record) == ids
    with record.read() as cx:
        assert len(cx.execute(select(inbound_message)).all()) == 1


def test_all_of_a_reason_are_driven_again_and_only_once(
    desk: Desk, record: Record, officer: Actor, tmp_path: Path
) -> None:
    desk.send(*(call(f"A{n}", BJSJ="2026/08/06 15:10:02") for n in range(120)))
    ids = open_ids(record)
    assert len(ids) == 120
    form = 'time_format = "YYYY-MM-DD hh:mm:ss"'
    desk.registry = reading_as(REGISTRY, tmp_path, form, form.replace("-", "/"))
    again = worked(mend.redrive(desk.workplace(), officer, ids, None))
    assert again["counts"] == {"stored": 120}
    once_more = worked(mend.redrive(desk.workplace(), officer, ids, None))
    assert once_more["counts"] == {"before": 120}
    with record.read() as cx:
        assert len(cx.execute(select(alert)).all()) == 120
    assert balanced(record)


def test_two_officers_at_once_take_it_in_once(
    desk: Desk, record: Record, chief: Actor, commander: Actor
) -> None:
    desk.send(*(call(f"A{n}", **BAD_TIME) for n in range(10)))
    ids = open_ids(record)
    other = Desk(record, desk.now)
    start = threading.Barrier(2)
    done: list[Any] = []

    def work(at: Desk, who: Actor) -> None:
        start.wait(10)
        for number, one in enumerate(sorted(ids)):
            done.extend(redriven(at, who, [one], call(f"A{number}")))

    both = [threading.Thread(target=work, args=a) for a in ((desk, chief), (other, commander))]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert len(done) == 20
    assert sum(one["new_id"] is not None for one in done) == 10
    with record.read() as cx:
        refs = sorted(cx.execute(select(alert.c.source_ref)).scalars())
    assert refs == sorted(f"A{n}" for n in range(10))
    assert balanced(record)


def test_a_crash_in_between_leaves_the_message_open(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    ids = open_ids(record)

    class Breaking(Intake):
        """A power cut between the alert and the end of its transaction."""

        @contextmanager
        def batch(self, at: datetime) -> Any:
            with super().batch(at) as both:
                yield both
                raise OSError("power")

    place = desk.workplace()._replace(intake=Breaking(record, desk.intake._rules))
    with pytest.raises(OSError, match="power"):
        worked(mend.redrive(place, chief, ids, call("A1")))
    assert open_ids(record) == ids
    with record.read() as cx:
        assert cx.execute(select(alert)).all() == []
    [done] = redriven(desk, chief, ids, call("A1"))
    assert done["outcome"] == "stored"
    assert balanced(record)


def test_who_goes_on_with_a_dead_intakes_errand_says_that_it_was_done(
    desk: Desk, record: Record, chief: Actor, tmp_path: Path
) -> None:
    """S05: killed after some were taken in. They are, and nobody is told they were refused."""
    desk.send(*(call(f"A{n}", BJSJ="2026/11/22 14:00:00") for n in range(mend.AT_ONCE + 5)))
    old, new = 'time_format = "YYYY-MM-DD hh:mm:ss"', 'time_format = "YYYY/MM/DD hh:mm:ss"'
    desk.registry = reading_as(REGISTRY, tmp_path, old, new)
    ids = open_ids(record)
    dying = mend.redrive(desk.workplace(), chief, ids, None)
    next(dying)
    result = worked(mend.redrive(desk.workplace(), chief, ids, None))
    assert result["counts"] == {"before": mend.AT_ONCE, "stored": 5}
    assert result["messages"][0]["reason"].startswith(f"已由{chief}重新接入为 ")
    with record.read() as cx:
        assert len(cx.execute(select(alert)).all()) == mend.AT_ONCE + 5
    assert balanced(record)


def test_a_source_that_sent_it_again_meanwhile_is_not_doubled(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    ids = open_ids(record)
    desk.send(call("A1"))
    [done] = redriven(desk, chief, ids, call("A1"))
    assert done["outcome"] == "duplicate"
    with record.read() as cx:
        assert len(cx.execute(select(alert)).all()) == 1


def test_the_topic_says_whose_it_is_whatever_is_written_into_it(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    [done] = redriven(desk, chief, open_ids(record), call("A1", source_id="119-cad"))
    assert done["new_id"] is None
    assert "来源不符" in done["reason"]


def test_what_is_marked_secret_is_neither_seen_nor_put_right(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", SFBM="1"))
    ids = open_ids(record)
    [done] = redriven(desk, chief, ids, call("A1"))
    assert done["new_id"] is None
    [seen] = worked(mend.preview(desk.workplace(), ids, None))["messages"]
    assert seen["outcome"] is None


def test_a_secret_written_into_a_mended_message_stays_nowhere(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    secret = call("A1", BJNR="绝密★启用前 此处内容不得出现在任何地方")
    boy = Errandboy(desk)
    one = boy.carry_out(chief, ErrandKind.REDRIVE, ids=open_ids(record), payload=secret)
    assert one.payload is None
    assert "不得出现在任何地方" not in str(one)
    assert len(open_ids(record)) == 1


def test_only_leaders_put_words_into_a_sources_mouth(
    desk: Desk, record: Record, officer: Actor, analyst: Actor, fire_officer: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    ids = open_ids(record)
    with pytest.raises(NotPermitted, match="值班长、指挥员"):
        errands.ask(record, officer, ErrandKind.REDRIVE, {"ids": ids}, call("A1"))
    with pytest.raises(NotPermitted):
        redriven(desk, officer, ids, call("A1"))
    for nobody in (analyst, fire_officer):
        with pytest.raises(NotPermitted):
            errands.ask(record, nobody, ErrandKind.REDRIVE, {"ids": ids})
        with pytest.raises(NotPermitted):
            set_aside(record, nobody, ids, "不要了")
    with pytest.raises(NotPermitted):
        errands.ask(record, officer, ErrandKind.RELOAD, {})
    assert open_ids(record) == ids


def test_a_message_is_set_aside_with_a_note_and_taken_up_again(
    desk: Desk, record: Record, officer: Actor, other_officer: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", **BAD_TIME))
    ids = open_ids(record)
    with pytest.raises(NotAllowed, match="原因"):
        set_aside(record, officer, ids, "  ")
    assert set_aside(record, officer, ids[:1], "厂家联调数据") == 1
    assert open_ids(record) == ids[1:]
    with record.read() as cx:
        aside = refusal(cx, ids[0])
    assert aside is not None
    assert (aside.state, aside.note, aside.decided_by) == (
        RefusalState.ASIDE,
        "厂家联调数据",
        str(officer),
    )
    with pytest.raises(Raced):
        set_aside(record, other_officer, ids[:1], "也不要")
    [done] = redriven(desk, officer, ids[:1])
    assert done["reason"] == f"{officer}已定为不再处理（厂家联调数据）；要接入请先恢复处理"
    assert take_up(record, other_officer, ids[:1]) == 1
    with pytest.raises(Raced):
        take_up(record, officer, ids[:1])
    assert open_ids(record) == ids
    with record.read() as cx:
        done_by = cx.execute(
            select(log_entry.c.action, log_entry.c.actor).where(
                log_entry.c.action.in_(("set_aside", "take_up"))
            )
        ).all()
    assert [tuple(d) for d in done_by] == [
        ("set_aside", str(officer)),
        ("take_up", str(other_officer)),
    ]


def test_a_mended_message_says_by_whom_when_and_where_it_went(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME))
    [old] = open_ids(record)
    redriven(desk.later(3), chief, [old], call("A1"))
    with record.read() as cx:
        one = refusal(cx, old)
        assert one is not None
        new = instead(cx, one)
    assert new is not None
    assert (new.who, new.changed, new.outcome) == (str(chief), True, Outcome.STORED)
    assert new.incident == "20261122-0001"
    assert open_ids(record, state=RefusalState.MENDED) == [old]


def test_the_same_mistake_in_other_values_is_one_line(
    desk: Desk, record: Record, now: datetime
) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", **OTHER_TIME), b"{", b"")
    with record.read() as cx:
        found = groups(cx, Sieve())
        of_time = refusals(cx, Sieve(pattern=found[0].pattern, source_id="110-cad"))
        late = groups(cx, Sieve(since=now.replace(hour=23)))
    assert found[0].count == 2
    assert [g.count for g in found] == [2, 1, 1]
    assert of_time[0] == 2
    assert late == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("报文第 155 字节不是约定的 utf-8 编码", "报文第 7 字节不是约定的 utf-8 编码", True),
        ("BKRS：人数应为非负整数，收到 '数人'", "BKRS：人数应为非负整数，收到 -3", True),
        ("BKRS：人数应为非负整数", "SWRS：人数应为非负整数", False),
        (
            "长度：帧头写 0131，数据段实为 0117；CRC：帧尾写 0000，按数据段应为 E8C1。请检查传输",
            "长度：帧头写 0137，数据段实为 0111；CRC：帧尾写 4981，按数据段应为 33EC。请检查传输",
            True,
        ),
        (
            "3 字节不属于任何帧：7E 7E 01；请检查网关的分帧设置",
            "18 字节不属于任何帧：7E 7E 01 00 51 27 …；请检查网关的分帧设置",
            True,
        ),
        (
            "校验码或转义不符，共 9 字节，以 7E 02 开头；请检查网关",
            "校验码或转义不符，共 40 字节，以 7E 09 开头；请检查网关",
            True,
        ),
        (
            "报文不是完整合法的 XML（line 1, column 8）",
            "报文不是完整合法的 XML（line 2, column 93）",
            True,
        ),
        ("功能码 3A 不在附录 B", "功能码 4F 不在附录 B", False),
        # Each code needs a line of its own in the table.
        (
            "ZHDJ：'6' 不在 [source.severities]，请在表中补一行 \"6\" = …",
            "ZHDJ：'7' 不在 [source.severities]，请在表中补一行 \"7\" = …",
            False,
        ),
    ],
)
def test_what_is_the_same_reason(one: str, other: str, same: bool) -> None:
    assert (pattern(one) == pattern(other)) is same


def test_a_preview_of_many_counts_what_can_be_taken_in_behind_those_it_lists(
    desk: Desk, record: Record, chief: Actor, tmp_path: Path
) -> None:
    """The table was put right for the last one only: it must be offered."""
    many = mend.MOST_LISTED + 20
    desk.send(*(call(f"A{n}", **BAD_TIME) for n in range(many)))
    desk.send(call("B1", BJSJ="2026/11/22 14:00:00"))
    old, new = 'time_format = "YYYY-MM-DD hh:mm:ss"', 'time_format = "YYYY/MM/DD hh:mm:ss"'
    desk.registry = reading_as(REGISTRY, tmp_path, old, new)
    seen = worked(mend.preview(desk.workplace(), open_ids(record), None))
    assert seen["counts"] == {"rejected": many, "stored": 1}
    assert len(seen["messages"]) == mend.MOST_LISTED
    assert all(one["brings_nothing"] for one in seen["messages"])
    assert seen["useful"] == 1


def test_a_preview_says_what_would_become_of_it_and_writes_nothing(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1"), call("A2", **BAD_TIME))
    boy = Errandboy(desk)
    ids = open_ids(record)
    one = boy.carry_out(chief, ErrandKind.PREVIEW, ids=ids, payload=call("A2"))
    [message] = one.result["messages"]
    [part] = message["parts"]
    assert (part["outcome"], part["incident"]) == ("stored", "20261122-0001")
    assert part["becomes"].startswith("归入已有事件")
    assert part["kind"] == "hazmat_vehicle"
    same = boy.carry_out(chief, ErrandKind.PREVIEW, ids=ids, payload=call("A1"))
    assert same.result["messages"][0]["outcome"] == "duplicate"
    assert open_ids(record) == ids


def test_what_the_preview_says_is_what_happens(desk: Desk, record: Record, chief: Actor) -> None:
    desk.send(call("A1"), *(call(f"B{n}", **BAD_TIME) for n in range(4)))
    changes: list[dict[str, object]] = [
        {},
        {"BJSJ": "2026-08-01 03:00:00"},
        {"JJDBH": "A1"},
        {"JJDBH": "A1", "BJNR": "又来一次"},
    ]
    for old, change in zip(sorted(open_ids(record)), changes, strict=True):
        right = call(f"B{old}", **change)
        [seen] = worked(mend.preview(desk.workplace(), [old], right))["messages"]
        [done] = redriven(desk, chief, [old], right)
        assert seen["outcome"] == done["outcome"]
        expected = seen["parts"][0]["incident"]
        assert expected is None or expected == done["incident"]


def test_an_errand_is_one_look_a_second_and_one_step_at_a_time(
    desk: Desk, record: Record, chief: Actor, tmp_path: Path
) -> None:
    desk.send(*(call(f"A{n}", **BAD_TIME) for n in range(120)))
    boy = Errandboy(desk)
    assert not boy.errands.look(10.0)
    number = errands.ask(record, chief, ErrandKind.PREVIEW, {"ids": open_ids(record)})
    assert not boy.errands.look(10.5), "not before a second has passed"
    steps = 0
    while boy.errands.look(11.1 + steps / 1000):
        steps += 1
    assert steps == 6
    with record.read() as cx:
        one = errands.look_up(cx, number)
    assert one is not None
    assert one.state is ErrandState.DONE


def test_an_errand_is_carried_out_by_one_intake_and_by_another_when_that_dies(
    desk: Desk, record: Record, chief: Actor, now: datetime
) -> None:
    desk.send(call("A1", **BAD_TIME))
    first, second = Errandboy(desk), Errandboy(Desk(record, now))
    number = errands.ask(record, chief, ErrandKind.PREVIEW, {"ids": open_ids(record)}, at=now)
    assert first.look()
    assert not second.look(), "somebody is at it"
    second.desk.later(2)  # the first was never heard of again
    while second.look():
        pass
    with record.read() as cx:
        one = errands.look_up(cx, number)
    assert one is not None
    assert one.state is ErrandState.DONE


def test_a_fault_of_ours_in_an_errand_is_its_answer_and_the_intake_goes_on(
    desk: Desk, record: Record, chief: Actor
) -> None:
    boy = Errandboy(desk)
    one = boy.carry_out(chief, ErrandKind.DRY_RUN, last="viele", source=None)
    assert one.state is ErrandState.FAILED
    assert "程序内部错误" in one.result["why"]
    again = boy.carry_out(chief, ErrandKind.PREVIEW, ids=[1])
    assert again.state is ErrandState.DONE


def test_nobody_answers_says_so_instead_of_piling_up(record: Record, chief: Actor) -> None:
    for _ in range(errands.MOST_WAITING):
        errands.ask(record, chief, ErrandKind.PREVIEW, {"ids": [1]})
    with pytest.raises(NotAllowed, match="接入"):
        errands.ask(record, chief, ErrandKind.PREVIEW, {"ids": [1]})


def test_a_corrected_file_is_taken_into_use_without_a_restart(
    desk: Desk, record: Record, chief: Actor, tmp_path: Path
) -> None:
    form = 'time_format = "YYYY-MM-DD hh:mm:ss"'
    reading_as(REGISTRY, tmp_path, form, form.replace("-", "/"))
    boy = Errandboy(desk, tmp_path / "sources.toml")
    one = boy.carry_out(chief, ErrandKind.RELOAD)
    assert one.result == {
        "sources": len(REGISTRY.sources),
        "added": [],
        "removed": [],
        "changed": ["110-cad"],
        "tables": [],
    }
    [receipt] = desk.send(call("A1", BJSJ="2026/08/06 15:10:02"))
    assert receipt.status is Outcome.STORED


def test_a_datum_put_right_is_held_against_the_neighbours_by_the_new_one(
    desk: Desk, record: Record, chief: Actor, tmp_path: Path
) -> None:
    reading_as(REGISTRY, tmp_path, 'datum = "gcj02"', 'datum = "bd09"')
    Errandboy(desk, tmp_path / "sources.toml").carry_out(chief, ErrandKind.RELOAD)
    assert desk.intake._rules.datums["110-cad"] == "bd09"


def test_a_broken_file_is_refused_with_its_place_and_the_old_one_stays(
    desk: Desk, record: Record, chief: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "sources.toml"
    text = Path("sources.toml").read_text(encoding="utf-8")
    file.write_text(text.replace('datum = "gcj02"', 'datum = "gcj2"', 1), encoding="utf-8")
    one = Errandboy(desk, file).carry_out(chief, ErrandKind.RELOAD)
    assert one.state is ErrandState.FAILED
    assert 'datum: "gcj2" 不在允许范围' in one.result["why"]
    assert desk.registry is REGISTRY
    [receipt] = desk.send(call("A1"))
    assert receipt.status is Outcome.STORED


def test_every_intake_follows_when_one_has_taken_a_new_file_into_use(
    desk: Desk, record: Record, chief: Actor, tmp_path: Path, now: datetime
) -> None:
    form = 'time_format = "YYYY-MM-DD hh:mm:ss"'
    reading_as(REGISTRY, tmp_path, form, form.replace("-", "/"))
    first = Errandboy(desk, tmp_path / "sources.toml")
    second = Errandboy(Desk(record, now), tmp_path / "sources.toml")
    second.look()
    first.carry_out(chief, ErrandKind.RELOAD)
    assert second.desk.registry is REGISTRY
    second.look()
    assert second.desk.registry.sources["110-cad"].time_format == "YYYY/MM/DD hh:mm:ss"


def test_a_mended_or_set_aside_message_no_longer_asks_for_a_call(
    desk: Desk, record: Record, chief: Actor
) -> None:
    desk.send(call("A1", **BAD_TIME), call("A2", **BAD_TIME))
    later, earlier = open_ids(record)
    redriven(desk, chief, [earlier], call("A1"))
    set_aside(record, chief, [later], "测试数据")
    sources = read_registry(SETTINGS).sources
    with record.read() as cx:
        status = intake_status(cx, sources, [], desk.now)
    police = next(s for s in status.sources if s.id == "110-cad")
    assert police.refused == 0
