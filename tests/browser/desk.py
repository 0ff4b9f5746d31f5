"""The dashboard as it is started in earnest, and a browser that may not leave this machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    FrameLocator,
    Page,
    Request,
    ViewportSize,
    sync_playwright,
)

from dashboard.entrance import COOKIE
from linkage.people import Actor
from linkage.record import Record
from linkage.schema import migrate
from tests.parts import free_port, missing, wait_until
from tests.signing import OFFICER, sit_down

ROOT = Path(__file__).parent.parent.parent
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # What a page has compiled serves the next one of the same desk as long as one stands open.
    "--process-per-site",
)
_LEAVES = ".st-key-incident_tabs [role=tab]"
# A leaf is empty until it is drawn; the tab stands open before the server has heard of it.
_TURNED = """(name) => {
  const open = document.querySelector(".st-key-incident_tabs [role=tab][aria-selected=true]");
  const app = document.querySelector("[data-testid=stApp]");
  const leaf = open && document.getElementById(open.getAttribute("aria-controls"));
  return leaf && leaf.querySelector("[data-testid=stElementContainer]")
    && open.innerText.trim() === name.trim()
    && app.dataset.testScriptState === "notRunning" && !document.querySelector("[data-stale=true]");
}"""
# What a browser says of a script that never came.
_UNSENT = ("Event", "Failed to fetch")
PATIENCE_MS = 30_000  # a machine may be busy
SIZE: ViewportSize = {"width": 1440, "height": 900}


@contextmanager
def start_browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        missing("Chromium", "apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield started
        started.close()


@contextmanager
def take_a_seat(
    browser: Browser, desk: "Desk", who: Actor | None = OFFICER, **options: Any
) -> Iterator[BrowserContext]:
    """A browser of its own. `who`: signed in already; None: nobody. `options`: of the context."""
    usual: dict[str, Any] = {
        "viewport": SIZE,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "color_scheme": "light",
    }
    opened = browser.new_context(**{**usual, **options})
    opened.set_default_timeout(PATIENCE_MS)
    if who is not None:
        sign_in(opened, desk, who)
    yield opened
    opened.close()


def sign_in(context: BrowserContext, desk: "Desk", who: Actor = OFFICER) -> None:
    token = sit_down(desk.record, who)
    context.add_cookies([{"name": COOKIE, "value": token, "url": desk.url}])


def forget(context: BrowserContext, desk: "Desk") -> None:
    """But not what was fetched."""
    context.clear_cookies()
    page = context.new_page()
    told = {"origin": desk.url, "storageTypes": "local_storage"}
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", told)
    page.close()


class Desk:
    """One dashboard process on a record of its own."""

    def __init__(self, folder: Path, record_url: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.record_url = record_url or f"sqlite:///{folder}/linkage.db"
        self.record = Record(self.record_url)
        migrate(self.record)
        self.process: subprocess.Popen[bytes] | None = None
        self.killed = False

    def start(self, **settings: str) -> None:
        own = {
            "LINKAGE_DATABASE_URL": self.record_url,
            "LINKAGE_SOURCES": str(ROOT / "sources.toml"),
            "LINKAGE_DATA": str(self.folder),
        }
        command = [
            *(sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py")),
            *("--server.port", str(self.port)),
        ]
        with (self.folder / "desk.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | own | settings, stdout=log, stderr=log
            )
        wait_until(self._answers, 60, f"the dashboard; {self.folder}/desk.log says why not")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    def kill(self) -> None:
        assert self.process
        self.killed = True
        self.process.kill()
        self.process.wait(5)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/api/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Officer:
    """A browser at the desk that notes where it was sent and what went wrong."""

    def __init__(self, context: BrowserContext, desk: Desk) -> None:
        self.context, self.desk = context, desk
        self.asked: list[str] = []
        self.dialogs: list[str] = []
        self.faults: list[str] = []
        context.on("request", self._note)
        self.page = self.open()

    def open(self) -> Page:
        page = self.context.new_page()
        page.on("dialog", self._dismiss)
        page.on("pageerror", lambda e: self._heed(str(e)))
        return page

    def _heed(self, fault: str) -> None:
        """But not that what a test has killed does not send its scripts."""
        if not (self.desk.killed and fault.startswith(_UNSENT)):
            self.faults.append(fault)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)

    def visit(self, path: str = "/") -> None:
        self.page.goto(self.desk.url + path)

    @property
    def map(self) -> FrameLocator:
        return self.page.frame_locator("iframe[title^='streamlit_folium']")

    def situation(self, path: str = "/") -> None:
        """Go to 态势总览 and wait until it is live."""
        self.visit(path)
        self.map.locator(".light.green").wait_for()
        self.map.locator(".row").first.wait_for()

    def leaves(self) -> Iterator[str]:
        """Turns to every leaf of 事件处置, one after the other: only the open one is drawn."""
        shown = self.page.locator(f"{_LEAVES}[aria-selected=true]")
        shown.wait_for()
        self.page.wait_for_function(_TURNED, arg=shown.inner_text())
        names = self.page.locator(_LEAVES).all_inner_texts()
        for name in names:
            self.page.locator(_LEAVES).get_by_text(name, exact=True).click()
            self.page.wait_for_function(_TURNED, arg=name)
            yield name

    def ask(self, script: str) -> object:
        """The value of `script` inside the map; `board` is ours."""
        return self.map.locator("body").evaluate(
            f"() => {{ const {{board}} = Linkage; return {script}; }}"
        )

    def view(self) -> object:
        """What the map shows: a line that comes below it makes it shorter and moves nothing."""
        return self.ask(
            "[board.map.getZoom(), ...Object.values(board.map.containerPointToLatLng([0, 0]))]"
        )

    def elsewhere(self) -> list[str]:
        """What was asked of other machines."""
        own = urlsplit(self.desk.url).netloc
        local = ("data", "blob", "about")
        return [
            url
            for url in self.asked
            if urlsplit(url).scheme not in local and urlsplit(url).netloc != own
        ]
