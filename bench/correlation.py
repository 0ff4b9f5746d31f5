"""How well and how fast alerts find their incident. Example: python -m bench correlation --wrong 10

Quality on seeds the rule was never tuned on, beside the rule a sensible person writes first
(nearest open incident of the same kind within 500 m and 15 minutes). Nobody confirms proposals.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import cos, hypot, radians

import msgspec

from bench.correlation_speed import print_times
from bench.labelled import Report
from bench.near_misses import labelled_set
from linkage.alerts import Alert
from linkage.correlation.correlate import JOIN_AT, PROPOSE_AT, Match, correlate, score
from linkage.correlation.open_incident import METRES_PER_DEGREE
from linkage.correlation.open_incidents import OpenIncident, OpenIncidents, opened_by
from linkage.correlation.same_event import BIT, PARTNERS

TUNING_SEEDS = range(1, 9)
REPORTING_SEEDS = range(101, 121)
NEAR_M, SOON_S = 500.0, 900.0
Rule = Callable[[Alert, Sequence[OpenIncident], int], Match | None]


class Wrong(msgspec.Struct):
    """A join of two events, with what an officer would have read."""

    case: str
    alert: Alert
    opener: Alert
    match: Match


class Missed(msgspec.Struct):
    """An alert that neither joined nor was proposed to an incident of its event."""

    case: str
    alert: Alert
    opener: Alert


class Tally(msgspec.Struct):
    """Counts over one or more sets. `due`: alerts whose event had been reported before."""

    reports: int = 0
    due: int = 0
    joined: int = 0
    joined_right: int = 0
    proposed: int = 0
    proposed_right: int = 0
    found: int = 0
    wrong: list[Wrong] = msgspec.field(default_factory=list)
    missed: list[Missed] = msgspec.field(default_factory=list)
    by_case: dict[str, Counter[str]] = msgspec.field(default_factory=dict)

    @property
    def join_precision(self) -> float:
        return self.joined_right / max(self.joined, 1)

    @property
    def join_recall(self) -> float:
        return self.joined_right / max(self.due, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.due, 1)

    @property
    def proposal_precision(self) -> float:
        return self.proposed_right / max(self.proposed, 1)


def nearest(alert: Alert, candidates: Iterable[OpenIncident], kinds: int) -> Match | None:
    at = alert.occurred_at.timestamp()
    near = [
        (metres_apart(alert, one), one.id)
        for one in candidates
        if one.kind_bits & kinds
        and one.exercise is alert.exercise
        and abs(at - one.last_alert_s) <= SOON_S
    ]
    metres, incident_id = min(near, default=(float("inf"), 0))
    return Match(incident_id, 100.0, (), "joins") if metres <= NEAR_M else None


def nearest_same_kind(alert: Alert, candidates: Sequence[OpenIncident], _: int) -> Match | None:
    """The quality peer: what a sensible person writes first."""
    return nearest(alert, candidates, BIT[alert.kind])


def nearest_fitting_kind(alert: Alert, candidates: Sequence[OpenIncident], _: int) -> Match | None:
    """The second peer: the same with our table of kinds that can be one event."""
    return nearest(alert, candidates, PARTNERS[alert.kind])


def metres_apart(alert: Alert, one: OpenIncident) -> float:
    if alert.point is None or one.lat is None or one.lon is None:
        return float("inf")
    north = (alert.point.lat - one.lat) * METRES_PER_DEGREE
    east = (alert.point.lon - one.lon) * METRES_PER_DEGREE * cos(radians(one.lat))
    return hypot(north, east)


class Shift:
    """One set worked through in order of arrival, with the truth beside it."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.index = OpenIncidents()
        self.truth: dict[int, int] = {}  # incident → event of the alert that opened it
        self.openers: dict[int, Alert] = {}
        self.first: dict[int, Alert] = {}  # event → its first alert

    def take(self, report: Report, rule: Rule) -> None:
        alert, event, index = report.alert, report.event, self.index
        match = rule(alert, index.candidates(alert), index.passed_over)
        self._count(report, match)
        self.first.setdefault(event, alert)
        if match is not None and match.decision == "joins":
            index.absorb(match.incident_id, alert)
            return
        incident_id = len(self.truth) + 1
        index.add(opened_by(alert, incident_id, f"{incident_id:04d}"))
        self.truth[incident_id], self.openers[incident_id] = event, alert
        if match is not None:
            index.likely_same(incident_id, match.incident_id)

    def _count(self, report: Report, match: Match | None) -> None:
        tally, alert = self.tally, report.alert
        case = tally.by_case.setdefault(report.case, Counter())
        due = report.event in self.first
        right = match is not None and self.truth[match.incident_id] == report.event
        tally.reports += 1
        tally.due += due
        tally.found += due and right
        case["due"] += due
        if due and not right:
            tally.missed.append(Missed(report.case, alert, self.first[report.event]))
        if match is None:
            return
        case[f"{match.decision} {'right' if right else 'wrong'}"] += 1
        if match.decision == "joins":
            tally.joined += 1
            tally.joined_right += right
        else:
            tally.proposed += 1
            tally.proposed_right += right
        if not right:
            opener = self.openers[match.incident_id]
            tally.wrong.append(Wrong(report.case, alert, opener, match))


