"""What an officer sees when a page fails for a fault of ours."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import scene
from tests.browser.desk import ROOT, Desk, Officer, take_a_seat


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[tuple[Desk, int]]:
    """A desk whose grading table was deleted under it, and an incident."""
    tables = tmp_path / "tables"
    shutil.copytree(ROOT / "data", tables, ignore=shutil.ignore_patterns("*.db*", "run", "broker"))
    house = Desk(tmp_path)
    ids = scene.evening(house.record)
    house.start(LINKAGE_TABLES=str(tables))
    (tables / "grading.toml").unlink()
    yield house, ids[0]
    house.stop()
    house.record.close()


def test_a_page_that_fails_says_so_in_chinese_with_a_number_and_nothing_of_the_inside(
    browser: Browser, broken: tuple[Desk, int]
) -> None:
    """D14: a Chinese message with a number that the log has too; no stack, no path, no SQL."""
    house, incident_id = broken
    with take_a_seat(browser, house) as seat:
        officer = Officer(seat, house)
        officer.visit(f"/incident?incident={incident_id}")
        said = officer.page.get_by_text("页面出错了，编号").inner_text()
        shown = officer.page.inner_text("body")
    found = re.search(r"编号 (\d{4}-\d{6}-[0-9a-f]{4})", said)
    assert found
    log = (house.folder / "desk.log").read_text("utf-8")
    assert found[1] in log
    assert "grading.toml" in log[log.index(found[1]) :]
    for inside in ("Traceback", "grading.toml", str(ROOT), "BadConfig", "SELECT", "redacted"):
        assert inside not in shown
