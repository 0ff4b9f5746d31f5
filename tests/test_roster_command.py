"""`python -m linkage roster`: the roster without a screen; and the demonstration's, taken in so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.simulate.roster import demo_roster
from linkage.__main__ import main
from linkage.beijing import BEIJING
from linkage.duty.listing import empty_shifts, shifts
from linkage.duty.roster import on_post
from linkage.record import Record
from linkage.response_vocabulary import Post
from tests.rosters import ALL, OTHERS, RULES, book

ROOT = Path(__file__).parents[1]


@pytest.fixture
def at_home(record: Record, monkeypatch: pytest.MonkeyPatch) -> Record:
    url = record.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LINKAGE_DATABASE_URL", url)
    return record


def roster(*words: str) -> int:
    return main(["roster", *words])


def test_the_demonstration_begins_with_somebody_on_every_post_for_a_week(
    at_home: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "班表.xlsx"
    file.write_bytes(demo_roster(ROOT / "data" / "demo", RULES, datetime.now(BEIJING).date()))
    assert roster("import", str(file), "--yes", "--first") == 0, capsys.readouterr()
    now = datetime.now(UTC)
    with at_home.read() as cx:
        assert all(on_post(cx, post, now) for post in Post)
        assert empty_shifts(cx, RULES, now) == []
        before = shifts(cx, now)
    assert roster("import", str(file), "--yes", "--first") == 0
    assert "已有班表" in capsys.readouterr().out
    with at_home.read() as cx:
        assert shifts(cx, now) == before
    assert roster("show") == 0
    assert "当班" in capsys.readouterr().out


def test_without_yes_only_the_preview_is_shown(
    at_home: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = f"{datetime.now(BEIJING) + timedelta(days=1):%m-%d}"
    row = (day, "夜班", None, None, *OTHERS[:3], "查无此人")
    file = tmp_path / "班表.xlsx"
    file.write_bytes(book((day, "白班", None, None, *ALL), row))
    assert roster("import", str(file)) == 1
    said = capsys.readouterr().out
    assert "没有写入" in said
    assert "✗ 排班 第 3 行 H 列“带班领导”：人员里没有“查无此人”" in said
    with at_home.read() as cx:
        assert shifts(cx, datetime.now(UTC)) == []


def test_what_is_no_roster_is_named_and_nothing_is_done(
    at_home: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "班表.xls"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert roster("import", str(file), "--yes") == 2
    assert "班表.xls：这是旧版 .xls" in capsys.readouterr().err
    assert roster("import", str(tmp_path / "没有.xlsx")) == 2
    assert roster("show") == 1
    assert "roster template" in capsys.readouterr().out


def test_the_empty_form_is_written_where_it_is_wanted(at_home: Record, tmp_path: Path) -> None:
    assert at_home
    file = tmp_path / "空白.xlsx"
    assert roster("template", str(file)) == 0
    assert file.read_bytes().startswith(b"PK")
