"""A department's reply on the wire → Feedback; a vehicle's report → UnitReport."""

from linkage.agencies import Agency
from linkage.feedback import Feedback, UnitReport


def read_feedback(payload: bytes, agency: Agency) -> Feedback:
    """Raises Unreadable, Classified."""
    raise NotImplementedError


def read_unit(payload: bytes, agency: Agency, unit_id: str) -> UnitReport:
    """`unit_id` is from the topic. Raises Unreadable, Classified."""
    raise NotImplementedError
