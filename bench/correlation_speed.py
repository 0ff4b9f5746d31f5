"""How long an alert takes to find its incident, by how many stand open."""

from datetime import timedelta
from time import thread_time  # the machine is shared: our own time, not the wall's

import msgspec

from bench.labelled import Report, Writer, evening_until
from bench.wording import EVENING, STORM
from linkage.alerts import Alert
from linkage.correlation.correlate import correlate
from linkage.correlation.open_incidents import OpenIncidents, opened_by

# How many open, over how many hours: a week and three months of a city that closes nothing
# (1,200 calls a day); then a storm day and a storm hour in which nothing was closed yet.
OPEN = ((10_000, 200.0), (100_000, 2000.0), (10_000, 24.0), (100_000, 24.0), (10_000, 1.0))
ALERTS = 2000
SCANNED = 300_000  # pairs to look at for the naive scan


class Times(msgspec.Struct):
    """Microseconds."""

    add: float
    mean: float
    median: float
    p99: float
    candidates: float  # how many, not how long
    scan: float


def yardstick() -> float:
    """µs for a thousand turns of a bare loop: about 35 on a quiet machine of today."""
    best = float("inf")
    for _ in range(50):
        begun = thread_time()
        for turn in range(1000):
            _ = turn * turn + 1
        best = min(best, thread_time() - begun)
    return best * 1e6


def measured(open_count: int, hours: float) -> Times:
    past = Writer(7)
    evening_until(past, round(open_count / 1.5), hours, EVENING | STORM)
    opened = [r.alert for r in sorted(past.reports, key=_arrival)[:open_count]]
    index = OpenIncidents()
    begun = thread_time()
    for incident_id, alert in enumerate(opened, 1):
        index.add(opened_by(alert, incident_id, ""))
    add = (thread_time() - begun) / len(opened)
    asked = _new_alerts(opened[-1])
    for alert in asked[:200]:
        correlate(alert, index.candidates(alert), index.passed_over)
    times, candidates = [], 0
    for alert in asked:
        begun = thread_time()
        found = index.candidates(alert)
        correlate(alert, found, index.passed_over)
        times.append(thread_time() - begun)
        candidates += len(found)
    times.sort()
    return Times(
        add * 1e6,
        sum(times) / len(times) * 1e6,
        times[len(times) // 2] * 1e6,
        times[len(times) * 99 // 100] * 1e6,
        candidates / len(asked),
        _scan(index, len(opened), asked) * 1e6,
    )


def _arrival(report: Report) -> float:
    return report.arrived_s


def _new_alerts(last: Alert) -> list[Alert]:
    """Of the minutes after the last one that stands open."""
    fresh = Writer(9)
    evening_until(fresh, ALERTS, 0.5, EVENING)
    alerts = [report.alert for report in fresh.reports[:ALERTS]]
    late = last.occurred_at - min(alert.occurred_at for alert in alerts) - timedelta(minutes=15)
    return [
        msgspec.structs.replace(alert, occurred_at=alert.occurred_at + late) for alert in alerts
    ]


def _scan(index: OpenIncidents, count: int, asked: list[Alert]) -> float:
    """Seconds an alert without an index: the rule over everything open."""
    every = [one for one in map(index.get, range(1, count + 1)) if one is not None]
    sample = asked[: max(3, SCANNED // count)]
    begun = thread_time()
    for alert in sample:
        correlate(alert, every)
    return (thread_time() - begun) / len(sample)


def print_times() -> None:
    print(f"\nYardstick: 1,000 turns of a bare loop took {yardstick():.0f} µs (quiet: about 35).")
    print(
        f"{'open':>8}{'over h':>8}{'mean µs':>9}{'median':>8}{'p99':>8}{'candidates':>12}"
        f"{'adding one':>12}{'naive scan':>12}{'ratio':>8}"
    )
    for count, hours in OPEN:
        t = measured(count, hours)
        print(
            f"{count:>8}{hours:>8g}{t.mean:>9.1f}{t.median:>8.1f}{t.p99:>8.0f}{t.candidates:>12.1f}"
            f"{t.add:>12.1f}{t.scan:>12.0f}{t.scan / t.mean:>8.0f}"
        )
