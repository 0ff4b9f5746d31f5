"""Pictures of every page, from a real start with the demonstration: `make screenshots`.

Starts the whole system in a folder of its own, waits for the tanker accident, issues the joint
response as an officer would, and takes a picture of each page into docs/images/.
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
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from ingest.local_broker import next_free
from linkage.record import Record

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
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


def picture(page: Page, address: str, name: str, settle_s: float = 4.0) -> None:
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(settle_s * 1000)  # the map draws its tiles and markers after that
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


def take_all(page: Page, address: str, record: Record) -> None:
    tanker = until(lambda: first(record, TANKER), 90, "the tanker accident of four systems")
    # The rows of the proposal are drawn last.
    picture(page, f"{address}/incident?incident={tanker}", "proposal", settle_s=8.0)
    page.locator(".st-key-assign_issue button").click()
    until(lambda: first(record, ANSWERED), 60, "a department on its way")
    picture(page, f"{address}/incident?incident={tanker}", "incident")
    until(lambda: first(record, LATE), 150, "a department that is late")
    picture(page, f"{address}/?incident={tanker}", "situation")
    picture(page, f"{address}/responses", "responses")
    report = until(lambda: first(record, REPORT), 240, "the first report to the province")
    picture(page, f"{address}/reports?report={report}", "reports")
    picture(page, f"{address}/warnings", "warnings")
    picture(page, f"{address}/duty", "duty")
    picture(page, f"{address}/exercise", "exercise")
    picture(page, f"{address}/intake", "intake")
    picture(page, f"{address}/analysis", "analysis", settle_s=8.0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--speed", type=float, default=20.0, help="of the demonstration")
    parser.add_argument("--dark", action="store_true", help="in the dark colours")
    options = parser.parse_args()
    chromium = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if chromium is None:
        sys.exit("Chromium is not on this machine; install it with: apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with whole_system(options.speed) as (address, record), sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": 1600, "height": 900},
            color_scheme="dark" if options.dark else "light",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        take_all(page, address, record)
        browser.close()
        record.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
