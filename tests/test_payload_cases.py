"""Hostile, careless and unlucky payloads, case by case: what becomes of each, and that a call
for help is never lost to a detail."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select

from ingest.decode import MAX_BYTES, read_alert
from ingest.holding import Holding
from ingest.json_form import json_object
from ingest.letters import LOST, SIGN_FOR_LOST, plain
from ingest.plain_text import plain_part
from ingest.receive import understand
from ingest.registry import read_registry, read_rules
from ingest.wire import Message
from linkage.alerts import Alert, Classified, Unreadable
from linkage.intake.arrivals import Remark
from linkage.intake.device_state import DeviceState
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.readings.reading import Reading
from linkage.record import Record
from linkage.response.feedback import UnitReport
from linkage.settings import load_settings
from linkage.sources import Source
from linkage.tables import alert as alert_table
from linkage.tables import inbound_message
from linkage.vocabulary import MessageKind, Outcome, PositionNote, Severity
from tests.json_cases import I_KEPT, I_REFUSED, N, Y
from tests.patience import not_for_ever

ROOT = Path(__file__).parents[1]
REGISTRY = read_registry(load_settings({}))
SOURCES = REGISTRY.sources
POLICE, FIRE, EMS = SOURCES["110-cad"], SOURCES["119-cad"], SOURCES["120-cad"]
AT = datetime(2026, 8, 6, 7, 11, tzinfo=UTC)
CALL = json.loads((ROOT / "tests/fixtures/110-cad/tanker-overturned.json").read_bytes())
CALLS = {
    "110-cad": CALL,
    "119-cad": json.loads(
        (ROOT / "tests/fixtures/119-cad/tanker-passed-on-by-110.json").read_bytes()
    ),
    "120-cad": json.loads(
        (ROOT / "tests/fixtures/120-cad/three-poisoned-one-critical.json").read_bytes()
    ),
}


def wire(form: dict[str, Any], charset: str = "utf-8") -> bytes:
    return json.dumps(form, ensure_ascii=False).encode(charset)


def take(source: Source = POLICE, **changes: Any) -> Alert:
    """The call with `changes`; a field that is None is left out."""
    form = {k: v for k, v in {**CALLS[source.id], **changes}.items() if v is not None}
    return read_alert(wire(form), source, AT)


def notes(alert: Alert) -> list[str]:
    return list(alert.facts.get("notes", []))


def refusal(payload: bytes, source: Source = POLICE) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        read_alert(payload, source, AT)
    return refused.value


# ── JSON ──


def in_an_object(value: bytes) -> dict[str, Any]:
    raw = b'{"v":' + value + b"}"
    raw.decode()  # as the door does
    return json_object(raw)


@pytest.mark.parametrize("value", Y, ids=lambda v: ascii(v[:24]))
def test_good_json_is_read(value: bytes) -> None:
    """P01: y, every case."""
    assert in_an_object(value) == {"v": json.loads(value)}


@pytest.mark.parametrize("value", N + I_REFUSED, ids=lambda v: ascii(v[:24]))
def test_bad_json_is_refused_alone_and_inside(value: bytes) -> None:
    """P01: n, every case, and halves of surrogate pairs."""
    for payload in (value, b'{"v":' + value + b"}", b'{"JJDBH":' + value + b"}"):
        assert refusal(payload).reason.startswith(("报文", "空报文"))


@pytest.mark.parametrize("value", I_KEPT, ids=lambda v: ascii(v[:24]))
def test_a_number_beyond_any_machine_word_does_not_spoil_the_rest(value: bytes) -> None:
    """P01, P05: i, every case: taken, its digits kept where they are out of range."""
    assert isinstance(in_an_object(value)["v"][0], (str, float, int))


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000, b'{"a":[' * 20_000])
def test_an_abyss_of_brackets_is_refused_at_once(deep: bytes) -> None:
    """P02: no recursion ends the process, and nobody waits for it."""
    with not_for_ever(10):
        reason = refusal(deep).reason
    assert "嵌套" in reason or "上限" in reason or "完整" in reason


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(number: str) -> None:
    """P03: and never stored as nothing, or as zero."""
    payload = wire(CALL).replace(b'"119.555512"', number.encode())
    assert "完整合法" in refusal(payload).reason


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e400", "9" * 400 + ".5"])
def test_a_coordinate_without_end_is_no_place_and_the_call_is_taken(number: str) -> None:
    """P03: refused by its field, the event kept, never at 0,0."""
    payload = wire(CALL).replace(b'"119.555512"', number.encode())
    alert = read_alert(payload, POLICE, AT)
    assert (alert.point, alert.position_note) == (None, PositionNote.UNREADABLE)
    assert alert.place


@pytest.mark.parametrize("number", ["0/1e400", "-0", "0e0", "0.0", "1e-999"])
def test_zero_in_any_writing_is_no_place(number: str) -> None:
    """P03, P18: -0 is zero too; 0/1e400 is nothing at all."""
    payload = wire(CALL).replace(b'"119.555512"', number.encode())
    if "/" in number:
        assert "完整合法" in refusal(payload).reason
        return
    alert = read_alert(payload, POLICE, AT)
    assert (alert.point, alert.position_note) == (None, PositionNote.ZERO)


def test_a_magnitude_without_end_is_refused_by_name() -> None:
    """P03: a quake of magnitude 1e999."""
    path = ROOT / "tests/fixtures/earthquake/automatic-report.json"
    form = {**json.loads(path.read_bytes()), "M": "@"}
    payload = wire(form).replace(b'"@"', b"1e999")
    why = refusal(payload, SOURCES["earthquake"])
    assert why.field == "M"


@pytest.mark.parametrize(
    "twice",
    [
        '{"JJDBH":"1","JJDBH":"2"}',
        '{"a":1,"\\u0061":2}',
        '{"\\u0061":1,"a":2}',
        '{"x":{"y":[{"k":1,"k":1}]}}',
        '{"x":"\\":","x" :1}',
        '{"a":{},"a":{}}',
        '{"a":1e999,"a":2}',
        '{"":1,"":2}',
    ],
)
def test_a_key_that_stands_twice_is_refused(twice: str) -> None:
    """P04: also nested, also where an escape hides that it is the same."""
    assert "出现两次" in refusal(twice.encode()).reason


@pytest.mark.parametrize(
    ("digits", "kept"),
    [
        (str(2**63), str(2**63)),
        ("1" + "0" * 29, "1" + "0" * 29),
        ("9" * 120, "9" * 120),
    ],
)
def test_a_record_number_of_many_digits_is_kept_as_its_digits(digits: str, kept: str) -> None:
    """P05: 2⁶³, thirty digits, a hundred and twenty."""
    payload = wire({**CALL, "JJDBH": "@"}).replace(b'"@"', digits.encode())
    assert read_alert(payload, POLICE, AT).source_ref == kept


def test_five_thousand_digits_are_no_number_of_a_record_nor_a_telephone() -> None:
    """P05: the call is taken, the telephone cut with a sign, the number replaced by one of ours."""
    raw = wire({**CALL, "JJDBH": "@", "LXDH": "@"}).replace(b'"@"', b"9" * 5000)
    alert = read_alert(raw, POLICE, AT)
    assert alert.source_ref.startswith("无编号-")
    assert alert.caller_phone == "9" * 39 + "…"
    assert "120" in notes(alert)[0]


@pytest.mark.parametrize("value", ["III", True, [], {}, ["2"], 9, "\uff19", 1.5])
def test_a_severity_that_no_table_has_leaves_the_call_and_a_note(value: object) -> None:
    """P06: wrong types and unknown codes: by the table only; the line to add is named."""
    alert = take(JQDJDM=value)
    assert alert.severity is Severity.UNKNOWN
    assert notes(alert)[0].startswith("JQDJDM：")
    assert alert.source_ref == CALL["JJDBH"]


def test_a_code_with_blanks_about_it_is_the_code() -> None:
    """P06: "3 " is 3, as a person reads it."""
    assert take(JQDJDM=" 2 ").severity is take(JQDJDM="2").severity
    assert notes(take(JQDJDM=" 2 ")) == []


@pytest.mark.parametrize("key", ["JQLBDM", "JQLXDM"])
@pytest.mark.parametrize("value", [{}, [], {"x": 1}, ["030000"], True, 1.5])
def test_a_kind_of_another_type_does_not_cost_the_call(key: str, value: object) -> None:
    """P06: the kind by what can be read, else 其他; never refused, never guessed."""
    assert take(**{key: value}).kind in {Kind.HAZMAT_VEHICLE, Kind.OTHER}


# ── a call is taken with its time alone ──

OPTIONAL = {
    "110-cad": sorted(set(CALL) - {"BJSJ", "SFBM"}),
    "119-cad": sorted(set(CALLS["119-cad"]) - {"HRSJ", "SFBM"}),
    "120-cad": sorted(set(CALLS["120-cad"]) - {"call_time"}),
}
CASES = [(source, key) for source, keys in OPTIONAL.items() for key in keys]


@pytest.mark.parametrize(("source", "key"), CASES)
@pytest.mark.parametrize(
    "value",
    [None, "", "约5", True, 1.5, [], {}, ["x"], {"a": 1}, -1, 10**40, "\x07", LOST, "'" * 600],
)
def test_no_single_field_costs_a_call(source: str, key: str, value: object) -> None:
    """P06: whatever stands in any field but the time, the call for help comes in."""
    alert = take(SOURCES[source], **{key: value})
    assert alert.source_ref
    assert alert.occurred_at == take(SOURCES[source]).occurred_at
    assert LOST not in repr(alert)


def test_every_field_wrong_at_once_is_still_a_call_at_that_time() -> None:
    """P06: twenty wrong fields at most; more than that is another system's payload."""
    wrong = {
        key: {"x": 1} for key in ("JQDJDM", "LXDH", "BJRMC", "SFSWHCL", "WXBS", "GXSJ", "SFYL")
    }
    alert = take(**wrong)
    assert len(notes(alert)) == len(wrong)
    assert alert.message_kind is MessageKind.ALERT
    assert not alert.exercise


