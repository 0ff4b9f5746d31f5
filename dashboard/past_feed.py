"""回看 in the live feed: what the desks are told is written down here, and shown again when asked.

GET /api/live/past?at=           the whole desk at that epoch second, as Hindsight; gzip
GET /api/live/past?at=&since=    only what changed in between, for playing
GET /api/live/past?at=&step=1    the desk at the next change after `at`
"""

import asyncio
import gzip
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.gate import watcher
from linkage.hindsight.at_moment import Hindsight, at_moment, changes, next_change
from linkage.hindsight.diary import Diary, Told
from linkage.record import UNAVAILABLE, Record

WRITE_EVERY_S = 2.0
# Looking back never takes more than one thread, this many who wait for it, and this memory.
MOST_WAITING = 6
KEPT_BYTES = 16 * 2**20
# What is younger may still be added to.
SETTLED_S = 30.0
LAST = 4_102_444_800.0  # the year 2100
log = logging.getLogger(__name__)


async def keep_diary(record: Record, told: Told) -> None:
    """Write down what the desks are told, for as long as this process tells them."""
    diary = Diary(record, told, secrets.token_hex(8))
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "diary") as writer:
        while True:
            try:
                await loop.run_in_executor(writer, diary.write, datetime.now(UTC))
            except UNAVAILABLE:
                log.warning("回看记录暂时写不进数据库，稍后补写")
            await asyncio.sleep(WRITE_EVERY_S)


class Question(msgspec.Struct, frozen=True):
    at: float
    since: float | None = None
    step: bool = False


class Looking:
    """Answers one question after the other; the same question of several desks is read once."""

    def __init__(self, opened: Callable[[], Record | None]) -> None:
        self._opened = opened
        self._reader = ThreadPoolExecutor(1, "past-look")
        self._waiting = 0
        self._kept: OrderedDict[Question, bytes] = OrderedDict()
        self._weight = 0

    def route(self) -> Route:
        return Route("/api/live/past", self._past)

    async def _past(self, request: Request) -> Response:
        if not watcher(request.scope):
            return JSONResponse({"error": "请重新登录后重试"}, 401)
        asked = question(request.query_params)
        if asked is None:
            return JSONResponse({"error": "时间不对"}, 400)
        record = self._opened()
        if record is None:
            return JSONResponse({"error": "尚未就绪"}, 503)
        body = self._kept.get(asked)
        if body is None:
            if self._waiting >= MOST_WAITING:
                return JSONResponse({"error": "回看的人多，请稍候"}, 429)
            self._waiting += 1
            try:
                loop = asyncio.get_running_loop()
                body = await loop.run_in_executor(self._reader, _answer, record, asked)
            except UNAVAILABLE:
                return JSONResponse({"error": "数据库暂时连不上"}, 503)
            finally:
                self._waiting -= 1
            self._keep(asked, body)
        headers = {"Content-Encoding": "gzip", "Cache-Control": "no-store"}
        return Response(body, media_type="application/json", headers=headers)

    def _keep(self, asked: Question, body: bytes) -> None:
        settled = asked.at < datetime.now(UTC).timestamp() - SETTLED_S
        # The next change after a settled moment may be yet to come.
        if not settled or asked.step or asked in self._kept:
            return
        self._kept[asked] = body
        self._weight += len(body)
        while self._weight > KEPT_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._weight -= len(oldest)


def question(said: Mapping[str, str]) -> Question | None:
    """None where what was said is no time."""
    try:
        at = float(said.get("at", ""))
        since = float(said["since"]) if said.get("since") else None
    except ValueError:
        return None
    if not all(0 < each < LAST for each in (at, since or at)):
        return None
    return Question(at, since, bool(said.get("step")))


def _answer(record: Record, asked: Question) -> bytes:
    now = datetime.now(UTC)
    at = _moment(asked.at)
    with record.read() as cx:
        if asked.step:
            then = next_change(cx, at)
            # Rounded up, so that the change itself is on the picture.
            at = _moment(then + 0.001) if then else at
        found: Hindsight
        if asked.since is None:
            found = at_moment(cx, at, now)
        else:
            found = changes(cx, _moment(asked.since), at, now)
    return gzip.compress(msgspec.json.encode(found), 1)


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
