"""Five desks side by side in real browsers: how soon what one does is on the screens of the others.

The goal is a second, from the click of one to the picture of another.
"""

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import scene
from tests.browser.desk import Desk, start_browser
from tests.browser.five_desks import Seen, five_desks

GOAL_S = 1.0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench five_desks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="incidents, from call to report")
    options = parser.parse_args(argv)
    took: dict[tuple[str, str], list[float]] = defaultdict(list)
    with start_browser() as browser:
        for _ in range(options.rounds):
            for seen in _one_evening(browser):
                took[seen.act, seen.who].append(seen.seconds)
    for (act, who), times in took.items():
        print(f"{act} → {who}：{_said(times)}")
    every = sorted(time for times in took.values() for time in times)
    within = sum(time <= GOAL_S for time in every)
    print(f"合计：{_said(every)}；{within} / {len(every)} 次在 {GOAL_S:g} 秒内")
    return 0


def _one_evening(browser: Browser) -> list[Seen]:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        scene.evening(desk.record)
        scene.heartbeat(desk.record, datetime.now(UTC))
        desk.start()
        try:
            with five_desks(browser, desk) as five:
                return list(five.story())
        finally:
            desk.stop()
            desk.record.close()


def _said(times: Sequence[float]) -> str:
    return f"中位 {statistics.median(times):.2f} s，最慢 {max(times):.2f} s"