@pytest.mark.parametrize("value", ["约5", "五", "3人左右", -3, 2.5, True])
def test_a_count_that_is_no_number_is_not_stated(value: object) -> None:
    """P06: not stated is not zero; the officer reads what was written."""
    alert = take(FIRE, SSRS=value)
    assert alert.casualties.injured is None
    assert notes(alert)[0].startswith("SSRS：")


@pytest.mark.parametrize("sent", ["", "   ", None, "3.20701E+19", 3.20701e19, "J" * 121, {}, True])
def test_a_call_without_a_number_gets_one_of_its_content(sent: object) -> None:
    """P28: blank, destroyed by a spreadsheet, too long: the same call again is the same number."""
    alert = take(JJDBH=sent)
    assert alert.source_ref.startswith("无编号-")
    assert alert.source_ref == take(JJDBH=sent).source_ref
    assert alert.source_ref != take(JJDBH=sent, BJNR="另一起").source_ref
    assert "不能据此归并" in notes(alert)[0]


def test_nothing_is_merged_by_a_number_that_a_spreadsheet_ruined() -> None:
    """P28: the reference to another record is dropped, with a note."""
    alert = take(FIRE, **dict.fromkeys(FIRE.references, "1.20058E+13"))
    assert alert.references == ()
    assert "电子表格" in notes(alert)[0]


