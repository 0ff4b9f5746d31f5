"""The queue in a flood: one line for many, each of them a click, a search or a look away."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from linkage.kinds import Kind
from linkage.tables import warning
from linkage.vocabulary import Severity, WarningStatus
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.onrecord import put_warning
from tests.parts import wait_until

LINE = ".row.fold"


def flood(desk: Desk, headline: str = "路口积水", **columns: Any) -> list[int]:
    """Eight flooded streets in the rainstorm, and one with people trapped in a car."""
    now = datetime.now(UTC)
    place = {"area_code": "320722", "kind": Kind.WATERLOGGING, "severity": Severity.MODERATE}
    with desk.record.write(now) as w:
        ids = [
            scene.open_incident(w, now, headline=f"{headline}{n}", **(place | columns))
            for n in range(8)
        ]
        ids.append(
            scene.open_incident(w, now, headline=f"{headline}困人", trapped=2, **(place | columns))
        )
    return ids


def warn(desk: Desk, **columns: Any) -> int:
    now = datetime.now(UTC)
    usual: dict[str, Any] = {"at": now, "expires_at": now + timedelta(hours=2)}
    return put_warning(desk.record, ["320722"], **(usual | columns))


def test_similar_reports_stand_under_one_line_and_unfold_at_a_click(
    officer: Officer, desk: Desk
) -> None:
    warned = warn(desk)
    ids = flood(desk)
    officer.situation()
    line = officer.map.locator(LINE)
    line.wait_for()
    assert "内涝 8 起" in line.inner_text()
    assert "暴雨橙色预警" in line.inner_text()
    assert "最重：较重" in line.inner_text()
    trapped = officer.map.locator(f".row[data-id='{ids[-1]}']")
    assert trapped.count() == 1, "who is trapped is never under a line"
    assert officer.map.locator(f".row[data-id='{ids[0]}']").count() == 0
    line.click()
    officer.map.locator(f".row.within[data-id='{ids[0]}']").wait_for()
    officer.page.reload()  # remembered
    officer.map.locator(f".row.within[data-id='{ids[0]}']").wait_for()
    officer.map.locator(LINE).click()
    wait_until(lambda: officer.map.locator(".row.within").count() == 0, 3)
    assert officer.ask(f"board.feed.incidents.has('{ids[0]}')"), "the map has them all"
    end(desk, warned)


def test_a_search_finds_what_is_folded_and_a_choice_on_the_map_unfolds_it(
    officer: Officer, desk: Desk
) -> None:
    warned = warn(desk)
    ids = flood(desk, headline="幸福巷积水")
    officer.situation()
    officer.map.locator(LINE).wait_for()
    officer.map.locator(".search").fill("幸福巷积水3")
    officer.map.locator(f".row[data-id='{ids[3]}']").wait_for()
    officer.map.locator(".search").fill("")
    officer.map.locator(LINE).wait_for()
    officer.ask(f"board.choose('{ids[5]}', 'map')")
    officer.map.locator(f".row.within.selected[data-id='{ids[5]}']").wait_for()
    end(desk, warned)


def end(desk: Desk, warning_id: int, status: WarningStatus = WarningStatus.CANCELLED) -> None:
    with desk.record.write() as w:
        w.cx.execute(
            update(warning)
            .where(warning.c.id == warning_id)
            .values(status=status, ended_at=w.at, revision=w.next_revision())
        )


def test_an_all_clear_is_seen_though_the_sound_is_off_and_everything_filtered(
    officer: Officer, desk: Desk
) -> None:
    """Lesson: silence hid the all-clear."""
    lifted = warn(desk, headline="东海县气象台暴雨橙色预警")
    officer.situation()
    officer.ask("localStorage.setItem('linkage.sound', 'muted')")
    officer.page.reload()
    chip = officer.map.locator(".warning.orange", has_text="东海县气象台")
    chip.wait_for()
    officer.map.locator(".search").fill("没有这样的事件")
    end(desk, lifted)
    clear = officer.map.locator(".warning.clear", has_text="东海县气象台")
    clear.wait_for()
    assert "已解除" in clear.inner_text()
    assert chip.count() == 0
    officer.page.reload()
    clear.wait_for()
    clear.get_by_text("知道了").click()
    wait_until(lambda: clear.count() == 0, 3)


def test_a_warning_ends_on_the_screen_at_its_second_though_nothing_comes(
    officer: Officer, desk: Desk
) -> None:
    officer.situation()
    ends = datetime.now(UTC) + timedelta(seconds=8)
    warn(desk, headline="短时大雾预警", kind="weather", expires_at=ends)
    officer.map.locator(".warning.orange", has_text="短时大雾").wait_for()
    over = officer.map.locator(".warning.clear", has_text="短时大雾")
    over.wait_for()
    assert "已到期" in over.inner_text()
