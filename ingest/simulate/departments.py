"""The simulated departments: they sign, set out, arrive, report; some late, one never.

One loses its acknowledgement and repeats it; what else their systems say is in clerks.py.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from ingest.simulate.clerks import Clerks, Said, feedback
from ingest.simulate.conduct import Answer, Department, answers, on_the_way, roll_after
from linkage.alerts import NOBODY, Point
from linkage.datum import from_wgs84
from linkage.record import BEIJING
from linkage.response.agencies import Agency
from linkage.response.need_messages import NeedList
from linkage.response.orders import OpenList, OpenRef, OrderMessage
from linkage.roll_call.message import ROLL_TOPIC, RollMessage
from linkage.vocabulary import AssignmentStatus

ORDERS = "linkage/v1/assignment/+"
OPEN = "linkage/v1/assignment/+/open"
NEEDS = "linkage/v1/assignment/+/needs"
ROLL_CALLS = ROLL_TOPIC.format("+")
# Seconds between two positions of a unit on its way.
POSITION_EVERY = 2.0
log = logging.getLogger(__name__)
Say = Callable[[str, bytes], None]


class Trip(NamedTuple):
    """A unit on its way: monotonic seconds at both ends."""

    agency_id: str
    unit_id: str
    scene: Point
    left: float
    arrives: float


class Departments:
    """`pace`: how many times faster than people they act. What is to be published is returned."""

    def __init__(
        self,
        departments: dict[str, Department],
        agencies: dict[str, Agency],
        *,
        seed: int = 42,
        pace: float = 1.0,
    ) -> None:
        self._departments = departments
        self._agencies = agencies
        self._seed = seed
        self._pace = pace
        self._lock = threading.Lock()
        self._turn = itertools.count()
        self._due: list[tuple[float, int, str, OrderMessage, Answer]] = []
        self._known: dict[tuple[str, int], int] = {}  # (agency, assignment) → revision
        self._trips: dict[tuple[str, int], Trip] = {}
        self._clerks = Clerks(departments, agencies, seed, pace)
        self._rolls: list[tuple[float, str, int]] = []  # when who answers which roll call

    def heard(self, topic: str, payload: bytes) -> None:
        """One message from the command centre. Raises ValueError where it breaks the contract."""
        agency_id = topic.split("/")[3]
        now = time.monotonic()
        with self._lock:
            if topic == ROLL_TOPIC.format(agency_id):
                self._called(agency_id, msgspec.json.decode(payload, type=RollMessage), now)
            elif topic.endswith("/open"):
                listed = msgspec.json.decode(payload, type=OpenList)
                for order in listed.assignments:
                    self._take(agency_id, order, now)
                for gone in listed.cancelled:
                    self._clerks.withdrawn(agency_id, gone, now)
                self._forget_others(agency_id, listed.ids)
            elif topic.endswith("/needs"):
                listed_needs = msgspec.json.decode(payload, type=NeedList)
                self._clerks.meet(agency_id, listed_needs, now)
            else:
                order = msgspec.json.decode(payload, type=OrderMessage)
                self._clerks.receipt(agency_id, OpenRef(order.id, order.revision))
                self._take(agency_id, order, now)

    def _called(self, agency_id: str, roll: RollMessage, now: float) -> None:
        department = self._departments.get(agency_id)
        if department is not None and (after := roll_after(department, roll.roll_call)) is not None:
            self._rolls.append((now + after / self._pace, agency_id, roll.roll_call))

    def _take(self, agency_id: str, order: OrderMessage, now: float) -> None:
        key = (agency_id, order.id)
        if agency_id not in self._departments or self._known.get(key, -1) >= order.revision:
            return
        self._known[key] = order.revision
        self._drop(key)
        if order.status is AssignmentStatus.CANCELLED:
            self._clerks.withdrawn(agency_id, OpenRef(order.id, order.revision), now)
            return
        department, agency = self._departments[agency_id], self._agencies[agency_id]
        for answer in answers(order, department, agency, self._seed):
            due = now + answer.after_s / self._pace
            heapq.heappush(self._due, (due, next(self._turn), agency_id, order, answer))

    def _forget_others(self, agency_id: str, open_ids: set[int]) -> None:
        for key in [k for k in self._known if k[0] == agency_id and k[1] not in open_ids]:
            self._drop(key)

    def _drop(self, key: tuple[str, int]) -> None:
        self._due = [d for d in self._due if (d[2], d[3].id) != key]
        heapq.heapify(self._due)
        self._trips.pop(key, None)

    def turn(self, now: float) -> list[Said]:
        """Everything that is due at `now` (monotonic seconds)."""
        with self._lock:
            said = self._clerks.turn(now)
            while self._due and self._due[0][0] <= now:
                due, _, agency_id, order, answer = heapq.heappop(self._due)
                if not answer.lost:
                    said.append(self._answer(agency_id, order, answer))
                self._set_out(agency_id, order, answer, due)
            said += [self._present(who, roll) for due, who, roll in self._rolls if due <= now]
            self._rolls = [one for one in self._rolls if one[0] > now]
        return said

    def _present(self, agency_id: str, roll_call: int) -> Said:
        by = f"{self._agencies[agency_id].name}值班员"
        said = {"roll_call": roll_call, "by": by, "text": "在岗，通信正常。"}
        return f"linkage/v1/feedback/{agency_id}", msgspec.json.encode(said)

    def positions(self, now: float) -> list[Said]:
        """Where every unit on its way is; the last time at the scene."""
        said = []
        with self._lock:
            for key, trip in list(self._trips.items()):
                said.append(self._position(trip, key[1], now))
                if now >= trip.arrives:
                    del self._trips[key]
        return said

    def _answer(self, agency_id: str, order: OrderMessage, answer: Answer) -> Said:
        agency = self._agencies[agency_id]
        said: dict[str, object] = {
            "assignment": order.id,
            "revision": order.revision,
            "status": str(answer.status),
            "by": f"{agency.name}值班员",
            "text": answer.text,
        }
        if answer.needs:
            said["needs"] = answer.needs
        if answer.casualties != NOBODY:
            said["casualties"] = msgspec.to_builtins(answer.casualties)
        log.info("%s 对任务 %s：%s %s", agency.name, order.id, answer.status.label, answer.text)
        ago = 0.0 if answer.said_s is None else (answer.after_s - answer.said_s) / self._pace
        return feedback(agency_id, said, ago)

    def _set_out(self, agency_id: str, order: OrderMessage, answer: Answer, left: float) -> None:
        if answer.status is not AssignmentStatus.EN_ROUTE or order.where is None:
            return
        arrivals = [
            due
            for due, _, agency, other, later in self._due
            if (agency, other.id) == (agency_id, order.id)
            and later.status is AssignmentStatus.ON_SCENE
        ]
        unit_id = f"{agency_id}-{order.id % 5 + 1}"
        arrives = min(arrivals, default=left)
        self._trips[agency_id, order.id] = Trip(
            agency_id, unit_id, order.where.wgs84, left, arrives
        )

    def _position(self, trip: Trip, assignment_id: int, now: float) -> Said:
        department, agency = self._departments[trip.agency_id], self._agencies[trip.agency_id]
        length = max(trip.arrives - trip.left, 0.001)
        at = on_the_way(department.point, trip.scene, (now - trip.left) / length)
        lon, lat = from_wgs84(agency.datum, at.lon, at.lat)
        number = trip.unit_id.rsplit("-", 1)[-1]
        said = {
            "label": f"{department.unit or agency.name}{number}号",
            "state": "到场" if now >= trip.arrives else "途中",
            "lon": round(lon, 6),
            "lat": round(lat, 6),
            "assignment": assignment_id,
            "at": datetime.now(UTC).astimezone(BEIJING).isoformat(timespec="seconds"),
        }
        return f"linkage/v1/unit/{trip.agency_id}/{trip.unit_id}", msgspec.json.encode(said)


def keep_turning(departments: Departments, say: Say, ended: threading.Event) -> None:
    next_position = 0.0
    while not ended.wait(0.1):
        now = time.monotonic()
        said = departments.turn(now)
        if now >= next_position:
            next_position = now + POSITION_EVERY
            said += departments.positions(now)
        for topic, payload in said:
            say(topic, payload)
