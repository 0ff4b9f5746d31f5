"""Pictures of every page, in both themes and both languages: `make screenshots`.

Starts the whole system with the demonstration in a folder of its own, waits for the tanker
accident, issues the joint response as an officer would, and takes a picture of each page: in
Chinese and light into docs/images/, the others, to be looked at, into data/run/pictures/.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from ingest.local_broker import next_free
from linkage.access.preferences import keep_preference
from linkage.record import Record

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
OTHERS = ROOT / "data" / "run" / "pictures"
SIZE: ViewportSize = {"width": 1440, "height": 900}
COLOURS = 128  # of a picture: a third of the bytes, and no difference to the eye
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
TANKER = "SELECT id FROM incident WHERE kind = 'hazmat_vehicle' AND alert_count >= 4"
ANSWERED = "SELECT 1 FROM assignment WHERE status IN ('en_route', 'on_scene') LIMIT 1"
REPORT = "SELECT id FROM report WHERE stage = 'first' AND NOT exercise LIMIT 1"
LATE = "SELECT 1 FROM assignment WHERE status = 'issued' AND acknowledge_due_at < datetime('now')"


def until(asked: Callable[[], object], seconds: float, what: str) -> object:
    deadline = time.monotonic() + seconds
    while not (answer := asked()):
        if time.monotonic() > deadline:
            sys.exit(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.2)
    return answer


@contextmanager
def whole_system(speed: float) -> Iterator[tuple[str, Record]]:
    """The page's address and the record of a start of its own."""
    folder = Path(tempfile.mkdtemp(prefix="linkage-pictures-"))
    port = next_free(8700)
    own = {"LINKAGE_DATA": str(folder), "LINKAGE_DESK_PORT": str(port)}
    screen = folder / "screen"
    with screen.open("wb") as out:
        start = subprocess.Popen(
            (sys.executable, "start.py", "--speed", str(speed)),
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=out,
            stderr=out,
        )
    try:
        until(lambda: "请打开" in screen.read_text(encoding="utf-8"), 120, "the start")
        yield f"http://127.0.0.1:{port}", Record(f"sqlite:///{folder}/linkage.db")
    finally:
        start.send_signal(signal.SIGINT)
        start.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def first(record: Record, query: str) -> object:
    with record.read() as cx:
        return cx.exec_driver_sql(query).scalar()


class Dress(NamedTuple):
    """How the pages look: `theme` and `language`."""

    theme: Literal["light", "dark"]
    language: str

    @property
    def folder(self) -> Path:
        usual = self == DRESSES[0]
        return IMAGES if usual else OTHERS / f"{self.theme}-{self.language}"


DRESSES = (Dress("light", "zh"), Dress("dark", "zh"), Dress("light", "en"), Dress("dark", "en"))
# Who looks at what; {tanker} and {report} as they came to be numbered.
PAGES = {
    "officer": {
        "situation": "/?incident={tanker}",
        "wall": "/wall",
        "incident": "/incident?incident={tanker}",
        "responses": "/responses",
        "reports": "/reports?report={report}",
        "warnings": "/warnings",
        "duty": "/duty",
        "exercise": "/exercise",
        "intake": "/intake",
        "analysis": "/analysis",
        "own": "/own",
    },
    "fire": {"department": "/department"},
    "security": {"accounts": "/accounts"},
    "audit": {"audit": "/audit"},
}


def seat(browser: Browser, address: str, who: str, dress: Dress) -> BrowserContext:
    """Signed in as one of the cast."""
    context = browser.new_context(
        viewport=SIZE, color_scheme=dress.theme, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(60_000)
    language = {"name": "linkage_language", "value": dress.language, "url": address}
    context.add_cookies([language])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    # The departments are folded away.
    page.locator(f"button[value='demo.{who}']").evaluate("(button) => button.click()")
    page.wait_for_selector("[data-testid=stApp]")
    page.close()
    return context


def speak(record: Record, who: str, language: str) -> None:
    mine = f"SELECT id FROM account WHERE login = 'demo.{who}'"
    keep_preference(record, int(str(first(record, mine))), "language", language)


def picture(page: Page, address: str, file: Path, settle_s: float = 5.0) -> None:
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.wait_for_timeout(settle_s * 1000)  # the map draws its tiles and markers after that
    shot = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    file.parent.mkdir(parents=True, exist_ok=True)
    shot.save(file, optimize=True)
    print(file.relative_to(ROOT), flush=True)


def prepare(page: Page, address: str, record: Record) -> dict[str, object]:
    """The evening as far as the pictures show it."""
    tanker = until(lambda: first(record, TANKER), 120, "the tanker accident of four systems")
    # The rows of the proposal are drawn last.
    proposal = DRESSES[0].folder / "proposal.png"
    picture(page, f"{address}/incident?incident={tanker}", proposal, settle_s=8.0)
    page.locator(".st-key-assign_issue button").click()
    until(lambda: first(record, ANSWERED), 90, "a department on its way")
    until(lambda: first(record, LATE), 150, "a department that is late")
    report = until(lambda: first(record, REPORT), 240, "the first report to the province")
    return {"tanker": tanker, "report": report}


def take_all(browser: Browser, address: str, record: Record) -> None:
    with seat(browser, address, "officer", DRESSES[0]) as context:
        numbers = prepare(context.new_page(), address, record)
    for dress in DRESSES:
        anybody = browser.new_context(viewport=SIZE, color_scheme=dress.theme, locale="zh-CN")
        with anybody:
            picture_of = dress.folder / "sign-in.png"
            door = anybody.new_page()
            door.goto(f"{address}/sign-in")
            picture_of.parent.mkdir(parents=True, exist_ok=True)
            door.screenshot(path=picture_of)
        for who, pages in PAGES.items():
            with seat(browser, address, who, dress) as context:
                speak(record, who, dress.language)
                page = context.new_page()
                for name, path in pages.items():
                    picture(page, address + path.format(**numbers), dress.folder / f"{name}.png")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--speed", type=float, default=20.0, help="of the demonstration")
    options = parser.parse_args()
    chromium = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if chromium is None:
        sys.exit("Chromium is not on this machine; install it with: apt-get install chromium")
    with whole_system(options.speed) as (address, record), sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        take_all(browser, address, record)
        browser.close()
        record.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
