"""One measured value, as a station's own protocol states it."""

from datetime import datetime

import msgspec

from linkage.alerts import Point
from linkage.vocabulary import Quality, Span


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`station_id`: theirs (MN, telemetry address, point number). `factor`: an id of
    data/factors.toml, or their own code where that lists none. `value` None: none was measured.
    `measured_at`: aware, UTC; of a mean, where its span begins. `point`: where the payload says so.
    """

    source_id: str
    station_id: str
    factor: str
    value: float | None
    unit: str
    measured_at: datetime
    span: Span = Span.MOMENT
    quality: Quality = Quality.NORMAL
    exercise: bool = False
    point: Point | None = None