def judged(sets: Iterable[Sequence[Report]], rule: Rule = correlate) -> Tally:
    tally = Tally()
    for reports in sets:
        shift = Shift(tally)
        for report in reports:
            shift.take(report, rule)
    return tally


def print_table(sets: Sequence[Sequence[Report]]) -> Tally:
    print(
        f"\n{'rule':<36}{'reports':>8}{'due':>7}{'precision':>11}{'wrong':>7}{'recall':>9}"
        f"{'with proposed':>15}{'proposals right':>17}"
    )
    rules: dict[str, Rule] = {
        "score card": correlate,
        "nearest of the same kind": nearest_same_kind,
        "nearest of a fitting kind": nearest_fitting_kind,
    }
    tallies = {name: judged(sets, rule) for name, rule in rules.items()}
    for name, tally in tallies.items():
        share = f"{tally.proposal_precision:.3f} of {tally.proposed}" if tally.proposed else "–"
        print(
            f"{name:<36}{tally.reports:>8}{tally.due:>7}"
            f"{tally.join_precision:>11.4f}{tally.joined - tally.joined_right:>7}"
            f"{tally.join_recall:>9.3f}{tally.recall:>15.3f}{share:>17}"
        )
    return tallies["score card"]


def print_cases(tally: Tally) -> None:
    columns = ("due", "joins right", "proposes right", "joins wrong", "proposes wrong")
    print(f"\n{'case':<40}" + "".join(f"{name:>16}" for name in columns))
    for case, counts in sorted(tally.by_case.items()):
        print(f"{case:<40}" + "".join(f"{counts[name]:>16}" for name in columns))


def print_pair(opener: Alert, alert: Alert) -> None:
    for one in (opener, alert):
        print(
            f"   {one.occurred_at:%H:%M:%S} {one.source_id} {one.kind.label}"
            f" | {one.place} | {one.text}"
        )


def print_wrong(tally: Tally, limit: int) -> None:
    worst = sorted(
        tally.wrong, key=lambda wrong: (wrong.match.decision != "joins", -wrong.match.score)
    )
    for wrong in worst[:limit]:
        match = wrong.match
        print(f"\nwrong: {match.decision} with {match.score:g} points, case: {wrong.case}")
        print_pair(wrong.opener, wrong.alert)
        for text, points in match.reasons:
            print(f"     {points:+6.1f}  {text}")


def print_missed(tally: Tally, limit: int) -> None:
    for missed in tally.missed[:limit]:
        incident = opened_by(missed.opener, 1, "")
        points, reasons = score(missed.alert, incident)
        print(f"\nmissed: {points:g} points, case: {missed.case}")
        print_pair(missed.opener, missed.alert)
        for text, points in reasons:
            print(f"     {points:+6.1f}  {text}")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench correlation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tuning", action="store_true", help="judge on the tuning seeds instead")
    parser.add_argument("--wrong", type=int, default=8, help="how many wrong decisions to print")
    parser.add_argument("--missed", type=int, default=0, help="how many missed alerts to print")
    parser.add_argument("--quick", action="store_true", help="three seeds, no timing")
    options = parser.parse_args(argv)
    seeds = TUNING_SEEDS if options.tuning else REPORTING_SEEDS
    if options.quick:
        seeds = seeds[:3]
    print(f"Joins at {JOIN_AT:g} points, proposes at {PROPOSE_AT:g}. Peers: within 500 m, 15 min.")
    print(f"Labelled sets, seeds {seeds.start} to {seeds.stop - 1}: a storm, near misses,")
    print("and an evening five times as busy as a real one.", end="")
    ours = print_table([labelled_set(seed) for seed in seeds])
    print("\nThe same with an ordinary evening's load.", end="")
    print_table([labelled_set(seed, events=80, storm_events=30, pairs=1) for seed in seeds])
    print_cases(ours)
    print_wrong(ours, options.wrong)
    print_missed(ours, options.missed)
    if not options.quick:
        print_times()
    return 0
