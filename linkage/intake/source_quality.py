"""What is noticed of each source beside its alerts: doubtful fields, a wrong clock, a wrong datum,
a false name. Nothing is written while there is nothing to say."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from linkage.actions import Happening
from linkage.alerts import NOTES, UNLISTED, Alert, Impostor, Point
from linkage.datum import Datum
from linkage.intake.arrivals import Arrival, is_late
from linkage.intake.datum_watch import DatumWatch, Suspicion
from linkage.intake.unlisted import MOST, Unlisted, note_unlisted, of_alert
from linkage.intake.watch import lasting
from linkage.intake_tables import source_quality
from linkage.log import as_json
from linkage.record import Writing
from linkage.vocabulary import Channel

# Two clocks that differ by more are not the network; a time without seconds is a minute coarse.
CLOCK_OFF_S = 60.0
_COARSE_S = 60.0
LATEST = 31  # messages whose median is the skew
FEWEST = 5
# A clock that drifts is told anew when it has moved so far, and not more often than this.
MOVED_S, PAUSE = 30.0, timedelta(seconds=60)
LONGEST_NOTE = 500
Key = tuple[str, str]  # channel, source or agency


class SourceQuality:
    """One per process, for as long as it lives: medians and comparisons need many messages.

    What a batch notices is kept until `write`; when the batch is undone, `forget`.
    """

    def __init__(self, datums: Mapping[str, str], known_points: Mapping[str, Point]) -> None:
        self._delays: dict[str, deque[float]] = {}
        self._off: dict[str, tuple[float, datetime]] = {}  # skew as the record has it
        self._suspected: dict[str, Suspicion | None] = {}
        self._changes: dict[Key, dict[str, Any]] = {}
        self._claims: dict[Key, tuple[int, Impostor]] = {}
        self._unlisted: dict[str, set[Unlisted]] = {}  # in the record
        self._new_codes: dict[str, set[Unlisted]] = {}
        self._known = False
        self.datum = DatumWatch({s: Datum(d) for s, d in datums.items()}, known_points)

    def noticed(self, alert: Alert, arrival: Arrival, *, new: bool) -> str | None:
        """What is to be said of an alert although it is taken; nearly always nothing.

        `new`: its source had not said it before.
        """
        at = arrival.received_at
        if alert.facts and UNLISTED in alert.facts:
            self._lacks(alert)
        if alert.facts and NOTES in alert.facts:
            return self._doubt(alert.source_id, alert.facts[NOTES], at)
        if new and arrival.retained and is_late(alert, arrival):
            change = self._of(Channel.ALERT, alert.source_id)
            change["late"], change["late_at"] = change.get("late", 0) + 1, at
            return f"代理保留的旧报文，事发已 {lasting(at - alert.occurred_at)}，按迟到报文接收"
        return None

    def _doubt(self, source_id: str, notes: list[str], at: datetime) -> str:
        said = "；".join(notes)[:LONGEST_NOTE]
        change = self._of(Channel.ALERT, source_id)
        change["noted"] = change.get("noted", 0) + 1
        change["last_note"], change["noted_at"] = said, at
        return said

    def _lacks(self, alert: Alert) -> None:
        """A code that the table does not have; noted once, however often it comes."""
        known, one = self._unlisted.get(alert.source_id, set()), of_alert(alert)
        if one not in known and len(known) < MOST:
            self._new_codes.setdefault(alert.source_id, set()).add(one)

    def claimed(self, channel: Channel, source_id: str, why: Impostor, at: datetime) -> None:
        """A payload said it was another's. A security event."""
        change = self._of(channel, source_id)
        change["claims"] = change.get("claims", 0) + 1
        change["last_claim"], change["claimed_at"] = why.claimed[:200], at
        self._claims[channel._value_, source_id] = change["claims"], why

    def delayed(self, source_id: str, seconds: float, at: datetime) -> None:
        """By its own clock a message took so long to reach us."""
        delays = self._delays.get(source_id)
        if delays is None:
            delays = self._delays[source_id] = deque(maxlen=LATEST)
        delays.append(seconds)
        well = -CLOCK_OFF_S <= seconds <= CLOCK_OFF_S + _COARSE_S
        if (not well or source_id in self._off) and len(delays) >= FEWEST:
            self._judge_clock(source_id, median(delays), at)

    def _judge_clock(self, source_id: str, skew: float, at: datetime) -> None:
        known = self._off.get(source_id)
        off = not -CLOCK_OFF_S <= skew <= CLOCK_OFF_S + _COARSE_S
        if known is None and not off:
            return
        if known is not None and off and (abs(skew - known[0]) < MOVED_S or at - known[1] < PAUSE):
            return
        change = self._of(Channel.ALERT, source_id)
        change["skew_s"], change["skew_at"] = (round(skew, 1), at) if off else (None, None)

    def write(self, w: Writing) -> None:
        """In the batch's transaction. No statement where nothing was noticed."""
        if not self._known:
            self._read(w)
        if self.datum.due(w.at):
            self._judge_datum(w.at)
        if self._new_codes:
            note_unlisted(w, self._new_codes)
        for key in sorted(self._changes):
            _write(w, key, self._changes[key])
            self._note(w, key, self._changes[key])

    def keep(self) -> None:
        """What was noticed is committed."""
        for source_id, codes in self._new_codes.items():
            self._unlisted.setdefault(source_id, set()).update(codes)
        for (_, source_id), change in self._changes.items():
            if "skew_s" in change and change["skew_s"] is None:
                self._off.pop(source_id, None)
            elif "skew_s" in change:
                self._off[source_id] = change["skew_s"], change["skew_at"]
        self.forget()

    def forget(self) -> None:
        """What was noticed did not happen: the batch was undone."""
        self._changes.clear()
        self._new_codes.clear()
        self._claims.clear()

    def _of(self, channel: Channel, source_id: str) -> dict[str, Any]:
        return self._changes.setdefault((channel._value_, source_id), {})

    def _read(self, w: Writing) -> None:
        """What earlier runs found, so that it can be cleared and is not told again."""
        q = source_quality.c
        for row in w.cx.execute(select(q.source_id, q.skew_s, q.skew_at, q.datum_seems)):
            if row.skew_s is not None:
                self._off[row.source_id] = row.skew_s, row.skew_at
            if row.datum_seems is not None:
                self._suspected[row.source_id] = Suspicion(Datum(row.datum_seems), 0.0, 0, ())
        self._known = True
        for source_id in list(self._off):
            delays = self._delays.get(source_id, ())
            if len(delays) >= FEWEST:
                self._judge_clock(source_id, median(delays), w.at)

    def _judge_datum(self, at: datetime) -> None:
        for source_id, found in self.datum.verdicts(at).items():
            before = self._suspected.get(source_id)
            if found == before or (found and before and found.seems is before.seems):
                continue
            self._suspected[source_id] = found
            self._of(Channel.ALERT, source_id).update(
                datum_seems=found.seems._value_ if found else None,
                datum_off_m=found.off_m if found else None,
                datum_pairs=found.pairs if found else None,
                datum_others=as_json(found.others) if found else None,
                datum_at=at if found else None,
            )

    def _note(self, w: Writing, key: Key, change: Mapping[str, Any]) -> None:
        """Into the log: what somebody must look into, once."""
        channel, source_id = key
        actor = f"{'source' if channel == Channel.ALERT else 'agency'}:{source_id}"
        if key in self._claims:
            count, why = self._claims[key]
            reason = f"{why.reason}（本批 {count} 条，均已拒收）"
            w.log.add(actor, Happening.SECURITY._value_, reason, after={"claimed": why.claimed})
        if change.get("skew_s") is not None:
            clock = "快" if change["skew_s"] < 0 else "慢，或报文积压"
            reason = f"来源时钟{clock} {abs(change['skew_s']):.0f} 秒"
            w.log.add(actor, Happening.DOUBT._value_, reason, after={"skew_s": change["skew_s"]})
        if change.get("datum_seems") is not None:
            seems = Datum(change["datum_seems"])
            reason = f"坐标疑为 {seems.label}，按约定坐标系偏 {change['datum_off_m']:.0f} 米"
            w.log.add(actor, Happening.DOUBT._value_, reason, after={"seems": seems._value_})


_COUNTED = ("noted", "claims", "late")


def _write(w: Writing, key: Key, change: Mapping[str, Any]) -> None:
    q = source_quality.c
    values = {n: q[n] + v if n in _COUNTED else v for n, v in change.items()}
    mine = (q.channel == bindparam("of_channel"), q.source_id == bindparam("of_source"))
    of = {"of_channel": key[0], "of_source": key[1]}
    if w.cx.execute(update(source_quality).where(*mine).values(**values), of).rowcount == 0:
        counts = dict.fromkeys(_COUNTED, 0)
        row = {"channel": key[0], "source_id": key[1], **counts, **change}
        w.cx.execute(insert(source_quality).values(**row))
