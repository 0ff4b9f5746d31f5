"""重点单位: places that somebody has registered because of what is kept or done there."""

from collections.abc import Iterable, Mapping

import msgspec

from linkage.alerts import Point
from linkage.panels import Panel
from linkage.places.place import Place, PlaceKind


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """`what`: the substance, or what kind of place. `known_from`: which register has it."""

    id: str
    name: str
    place: str
    what: str
    known_from: str
    point: Point


# What must be thought of when something burns or leaks beside it.
_KINDS = frozenset(
    {
        PlaceKind.RISK_SITE,
        PlaceKind.HOSPITAL,
        PlaceKind.SCHOOL,
        PlaceKind.SHELTER,
        PlaceKind.WATERWORK,
    }
)


def registered_sites(panels: Mapping[str, Panel], places: Iterable[Place] = ()) -> tuple[Site, ...]:
    """Those with a position; of a name that two registers have, what the panels say."""
    named = {panel.name for panel in panels.values()}
    known = [
        Site(
            id=f"{place.kind.value}/{place.name}",
            name=place.name,
            place=place.about,
            what=place.kind.label,
            known_from="地名表",
            point=place.point,
        )
        for place in places
        if place.kind in _KINDS and place.name not in named
    ]
    watched = [
        Site(
            id=address,
            name=panel.name,
            place=panel.place,
            what=panel.substance,
            known_from="消防远程监控",
            point=panel.point,
        )
        for address, panel in panels.items()
        if panel.point is not None
    ]
    return (*watched, *known)