def test_a_call_of_a_kind_that_is_new_is_taken_as_other_with_the_line_to_add() -> None:
    alert = take(JQLBDM="987654", JQLXDM="", JQXLDM="", JQZLDM="")
    assert (alert.kind, alert.event_code) == (Kind.OTHER, "19000")
    assert "987654" in alert.source_kind
    assert '请在表中补一行 "987654" = …' in notes(alert)[0]


def test_a_department_whose_code_is_new_is_refused_with_the_line_to_add() -> None:
    """A fault signal must not become an incident because nobody knows its code."""
    path = ROOT / "tests/fixtures/fire/fault-is-no-alarm.json"
    why = refusal(path.read_bytes(), SOURCES["fire"])
    assert '请在表中补一行 "故障" = …' in why.reason


@pytest.mark.parametrize(
    "when", ["", None, "昨天", "2026-02-30 10:00:00", {}, "04-01-2016 10:00:00"]
)
def test_a_call_without_a_time_is_refused_and_says_which_form_is_right(when: object) -> None:
    """P24, P25: a time is never guessed."""
    form = {k: v for k, v in {**CALL, "BJSJ": when}.items() if v is not None}
    why = refusal(wire(form))
    assert why.field == "BJSJ"
    assert "YYYY-MM-DD hh:mm:ss" in why.reason


