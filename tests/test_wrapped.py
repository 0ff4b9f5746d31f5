"""Calls as real gateways wrap them: in envelopes, in another case, several in one payload."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ingest.decode import read_alert
from ingest.wrapped import documents, path_of_records, quoted
from linkage.alerts import Alert, Classified, Impostor, Unreadable
from linkage.intake.arrivals import Several
from linkage.sources import Source, load_sources

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")
AT = datetime(2026, 8, 6, 7, 15, tzinfo=UTC)
POLICE, HEALTH = SOURCES["110-cad"], SOURCES["health"]


def form(case: str, charset: str = "utf-8") -> dict[str, Any]:
    raw = (ROOT / "tests/fixtures" / f"{case}.json").read_bytes()
    return dict(json.loads(raw.decode(charset)))


CALLS = {
    "110-cad": form("110-cad/tanker-overturned"),
    "119-cad": form("119-cad/tanker-passed-on-by-110"),
    "120-cad": form("120-cad/three-poisoned-one-critical"),
    "122-cad": form("122-cad/rear-end-collision", "gb18030"),
}
CALL = CALLS["110-cad"]


def wire(said: object, source: Source = POLICE) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode(source.charset)


def parts(payload: bytes, source: Source = POLICE) -> tuple[object, ...]:
    said = read_alert(payload, source, AT)
    return said.parts if isinstance(said, Several) else (said,)


def refusal(payload: bytes, source: Source = POLICE) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        read_alert(payload, source, AT)
    return refused.value


@pytest.mark.parametrize("source_id", CALLS)
def test_a_call_in_an_envelope_is_the_call(source_id: str) -> None:
    """P06: code, msg and data around it, as most web services answer."""
    source, call = SOURCES[source_id], CALLS[source_id]
    (plain,) = parts(wire(call, source), source)
    other_case = {k.swapcase(): v for k, v in call.items()}
    for shape in (
        {"code": "0", "msg": "SUCCESS", "data": call},
        {"code": 0, "data": {"list": [call], "total": 1}},
        {"head": {"seq": 5}, "body": {"record": call}},
        {"type": "JQ", "data": json.dumps(call)},
        {"result": json.dumps([call])},
        other_case,
        {"data": other_case},
        [call],
        [other_case],
        json.dumps(call),
    ):
        assert parts(wire(shape, source), source) == (plain,), shape


def test_several_calls_in_an_envelope_are_parts_and_a_wrong_one_refuses_itself() -> None:
    wrong = {**CALL, "BJSJ": "刚才"}
    good, bad = parts(wire({"data": [CALL, wrong]}))
    assert isinstance(good, Alert)
    assert isinstance(bad, Unreadable)


def test_what_is_around_a_call_hides_no_secret_and_no_other_name() -> None:
    """T02: an envelope is looked into before anything of it is taken."""
    secret, other = {**CALL, "SFBM": "1"}, {**CALL, "source_id": "119-cad"}
    for shape in ({"data": secret}, {"data": json.dumps(secret)}, {"d": {"l": [CALL, secret]}}):
        assert isinstance(refusal(wire(shape)), Classified)
    assert isinstance(refusal(wire({"data": other})), Impostor)
    assert isinstance(refusal(wire(CALL) + b"\n" + wire(secret)), Classified)
    assert isinstance(refusal(wire(CALL) + b"\n" + wire(other)), Impostor)


def test_an_envelope_without_a_call_is_refused_for_its_time() -> None:
    for shape in ({}, {"data": {}}, {"data": []}, {"data": {"a": {"b": {"c": {"d": CALL}}}}}):
        assert refusal(wire(shape)).field == "BJSJ"


@pytest.mark.parametrize("between", ["\n", "\r\n", "", "\n\n", "\n\x1e"])
def test_records_one_behind_the_other_are_read_each(between: str) -> None:
    """P31: lines of JSON, whatever parts them; the line that is cut off is named by its byte."""
    one, two = CALL, {**CALL, "JJDBH": "J2"}
    first, second = wire(one), wire(two)
    glue = between.encode()
    read = parts(first + glue + second)
    assert [part.source_ref for part in read if isinstance(part, Alert)] == [CALL["JJDBH"], "J2"]
    good, cut = parts(first + glue + second[:-30])
    assert isinstance(good, Alert)
    assert isinstance(cut, Unreadable)
    assert f"第 {len(first + glue) + 1} 字节起" in cut.reason
    assert "中断" in cut.reason


def test_what_stands_behind_a_record_and_is_none_refuses_the_payload() -> None:
    """P01: a document is a document."""
    for more in (b"}", b"x", b"[]", b"#{}", b",{}"):
        assert "完整合法" in refusal(wire(CALL) + more).reason
    assert documents("{}" * 2000, 1000) is None
    assert documents("{}\n{", 1000) == ["{}", "{"]
    assert quoted('"{\\"a\\":1}"') == '{"a":1}'
    assert quoted('"[\\ud800"') is quoted('"x"') is quoted("{}") is None


def test_the_end_of_a_buffer_in_c_is_taken_off_with_a_note() -> None:
    """P09: NUL behind the text."""
    (call,) = parts(wire(CALL) + b"\0\0\0")
    assert isinstance(call, Alert)
    assert call.facts["notes"] == ["报文末尾有 3 个空字节，已去掉"]
    assert refusal(b"\0\0").reason == "空报文"
    (same,) = parts(
        (json.dumps(CALL) + "\0").encode("utf-16-le"), replace(POLICE, charset="utf-16")
    )
    assert isinstance(same, Alert)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b'{"a":1', "到第 6 字节处中断，请检查是否截断"),
        (b'{"BJNR":"a\nb"}', "第 11 字节是文字里未转义的换行（应写 \\n）"),
        (b'{"BJNR":"a\tb"}', "未转义的制表符"),
        (b'{"a":"\x1b"}', "未转义的控制字符 1B"),
        (b'{"a":1,}', "第 7 字节处多一个逗号"),
        (b"{'a':1}", "第 2 字节处的字段名没有双引号"),
        (b'{"a":1}]', "第 8 字节起另有内容"),
        (b'{"a":NaN}', "第 6 字节处的 NaN 或 Infinity 不是数值"),
        (b'{"a":-Infinity}', "NaN 或 Infinity"),
        (b"<alarm/>", "开头应为 { 或 [，收到的像是 XML"),
        ("救命".encode(), "开头应为 { 或 [，收到的不是 JSON"),
        (b"JJDBH,BJSJ", "开头应为 { 或 ["),
        (b'{"a" 1}', "第 6 字节处不合语法"),
    ],
)
def test_a_payload_that_is_no_json_says_where_and_what_to_do(payload: bytes, words: str) -> None:
    why = refusal(payload)
    assert why.reason.startswith("报文不是完整合法的 JSON：")
    assert words in why.reason


def test_another_character_set_is_named_with_the_line_to_change() -> None:
    """P08: decoded strictly; what it seems to be is said, not used."""
    gbk = json.dumps(CALL, ensure_ascii=False).encode("gb18030")
    said = refusal(gbk).reason
    assert '像是 gb18030，请核对 sources.toml [[source]] "110-cad" 的 charset' in said
    assert "像是 utf-16" in refusal(json.dumps(CALL).encode("utf-16")).reason
    for sent in ("utf-8", "gb18030", "utf-16-be"):
        payload = json.dumps(CALL, ensure_ascii=False).encode(sent)
        assert f"像是 {sent}" in refusal(payload, replace(POLICE, charset="utf-16-le")).reason


def test_a_department_in_an_envelope_is_told_the_line_to_write(tmp_path: Path) -> None:
    """P06: a field map states where its records are: named, not guessed; one bare record serves."""
    card = form("health/flu-in-a-school")
    envelope = wire({"code": 0, "data": {"rows": [card]}})
    why = refusal(envelope, HEALTH)
    assert why.reason.endswith('请在 sources.toml [[source]] "health" 写 records = "data.rows"')
    told = replace(HEALTH, records="data.rows")
    assert len(parts(envelope, told)) == 1
    bare = wire({"data": {"rows": card}})
    assert parts(bare, told) == parts(wire(card), HEALTH)
    assert path_of_records({"data": json.dumps(card)}, "card") is None
