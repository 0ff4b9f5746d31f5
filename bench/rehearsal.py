"""The scenario 台风＋泄洪＋危化 with every process, played fast, with officers at the desk.

Broker, intake, departments, gateways and province run on loopback with a record of their own;
systems tell the story, officers act through the functions their pages call. Each point is checked
and printed as 通过 or 未通过 with its figures; the exit code is 0 when all were met.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.rehearsal_points import Points
from bench.rehearsal_stage import Failed, staged
from linkage.errors import NotAllowed, NotPermitted, Raced


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench rehearsal",
        description=__doc__,
        epilog="例：python -m bench rehearsal --speed 10",
    )
    parser.add_argument("--speed", type=float, default=10.0, help="1 到 60 倍（默认 10，约半小时）")
    parser.add_argument("--exercise", action="store_true", help="作为演练进行，全程标明演练")
    parser.add_argument("--database", default="", help="新建的空库地址；不写用一个临时 SQLite 库")
    parser.add_argument("--keep", type=Path, help="把记录、日志和成绩单留在这个目录")
    options = parser.parse_args(argv)
    if not 1 <= options.speed <= 60:
        parser.error("--speed 应在 1 到 60 之间")
    folder = options.keep or Path(tempfile.mkdtemp(prefix="linkage-rehearsal-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return rehearse(folder, options.database, options.speed, exercise=options.exercise)
    except Failed as why:
        print(f"未通过　台子没有搭起来：{why}")
        return 1
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def rehearse(folder: Path, database_url: str, speed: float, *, exercise: bool) -> int:
    began = time.monotonic()
    failed = 0
    with staged(folder, database_url, speed, exercise=exercise) as stage:
        points = Points(stage)
        for name, point in points.all():
            passed, said = _tried(point)
            failed += not passed
            elapsed = time.monotonic() - began
            print(f"{'通过' if passed else '未通过'}　{elapsed:6.1f} s　{name}：{said}", flush=True)
            if not passed and name in points.vital:
                print("其余各点以此为前提，演练到此为止。", flush=True)
                break
        print(points.printed_score(folder), flush=True)
    verdict = f"{failed} 点未通过" if failed else "全部通过"
    print(f"{verdict}，用时 {time.monotonic() - began:.0f} 秒")
    return 1 if failed else 0


def _tried(point: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, point()
    except (Failed, NotAllowed, NotPermitted, Raced) as why:
        return False, str(why)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