@pytest.mark.parametrize(
    "when",
    [
        "2026-08-06 15:10:02.0",
        "2026-08-06T15:10:02",
        " 2026-8-6 15:10:02",
        "2026-08-06 \uff11\uff15:10:02",
    ],
)
def test_a_call_whose_time_is_spelt_otherwise_is_taken_with_a_note(when: str) -> None:
    """P24: no call is lost to a .0 that Java prints, nor to a digit of another width."""
    alert = take(BJSJ=when, GXSJ=when)
    assert alert.occurred_at == take(BJSJ="2026-08-06 15:10:02").occurred_at
    assert [note.partition("：")[0] for note in notes(alert)] == ["GXSJ", "BJSJ"]


def test_a_value_whose_time_is_spelt_otherwise_is_kept() -> None:
    """P24: of a tank as of a call."""
    form = json.loads((ROOT / "tests/fixtures/work-safety/tank-telemetry.json").read_bytes())
    tanks = SOURCES["work-safety"]
    right, spelt = (
        read_alert(wire({**form, "time": f"{form['time']}{more}"}), tanks, AT)
        for more in ("", ".0")
    )
    assert right == spelt


@pytest.mark.parametrize("key", ["BJRMC", "LXDH"])
def test_a_note_quotes_no_name_and_no_telephone(key: str) -> None:
    """P32: personal data stand in their own columns, never in a note, a light or a log."""
    alert = take(**{key: ["某某某 13900000009"]})
    assert notes(alert) == [f"{key}：无法识别，未采用（内容见原始报文）"]


def test_what_is_secret_is_not_forgiven() -> None:
    """A wrong field beside a secret one: the payload stays out."""
    form = wire({**CALL, "SFBM": "1", "JQDJDM": {}})
    assert isinstance(refusal(form), Classified)


@pytest.mark.parametrize(
    "word", ["否", "不涉密", "非涉密", "普通", "N", "FALSE", "0.0", 0, False, None]
)
def test_a_plain_no_is_not_secret(word: object) -> None:
    assert take(SFBM=word).place == CALL["JQDZ"]


def test_a_word_that_nobody_agreed_on_is_secret_and_says_which_it_was() -> None:
    """Whoever set it up must learn why every call is kept out."""
    why = refusal(wire({**CALL, "SFBM": "内部"}))
    assert isinstance(why, Classified)
    assert why.reason.startswith("SFBM 写作“内部”，不是明确的“否”，按涉密处理")
    long = refusal(wire({**CALL, "SFBM": "此处内容不得出现"}))
    assert "此处" not in long.reason


def test_two_calls_without_a_number_are_two_calls() -> None:
    """P28: 无 and 0 stand where a system has no number."""
    refs = {take(JJDBH=ref, BJNR=text).source_ref for ref in ("无", "0") for text in ("甲", "乙")}
    assert len(refs) == 4
    assert take(GLZJJDBH="无").references == ()


def test_words_of_people_that_are_no_count_are_shown() -> None:
    """P06: nothing that the call-taker typed of people is lost to the officer."""
    alert = take(BKRYQKSM="轻伤2、重伤1", SSRYQKSM="不详", SWRYQKSM="无")
    assert alert.facts["people_words"] == "被困：轻伤2、重伤1"
    assert alert.casualties.trapped is None
    assert "people_words" not in take().facts


