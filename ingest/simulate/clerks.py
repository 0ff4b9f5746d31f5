"""What the simulated departments do beside their orders: receipts, withdrawals read, needs met."""

import heapq
import itertools
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.simulate.conduct import Department, Giving, Manner, gives, reads_withdrawal_after
from linkage.record import BEIJING
from linkage.response.agencies import Agency
from linkage.response.need_messages import NeedList
from linkage.response.orders import OpenRef
from linkage.vocabulary import AssignmentStatus

Said = tuple[str, bytes]  # topic and payload


class Clerks:
    """Not for threads: the departments hold the lock."""

    def __init__(
        self,
        departments: dict[str, Department],
        agencies: dict[str, Agency],
        seed: int,
        pace: float,
    ) -> None:
        self._departments, self._agencies = departments, agencies
        self._seed, self._pace = seed, pace
        self._turn = itertools.count()
        self._receipts: list[Said] = []
        self._read: set[tuple[str, int, int]] = set()  # withdrawals: agency, assignment, revision
        self._reading: list[tuple[float, int, str, OpenRef]] = []
        self._giving: list[tuple[float, int, str, int, Giving]] = []
        self._met: set[tuple[str, int]] = set()  # needs: agency, need

    def receipt(self, agency_id: str, order: OpenRef) -> None:
        """Every copy of an order is receipted by the system, also one it has had before."""
        if self._at_work(agency_id) is not None:
            said = {"assignment": order.id, "revision": order.revision, "status": "delivered"}
            self._receipts.append(feedback(agency_id, said))

    def withdrawn(self, agency_id: str, gone: OpenRef, now: float) -> None:
        department, key = self._at_work(agency_id), (agency_id, gone.id, gone.revision)
        if department is None or key in self._read:
            return
        self._read.add(key)
        due = now + reads_withdrawal_after(department, gone.id, self._seed) / self._pace
        heapq.heappush(self._reading, (due, next(self._turn), agency_id, gone))

    def meet(self, agency_id: str, listed: NeedList, now: float) -> None:
        """Offer what can be offered, send it, bring it; drop what is needed no more."""
        department = self._at_work(agency_id)
        there = {one.id for one in listed.needs}
        self._giving = [g for g in self._giving if g[2] != agency_id or g[3] in there]
        heapq.heapify(self._giving)
        for wanted in listed.needs if department is not None else ():
            key = (agency_id, wanted.id)
            if department is None or key in self._met:
                continue
            self._met.add(key)
            for giving in gives(wanted, department, self._seed):
                due = now + giving.after_s / self._pace
                heapq.heappush(self._giving, (due, next(self._turn), agency_id, wanted.id, giving))

    def turn(self, now: float) -> list[Said]:
        """Everything that is due at `now` (monotonic seconds)."""
        said, self._receipts = self._receipts, []
        while self._reading and self._reading[0][0] <= now:
            _, _, agency_id, gone = heapq.heappop(self._reading)
            said.append(self._confirm(agency_id, gone))
        while self._giving and self._giving[0][0] <= now:
            _, _, agency_id, need_id, giving = heapq.heappop(self._giving)
            said.append(self._give(agency_id, need_id, giving))
        return said

    def _at_work(self, agency_id: str) -> Department | None:
        """None: nobody plays it, or it is silent, its system too."""
        department = self._departments.get(agency_id)
        silent = department is not None and department.manner is Manner.SILENT
        return None if silent else department

    def _confirm(self, agency_id: str, gone: OpenRef) -> Said:
        said = {
            "assignment": gone.id,
            "revision": gone.revision,
            "status": str(AssignmentStatus.ACKNOWLEDGED),
            "by": f"{self._agencies[agency_id].name}值班员",
            "text": "撤销通知收到，力量已收回。",
        }
        return feedback(agency_id, said)

    def _give(self, agency_id: str, need_id: int, giving: Giving) -> Said:
        said: dict[str, object] = {
            "need": need_id,
            "status": str(giving.status),
            "by": f"{self._agencies[agency_id].name}值班员",
        }
        if giving.amount is not None:
            said["amount"] = giving.amount
        return feedback(agency_id, said)


def feedback(agency_id: str, said: dict[str, object], ago_s: float = 0.0) -> Said:
    """What a department says, with the time of its clock; `ago_s`: of what it repeats."""
    then = datetime.now(UTC) - timedelta(seconds=ago_s)
    at = then.astimezone(BEIJING).isoformat(timespec="seconds")
    return f"linkage/v1/feedback/{agency_id}", msgspec.json.encode({**said, "at": at})
