"""XML that wants to reach the network, the disk or the end of memory; bytes at large."""

import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode import MAX_BYTES, read_alert
from ingest.xml_form import MAX_DEPTH, xml_root
from linkage.alerts import Alert, Classified, Unreadable
from linkage.intake.arrivals import Remark, Several
from linkage.sources import load_sources
from tests.patience import not_for_ever

ROOT = Path(__file__).parents[1]
WEATHER = load_sources(ROOT / "sources.toml")["weather"]
FIXTURES = ROOT / "tests" / "fixtures" / "weather"
BLUE = (FIXTURES / "typhoon-blue.xml").read_bytes()
AT = datetime(2026, 8, 6, 0, 0, tzinfo=UTC)
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
HOSTILE = {
    "laughs": b'<!DOCTYPE a [<!ENTITY l0 "ha">' + LAUGHS + b"]><a>&l9;</a>",
    "file": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "network": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "parameter": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p; %q;]><a/>',
    "quadratic": b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 50_000 + b'">]><a>' + b"&x;" * 900 + b"</a>",
}


def refusal(payload: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        read_alert(payload, WEATHER, AT)
    return refused.value.reason


@pytest.mark.parametrize("name", HOSTILE)
def test_entities_cost_nothing_and_reach_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P11: no network, no file, no expansion: expanded, they would run for hours"""

    def nowhere(*_: object) -> None:
        pytest.fail("the network was called")

    monkeypatch.setattr(socket.socket, "connect", nowhere)
    with not_for_ever(10):
        assert "DTD" in refusal(HOSTILE[name])


def test_an_include_is_only_an_unknown_element() -> None:
    """P11: XInclude, a style sheet and a schema are not followed"""
    more = (
        b'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></x>'
        b"<status>"
    )
    said = read_alert(BLUE.replace(b"<status>", more), WEATHER, AT)
    assert isinstance(said, Alert)
    assert "root:" not in str(said)


@pytest.mark.parametrize("deep", [MAX_DEPTH + 1, 20_000])
def test_an_abyss_is_refused(deep: int) -> None:
    assert "嵌套" in refusal(b"<a>" * deep + b"</a>" * deep)


def test_a_crowd_of_elements_is_refused_in_good_time() -> None:
    """P10: unknown elements by the ten thousand; a field of megabytes"""
    with not_for_ever(10):
        assert "元素超过" in refusal(BLUE.replace(b"</alert>", b"<u/>" * 40_000 + b"</alert>"))
    assert str(MAX_BYTES) in refusal(BLUE.replace(b"</alert>", b"x" * 5_000_000 + b"</alert>"))


@pytest.mark.parametrize(
    ("broken", "where", "said"),
    [
        (BLUE + BLUE.partition(b"?>")[2], "第 40 行", "文档结束后还有内容"),
        (BLUE[:900], "第 ", "可能被截断"),
        (BLUE.replace(b"</scope>", b"</scoop>"), "第 8 行", "起止标签不配对"),
        (BLUE.replace(b"<status>", b"<x:status>"), "第 6 行第 3 个字符处", "前缀没有声明"),
        (BLUE.replace(b"<status>", b"<status>&nbsp;"), "第 6 行", "未定义的实体"),
    ],
)
def test_what_is_no_xml_is_said_in_words_with_its_place(
    broken: bytes, where: str, said: str
) -> None:
    reason = refusal(broken)
    assert where in reason
    assert said in reason


def test_what_a_gateway_pads_with_is_no_part_of_the_document() -> None:
    """P09: NUL behind the document; inside it is refused"""
    assert isinstance(read_alert(b"\0\r\n" + BLUE + b"\0\0\0", WEATHER, AT), Alert)
    assert "不允许的字符" in refusal(BLUE.replace(b"<status>", b"\0<status>"))


BLANKS = {
    "description": "<description>字" + "\u3000 " * 60_000 + "字</description>",
    "references": "<references>" + ", " * 100_000 + "</references>",
    "polygon": "<area><areaDesc>a</areaDesc><polygon>" + "1 " * 100_000 + "</polygon></area>",
    "ring": "<area><areaDesc>a</areaDesc><polygon>" + "34.5,119.3 " * 18_000 + "</polygon></area>",
}


@pytest.mark.parametrize("element", BLANKS)
def test_a_long_text_is_read_in_a_time_that_grows_with_its_length(element: str) -> None:
    """P10: blanks, commas and corners by the ten thousand"""
    before, info, after = BLUE.decode().rpartition("<info>")
    if element == "references":
        before += BLANKS[element]
    else:
        info += BLANKS[element]
    payload = f"{before}{info}{after}".encode()
    assert len(payload) < MAX_BYTES
    with not_for_ever(20):
        read_alert(payload, WEATHER, AT)


ALERT = BLUE.decode().partition("?>")[2].strip()
DE = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"


def envelope(inside: str, status: str) -> str:
    said = f"<distributionStatus>{status}</distributionStatus>"
    piece = f"<contentObject>{inside}</contentObject>"
    return f'<EDXLDistribution xmlns="{DE}">{said}{piece}</EDXLDistribution>'


def wrapped(text: str) -> list[Alert]:
    said = read_alert(text.encode(), WEATHER, AT)
    assert isinstance(said, Several)
    assert all(isinstance(part, Alert) for part in said.parts)
    return [part for part in said.parts if isinstance(part, Alert)]


@pytest.mark.parametrize(("outer", "inner"), [("Exercise", "Actual"), ("Actual", "Test")])
def test_of_envelopes_in_envelopes_the_most_careful_counts(outer: str, inner: str) -> None:
    """P13: one that says exercise makes all inside one; each alert is read once"""
    (one,) = wrapped(envelope(envelope(ALERT, inner), outer))
    assert one.exercise
    cdata = (
        f"<rss><item><description><![CDATA[{envelope(ALERT, inner)}]]></description></item></rss>"
    )
    (one,) = wrapped(cdata)
    assert one.exercise == (inner == "Test")


@pytest.mark.parametrize("status", ["Excercise", "Draft", "System", "演练"])
def test_a_status_that_is_not_live_is_never_live(status: str) -> None:
    """P13: a word that no edition has"""
    with pytest.raises(Unreadable, match="distributionStatus"):
        read_alert(envelope(ALERT, status).encode(), WEATHER, AT)


@pytest.mark.parametrize(
    "word", ["秘密", "不公开", "依申请公开", "NON-PUBLIC", "NOT UNCLASSIFIED", "C"]
)
def test_a_confidentiality_that_is_not_plainly_open_is_secret(word: str) -> None:
    said = f"<combinedConfidentiality>{word}</combinedConfidentiality>"
    payload = envelope(ALERT, "Actual").replace("<contentObject>", f"{said}<contentObject>")
    with pytest.raises(Classified):
        read_alert(payload.encode(), WEATHER, AT)


@pytest.mark.parametrize("word", ["", "公开", "Unclassified", "UNCLASSIFIED AND NOT SENSITIVE"])
def test_an_open_envelope_is_opened(word: str) -> None:
    said = f"<combinedConfidentiality>{word}</combinedConfidentiality>"
    payload = envelope(ALERT, "Actual").replace("<contentObject>", f"{said}<contentObject>")
    assert len(wrapped(payload)) == 1


@pytest.mark.parametrize("status", ["", "Unknown", "NoAppropriateDefault"])
def test_an_envelope_that_leaves_it_open_leaves_it_to_the_alert(status: str) -> None:
    (one,) = wrapped(envelope(ALERT, status))
    assert not one.exercise


@pytest.mark.parametrize(
    "around",
    [
        '<n:alerts xmlns:n="http://feed.example">{}</n:alerts>',
        '<s:Envelope xmlns:s="http://soap.example"><s:Body>{}</s:Body></s:Envelope>',
        "<feed><entry>" + "<entry>" * 20 + "{}" + "</entry>" * 20 + "</entry></feed>",
    ],
)
def test_a_list_a_soap_body_and_entries_in_entries_give_each_alert_once(around: str) -> None:
    assert len(wrapped(around.format(ALERT))) == 1


@pytest.mark.parametrize(
    ("declared", "agreed", "conflict"),
    [
        ("UTF-8", "utf-8", False),
        ("utf8", "utf-8", False),
        ("GB2312", "gb18030", False),
        ("gbk", "gb18030", False),
        ("UTF-16", "utf-16-le", False),
        ("ISO-8859-1", "utf-8", True),
        ("GB2312", "utf-8", True),
        ("utf-16", "utf-8", True),  # a string writer's habit
        ("x-unheard-of", "utf-8", True),
    ],
)
def test_the_prolog_and_our_table_may_not_disagree_in_silence(
    declared: str, agreed: str, conflict: bool
) -> None:
    """P12: a character set in the prolog that is not the agreed one"""
    text = f'<?xml version="1.0" encoding="{declared}"?><a>台风</a>'
    if conflict:
        with pytest.raises(Unreadable, match=f"{declared}.*{agreed}"):
            xml_root(text, agreed)
    else:
        assert xml_root(text, agreed).text == "台风"
    # Where all is ASCII every one of them reads the same.
    assert xml_root(text.replace("台风", "typhoon"), agreed).text == "typhoon"


def test_words_that_hide_their_direction_are_shown_as_what_they_are() -> None:
    """P07: a character that turns the order of writing, in a headline"""
    turned = BLUE.replace("台风蓝色".encode(), "台风&#x202E;蓝色".encode())
    said = read_alert(turned, WEATHER, AT)
    assert isinstance(said, Alert)
    assert "\u202e" not in said.headline
    assert "U+202E" in said.headline


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    for wire in (payload, b"<" + payload, BLUE[:700] + payload):
        with suppress(Unreadable):
            read_alert(wire, WEATHER, AT)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_alert_with_anything_in_it_is_read_or_refused(data: st.DataObject) -> None:
    text = BLUE.decode()
    for _ in range(3):
        at = data.draw(st.integers(0, len(text) - 2))
        end = data.draw(st.integers(at, min(len(text), at + 60)))
        junk = data.draw(st.text(max_size=12) | st.sampled_from(["<polygon>", "</info>", "34,119"]))
        text = text[:at] + junk + text[end:]
    try:
        said = read_alert(text.encode(errors="replace"), WEATHER, AT)
    except Unreadable:
        return
    parts = said.parts if isinstance(said, Several) else (said,)
    assert all(isinstance(part, Alert | Unreadable | Remark) for part in parts)


NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-200, 200)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30),
    st.sampled_from([" ", ",", ", ", "\n"]),
)
def test_any_outline_is_drawn_or_told_and_never_at_zero(
    corners: list[tuple[float, float]], between: str
) -> None:
    """P14, P18: any corners whatever"""
    ring = between.join(f"{lat},{lon}" for lat, lon in corners)
    area = f"<areaDesc>连云港市</areaDesc><polygon>{ring}</polygon>".encode()
    payload = BLUE.replace("<areaDesc>连云港市</areaDesc>".encode(), area)
    said = read_alert(payload, WEATHER, AT)
    assert isinstance(said, Alert)
    (shape,) = said.shapes
    assert shape.note is not None or len(shape.ring) >= 4
    if shape.note is not None:
        assert not shape.ring
        assert said.facts["notes"]
