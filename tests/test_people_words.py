import pytest

from ingest.people_words import in_words, people


@pytest.mark.parametrize(
    ("words", "number"),
    [
        *(("1人", 1), ("2人轻伤", 2), ("受伤3人", 3), ("约五人", 5), ("两名儿童", 2)),
        *(("十人", 10), ("十二人", 12), ("二十人", 20), ("三十五名群众", 35), ("10余人", 10)),
        *(("4", 4), ("三", 3), ("一家6口", 6), ("3 人", 3)),
        *(("1人重伤，2人轻伤", 3), ("受伤3人，其中1人重伤", 3), ("两男一女3人", 3)),
        *(("无", 0), ("无人", 0), ("没有", 0), ("无伤亡", 0), ("无人被困", 0), ("没有人", 0)),
        *(("暂无人员伤亡", 0), ("目前没有人员被困", 0), ("\uff12人", 2), ("约\uff13\uff10人", 30)),
    ],
)
def test_the_words_of_the_call_taker_are_counted(words: str, number: int) -> None:
    assert people({"F": words}, "F") == number


@pytest.mark.parametrize(
    "words",
    [
        "",
        "不详",
        "多人",
        "有人受伤",
        "12楼",
        "数十人",
        "十十人",
        "二三人",
        "轻伤2、重伤1",
        "2.0",
        "3死2伤",
    ],
)
def test_what_is_not_counted_is_not_stated(words: str) -> None:
    assert people({"F": words}, "F") is None


def test_an_absent_field_is_not_stated() -> None:
    assert people({}, "F") is None


def test_what_could_not_be_counted_is_told_in_words() -> None:
    """P06: the officer reads 轻伤2、重伤1 even where no count comes of it."""
    form = {"BK": "不详", "SS": " 轻伤2、重伤1", "X": ""}
    assert in_words(form, "受伤", "SS") == "受伤：轻伤2、重伤1；"
    assert in_words(form, "被困", "BK") == in_words(form, "失踪", "X") == ""
