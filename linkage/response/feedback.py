"""反馈: what an agency says about its assignment, and where its units are."""

from datetime import datetime

import msgspec

from linkage.alerts import NOBODY, Casualties, Point
from linkage.vocabulary import AssignmentStatus

# What an agency may say. 下达 and 撤销 are ours to say.
ANSWERS = frozenset(AssignmentStatus) - {
    AssignmentStatus.PROPOSED,
    AssignmentStatus.ISSUED,
    AssignmentStatus.CANCELLED,
}


class Feedback(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`revision`: of the order it answers. `at`: by the agency's clock, aware, UTC."""

    assignment_id: int
    revision: int
    status: AssignmentStatus
    at: datetime | None = None
    by: str = ""
    text: str = ""
    needs: str = ""
    casualties: Casualties = NOBODY


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
