"""Whatever the bytes are, they can be shown, and what a person did not change stays the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import NotAllowed
from linkage.figures.raw_bytes import (
    MOST_EDITED,
    SHOWN,
    as_hex,
    as_text,
    charsets_of,
    find_byte,
    find_field,
    from_hex,
    from_text,
    hex_excerpt,
    text_excerpt,
    to_hex,
)
from linkage.sources import CHARSETS

some_bytes = st.binary(max_size=5_000) | st.text(max_size=500).map(str.encode)
charsets = st.sampled_from(CHARSETS)


@given(some_bytes, charsets, st.text(max_size=20))
def test_any_bytes_can_be_shown_and_searched(payload: bytes, charset: str, field: str) -> None:
    text = as_text(payload, charset)
    assert "\x00" not in text
    where = find_field(text, field)
    assert where is None or 0 <= where[0] < where[1] <= len(text)
    assert as_hex(payload).isprintable() or "\n" in as_hex(payload)
    find_byte(text)


@given(st.binary(min_size=1, max_size=12_000), charsets, st.data())
def test_the_byte_that_a_reason_names_is_always_shown(
    payload: bytes, charset: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(payload) - 1))
    before, pair, _ = hex_excerpt(payload, at)
    assert bytes.fromhex(pair) == payload[at : at + 1]
    line = before.rpartition("\n")[2]
    assert int(line[:6], 16) + len(line[8:].split()) == at
    whole = "".join(text_excerpt(payload, charset, None, at))
    assert len(whole) <= SHOWN * 8 + 200  # a sign that hides is shown in eight


def test_what_lies_far_behind_is_shown_with_what_stands_around_it() -> None:
    """A refused payload may have a quarter of a megabyte: its beginning says nothing then."""
    far = b'{"a":"' + b"x" * 100_000 + b'","BJSJ":"\xff","z":1' + b"}" * 9_000
    at = far.index(b"\xff")
    before, marked, after = text_excerpt(far, "utf-8", None, at)
    assert (before[-8:], marked, after[:5]) == ('"BJSJ":"', "\ufffd", '","z"')
    assert before.startswith("（前面 ")
    assert after.endswith("未显示）")
    assert hex_excerpt(far, at).marked == "ff"
    assert text_excerpt(far, "utf-8", "BJSJ", None).marked.startswith('"BJSJ"')


def test_a_character_is_not_cut_in_two_where_the_showing_ends() -> None:
    """Half of it would look like a byte that is no character."""
    for shift in range(3):
        payload = b"x" * shift + "报".encode() * SHOWN
        assert "\ufffd" not in as_text(payload, "utf-8")


@given(some_bytes)
def test_pairs_come_back_as_the_bytes_they_were(payload: bytes) -> None:
    assert from_hex(to_hex(payload)) == payload


@given(some_bytes, charsets)
def test_text_that_nobody_changed_is_the_same_bytes(payload: bytes, declared: str) -> None:
    for read_as in charsets_of(payload, declared):
        text = payload.decode(read_as)
        try:
            again = from_text(text, payload, read_as, read_as)
        except NotAllowed:
            continue
        # Some character sets can be written in more than one way: what it says is the same.
        assert again.decode(read_as) == text


def test_the_line_ends_that_a_browser_changes_are_put_back() -> None:
    was = b'{"a":1,\r\n"b":2}'
    assert from_text('{"a":1,\n"b":3}', was, "utf-8", "utf-8") == b'{"a":1,\r\n"b":3}'


def test_a_sign_that_the_character_set_lacks_is_named() -> None:
    with pytest.raises(NotAllowed, match="“报”不在约定的 iso-8859-1"):
        from_text("报警", b"x", "utf-8", "iso-8859-1")


def test_what_is_too_large_for_a_form_is_changed_by_command() -> None:
    assert charsets_of(b" " * (MOST_EDITED + 1), "utf-8") == []


@pytest.mark.parametrize(
    ("text", "field", "found"),
    [
        ('{"a":{"BJSJ" : "昨天"}}', "a.BJSJ", '"BJSJ" : "昨天"'),
        ('{"BJSJ":12,"x":1}', "BJSJ", '"BJSJ":12'),
        ("<alert><cap:sent>昨天</cap:sent></alert>", "sent", "<cap:sent>昨天"),
        ("QN=1;CN=2011;MN=7", "CN", "CN=2011"),
        ('{"BJSJ":"昨天', "BJSJ", '"BJSJ":"昨天'),
        ("{}", "BJSJ", None),
        ("{}", None, None),
    ],
)
def test_the_field_is_found_in_the_text(text: str, field: str | None, found: str | None) -> None:
    where = find_field(text, field)
    assert (text[slice(*where)] if where else None) == found


def test_the_byte_that_a_reason_names() -> None:
    assert find_byte("报文第 155 字节不是约定的 utf-8 编码") == 154
    assert find_byte("（JSON is malformed: invalid character (byte 261)）") == 261
    assert find_byte("缺少编号") is None


@pytest.mark.parametrize(
    ("payload", "charset", "shown"),
    [
        (b"a\x1b[2Jb\x00", "utf-8", "a[1b][2Jb[00]"),
        (b"\x9b2J", "iso-8859-1", "[9b]2J"),
        ("甲\u202e乙\u200b丙\u2028丁".encode(), "utf-8", "甲[U+202E]乙[U+200B]丙[U+2028]丁"),
        ("水位 3.5 米\t\n".encode("gb18030"), "gb18030", "水位 3.5 米\t\n"),
    ],
)
def test_nothing_in_a_payload_moves_a_screen_or_a_terminal(
    payload: bytes, charset: str, shown: str
) -> None:
    assert as_text(payload, charset) == shown
