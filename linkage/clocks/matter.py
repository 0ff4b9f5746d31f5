"""What the keeper has found: one clock of which steps are taken now."""

from datetime import datetime

import msgspec

from linkage.clocks.clock import Running
from linkage.clocks.next_to_breach import said_short
from linkage.clocks.steps import StepDue


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of which steps are taken now. `at`: the time by the clock itself.

    `steps`: those that nobody has taken, the newest last.
    """

    run: Running
    steps: tuple[StepDue, ...]
    at: datetime

    @property
    def words(self) -> str:
        return f"{self.run.who}{said_short(self.run, self.at)}"
