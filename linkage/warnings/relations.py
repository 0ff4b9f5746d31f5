"""Which incident lies inside which warning, at any moment. Pure.

A warning relates to what happens inside it and swallows none: nothing is moved by it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache

import msgspec

from linkage.alerts import Point, Shape
from linkage.areas import AREAS
from linkage.desk.outlines import holds


class Reach(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where and when one warning is in force. `ended_at`: lifted, replaced or run out before."""

    id: int
    area_codes: tuple[str, ...]
    shapes: tuple[Shape, ...] = ()
    effective_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    exercise: bool = False

    def in_force(self, at: datetime) -> bool:
        """From its first second to the one before it ends."""
        ends = self.expires_at if self.ended_at is None else min(self.ended_at, self.expires_at)
        return self.effective_at <= at < ends

    def over(self, at: datetime) -> bool:
        return not self.in_force(at) and at >= self.effective_at


class Spot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where one incident is, as far as is known."""

    id: int
    area_code: str | None
    point: Point | None
    exercise: bool = False


def inside(reach: Reach, spot: Spot) -> str | None:
    """Why the incident lies inside: by its division first, then by the outline. None: it does not.

    Practice and earnest never meet.
    """
    if reach.exercise != spot.exercise:
        return None
    if spot.area_code:
        for code in reach.area_codes:
            if covers(code, spot.area_code):
                return f"在预警区域{area_name(code)}内"
    if any(holds(shape, spot.point) for shape in reach.shapes):
        return "在预警划定的范围内"
    return None


def relate(
    reaches: Iterable[Reach], spots: Iterable[Spot], at: datetime
) -> dict[int, dict[int, str]]:
    """Warning in force at `at` → the incidents inside it, and why. A warning without any stays."""
    spots = list(spots)
    return {
        reach.id: {spot.id: why for spot in spots if (why := inside(reach, spot)) is not None}
        for reach in reaches
        if reach.in_force(at)
    }


def covers(area: str, place: str) -> bool:
    """Whether division `area` is or contains `place`.

    GB/T 2260 pads the province and the city with zeros; CMA writes 12 digits, a township and
    village after the six of the county, which we do not resolve.
    """
    stem = _stem(area[:6])
    return bool(stem) and place.startswith(stem)


@cache
def _stem(county: str) -> str:
    if county.endswith("0000"):
        return county[:2]
    return county[:4] if county.endswith("00") else county


CITY = "320700"
_WIDER: Mapping[str, str] = {CITY: "连云港市", "320000": "江苏省"}


def area_name(code: str) -> str:
    """The division in words; the code itself where it is none of ours."""
    return _WIDER.get(code[:6]) or AREAS.get(code[:6], code)
