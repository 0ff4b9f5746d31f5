"""Times as people write them on a command line."""

from datetime import datetime

import pytest

from ingest.written_time import moment, shown
from linkage.errors import NotAllowed


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22", "2026-11-22 00:00:00"),
        ("2026-11-22T08:05", "2026-11-22 08:05:00"),
        ("2026-11-22 8:05:09", "2026-11-22 08:05:09"),
        ("2026/1/2 8:05", "2026-01-02 08:05:00"),
        ("2026.11.22", "2026-11-22 00:00:00"),
        ("2026年11月22日", "2026-11-22 00:00:00"),
        ("2026年11月22日8时", "2026-11-22 08:00:00"),
        ("2026年11月22日 8点30分", "2026-11-22 08:30:00"),
        ("2026-11-22 20：15", "2026-11-22 20:15:00"),
        ("2026-12-31 24:00", "2027-01-01 00:00:00"),
        (" 2026-11-22   08:00 ", "2026-11-22 08:00:00"),
        ("20261122T0800", "2026-11-22 08:00:00"),
        ("2026-11-22T00:00:00Z", "2026-11-22 08:00:00"),
        ("2026-11-22T09:00+09:00", "2026-11-22 08:00:00"),
    ],
)
def test_it_is_beijing_time_unless_it_says_otherwise(written: str, meant: str) -> None:
    assert shown(moment(written)) == meant
    assert moment(shown(moment(written))) == datetime.fromisoformat(f"{meant}+08:00")


@pytest.mark.parametrize(
    "written",
    [
        *("", "gestern", "8:00", "11-22 8:00", "2026-11-31", "2026-11-22 25:00"),
        *("2026-11-22 24:01", "2026-11-22 8", "2026-13-01", "0000-01-01"),
        *("2026-11-22 8:00下午", "٢٠٢٦-11-22"),
    ],
)
def test_nothing_is_guessed(written: str) -> None:
    with pytest.raises(NotAllowed, match="不是时间；请写北京时间，如"):
        moment(written)