def test_the_number_that_called_stands_in_for_one_that_says_nothing() -> None:
    assert take(LXDH="无", BJDH="139-0000-0009").caller_phone == "13900000009"


@given(
    changes=st.dictionaries(
        st.sampled_from(OPTIONAL["110-cad"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers(), max_size=2),
        max_size=12,
    )
)
@settings(max_examples=300, deadline=None)
def test_no_fields_together_cost_a_call(changes: dict[str, Any]) -> None:
    """P06, P07: whatever stands in them."""
    alert = read_alert(json.dumps({**CALL, **changes}).encode(), POLICE, AT)
    assert alert.occurred_at == take().occurred_at
    assert alert.source_ref
    assert LOST not in repr(alert)


# ── words ──

BLNS = (
    "undefined", "null", "NIL", "true", "1/0", "-$1.00", "0x0", "1e100", "NaN", "../../etc/passwd",
    "<script>alert(0)</script>", "'; DROP TABLE users--", "$(touch /tmp/x)", "`ls -al /`",
    "${jndi:ldap://x}", "{{7*7}}", "%s%s%s%n", "田中さんにあげて下さい", "사회과학원", "﷽",
    "👩🏽‍🚒", "🇨🇳", "ﾟ･✿ヾ╲(｡◕‿◕｡)╱✿･ﾟ", "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤", "˙ɐnbᴉlɐ", "\uff11\uff12",  # noqa: RUF001
    '=HYPERLINK("http://x")', "\u00a0", "\u3000火\u3000", "a\u200db", "№ℵ", "\U0002a6d6𠮷野家",
    "CON", "\\\\", "\\u0000", "'\"''", "&lt;b&gt;", "http://a/%%30%30", "Ω≈ç√∫˜µ≤≥÷", "שלום",  # noqa: RUF001
)  # fmt: skip


@pytest.mark.parametrize("words", BLNS)
def test_words_are_kept_as_they_are(words: str) -> None:
    """P07: shown literally; no table of good letters."""
    for payload in (wire({**CALL, "BJNR": words}), json.dumps({**CALL, "BJNR": words}).encode()):
        alert = read_alert(payload, POLICE, AT)
        assert alert.text == words.strip()
        assert notes(alert) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("正常\u202e火\u202c", "正常[U+202E]火[U+202C]"),
        ("\u2066x\u2069", "[U+2066]x[U+2069]"),
        ("a\x07b\x1b[31mc", "ab[31mc"),
        ("a\x85b\x9fc", "abc"),
        ("头\ufeff尾", "头[U+FEFF]尾"),
        ("第一行\n第二行\t完", "第一行\n第二行\t完"),
        ("海\ufffd\ufffd区", "海〓〓区"),
        ("\uffff\ufffe", "[U+FFFF][U+FFFE]"),
    ],
)
def test_what_hides_in_words_is_shown_or_taken_out_and_said(sent: str, kept: str) -> None:
    """P07, P09: bidi controls made visible, control characters removed, both with a note."""
    assert plain(sent) == kept
    alert = read_alert(json.dumps({**CALL, "BJNR": sent, "JQDZ": sent}).encode(), POLICE, AT)
    assert (alert.text, alert.place) == (kept, kept)
    assert bool(notes(alert)) == (sent != kept)


