import re

from linkage.event_codes import EVENT_CODES, known_code, siblings
from linkage.kinds import Kind


def test_every_kind_of_ours_has_a_code_of_the_standard() -> None:
    assert all(known_code(kind.event_code) for kind in Kind)


def test_codes_have_the_shape_of_the_standard_and_a_name() -> None:
    assert all(re.fullmatch(r"1[0-49][A-Z0][0-9]{2}", code) for code in EVENT_CODES)
    assert all(name.strip() for name in EVENT_CODES.values())


def test_a_code_in_a_gap_of_the_standard_is_unknown() -> None:
    assert known_code("14A08") is None
    assert known_code("11H01") is None
    assert known_code("11A6") is None


def test_the_two_numberings_of_flash_flood_are_one() -> None:
    assert known_code("11A06") == known_code("11A51") == "11A51"


def test_a_wrong_code_is_answered_with_its_neighbours() -> None:
    assert siblings("12N09")[:2] == ["12N00", "12N01"]
    assert siblings("fire") == []
