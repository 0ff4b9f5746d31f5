"""The door: whatever comes, it becomes an alert or a refusal that an officer can read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest.decode import MAX_BYTES, read_alert
from linkage.alerts import Alert, Classified, Unreadable
from linkage.intake.arrivals import Several
from linkage.sources import CHARSETS, Source, load_sources
from linkage.vocabulary import MessageKind

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")
POLICE = SOURCES["110-cad"]
AT = datetime(2026, 8, 6, 7, 11, tzinfo=UTC)
CALL = json.loads((ROOT / "tests/fixtures/110-cad/tanker-overturned.json").read_bytes())
CAP = (ROOT / "tests/fixtures/weather/typhoon-blue.xml").read_bytes()


def wire(form: dict[str, Any], charset: str = "utf-8") -> bytes:
    return json.dumps(form, ensure_ascii=False).encode(charset)


def refusal(payload: bytes, source: Source = POLICE) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        read_alert(payload, source, AT)
    return refused.value


# ── bytes and character sets ──


@pytest.mark.parametrize("charset", [c for c in CHARSETS if c != "iso-8859-1"])
def test_a_call_reads_the_same_in_every_chinese_character_set(charset: str) -> None:
    there = read_alert(wire(CALL, charset), replace(POLICE, charset=charset), AT)
    assert there == read_alert(wire(CALL), POLICE, AT)


def test_a_latin_system_may_send_latin_bytes() -> None:
    bare = {"JJDBH": "1", "JQLBDM": "030000", "BJSJ": CALL["BJSJ"], "BJRMC": "Müller"}
    alert = read_alert(wire(bare, "iso-8859-1"), replace(POLICE, charset="iso-8859-1"), AT)
    assert alert.caller_name == "Müller"


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_alert(b"\xef\xbb\xbf" + wire(CALL), POLICE, AT).source_ref == CALL["JJDBH"]


def test_the_wrong_character_set_is_refused_and_never_stored_as_other_words() -> None:
    assert "utf-8" in refusal(wire(CALL, "gb18030")).reason
    gb = replace(POLICE, charset="gb18030")
    # Thirty letters of UTF-8 whose bytes happen to pair up as GB18030.
    assert "utf-8 编码" in refusal(wire({"JJDBH": "1", "JQDZ": "火灾" * 15}), gb).reason
    assert read_alert(wire({**CALL, "JQDZ": "联通"}, "gb18030"), gb, AT).place == "联通"


def test_nothing_and_too_much_are_refused() -> None:
    assert refusal(b"").reason == "空报文"
    assert refusal(b"\xef\xbb\xbf  \n").reason == "空报文"
    assert "上限" in refusal(b" " * (MAX_BYTES + 1)).reason
    assert read_alert(wire(CALL).ljust(MAX_BYTES), POLICE, AT).source_ref == CALL["JJDBH"]


# ── JSON ──


@pytest.mark.parametrize(
    "payload",
    [
        *(b"[]", b"1", b'"x"', b"null", b"true", b"{", b"}", b"{}x", b'{"JJDBH":', b"{'a':1}"),
        *(b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":01}'),
        *(b'{"a":"\\ud800"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\t"}', b'{"a":1,}', b"\x00{}"),
        *(b"[" * 100_000, b'{"a":' * 100_000, b'{"a":' + b"[" * 17 + b"]" * 17 + b"}"),
        b'{"a":1e999,"b":NaN}',
        b'{"a":1e999,"b":"\\ud800"}',
        b"{" + b",".join(b'"k%d":1' % n for n in range(1001)) + b"}",
    ],
    ids=lambda p: ascii(p[:16]),
)
def test_what_is_no_good_json_object_is_refused_in_words(payload: bytes) -> None:
    assert refusal(payload).reason.startswith(("报文", "空报文"))


@pytest.mark.parametrize(
    "twice",
    [
        '{"JJDBH":"1","JJDBH":"2"}',
        '{"JJDBH" :"1","JJDBH":"2"}',
        '{"JJDBH"\n:"1","JJDBH"\t:"2","x":"\\":"}',
        '{"x":{"a":1,"a":2}}',
        '{"x":[{"a":1},{"b":1,"b":1}]}',
        '{"a":1,"\\u0061":2}',
    ],
)
def test_a_key_that_stands_twice_is_refused_wherever_it_hides(twice: str) -> None:
    assert "出现两次" in refusal(twice.encode()).reason


@pytest.mark.parametrize("text", ['他说":好"', "a :b", "\n:", '":":":'])
def test_text_that_looks_like_keys_is_only_text(text: str) -> None:
    assert read_alert(wire({**CALL, "BJNR": text}), POLICE, AT).text == text.strip()


def test_nul_is_taken_out_so_that_both_databases_hold_the_same() -> None:
    payload = wire({**CALL, "BJNR": "前\0后", "BJRMC": "\\u0000"})
    alert = read_alert(payload, POLICE, AT)
    assert alert.text == "前后"
    assert alert.caller_name == "\\u0000"  # six characters that were typed, no NUL


# ── who speaks ──


@pytest.mark.parametrize("claim", [{"source": "119-cad"}, {"source": "119"}, {"source_id": "x"}])
def test_a_payload_that_names_another_system_is_not_believed(claim: dict[str, str]) -> None:
    assert "来源不符" in refusal(wire({**CALL, **claim})).reason


@pytest.mark.parametrize("claim", [{"source": "110-cad"}, {"source": "河水"}, {"source_id": ""}])
def test_a_payload_may_name_itself_or_speak_of_sources_of_water(claim: dict[str, str]) -> None:
    assert read_alert(wire({**CALL, **claim}), POLICE, AT).source_id == "110-cad"


# ── 涉密 ──

SECRET = "此处内容不得出现"


@pytest.mark.parametrize(
    "payload",
    [
        wire({**CALL, "SFBM": "1", "BJNR": SECRET}),
        wire({**CALL, "SFBM": 1, "BJNR": SECRET}),
        wire({**CALL, "SFBM": True, "BJNR": SECRET}),
        wire({**CALL, "SFBM": "不清楚", "BJNR": SECRET}),
        wire({**CALL, "SFBM": {"x": 1}, "BJNR": SECRET}),
        wire({**CALL, "BJNR": f"绝密★30年 {SECRET}"}),
        wire({**CALL, "JQDZ": f"机 密 ★ {SECRET}"}),
        wire({**CALL, "别的字段": f"秘密★{SECRET}"}),
        json.dumps({**CALL, "BJNR": f"绝密★{SECRET}"}).encode(),  # all as \\u escapes
        wire({**CALL, "SFBM": "1", "BJNR": SECRET})[:-30],
        wire({**CALL, "SFBM": "1", "BJNR": SECRET}, "gb18030"),
        wire({**CALL, "SFBM": "1", "BJNR": SECRET}, "utf-16"),
        wire({**CALL, "BJNR": f"机密★{SECRET}"}, "gb18030"),
        wire({**CALL, "SFBM": "1", "BJNR": SECRET})[:-1] + b',"SFBM":"0"}',
        wire({**CALL, "sfbm": "1", "BJNR": SECRET}),
        wire({**CALL, "SFBM": "1", "BJNR": SECRET}).ljust(MAX_BYTES + 1),
        f"绝密★{SECRET}".encode(),
    ],
    ids=[str(n) for n in range(17)],
)
def test_what_is_marked_secret_is_refused_first_and_quoted_never(payload: bytes) -> None:
    why = refusal(payload)
    assert isinstance(why, Classified)
    assert SECRET not in why.reason
    assert why.__cause__ is None
    assert SECRET not in str(why.__context__)


@pytest.mark.parametrize("open_", ["0", 0, False, None, "", "否", "公开"])
def test_a_call_that_says_it_is_not_secret_comes_in(open_: object) -> None:
    assert read_alert(wire({**CALL, "SFBM": open_}), POLICE, AT).source_ref


@pytest.mark.parametrize("words", ["涉嫌泄露机密文件", "★★★级酒店起火", "秘密跟踪", "四星★秘"])
def test_speaking_of_secrets_and_stars_is_not_a_marking(words: str) -> None:
    assert read_alert(wire({**CALL, "BJNR": words}), POLICE, AT).text == words


def test_an_unreadable_call_that_is_not_secret_stays_merely_unreadable() -> None:
    for word in ("否", "0", ""):
        why = refusal(wire({**CALL, "SFBM": word, "BJSJ": "昨天"}))
        assert type(why) is Unreadable


# ── clocks ──


def test_a_sender_whose_clock_runs_ahead_is_placed_by_ours_and_its_words_kept() -> None:
    early = read_alert(wire(CALL), POLICE, datetime(2026, 8, 6, 6, 0, tzinfo=UTC))
    assert early.occurred_at == datetime(2026, 8, 6, 6, 0, tzinfo=UTC)
    assert early.facts["stated_at"] == "2026-08-06T07:10:02+00:00"
    assert early.facts["clock_ahead_s"] == 4202


def test_five_minutes_ahead_are_tolerated() -> None:
    stated = datetime(2026, 8, 6, 7, 10, 2, tzinfo=UTC)
    assert read_alert(wire(CALL), POLICE, stated - timedelta(minutes=5)).occurred_at == stated


def test_a_warning_may_begin_in_the_future() -> None:
    received_at = datetime(2026, 8, 1, tzinfo=UTC)
    alert = read_alert(CAP, SOURCES["weather"], received_at)
    assert alert.occurred_at > received_at
    assert "clock_ahead_s" not in alert.facts


# ── anything at all ──

LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KEYS = st.sampled_from(sorted({*CALL, "source", "source_id", "SFYL", "WXBS"}))
ANY_SOURCE = st.sampled_from(sorted(SOURCES)).map(SOURCES.__getitem__)


def only_unreadable(payload: bytes, source: Source) -> Alert | None:
    try:
        alert = read_alert(payload, source, AT)
    except Unreadable as why:
        assert 0 < len(why.reason) < 400  # noqa: PT017 - an alert is as good an outcome
        return None
    if isinstance(alert, Several):
        for part in alert.parts:
            if isinstance(part, Alert):
                keepable(part, source)
        return None
    return keepable(alert, source)


def keepable(alert: Alert, source: Source) -> Alert:
    assert alert.source_id == source.id
    assert 0 < len(alert.source_ref) <= 120
    assert len(alert.source_kind) <= 80
    assert "\0" not in repr(alert)
    repr(alert).encode("utf-8")
    return alert


@given(payload=st.binary(max_size=300), source=ANY_SOURCE)
@settings(max_examples=400)
def test_no_bytes_whatever_bring_the_intake_down(payload: bytes, source: Source) -> None:
    only_unreadable(payload, source)


@given(changes=st.dictionaries(KEYS, VALUES, max_size=4))
@settings(max_examples=400)
def test_no_value_in_a_call_record_brings_the_intake_down(changes: dict[str, Any]) -> None:
    only_unreadable(json.dumps({**CALL, **changes}).encode(), POLICE)


@given(at=st.integers(0, len(CAP) - 1), junk=st.binary(max_size=6), cut=st.integers(0, 40))
@settings(max_examples=400)
def test_no_damage_to_a_warning_brings_the_intake_down(at: int, junk: bytes, cut: int) -> None:
    only_unreadable(CAP[:at] + junk + CAP[at + cut :], SOURCES["weather"])


@given(data=st.data())
@settings(max_examples=300)
def test_no_change_to_any_captured_payload_brings_the_intake_down(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SOURCES)))
    captured = sorted(
        p for p in (ROOT / "tests/fixtures" / name).iterdir() if "expected" not in p.name
    )
    payload = data.draw(st.sampled_from(captured)).read_bytes()
    at = data.draw(st.integers(0, max(len(payload) - 1, 0)))
    only_unreadable(
        payload[:at] + data.draw(st.binary(max_size=3)) + payload[at + 1 :], SOURCES[name]
    )


def test_reading_twice_gives_the_same_alert() -> None:
    again: Callable[[], Alert] = lambda: read_alert(wire(CALL), POLICE, AT)  # noqa: E731
    assert again() == again()
    assert again().message_kind is MessageKind.ALERT