_TURNED = "\u202e"
_WARNING = (ROOT / "tests/fixtures/weather/rainstorm-with-outlines.xml").read_text("utf-8")


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("alert/110-cad", f'{{"{_TURNED * 80}":1,"{_TURNED * 80}":2}}'),
        ("alert/weather", _WARNING.replace("</event>", f"{_TURNED * 76}</event>")),
        ("unit/fire/7", f'{{"state":"{_TURNED * 40}","label":"{_TURNED * 80}"}}'),
    ],
    ids=["a field", "a kind", "a state"],
)
def test_what_is_made_visible_fits_where_it_is_kept(
    record: Record, topic: str, payload: str
) -> None:
    """One letter becomes eight: SQLite counts none, PostgreSQL refuses the whole batch."""
    message = Message(1, f"linkage/v1/{topic}".encode(), payload.encode(), retained=False)
    arrival = understand(message, REGISTRY, AT, Holding())
    Intake(record, read_rules(load_settings({}), REGISTRY)).take_in([arrival], AT)
    with record.read() as cx:
        kept = cx.execute(select(inbound_message.c.field, inbound_message.c.outcome)).one()
        kinds = cx.execute(select(alert_table.c.source_kind)).scalars().all()
    assert len(kept.field or "") <= 80
    assert all(len(kind) == 80 for kind in kinds)
    assert (kept.outcome == Outcome.REJECTED) is ("110-cad" in topic)


def test_lengths_count_characters() -> None:
    """P07: five hundred of them, of whatever width."""
    for letter in ("火", "𠮷", "a"):
        assert len(take(JQDZ=letter * 600).place) == 500
        assert take(JQDZ=letter * 500).place == letter * 500
    assert len(take(JJDBH="𠮷" * 120).source_ref) == 120


def test_nul_is_taken_out_with_a_note() -> None:
    """P09: the same on both databases."""
    alert = read_alert(json.dumps({**CALL, "BJNR": "前\0后\0"}).encode(), POLICE, AT)
    assert alert.text == "前后"
    assert notes(alert) == ["报文含 2 个空字符（NUL），已去掉"]


def test_a_record_number_that_lost_a_letter_is_taken_for_no_other() -> None:
    """P08: two different numbers may both read J〓: each gets one of its content."""
    one, other = (take(JJDBH=f"J{LOST}", BJNR=text) for text in ("甲地起火", "乙地起火"))
    assert one.source_ref != other.source_ref
    assert LOST not in one.source_ref + other.source_ref


# ── character sets ──

CHARSETS = {
    "utf-8": ("utf-8", "utf-8-sig"),
    "gb18030": ("gb18030", "gbk", "gb2312"),
    "utf-16": ("utf-16", "utf-16-le", "utf-16-be"),
    "utf-16-le": ("utf-16-le",),
    "utf-16-be": ("utf-16-be",),
}
PAIRS = [(declared, sent) for declared, all_ in CHARSETS.items() for sent in all_]


@pytest.mark.parametrize(("declared", "sent"), PAIRS)
def test_a_call_reads_the_same_in_its_character_set(declared: str, sent: str) -> None:
    """P08: with and without a byte-order mark, either order."""
    words = json.dumps({**CALL, "SJCPH": "苏GA1234"}, ensure_ascii=False)
    source = replace(POLICE, charset=declared)
    assert read_alert(words.encode(sent), source, AT).place == CALL["JQDZ"]
    if declared.startswith("utf-16-"):
        assert read_alert(("\ufeff" + words).encode(sent), source, AT).place == CALL["JQDZ"]


@pytest.mark.parametrize("declared", [*CHARSETS, "iso-8859-1"])
@pytest.mark.parametrize("sent", ["utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5", "utf-16"])
def test_another_character_set_than_agreed_is_never_stored_as_other_words(
    declared: str, sent: str
) -> None:
    """P08: read as it was meant, or refused; the table never holds a sign for a lost letter."""
    words = json.dumps({**CALL, "SJCPH": ""}, ensure_ascii=False)
    payload = words.encode(sent, errors="replace")
    try:
        alert = read_alert(payload, replace(POLICE, charset=declared), AT)
    except Unreadable:
        return
    assert alert.place == CALL["JQDZ"] or sent == "big5"
    assert LOST not in repr(alert)


@given(words=st.text(max_size=60), charset=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=300, deadline=None)
def test_no_sign_for_a_lost_letter_is_ever_kept(words: str, charset: str) -> None:
    """P08: whatever is sent, U+FFFD included."""
    payload = json.dumps({**CALL, "BJNR": words, "BJRMC": words}, ensure_ascii=False)
    try:
        raw = payload.encode(charset)
    except UnicodeEncodeError:
        return
    try:
        alert = read_alert(raw, replace(POLICE, charset=charset), AT)
    except Unreadable as why:
        assert isinstance(why, Classified) or "编码" in why.reason  # noqa: PT017
        return
    assert LOST not in repr(alert)
    assert alert.text.count(SIGN_FOR_LOST) >= words.strip().count(LOST)


