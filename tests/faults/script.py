"""What the simulated systems will say: the same for a seed, and clear what belongs together.

Events are so far apart, or of such kinds, that no order of arrival changes what belongs together:
so a run with faults must end with the very incidents of a calm one.
"""

import json
from collections import defaultdict, deque
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from ingest.simulate.statements import rule_for
from ingest.simulate.write import write_alert
from linkage.alerts import Alert, Point
from linkage.kinds import Kind
from linkage.sources import Source
from linkage.vocabulary import MessageKind
from tests.builders import alert

START = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
STEP_DEGREES = 0.045  # five kilometres between one fire and the next


class Line(NamedTuple):
    """One payload of one system. `after`: a record that must have its receipt before it is said."""

    source_id: str
    ref: str
    payload: bytes
    after: tuple[str, str] | None = None
    bad: bool = False  # must be refused


Script = dict[str, deque[Line]]


def write_script(sources: dict[str, Source], events: int, seed: int) -> Script:
    """For each system what it says, in order."""
    dice = Random(seed)
    writer = _Writer(sources, dice)
    for number in range(events):
        writer.event(number)
    return writer.lines


class _Writer:
    def __init__(self, sources: dict[str, Source], dice: Random) -> None:
        self.sources, self.dice = sources, dice
        self.lines: Script = defaultdict(deque)
        self.garbage = 0

    def event(self, number: int) -> None:
        turn = self.dice.random()
        if turn < 0.5:
            self._nuisance(number)
        elif turn < 0.9:
            self._fire(number)
        else:
            self._poison()

    def _nuisance(self, number: int) -> None:
        """A call that is nobody's second report; now and then it is sent twice, or withdrawn."""
        call = self._say("110-cad", f"N{number}", Kind.INVALID_CALL, number, text="无声电话")
        if self.dice.random() < 0.2:
            self.lines["110-cad"].append(call)
        if self.dice.random() < 0.2:
            does = MessageKind.CANCEL
            self._say(
                "110-cad", f"N{number}", Kind.INVALID_CALL, number, text="误拨", message_kind=does
            )

    def _fire(self, number: int) -> None:
        """110 hears of it, passes it on, and 119 and 120 name the record it came from."""
        ref = f"F{number}"
        self._say("110-cad", ref, Kind.FIRE, number, text="有人报火警")
        after = ("110-cad", ref)
        self._say("119-cad", f"Z{number}", Kind.FIRE, number, after)
        if self.dice.random() < 0.5:
            self._say("119-cad", f"Z{number}", Kind.FIRE, number, after, text="火势已控制")
        if self.dice.random() < 0.5:
            self._say("120-cad", f"E{number}", Kind.INJURY, number, after)

    def _poison(self) -> None:
        """What no dialect reads: noise, half a form, an abyss."""
        self.garbage += 1
        forms = (
            self.dice.randbytes(self.dice.randrange(1, 400)),
            b'{"JJDBH": "P%d", "JQLBDM": ' % self.garbage,
            b"[" * 5000,
            b"",
            b'{"JJDBH": "P%d", "JJDBH": "P0"}' % self.garbage,
        )
        payload = self.dice.choice(forms)
        self.lines["122-cad"].append(Line("122-cad", "", payload, bad=True))

    def _say(
        self,
        source_id: str,
        ref: str,
        kind: Kind,
        number: int,
        after: tuple[str, str] | None = None,
        **more: Any,
    ) -> Line:
        rule = rule_for(self.sources[source_id], kind)
        row, column = divmod(number, 30)
        point = Point(118.5 + STEP_DEGREES * column, 34.2 + STEP_DEGREES * (row % 16))
        said: Alert = alert(
            source_id=source_id,
            source_ref=ref,
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            # Two fires in one place are hours apart: two fires.
            occurred_at=START + timedelta(hours=12 * (number // 480), seconds=number),
            point=point,
            place=f"第{number}号地块",
            headline="",
            plates=(),
            **{"text": f"现场情况{len(self.lines[source_id])}", **more},
        )
        source = self.sources[source_id]
        payload = write_alert(said, source)
        if after:
            field = next(path for path, whose in source.references.items() if whose == after[0])
            form = json.loads(payload.decode(source.charset)) | {field: after[1]}
            payload = json.dumps(form, ensure_ascii=False).encode(source.charset)
        line = Line(source_id, ref, payload, after)
        self.lines[source_id].append(line)
        return line
