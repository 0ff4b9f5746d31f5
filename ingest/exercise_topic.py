"""演练的路: what a system publishes one level down, `linkage/v1/alert/{source}/exercise`.

Where a dialect has a flag of its own the flag says it as well; a frame of HJ 212 or JT/T 808 has
none, and the topic says it for all dialects alike.
"""

from msgspec.structs import replace

from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Content, Part, Remark, Several
from linkage.intake.device_state import DeviceState
from linkage.readings.reading import Reading
from linkage.response.feedback import UnitReport

EXERCISE = "exercise"


def practised(said: Content) -> Content:
    """The same as said in an exercise. Nobody's real unit or device is moved by it."""
    if isinstance(said, Several):
        return Several(tuple(_part(part) for part in said.parts), said.held)
    return replace(said, exercise=True) if isinstance(said, Alert) else said


def _part(part: Part | Unreadable) -> Part | Unreadable:
    if isinstance(part, Alert | Reading):
        return replace(part, exercise=True)
    if isinstance(part, UnitReport):
        return Remark(f"演练报文中的位置（{part.label}），不改动真实力量")
    if isinstance(part, DeviceState):
        return _of_a_stand_in(part)
    return part


def _of_a_stand_in(state: DeviceState) -> DeviceState:
    """Its alarms begin and end by themselves, beside those that really stand at the device."""
    return replace(
        state,
        group=f"{EXERCISE}/{state.group}",
        device=f"{EXERCISE}/{state.device}",
        alarms=tuple((name, replace(alert, exercise=True)) for name, alert in state.alarms),
    )
