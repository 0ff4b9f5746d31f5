"""The live feed in a process of its own, for more desks than one process should carry.

    python -m dashboard feed --port 8502

The proxy in front sends /api/live/ and /api/health there and everything else to the pages. Both
learn from the record who is signed in.
"""

import argparse
import sys

import uvicorn
from starlette.applications import Starlette

from dashboard import downloads, fence, gate, tiles
from dashboard.entrance import Entrance
from dashboard.feed import Feed
from linkage.errors import BadConfig
from linkage.record import Record
from linkage.settings import load_settings


def main() -> int:
    form = argparse.RawDescriptionHelpFormatter
    words = argparse.ArgumentParser(
        "python -m dashboard", description=__doc__, formatter_class=form
    )
    feed = words.add_subparsers(dest="verb", required=True).add_parser("feed", help="态势推送服务")
    feed.add_argument("--address", default="127.0.0.1")
    feed.add_argument("--port", type=int, default=8502)
    asked = words.parse_args()
    try:
        settings = load_settings()
        tiles.check()
    except BadConfig as why:
        print(f"无法启动：{why}")
        return 2
    entrance = gate.Entrances(lambda: Entrance(Record(settings.database_url), settings))
    live = Feed(entrance)
    middleware = [*fence.middleware(), *gate.middleware(entrance, downloads.base())]
    app = Starlette(routes=live.routes(), middleware=middleware, lifespan=live.lifespan)
    uvicorn.run(
        app,
        host=asked.address,
        port=asked.port,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
