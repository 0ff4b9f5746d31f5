"""Frames of gateways: cut anywhere, several in a message, halves joined, noise told, bounded."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ingest.dialects import FRAME_DIALECTS
from ingest.frames import HOLD, LONGEST_STREAM, MOST_WAITING, Frames
from ingest.framing import Cut, Framing, Noise
from ingest.holding import Holding
from ingest.receive import understand
from ingest.worker import Worker
from linkage.alerts import Unreadable
from linkage.intake.arrivals import Several
from linkage.intake.fragments import expire_fragments, waiting
from linkage.intake.take_in import Intake
from linkage.intake_tables import fragment, source_state
from linkage.reading_tables import series
from linkage.readings.reading import Reading
from linkage.record import Record
from tests.telemetry import benzene, hj212, level, sl651
from tests.test_dialects import SOURCES
from tests.test_worker import REGISTRY, SETTINGS, Broker, message, outcomes, read_rules

TOPIC = "linkage/v1/alert/environment"
FRAMES = {
    "hj212": [benzene(), benzene("0.5"), hj212("", "9014"), benzene("9")[:-2]],
    "sl651": [level(), level("00007777"), sl651(0x2F, "0003 260806153000"), level("FF000123")],
}
PROTOCOLS = pytest.mark.parametrize("name", FRAMES)
NOON = datetime.fromisoformat("2026-08-06T07:31:00+00:00")


def all_bytes(cut: Cut) -> int:
    pieces = (p.data if isinstance(p, Noise) else p for p in cut.pieces)
    return sum(len(p) for p in pieces if isinstance(p, bytes)) + len(cut.rest)


def stream(framing: Framing, messages: Iterable[bytes]) -> list[bytes]:
    """The frames that come out, however the bytes were cut; without the blanks between them."""
    frames, rest = [], b""
    for one in messages:
        cut = framing.cut(rest + one)
        frames += [p.strip(b"\r\n") for p in cut.pieces if isinstance(p, bytes)]
        rest = cut.rest
    return [frame for frame in frames if frame]


def sliced(data: bytes, places: Iterable[int]) -> list[bytes]:
    cuts = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(cuts)]


def read(
    name: str, payload: bytes, holding: Holding | None = None, now: datetime = NOON
) -> Several:
    source = next(s for s in SOURCES.values() if s.dialect_frame == name)
    return Frames(source, "", now, holding or Holding()).read(payload, FRAME_DIALECTS[name])


def values(several: Several) -> list[float | None]:
    return [part.value for part in several.parts if isinstance(part, Reading)]


@PROTOCOLS
@settings(max_examples=150)
@given(data=st.binary(max_size=400))
def test_no_byte_of_a_stream_is_lost_between_frames_noise_and_what_waits(
    name: str, data: bytes
) -> None:
    assert all_bytes(FRAME_DIALECTS[name].cut(data)) == len(data)


@PROTOCOLS
@settings(max_examples=150)
@given(
    picks=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    between=st.sampled_from([b"", b"\r\n", b"xyz"]),
    places=st.lists(st.integers(0, 10_000), max_size=6),
)
def test_the_same_frames_come_out_however_the_bytes_were_cut_into_messages(
    name: str, picks: list[int], between: bytes, places: list[int]
) -> None:
    framing = FRAME_DIALECTS[name]
    sent = [FRAMES[name][n] for n in picks]
    data = between.join(sent) + between
    assert stream(framing, sliced(data, places)) == [one.rstrip(b"\r\n") for one in sent]


@PROTOCOLS
@settings(max_examples=100)
@given(data=st.data())
def test_a_damaged_frame_never_swallows_the_good_one_behind_it(
    name: str, data: st.DataObject
) -> None:
    framing = FRAME_DIALECTS[name]
    good = FRAMES[name][0]
    damaged = bytearray(FRAMES[name][1])
    kind = data.draw(st.sampled_from(["changed", "cut off", "length"]))
    at = data.draw(st.integers(0, len(damaged) - 1))
    if kind == "cut off":
        del damaged[at:]
    elif kind == "changed":
        damaged[at] ^= data.draw(st.integers(1, 255))
    elif name == "hj212":
        damaged[2:6] = b"%04d" % data.draw(st.integers(0, 9999))
    else:
        damaged[11:13] = data.draw(st.integers(1, 4095)).to_bytes(2)
    places = data.draw(st.lists(st.integers(0, 10_000), max_size=4))
    frames = stream(framing, sliced(bytes(damaged) + good, places))
    assert good.rstrip(b"\r\n") in frames


@PROTOCOLS
def test_a_frame_cut_off_at_any_byte_costs_the_next_nothing(name: str) -> None:
    framing, (first, second, *_) = FRAME_DIALECTS[name], FRAMES[name]
    for at in range(len(first)):
        frames = stream(framing, [first[:at] + second])
        assert frames[-1] == second.rstrip(b"\r\n"), at


@PROTOCOLS
def test_good_frames_among_hundreds_of_broken_ones_are_read(name: str) -> None:
    good, broken = FRAMES[name][0], bytearray(FRAMES[name][1])
    broken[-4] ^= 1  # of its checksum
    several = read(name, (bytes(broken) + good) * 300)
    assert values(several) == values(read(name, good)) * 300
    assert sum("CRC" in str(part) for part in several.parts) == 300


def test_more_than_can_be_judged_at_once_is_told_and_what_was_read_is_taken() -> None:
    hour = "0001 260806160005 F1F10051600001 48 F0F02608061600 0418000005 2108"
    frame = sl651(0x31, hour.replace("F1F10051600001 48", "F1F1005160000148") + "00" * 3900)
    several = read("sl651", frame * 9)
    assert len(values(several)) == 6 * 3900
    (last,) = [part for part in several.parts if isinstance(part, Unreadable)]
    assert "其后 3 帧未读（原文已留存）；请让网关分多条发送" in last.reason


@PROTOCOLS
def test_two_frames_in_one_message_are_both_read(name: str) -> None:
    one = values(read(name, FRAMES[name][0]))
    assert values(read(name, FRAMES[name][0] + FRAMES[name][0])) == one + one


@PROTOCOLS
def test_one_byte_at_a_time_works(name: str) -> None:
    holding, got = Holding(), []
    for byte in FRAMES[name][0]:
        several = read(name, bytes([byte]), holding)
        got += values(several)
        assert not any(isinstance(part, Unreadable) for part in several.parts)
    assert got == values(read(name, FRAMES[name][0]))


@PROTOCOLS
def test_noise_says_how_many_bytes_and_shows_the_first(name: str) -> None:
    several = read(name, b"AT+CSQ: 21,99 OK" + FRAMES[name][0])
    assert isinstance(several.parts[0], Noise)
    assert several.parts[0].reason.startswith(
        "16 字节不属于任何帧：41 54 2B 43 53 51 3A 20 32 31 2C 39 39 20 4F 4B；"
    )
    assert values(several) == values(read(name, FRAMES[name][0]))


@PROTOCOLS
def test_a_stream_that_never_makes_sense_is_bounded(name: str) -> None:
    holding = Holding()
    for filler in (
        b"##9999QN=",
        b"\x7e\x7e\x01\x00\x51\x60\x00\x01\x12\x34\x32\x0f\xff\x02",
        b"\x01",
    ):
        for _ in range(300):
            several = read(name, filler + b"0" * 900, holding)
            assert sum(len(held.data) for held in several.held) < 12_000


@PROTOCOLS
def test_what_is_too_old_is_not_continued(name: str) -> None:
    frame, holding = FRAMES[name][0], Holding()
    assert read(name, frame[:20], holding).held
    late = read(name, frame[20:], holding, NOON + HOLD + timedelta(seconds=1))
    assert values(late) == []
    assert late.held[0].expired


def test_while_a_gateway_goes_on_it_is_waited_for() -> None:
    frame, holding = FRAMES["hj212"][0], Holding()
    for n in range(4):
        several = read("hj212", frame[n * 20 : n * 20 + 20], holding, NOON + n * HOLD / 2)
    last = read("hj212", frame[80:], holding, NOON + 2 * HOLD)
    assert values(several) == []
    assert values(last) == [12.3]


def test_halves_of_two_gateways_do_not_mix() -> None:
    source, holding = SOURCES["environment"], Holding()
    framing = FRAME_DIALECTS["hj212"]
    one, two = benzene("1"), benzene("2")
    for stream_id, part in (("gw-1", one[:50]), ("gw-2", two[:70])):
        Frames(source, stream_id, NOON, holding).read(part, framing)
    second = Frames(source, "gw-2", NOON, holding).read(two[70:], framing)
    first = Frames(source, "gw-1", NOON, holding).read(one[50:], framing)
    assert (values(first), values(second)) == ([1.0], [2.0])


def test_a_gateway_with_endless_numbers_is_refused() -> None:
    frames = Frames(SOURCES["environment"], "x" * (LONGEST_STREAM + 1), NOON, Holding())
    (part,) = frames.read(benzene(), FRAME_DIALECTS["hj212"]).parts
    assert isinstance(part, Unreadable)
    assert part.field == "topic"


def test_ever_new_gateways_that_stop_in_the_middle_fill_nothing_up() -> None:
    source, holding = SOURCES["environment"], Holding()
    for n in range(MOST_WAITING + 5):
        several = Frames(source, f"gw-{n}", NOON, holding).read(
            benzene()[:50], FRAME_DIALECTS["hj212"]
        )
    assert holding.waiting("environment") == MOST_WAITING
    assert "已有 500 处" in several.parts[0].reason  # type: ignore[union-attr]


def test_what_nobody_continues_is_forgotten_in_memory_too() -> None:
    source, holding = SOURCES["environment"], Holding()
    framing = FRAME_DIALECTS["hj212"]
    Frames(source, "gone", NOON, holding).read(benzene()[:50], framing)
    holding.keep()
    Frames(source, "other", NOON + timedelta(hours=1), holding).read(benzene()[:50], framing)
    holding.keep()
    assert holding.waiting("environment") == 1


# ── on the record ──


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, read_rules(SETTINGS, REGISTRY))


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def work(record: Record, intake: Intake, clock: Clock, *batches: list[bytes]) -> None:
    """A worker that is started, takes the batches, and stops."""
    mids = iter(range(1, 1000))
    broker = Broker(*[[message(next(mids), p, TOPIC) for p in batch] for batch in batches])
    worker = Worker(broker, intake, record, REGISTRY, clock)
    worker.run(lambda: not broker.batches)


def accounts(record: Record) -> tuple[int, int, int, int]:
    s = source_state.c
    with record.read() as cx:
        columns = (s.received, s.stored, s.duplicate, s.rejected)
        row = cx.execute(select(*columns).where(s.source_id == "environment")).one()
    return tuple(row)  # type: ignore[return-value]


def pending(record: Record) -> int:
    with record.read() as cx:
        return len(cx.execute(select(fragment)).all())


def test_halves_of_a_frame_over_two_messages_are_one_frame(record: Record, intake: Intake) -> None:
    frame, clock = benzene(), Clock()
    work(record, intake, clock, [frame[:60]])
    assert outcomes(record) == [("stored", "等待后续数据")]
    assert pending(record) == 1
    # The worker ends here and another begins: the half waits in the record.
    work(record, Intake(record, read_rules(SETTINGS, REGISTRY)), clock, [frame[60:]])
    assert [outcome for outcome, _ in outcomes(record)] == ["stored", "stored"]
    assert pending(record) == 0
    assert accounts(record) == (2, 2, 0, 0)


def test_a_half_that_is_never_continued_turns_its_message_into_a_refusal(
    record: Record, intake: Intake
) -> None:
    clock = Clock()
    work(record, intake, clock, [benzene() + benzene("2")[:70]])
    with record.write(clock.now + HOLD) as w:
        assert expire_fragments(w, clock.now + HOLD - HOLD) == 0
    with record.write(clock.now + 2 * HOLD) as w:
        assert expire_fragments(w, clock.now + timedelta(seconds=1)) == 1
    ((outcome, reason),) = outcomes(record)
    assert outcome == "rejected"
    assert reason is not None
    assert reason.startswith("末尾 70 字节不成完整帧，等不到后续；同一报文其余内容已处理")
    assert accounts(record) == (1, 0, 0, 1)
    assert pending(record) == 0


def test_the_message_whose_tail_was_lost_is_refused_and_not_the_one_before(
    record: Record, intake: Intake
) -> None:
    one, two, clock = benzene("1"), benzene("2"), Clock()
    work(record, intake, clock, [one[:60]], [one[60:] + two[:60]], [b"ignored" + one])
    assert outcomes(record)[2][0] == "rejected"  # what the third begins with belongs to no frame
    work(record, intake, clock, [two[:60]])
    with record.write(clock.now + 2 * HOLD) as w:
        expire_fragments(w, clock.now + HOLD)
    assert [outcome for outcome, _ in outcomes(record)] == [
        "stored",
        "stored",
        "rejected",
        "rejected",
    ]
    received, stored, duplicate, rejected = accounts(record)
    assert received == stored + duplicate + rejected == 4


def test_the_later_message_answers_for_the_half_that_began_in_it(
    record: Record, intake: Intake
) -> None:
    one, two, clock = benzene("1"), benzene("2"), Clock()
    work(record, intake, clock, [one[:60]], [one[60:] + two[:60]])
    with record.write(clock.now + 2 * HOLD) as w:
        expire_fragments(w, clock.now + HOLD)
    assert [outcome for outcome, _ in outcomes(record)] == ["stored", "rejected"]


def test_the_first_message_answers_for_a_half_that_went_on_and_never_ended(
    record: Record, intake: Intake
) -> None:
    one, clock = benzene("1"), Clock()
    work(record, intake, clock, [one[:60], one[60:80]], [one[80:90]])
    with record.write(clock.now + 2 * HOLD) as w:
        expire_fragments(w, clock.now + HOLD)
    assert [outcome for outcome, _ in outcomes(record)] == ["rejected", "stored", "stored"]


def test_a_lone_sign_of_a_beginning_refuses_nothing_when_nothing_follows(
    record: Record, intake: Intake
) -> None:
    clock = Clock()
    work(record, intake, clock, [benzene() + b"#"])
    assert pending(record) == 1
    with record.write(clock.now + 2 * HOLD) as w:
        expire_fragments(w, clock.now + HOLD)
    assert pending(record) == 0
    assert [outcome for outcome, _ in outcomes(record)] == ["stored"]
    assert accounts(record) == (1, 1, 0, 0)


def test_a_half_that_came_too_late_refuses_the_message_it_began_in(
    record: Record, intake: Intake
) -> None:
    """P17: the rest of a half frame is waited for, with a bound."""
    frame, clock = benzene(), Clock()
    mids = iter((1, 2))
    broker = Broker([message(next(mids), frame[:60], TOPIC)], [message(2, frame[60:], TOPIC)])
    worker = Worker(broker, intake, record, REGISTRY, clock)
    worker.run(lambda: len(broker.batches) == 1)
    clock.now += HOLD + timedelta(seconds=1)
    worker.run(lambda: not broker.batches)
    (first, _), (second, reason) = outcomes(record)
    assert (first, second) == ("rejected", "rejected")
    assert "不属于任何帧" in str(reason)
    assert accounts(record) == (2, 0, 0, 2)


def test_what_waits_in_the_record_is_what_the_worker_holds(record: Record, intake: Intake) -> None:
    work(record, intake, Clock(), [benzene()[:60]])
    with record.read() as cx:
        ((source_id, held),) = waiting(cx)
    assert (source_id, held.stream, held.key, held.data) == ("environment", "", "", benzene()[:60])


def test_json_and_frames_of_one_system_are_told_apart_whatever_stands_before_them() -> None:
    holding = Holding()

    def told(payload: bytes, topic: str = TOPIC) -> object:
        return understand(message(1, payload, topic), REGISTRY, NOON, holding).content

    assert isinstance(told(b"\r\n" + benzene()), Several)
    assert isinstance(told(b"+CIPSEND:0\r\n" + benzene()), Several)
    assert isinstance(told(b'{"alarmNo": 1}'), Unreadable)
    assert isinstance(told(b'\xef\xbb\xbf{"alarmNo": 1}'), Unreadable)
    assert isinstance(told(b"no frame and no json"), Unreadable)
    assert isinstance(told(b'{"alarmNo": 1}', f"{TOPIC}/gw-1"), Several)  # noise on a frame topic


@pytest.mark.parametrize("digits", [level().hex(), level().hex(" ").upper() + "\r\n"])
def test_a_frame_written_out_in_hex_digits_is_refused_with_what_to_do(digits: str) -> None:
    """Neither JSON that was cut off nor bytes between frames: the gateway sends letters."""
    topic = "linkage/v1/alert/water"
    told = understand(message(1, digits.encode(), topic), REGISTRY, NOON, Holding()).content
    assert isinstance(told, Several)
    (refused,) = told.parts
    assert isinstance(refused, Unreadable)
    assert refused.reason.endswith("像是十六进制文字，请网关按原始字节转发")


def test_a_half_that_goes_on_with_a_brace_is_no_json() -> None:
    frame, holding = hj212("DataTime=20260806153000;a{5002-Rtd=1;a25003-Rtd=2"), Holding()
    at = frame.index(b"{")
    parts = [
        understand(message(1, p, TOPIC), REGISTRY, NOON, holding) for p in (frame[:at], frame[at:])
    ]
    assert isinstance(parts[1].content, Several)
    assert values(parts[1].content) == [2.0]
    # And a whole JSON text between two halves is read as what it is.
    understand(message(1, frame[:at], TOPIC), REGISTRY, NOON, holding)
    between = understand(message(1, b'{"alarmNo": 1}', TOPIC), REGISTRY, NOON, holding)
    assert isinstance(between.content, Unreadable)


def test_packets_that_never_become_whole_are_told_and_what_was_read_stays(
    record: Record, intake: Intake
) -> None:
    """P15: split packets are joined or timed out."""
    clock = Clock()
    packet = hj212("DataTime=20260806153000;a25002-Rtd=1", extra="Flag=7;PNUM=2;PNO=1;")
    work(record, intake, clock, [packet])
    assert [outcome for outcome, _ in outcomes(record)] == ["stored"]
    with record.write(clock.now + 2 * HOLD) as w:
        assert expire_fragments(w, clock.now + HOLD) == 1
    ((outcome, reason),) = outcomes(record)
    assert outcome == "rejected"
    assert str(reason).startswith("分包没有到齐，等不到后续；同一报文其余内容已处理")
    assert accounts(record) == (1, 0, 0, 1)


@pytest.mark.parametrize("batches", [[[0, 1, 2, 3, 4]], [[0, 1], [2, 3, 4]], [[0], [1, 2], [3, 4]]])
def test_a_statement_that_lost_a_packet_is_refused_when_the_next_begins(
    record: Record, intake: Intake, batches: list[list[int]]
) -> None:
    def packet(number: int, value: int, time: str = "") -> bytes:
        return hj212(f"{time}a2500{number}-Rtd={value}", extra=f"PNUM=3;PNO={number};")

    noon = "DataTime=20260806153000;"
    sent = [packet(2, 1), packet(3, 1), packet(2, 9), packet(1, 9, noon), packet(3, 9)]
    work(record, intake, Clock(), *[[sent[n] for n in batch] for batch in batches])
    assert [outcome for outcome, _ in outcomes(record)] == ["rejected", *["stored"] * 4]
    assert "分包没有到齐" in str(outcomes(record)[0][1])
    assert accounts(record) == (5, 4, 0, 1)
    assert pending(record) == 0
    with record.read() as cx:
        assert set(cx.execute(select(series.c.value)).scalars()) == {9.0}


def test_packets_over_two_messages_and_a_restart_are_one_statement(
    record: Record, intake: Intake
) -> None:
    clock = Clock()
    body = "0001 260806160005 F1F1005160000148 F0F02608061600 392300024320 38121260"
    text = bytes.fromhex(body).hex()
    topic = "linkage/v1/alert/water/gw-7"

    def send(intake: Intake, frame: bytes) -> None:
        broker = Broker([message(1, frame, topic)])
        Worker(broker, intake, record, REGISTRY, clock).run(lambda: not broker.batches)

    send(intake, sl651(0x34, text[:60], packet=(1, 2)))
    send(Intake(record, read_rules(SETTINGS, REGISTRY)), sl651(0x34, text[60:], packet=(2, 2)))
    assert [outcome for outcome, _ in outcomes(record)] == ["stored", "stored"]
    assert pending(record) == 0
