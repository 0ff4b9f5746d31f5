"""python -m bench <name> [options]. Example: python -m bench correlation"""

import sys
from importlib import import_module
from pathlib import Path

HELPERS = {"__init__", "__main__"}


def names() -> list[str]:
    """Every module here that has a `main` is a benchmark."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [f.stem for f in files if f.stem not in HELPERS and "def main(" in f.read_text("utf-8")]


def run(argv: list[str]) -> int:
    if not argv or argv[0] not in names():
        print(__doc__)
        print("  " + "  ".join(names()))
        return 0 if argv[:1] in ([], ["--help"], ["-h"]) else 2
    module = import_module(f"bench.{argv[0]}")
    return int(module.main(argv[1:]) or 0)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
