"""What the intake decides by, beside the alerts themselves."""

from collections.abc import Mapping

import msgspec

from linkage.alerts import Point
from linkage.plan.grading import GradeTables
from linkage.readings.telemetry import NO_TELEMETRY, Telemetry
from linkage.response.agencies import Agency


class IntakeRules(msgspec.Struct, frozen=True, kw_only=True):
    """`broker_note`: what the probe leaves for the screens: the broker in use, its durability.

    `datums`: which each source declares. `known_points`: exact words of places → where they are.
    """

    agencies: Mapping[str, Agency]
    grading: GradeTables
    telemetry: Telemetry = NO_TELEMETRY
    datums: Mapping[str, str] = {}
    known_points: Mapping[str, Point] = {}
    broker_note: Mapping[str, object] = {}
