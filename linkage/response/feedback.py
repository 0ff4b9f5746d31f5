"""反馈: what an agency says about its assignment, its needs, and where its units are."""

from datetime import datetime

import msgspec

from linkage.alerts import NOBODY, Casualties, Point
from linkage.response_vocabulary import NeedSort, NeedStatus
from linkage.vocabulary import AssignmentStatus

# What an agency may say. 下达 and 撤销 are ours to say.
ANSWERS = frozenset(AssignmentStatus) - {
    AssignmentStatus.PROPOSED,
    AssignmentStatus.ISSUED,
    AssignmentStatus.CANCELLED,
}


class Want(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that is needed. `amount` None: not said how much."""

    sort: NeedSort
    what: str
    amount: float | None = None
    measure: str = ""

    def __str__(self) -> str:
        return f"{self.what} {quantity(self.amount, self.measure)}".strip()


class Share(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Acceptance in part: two of the three vehicles that were asked for."""

    what: str
    asked: float
    given: float
    measure: str = ""
    sort: NeedSort = NeedSort.EQUIPMENT

    @property
    def missing(self) -> Want:
        return Want(
            sort=self.sort, what=self.what, amount=self.asked - self.given, measure=self.measure
        )

    def __str__(self) -> str:
        asked, given = quantity(self.asked, self.measure), quantity(self.given, self.measure)
        return f"部分受理：要求{self.what} {asked}，可派 {given}"


def quantity(amount: float | None, measure: str) -> str:
    """3辆, 1.5吨, 1234567个; empty where nobody said how much."""
    return "" if amount is None else f"{amount:.12g}{measure}"


class Delivered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The agency's system has the order. That is no person's answer."""

    assignment_id: int
    revision: int
    at: datetime | None = None


# What an agency may say of a need that was put to it.
NEED_STEPS = frozenset(NeedStatus) - {NeedStatus.ASKED}


class NeedStep(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an agency does about a need: offers, sends, brings, takes back."""

    need_id: int
    status: NeedStatus
    amount: float | None = None
    unit_id: str | None = None
    at: datetime | None = None
    by: str = ""
    text: str = ""


class Feedback(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`revision`: of the order it answers. `at`: by the agency's clock, aware, UTC.

    `needs`: in words; `wants`: the same where the agency listed it. `share`: accepted in part.
    """

    assignment_id: int
    revision: int
    status: AssignmentStatus
    at: datetime | None = None
    by: str = ""
    text: str = ""
    needs: str = ""
    wants: tuple[Want, ...] = ()
    share: Share | None = None
    casualties: Casualties = NOBODY

    @property
    def lacks(self) -> str:
        """What is needed, in words: what was asked for, and what is missing of the order."""
        short = "" if self.share is None else f"缺{self.share.missing}"
        return "；".join(filter(None, (self.needs, short)))


# Everything that an agency says on its feedback topic.
Answered = Feedback | Delivered | NeedStep


class UnitReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`point` is WGS-84; `state` in the agency's own words; `heading` degrees from north.

    `watched`: a vehicle that is followed, not one that helps. `cargo`: dangerous goods, in words.
    `lost`: it does not know where it is, so that its last place stands, as old as that is.
    `live`: told as it happened; a time of long ago is that of a clock which was never set.
    """

    agency_id: str
    unit_id: str
    label: str
    state: str
    point: Point | None = None
    assignment_id: int | None = None
    at: datetime | None = None
    heading: int | None = None
    speed_kmh: float | None = None
    watched: bool = False
    hazmat: bool = False
    cargo: str | None = None
    lost: bool = False
    live: bool = False
