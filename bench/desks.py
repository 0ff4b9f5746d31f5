"""Twenty desks before five thousand open incidents, ten updates a second: how soon, at what cost.

Three contenders in one run on records of one making: our dashboard; the page a tutorial gives
(Streamlit and folium, drawn whole again and again); the bare page, which is the limit. Two real
browsers each; the other desks speak the protocols without one.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Error, Page
from sqlalchemy import select

from bench.children import child, end_of, memory_mb, running
from bench.screen import STOPWATCH, cpu_seconds
from dashboard.entrance import COOKIE
from linkage.tables import incident
from tests.browser.desk import Desk, Officer, start_browser, take_a_seat
from tests.browser.watchers import a_storm_of
from tests.parts import free_port, wait_until
from tests.signing import sit_down

ROOT = Path(__file__).parents[1]
# Note in the page when a claim was first on its list, as the bare page does.
CLAIMS = """(window.claimedAt = new Map()) &&
board.feed.addEventListener("change", ({ detail }) => {
  for (const row of detail.changed) {
    if (row.claimed_by && !claimedAt.has(row.id)) claimedAt.set(row.id, Date.now());
  }
})"""
# A page that needs longer for one look at the city is given up.
PATIENCE_S = 60


class Result(NamedTuple):
    """Seconds; `cpu` as a share of one core; `heard`: the desks without a browser.

    `pixel`, `heard`, `cpu`: while twenty desks watch. `meanwhile`: to the pixel while one of them
    opens pages and acts, with browsers and server on the same cores.
    """

    name: str
    pixel: list[float]
    heard: list[float]
    action: list[float]
    meanwhile: list[float]
    cpu: float
    memory_mb: float
    grew_mb: float
    missed: int

    def line(self) -> str:
        parts = [
            f"{self.name}：提交到上屏 {_said(self.pixel)}",
            f"到其余席位 {_said(self.heard)}",
            f"操作到他席 {_said(self.action)}（其间上屏 {_said(self.meanwhile)}）",
            f"服务占一个核的 {self.cpu:.1%}",
            f"内存 {self.memory_mb:.0f} MB（本轮 {self.grew_mb:+.0f}）",
        ]
        if self.missed:
            parts.append(f"没有等到的提交 {self.missed} 次")
        return "；".join(parts)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench desks", description=__doc__)
    parser.add_argument("--open", type=int, default=5000, help="incidents")
    parser.add_argument("--desks", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10, help="updates a second")
    parser.add_argument("--seconds", type=float, default=30, help="per contender")
    parser.add_argument("--claims", type=int, default=12, help="an officer's acts")
    parser.add_argument("--only", nargs="*", choices=list(_CONTENDERS), default=list(_CONTENDERS))
    options = parser.parse_args(argv)
    results: dict[str, Result] = {}
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder, start_browser() as browser:
            desk = Desk(Path(folder))
            try:
                a_storm_of(options.open, desk)
                results[name] = _CONTENDERS[name](desk, browser, options)
            finally:
                desk.stop()
                desk.record.close()
        print(results[name].line(), flush=True)
    _compare(results)
    return 0


def _compare(results: dict[str, Result]) -> None:
    ours, bare, naive = (results.get(name) for name in ("ours", "bare", "naive"))
    if ours and bare and ours.pixel and bare.pixel:
        print(
            f"与裸页面相比：上屏中位 {_ratio(ours.pixel, bare.pixel)}，"
            f"p95 {_p95(ours.pixel) / _p95(bare.pixel):.1f} 倍；目标 ≤ 2 倍，服务 < 50 % 一个核"
        )
    if ours and naive and ours.pixel:
        slower = _ratio(naive.pixel, ours.pixel) if naive.pixel else f"> {PATIENCE_S} 秒"
        print(
            f"教程页面与我们相比：上屏中位 {slower}，CPU {naive.cpu / max(ours.cpu, 1e-3):.0f} 倍"
        )


def _ours(desk: Desk, browser: Browser, options: argparse.Namespace) -> Result:
    desk.start()
    assert desk.process
    with take_a_seat(browser, desk) as one, take_a_seat(browser, desk) as two:
        watcher, actor = Officer(one, desk), Officer(two, desk)
        watcher.situation()
        watcher.ask(STOPWATCH)
        watcher.ask(CLAIMS)
        cookie = f"{COOKIE}={sit_down(desk.record)}"
        ids = _unclaimed(desk, options.claims)

        def act(number: int) -> float | None:
            one = ids[number]
            actor.visit(f"/incident?incident={one}")
            button = actor.page.locator(".st-key-incident_claim button")
            button.wait_for(timeout=PATIENCE_S * 2000)
            actor.page.evaluate(
                "addEventListener('click', () => { window.clickedAt = Date.now(); }, true)"
            )
            button.click()
            since = float(str(actor.page.evaluate("clickedAt")))
            at = _when(lambda: watcher.ask(f"claimedAt.get('{one}')"))
            return None if at is None else (at - since) / 1000

        return _measure(
            "本系统",
            *(desk, desk.process.pid, "whole", desk.port, cookie, options),
            drawn=lambda: watcher.ask("Object.fromEntries(window.drawnAt)"),
            act=act,
        )


def _bare(desk: Desk, browser: Browser, options: argparse.Namespace) -> Result:
    file = desk.record_url.removeprefix("sqlite:///")
    port = free_port()
    with running("bench.bare_page", file, str(port)) as server:
        watcher, actor = (_page(browser, port, "window.ready") for _ in range(2))
        ids = _unclaimed(desk, options.claims)

        def act(number: int) -> float | None:
            one = ids[number]
            actor.evaluate(f"claim({one})")
            at = _when(lambda: watcher.evaluate(f"claimedAt.get({one})"))
            since = float(str(actor.evaluate("clickedAt")))
            return None if at is None else (at - since) / 1000

        return _measure(
            "裸页面",
            *(desk, server.pid, "events", port, "", options),
            drawn=lambda: watcher.evaluate("Object.fromEntries(drawnAt)"),
            act=act,
        )


def _naive(desk: Desk, browser: Browser, options: argparse.Namespace) -> Result:
    port = free_port()
    page = str(ROOT / "bench" / "naive_page.py")
    command = ("streamlit", "run", page, "--server.port", str(port), "--server.headless", "true")
    with running(*command, LINKAGE_DATABASE_URL=desk.record_url) as server:
        watcher = _page(browser, port, "/revision \\d+/.test(document.body.innerText)")
        watcher.evaluate(
            """() => { window.drawnAt = new Map(); setInterval(() => {
              const found = /revision (\\d+)/.exec(document.body.innerText);
              if (found && !drawnAt.has(+found[1])) drawnAt.set(+found[1], Date.now());
            }, 20); }"""
        )
        return _measure(
            "教程页面",
            *(desk, server.pid, "streamlit", port, "", options),
            drawn=lambda: watcher.evaluate("Object.fromEntries(drawnAt)"),
            act=None,
        )


_CONTENDERS: dict[str, Callable[[Desk, Browser, argparse.Namespace], Result]] = {
    "bare": _bare,
    "ours": _ours,
    "naive": _naive,
}


def _measure(  # noqa: PLR0917
    name: str,
    desk: Desk,
    pid: int,
    kind: str,
    port: int,
    cookie: str,
    options: argparse.Namespace,
    *,
    drawn: Callable[[], Any],
    act: Callable[[int], float | None] | None,
) -> Result:
    others = max(0, options.desks - (2 if act else 1))
    crowd = child("bench.desk_crowd", kind, str(port), str(others), cookie)
    assert crowd.stdout
    crowd.stdout.readline()
    time.sleep(min(10, options.seconds))  # the pages are drawn, the first pictures read
    writer = child("bench.desk_writer", desk.record_url, str(options.rate))
    cpu, since, before = cpu_seconds(pid), time.monotonic(), memory_mb(pid)
    time.sleep(options.seconds)
    busy = (cpu_seconds(pid) - cpu) / (time.monotonic() - since)
    after, acting = memory_mb(pid), time.time()
    actions = [act(number) for number in range(options.claims)] if act else []
    committed = dict(_pairs(end_of(writer)))
    time.sleep(1)
    seen = {int(revision): at / 1000 for revision, at in drawn().items()}
    told = json.loads(end_of(crowd).splitlines()[-1])
    first = {int(revision): times for revision, times in told["first"].items()}
    pixel = [(at, _until(at, revision, seen)) for revision, at in committed.items()]
    heard = [
        at_desk - committed[revision]
        for revision, times in first.items()
        if committed.get(revision, acting) < acting
        for at_desk in times
    ]
    return Result(
        name,
        sorted(took for at, took in pixel if took is not None and at < acting),
        sorted(heard),
        sorted(one for one in actions if one is not None),
        sorted(took for at, took in pixel if took is not None and at >= acting),
        *(busy, after, after - before),
        missed=sum(took is None for _, took in pixel) + told["lost"],
    )


def _until(committed: float, revision: int, seen: dict[int, float]) -> float | None:
    """A picture that holds a later revision holds this one too."""
    at = [time_ for number, time_ in seen.items() if number >= revision]
    return min(at) - committed if at else None


def _unclaimed(desk: Desk, count: int) -> list[int]:
    ask = select(incident.c.id).where(incident.c.claimed_by.is_(None)).limit(count)
    with desk.record.read() as cx:
        return list(cx.execute(ask).scalars())


def _when(ask: Callable[[], object]) -> float | None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if at := ask():
            return float(str(at))
    return None


def _page(browser: Browser, port: int, ready: str) -> Page:
    page = browser.new_context().new_page()

    def answers() -> bool:
        try:
            return bool(page.goto(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S * 1000))
        except Error:  # not up yet
            return False

    wait_until(answers, 60, "the page")
    page.wait_for_function(ready, timeout=PATIENCE_S * 2000)
    return page


def _pairs(said: str) -> Iterator[tuple[int, float]]:
    for line in said.splitlines():
        revision, at = line.split()
        yield int(revision), float(at)


def _p95(values: Sequence[float]) -> float:
    return values[min(len(values) - 1, int(len(values) * 0.95))]


def _said(values: Sequence[float]) -> str:
    if not values:
        return "没有"
    return f"中位 {statistics.median(values) * 1000:.0f} / p95 {_p95(values) * 1000:.0f} ms"


def _ratio(one: Sequence[float], other: Sequence[float]) -> str:
    return f"{statistics.median(one) / statistics.median(other):.1f} 倍"
