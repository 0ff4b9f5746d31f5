"""Everything an agency says on its feedback topic, to where it belongs."""

from linkage.plan.grading import GradeTables
from linkage.record import Writing
from linkage.response.agencies import Agency
from linkage.response.answers import apply_feedback
from linkage.response.feedback import Answered, Delivered, NeedStep
from linkage.response.needs import apply_need_step
from linkage.response.receipts import apply_delivered
from linkage.vocabulary import Outcome


def hear(
    w: Writing, said: Answered, agency: Agency, *, grading: GradeTables | None = None
) -> tuple[Outcome, str]:
    """Take it into the record: (outcome, reason for a person). Nothing raised."""
    if isinstance(said, Delivered):
        return apply_delivered(w, said, agency)
    if isinstance(said, NeedStep):
        return apply_need_step(w, said, agency)
    return apply_feedback(w, said, agency, grading=grading)