@pytest.mark.parametrize(
    "part",
    [
        Remark(f"心跳{LOST}"),
        Reading(
            source_id="environment",
            station_id=f"MN{LOST}",
            factor="a\u202e",
            value=1.0,
            unit=f"mg{LOST}",
            measured_at=AT,
        ),
        UnitReport(agency_id="119", unit_id=f"u{LOST}", label="\u202e车", state=f"途{LOST}"),
        DeviceState(
            source_id="fire",
            group=f"g{LOST}",
            device=f"g{LOST}/1",
            at=AT,
            pause=timedelta(1),
            alarms=(("火警", take(BJNR=LOST)),),
        ),
    ],
    ids=lambda part: type(part).__name__,
)
def test_frames_and_readings_hide_nothing_either(part: object) -> None:
    """P08: whatever a payload states."""
    told = repr(plain_part(part))
    assert LOST not in told
    assert "\u202e" not in told


def test_a_refusal_quotes_nothing_hidden() -> None:
    """P07, P08: the reason and the field go to a table and to a screen too."""
    form = {**CALL, "JQLBDM": f"\u202e{LOST}\x07", f"\u202e{LOST}": 1}
    for payload in (
        wire({**form, "BJSJ": f"昨{LOST}天\u202e"}),
        f'{{"\u202e{LOST}":1,"\u202e{LOST}":2}}'.encode(),
    ):
        message = Message(1, f"linkage/v1/alert/110-cad{LOST}".encode(), payload, retained=False)
        arrival = understand(message, REGISTRY, AT, Holding())
        told = repr((arrival.source_id, arrival.topic, arrival.content))
        assert LOST not in told
        assert "\u202e" not in told
    message = Message(1, b"linkage/v1/alert/110-cad", wire({"BJSJ": f"{LOST}"}), retained=False)
    content = understand(message, REGISTRY, AT, Holding()).content
    assert isinstance(content, Unreadable)
    assert LOST not in content.reason


# ── size ──


def test_ten_thousand_unknown_fields_and_a_text_of_megabytes_are_refused_by_size() -> None:
    """P10: the raw payload is kept by the intake; a long text within the limit is cut."""
    many = {**CALL, **{f"x{n}": n for n in range(10_000)}}
    assert "字段超过" in refusal(wire(many)).reason
    assert "上限" in refusal(wire({**CALL, "BJNR": "火" * 2_000_000})).reason
    long = take(BJNR="火" * 80_000)
    assert len(long.text) == 20_000
    assert long.text.endswith("…")


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10_000_000])
def test_a_payload_over_the_limit_is_refused(size: int) -> None:
    """T11: one byte or ten megabytes over."""
    assert "上限" in refusal(wire(CALL).ljust(size)).reason


@pytest.mark.parametrize("nothing", [b"", b" ", b"\n\t ", b"\xef\xbb\xbf", b"\0"])
def test_no_payload_is_refused_in_words(nothing: bytes) -> None:
    """T10: zero bytes, blanks, a lone byte-order mark."""
    assert refusal(nothing).reason


def test_names_of_files_in_a_payload_are_only_words() -> None:
    """P37: nothing of a payload is ever used as a path."""
    assert take(BJRMC="../../etc/passwd").caller_name == "../../etc/passwd"


# ── where ──


