"""python -m tests.faults: kill, freeze and starve every part for as long as you like.

Example: python -m tests.faults --strikes 200 --database postgresql --seed 7
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--strikes", type=int, default=200)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills-only", action="store_true", help="nothing but kill -9")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        result = run(
            options.database,
            Path(folder),
            options.seed,
            options.strikes,
            options.events,
            kills_only=options.kills_only,
            tell=lambda line: print(line, flush=True),
        )
    print(
        f"seed {options.seed}, {options.database}: {len(result.strikes)} faults,"
        f" {result.said} lines said, {result.resent} said again, receipts {result.receipts},"
        f" {result.seconds:.0f} s"
    )
    for fault in result.wrong:
        print(f"WRONG  {fault}")
    if not result.wrong:
        print("nothing lost, nothing doubled, every payload accounted for, every incident in place")
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
