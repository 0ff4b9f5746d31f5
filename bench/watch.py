"""An officer's hour at the map: zoomed in, an incident chosen, its card open, an update a second.

Counts what must not happen: the view moves, the map is blank, the choice is lost, the page is set
up anew; and fits what must not grow: the server's memory, the browser's. Goal: 0, 0, 0, 0, and
less than 50 MB an hour.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import CDPSession

from bench.children import child, end_of, memory_mb
from tests.browser.desk import Desk, Officer, start_browser, take_a_seat
from tests.browser.watchers import a_storm_of

# What the page itself sees of every draw and every move, not only once a second.
_SPY = """(window.watched = {moves: 0, blank: 0, draws: 0}) && (() => {
  const area = board.marks._container;
  new MutationObserver(() => {
    watched.draws += 1;
    if (area.dataset.drawn === "0") watched.blank += 1;
  }).observe(area, {attributes: true, attributeFilter: ["data-revision"]});
  const view = () => [board.map.getZoom(), ...Object.values(board.map.getCenter())].join();
  const chosen = view();
  board.map.on("moveend", () => { if (view() !== chosen) watched.moves += 1; });
  return 1;
})()"""
_STATE = """({
  view: [board.map.getZoom(), ...Object.values(board.map.getCenter())].join(),
  selected: board.selected,
  card: Boolean(document.querySelector(".card")?.checkVisibility()),
  live: board.feed.state === "live",
  watched: window.watched || null,
  inked: (() => {
    const small = document.createElement("canvas");
    small.width = small.height = 64;
    const pen = small.getContext("2d");
    pen.drawImage(board.marks._container, 0, 0, 64, 64);
    return pen.getImageData(0, 0, 64, 64).data.some((value) => value);
  })(),
})"""
HEAP_EVERY_S = 20.0
PICTURE_EVERY_S = 5.0
GOAL_MB_H = 50.0


class Sample(NamedTuple):
    at: float  # seconds since the beginning
    state: dict[str, Any]
    server_mb: float


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench watch", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--open", type=int, default=1000, help="incidents")
    parser.add_argument("--rate", type=float, default=1, help="updates a second")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, start_browser() as browser:
        desk = Desk(Path(folder))
        a_storm_of(options.open, desk)
        desk.start()
        try:
            with take_a_seat(browser, desk) as seat:
                return _watch(Officer(seat, desk), options)
        finally:
            desk.stop()
            desk.record.close()


def _watch(officer: Officer, options: argparse.Namespace) -> int:
    officer.situation()
    officer.map.locator(".row").first.click()
    officer.map.locator(".card").wait_for()
    _settle(officer)  # the map flies to what was chosen
    officer.ask("board.map.setZoom(12, {animate: false}) && 1")
    _settle(officer)
    officer.ask(_SPY)
    began = officer.ask(_STATE)
    assert isinstance(began, dict)
    assert began["card"]
    writer = child("bench.desk_writer", officer.desk.record_url, str(options.rate))
    samples, heap, blank_pictures = _sample(officer, options.minutes * 60)
    commits = len(end_of(writer).splitlines())
    return _tell(began, samples, heap, blank_pictures, commits)


def _settle(officer: Officer) -> None:
    """Until the view has stood still for two seconds, on however slow a machine."""
    view, since = None, time.monotonic()
    while time.monotonic() - since < 2:
        now = officer.ask(_STATE)
        assert isinstance(now, dict)
        if now["view"] != view:
            view, since = now["view"], time.monotonic()
        officer.page.wait_for_timeout(200)


def _sample(
    officer: Officer, seconds: float
) -> tuple[list[Sample], list[tuple[float, float]], int]:
    assert officer.desk.process
    pid, start = officer.desk.process.pid, time.monotonic()
    line = officer.context.new_cdp_session(officer.page)
    samples: list[Sample] = []
    heap: list[tuple[float, float]] = []
    blank, heap_due, picture_due = 0, 0.0, 0.0
    while (at := time.monotonic() - start) < seconds:
        state = officer.ask(_STATE)
        assert isinstance(state, dict)
        samples.append(Sample(at, state, memory_mb(pid)))
        if at >= heap_due:
            heap.append((at, _heap_mb(line)))
            heap_due = at + HEAP_EVERY_S
        if at >= picture_due:
            blank += _is_blank(officer.page.locator("iframe").first.screenshot())
            picture_due = at + PICTURE_EVERY_S
        officer.page.wait_for_timeout(max(0.0, 1000 - (time.monotonic() - start - at) * 1000))
    return samples, heap, blank


def _heap_mb(line: CDPSession) -> float:
    line.send("HeapProfiler.collectGarbage")
    return float(line.send("Runtime.getHeapUsage")["usedSize"]) / 2**20


def _is_blank(png: bytes) -> bool:
    """Hardly any colours: neither base map nor marks were there."""
    with Image.open(io.BytesIO(png)) as picture:
        colours = picture.convert("RGB").resize((160, 100)).getcolors(16_000) or []
    return len(colours) < 8


def _tell(
    began: dict[str, Any],
    samples: Sequence[Sample],
    heap: Sequence[tuple[float, float]],
    blank_pictures: int,
    commits: int,
) -> int:
    states = [one.state for one in samples]
    last = states[-1]["watched"] or {"moves": 0, "draws": 0, "blank": 0}
    jumps = sum(one["view"] != began["view"] for one in states)
    blank = last["blank"] + sum(not one["inked"] for one in states)
    lost = sum(one["selected"] != began["selected"] or not one["card"] for one in states)
    anew = sum(one["watched"] is None for one in states)
    away = sum(not one["live"] for one in states)
    print(
        f"{samples[-1].at / 60:.1f} 分钟，提交 {commits} 次，地图重画 {last['draws']} 次，"
        f"逐秒查看 {len(states)} 次"
    )
    after = samples[-1].server_mb
    server = _slope([(one.at, one.server_mb) for one in samples])
    browser = _slope(heap)
    for line in (
        f"视野跳动 {jumps} 次（移动事件 {last['moves']} 次）",
        f"空白画面 {blank + blank_pictures} 次，选中丢失 {lost} 次，页面重建 {anew} 次",
        f"不在实时状态 {away} 次",
        f"服务内存 {samples[0].server_mb:.0f} → {after:.0f} MB，每小时 {server:+.1f} MB",
        f"浏览器 JS 堆 {heap[0][1]:.1f} → {heap[-1][1]:.1f} MB，每小时 {browser:+.1f} MB",
        f"目标各 < {GOAL_MB_H:g} MB；不足 10 分钟的斜率只作参考",
    ):
        print(line)
    bad = jumps + last["moves"] + blank + blank_pictures + lost + anew
    return 1 if bad or (samples[-1].at > 600 and max(server, browser) > GOAL_MB_H) else 0


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """MB an hour, by least squares; the first fifth is warming up."""
    kept = [one for one in points if one[0] >= points[-1][0] / 5]
    if len(kept) < 3:
        return 0.0
    mean_at = sum(at for at, _ in kept) / len(kept)
    mean = sum(value for _, value in kept) / len(kept)
    over = sum((at - mean_at) ** 2 for at, _ in kept)
    return 3600 * sum((at - mean_at) * (value - mean) for at, value in kept) / over