@pytest.mark.parametrize(
    ("x", "y", "note"),
    [
        (None, None, PositionNote.MISSING),
        ("", "", PositionNote.MISSING),
        ("0", "0", PositionNote.ZERO),
        (0, 0, PositionNote.ZERO),
        ("(0, 0)", "", PositionNote.UNREADABLE),
        ("(0, 0)", "(0, 0)", PositionNote.UNREADABLE),
        (181, 34.6, PositionNote.OUTSIDE),
        (119.2, 91, PositionNote.OUTSIDE),
        ("N30d15m", "E119d", PositionNote.UNREADABLE),
        ("119,2166", "34,5976", PositionNote.UNREADABLE),
        ("117.021", "36.665", PositionNote.OUTSIDE),
        ([119.2], {"y": 34.6}, PositionNote.UNREADABLE),
        (True, False, PositionNote.UNREADABLE),
    ],
)
def test_a_position_that_is_none_has_its_own_mark_and_no_marker(
    x: object, y: object, note: PositionNote
) -> None:
    """P18, P20, P21: absent, zero, out of range, in words, with commas, in another province."""
    alert = take(FXDWJD=x, FXDWWD=y)
    assert (alert.point, alert.position_note) == (None, note)
    assert alert.place == CALL["JQDZ"]
    assert alert.area_code == "320703"  # by the division code that was stated


def test_swapped_numbers_are_put_right_with_their_own_mark() -> None:
    """P19: latitude first."""
    alert = take(FXDWJD=CALL["FXDWWD"], FXDWWD=CALL["FXDWJD"])
    assert alert.position_note is PositionNote.SWAPPED
    assert alert.point == take().point
    assert alert.source_xy == (34.54895, 119.555512)


# ── when ──


def test_hour_24_is_the_next_day_with_a_note() -> None:
    """P25: 24:10 of the 5th."""
    alert = take(BJSJ="2026-08-05 24:10:02")
    assert alert.occurred_at == datetime(2026, 8, 5, 16, 10, 2, tzinfo=UTC)
    assert "已按次日 00 时计" in notes(alert)[0]


@pytest.mark.parametrize(
    "never", ["2026-02-29 10:00:00", "2026-08-06 10:00:60", "2026-02-30 24:00:00"]
)
def test_a_time_that_never_was_is_refused(never: str) -> None:
    """P25: 29 February of 2026, second 60, 30 February."""
    assert "真实存在" in refusal(wire({**CALL, "BJSJ": never})).reason


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (AT + timedelta(minutes=4), True),
        (AT + timedelta(days=1), False),
        (AT.replace(year=2099), False),
        (AT - timedelta(minutes=10), True),
        (AT - timedelta(days=1), True),
        (AT.replace(year=2000), False),
        (datetime(1970, 1, 1, tzinfo=UTC), False),
    ],
)
def test_a_clock_of_another_time_does_not_place_the_event(stated: datetime, kept: bool) -> None:
    """P26, T23: the event is kept; a future or last century's time is a fact, ours places it."""
    local = stated + timedelta(hours=8)
    alert = take(BJSJ=local.strftime("%Y-%m-%d %H:%M:%S"))
    if kept:
        assert "stated_at" not in alert.facts
        assert alert.occurred_at in {stated, AT}
    else:
        assert alert.occurred_at == AT
        assert alert.facts["stated_at"] == stated.isoformat()


@pytest.mark.parametrize("unzoned", ["2026-08-06 15:16:00+08:00", "15:16", 1786000202])
def test_one_time_of_another_form_among_good_ones_costs_only_itself(unzoned: object) -> None:
    """P36: the field is noted, the event kept."""
    alert = take(GXSJ=unzoned)
    assert alert.revision is None
    assert notes(alert)[0].startswith("GXSJ：")


@pytest.mark.parametrize(
    "address",
    [
        "海洲区郁洲路与苍悟路交叉口往南100米好又多超市对面",
        "徐圩新区.港前大道//G228国道北側",
        "东海县石榴街道办事处　　讲习村3组12号（王某家）",
        "连云港市连云港市海州区海州区解放东路",
        "灌云县侍庄街道 山前路 1-2-303",
        "新浦汽车总站东门（原新浦区）",
        "赣榆县青口镇二道街",
    ],
)
def test_addresses_as_people_type_them_are_read_as_they_are(address: str) -> None:
    """P32: wrong letters, doubled words, old names: no exception, nothing changed."""
    assert take(JQDZ=address).place == address
