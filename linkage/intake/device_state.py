"""Alarms that a device repeats for as long as they stand: a detector's, a vehicle terminal's."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from linkage.alerts import Alert

# In an alert's occurred_at until the record has worked out when it began.
NOT_YET = datetime(2000, 1, 1, tzinfo=UTC)


class DeviceState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which alarms stand at a device at one moment. See `linkage.intake.device_alarms`.

    `device`: theirs, from the whole to the piece, parted by "/". `alarms`: what stands, by name,
    with the alert it makes when it begins, whose source_ref and occurred_at are filled in there.
    An alarm of this device that is not among them is over; with `whole`, one of anything below it
    too. `group`: the panel or vehicle whose alarms are one event. `at`: by the device's clock,
    None where that is unreadable; `sent_at`: when it was sent, by the same. `pause`: an alarm
    that was not repeated for so long and is stated again is a new one. `says`: by the name of
    an alarm, "" for every one: why it may not be over although it is no longer raised, in words.
    """

    source_id: str
    group: str
    device: str
    at: datetime | None
    pause: timedelta
    sent_at: datetime | None = None
    alarms: tuple[tuple[str, Alert], ...] = ()
    whole: bool = False
    says: Mapping[str, str] = {}

    def covers(self, device: str) -> bool:
        return device == self.device or (self.whole and device.startswith(f"{self.device}/"))
