"""统计研判 and 接入状态 in a real browser: the map is drawn, files arrive, text stays text."""

import csv
import io
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from linkage.record import Record
from linkage.vocabulary import Outcome
from tests.browser.desk import QUIET, Desk, Officer, take_a_seat
from tests.parts import wait_until
from tests.past import put_account, put_message

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> ${alert(3)} `x` **粗**"


def view(officer: Officer, name: str) -> None:
    officer.visit("/analysis")
    officer.page.get_by_role("radio", name=name, exact=True).click()


def test_the_density_map_is_drawn_without_anybody_elses_map(officer: Officer) -> None:
    view(officer, "空间分布")
    chart = officer.page.locator("[data-testid='stDeckGlJsonChart'] canvas").first
    chart.wait_for()
    expect(officer.page.get_by_text("最密集处")).to_be_visible()
    expect(officer.page.locator("#density_webgl")).to_be_hidden()

    def background_asked_for() -> bool:
        officer.page.title()  # what the browser asked for is heard while it is spoken to
        return any(url.endswith("/live/no_background.json") for url in officer.asked)

    wait_until(background_asked_for, 15)
    assert officer.elsewhere() == []


@pytest.fixture
def blind(desk: Desk, browser: Browser) -> Iterator[Page]:
    """A browser that has no WebGL, as some desks have none."""
    kind = browser.browser_type
    plain = kind.launch(
        executable_path=shutil.which("chromium"), args=[*QUIET, "--disable-3d-apis"]
    )
    with take_a_seat(plain, desk) as seat:
        page = seat.new_page()
        page.goto(f"{desk.url}/analysis")
        yield page
    plain.close()


def test_without_webgl_the_page_says_so_and_the_table_is_there(blind: Page) -> None:
    blind.get_by_role("radio", name="空间分布", exact=True).click()
    expect(blind.locator("#density_webgl")).to_be_visible()
    expect(blind.locator("#density_webgl")).to_contain_text("没有开启 WebGL")
    expect(blind.get_by_text("最密集处")).to_be_visible()


def test_files_arrive_with_as_many_rows_as_the_screen_shows(officer: Officer, desk: Desk) -> None:
    view(officer, "导出")
    why = officer.page.get_by_label("用途（必填，写入处置记录）")
    why.fill("周报")
    why.press("Enter")
    link = officer.page.get_by_role("link", name="导出 CSV 表格")
    expect(link).to_have_attribute("href", re.compile("/api/export/"))
    total = officer.page.locator("[data-testid='stMetricValue']").first.inner_text()
    with officer.page.expect_download() as coming:
        link.click()
    name = coming.value.suggested_filename
    assert name.startswith("联动事件_")
    text = Path(coming.value.path()).read_bytes().decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) - 1 == int(total.replace(",", ""))


def refuse(record: Record) -> int:
    now = datetime.now(UTC)
    with record.write(now) as w:
        put_account(w, "stranger" + HOSTILE[:20], now, rejected=1)
        return put_message(w, "110-cad", now, Outcome.REJECTED, HOSTILE.encode(), reason=HOSTILE)


def test_a_hostile_refusal_stays_a_text(officer: Officer, desk: Desk) -> None:
    refused = refuse(desk.record)
    officer.visit("/intake")
    officer.page.get_by_text(HOSTILE).first.wait_for()
    assert officer.page.locator("img[src='x']").count() == 0
    officer.visit(f"/intake?message={refused}")
    expect(officer.page.locator("[data-testid='stMain']")).to_contain_text("返回列表")
    main = officer.page.locator("[data-testid='stMain']")
    main.locator("[class*='st-key-uncover_'] button").first.click()  # who called is covered
    wait_until(lambda: main.inner_text().count(HOSTILE) >= 2, 20, "the reason, and the bytes")
    assert officer.page.locator("img[src='x']").count() == 0
    assert officer.dialogs == []
