"""What the live layer counts by: after how long an incident is alone, when shifts change."""

from datetime import time
from pathlib import Path
from typing import Any

from linkage.desk.claims import FILE, Held, load_claim_rule
from linkage.duty.rules import load_duty


def for_screen(tables: Path) -> dict[str, Any]:
    """`shift_starts`: minutes of the day, by the clock of the duty room."""
    rule = load_claim_rule(tables / FILE)
    starts = [time.fromisoformat(shift.start) for shift in load_duty(tables / "duty.toml").shifts]
    return {
        "claims": {held.value: held.label for held in Held}
        | {"unclaimed_s": int(rule.unclaimed.total_seconds())},
        "shift_starts": [start.hour * 60 + start.minute for start in starts],
    }
