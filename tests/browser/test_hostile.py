"""What a caller says reaches every command browser. It must arrive as text, and the map stand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from linkage.vocabulary import Severity
from tests.browser import scene
from tests.browser.desk import Desk, Officer
from tests.parts import wait_until
from tests.test_escape import HOSTILE

SAID = [text.replace("\x00", "") for text in HOSTILE]  # no database takes a NUL


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Every text field of every incident hostile, in a spot of its own."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    house = Desk(folder)
    now = datetime.now(UTC)
    with house.record.write(now) as w:
        for n, text in enumerate(SAID):
            scene.open_incident(
                w,
                now,
                headline=f"{n:02}{text}",
                place=f"地点{n:02}{text}",
                claimed_by=f"受理{n:02}{text}",
                lon=119.0 + 0.05 * n,
                lat=34.6,
                severity=Severity.MODERATE,
            )
        scene.hostile_surroundings(w, now, SAID)
    house.start()
    yield house
    house.stop()
    house.record.close()


def test_the_queue_shows_each_text_as_it_was_said(officer: Officer) -> None:
    officer.situation()
    officer.map.locator(".list").evaluate("(list) => { list.style.height = '4000px'; }")
    wait_until(lambda: officer.map.locator(".row").count() == len(SAID), 5)
    shown = officer.map.locator(".row .title").evaluate_all(
        "(all) => all.map((e) => e.textContent)"
    )
    assert sorted(shown) == sorted(f"{n:02}{text}" for n, text in enumerate(SAID))


def test_the_map_is_drawn_all_the_same(officer: Officer) -> None:
    officer.situation()
    drawn = "Number(board.marks._container.dataset.drawn)"
    wait_until(lambda: officer.ask(drawn) == len(SAID), 5)


def test_card_hint_and_crowd_show_text_and_run_nothing(officer: Officer) -> None:
    officer.situation()
    scripts = officer.ask("document.scripts.length")
    for n, text in enumerate(SAID):
        officer.ask(
            "(() => { const row = [...board.feed.incidents.values()]"
            f".find((r) => r.title.startsWith('{n:02}'));"
            "board.choose(row.id, 'map'); board.card.hint({rows: [row]}, {x: 50, y: 50});"
            "board.card.choice([row, row], {x: 90, y: 90}); })()"
        )
        assert (
            officer.map.locator(".card .title").evaluate("(e) => e.textContent") == f"{n:02}{text}"
        )
        assert text in str(officer.map.locator(".tip").evaluate("(e) => e.textContent"))
        assert text in str(officer.map.locator(".crowd").evaluate("(e) => e.textContent"))
    assert officer.ask("document.scripts.length") == scripts
    assert officer.map.locator(".stage img, .stage iframe, .stage script").count() == 0
    assert officer.map.locator(".hud a, .side a, .card a, .crowd a, .tip a").count() == 0


def test_warnings_units_and_alarm_show_text_too(officer: Officer, desk: Desk) -> None:
    officer.situation()
    alarm = officer.map.locator(".alarm")

    def rings(text: str) -> bool:
        return text in str(alarm.evaluate("(e) => e.textContent"))

    for text in SAID:
        with desk.record.write() as w:
            scene.open_incident(
                w, datetime.now(UTC), headline=text, place=text, severity=Severity.EXTREME
            )
        wait_until(partial(rings, text), 5)
    assert officer.map.locator(".warned .warning").count() == 4
    assert officer.map.locator(".stage img, .stage script").count() == 0


def test_searching_for_such_words_breaks_nothing(officer: Officer) -> None:
    officer.situation()
    for text in SAID:
        officer.map.locator(".search").fill(text.replace("\n", " ").replace("\r", " "))
    assert officer.ask("board.feed.state") == "live"


@pytest.mark.parametrize("n", [0, 2, 3, 6])
def test_the_incident_page_stands_too(officer: Officer, n: int) -> None:
    officer.visit(f"/incident?incident={n + 1}")
    officer.page.get_by_text(f"{n:02}").first.wait_for()
    for leaf in officer.leaves():
        assert officer.page.locator("[data-testid='stException']").count() == 0, leaf
