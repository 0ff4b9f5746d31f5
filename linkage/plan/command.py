"""`python -m linkage cards`: the versions of the run cards, which is in force, how two differ."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from linkage.errors import BadConfig
from linkage.plan.card_changes import card_changes
from linkage.plan.run_card import RunCards
from linkage.plan.run_card_file import in_force, load_versions, read_run_cards
from linkage.record import BEIJING, Record
from linkage.response.agencies import Agency, load_agencies
from linkage.response_tables import run_card_version
from linkage.settings import Settings

DONE, UNABLE = 0, 2
_PAIR = 2


def lie_there(versions: Sequence[RunCards], now: datetime) -> list[str]:
    """One line for each file: label, since when, whether it is the one."""
    used = in_force(versions, now)
    return [f"{_of(cards)}\t{_state(cards, used, now)}" for cards in versions]


def kept_versions(cx: Connection, agencies: Mapping[str, Agency]) -> list[RunCards]:
    """The texts that responses rest on, oldest first; one that no longer reads is left out."""
    version = run_card_version.c
    found = []
    for label, text in cx.execute(select(version.label, version.text).order_by(version.id)):
        try:
            found.append(read_run_cards(Path(f"{label}.toml"), text, agencies))
        except BadConfig:
            continue
    return found


def differences(
    older: str,
    newer: str,
    known: Sequence[RunCards],
    agencies: Mapping[str, Agency],
) -> list[str]:
    """How version `newer` differs from `older`, by label. Raises BadConfig for an unknown one."""
    old, new = (_labelled(label, known) for label in (older, newer))
    changes = card_changes(old, new, agencies)
    return [f"{_of(old)} → {_of(new)}：{len(changes)} 处不同", *changes]


def known_versions(cx: Connection, tables: Path, agencies: Mapping[str, Agency]) -> list[RunCards]:
    """What was kept and what lies there; of the same text once."""
    every = [*kept_versions(cx, agencies), *load_versions(tables, agencies)]
    return list({cards.digest: cards for cards in every}.values())


def _labelled(label: str, known: Sequence[RunCards]) -> RunCards:
    # The newest text of a label: one that was edited without a new label is the later one.
    for cards in reversed(known):
        if cards.label == label:
            return cards
    labels = "、".join(dict.fromkeys(cards.label for cards in known))
    raise BadConfig("run_cards.toml", "版本", f"没有版本 {label}", f"现有：{labels}")


def _of(cards: RunCards) -> str:
    return f"{cards.label}（{cards.effective_at.astimezone(BEIJING):%Y-%m-%d} 起）"


def _state(cards: RunCards, used: RunCards, now: datetime) -> str:
    if cards is used:
        return "现行"
    return "未到生效日" if cards.effective_at > now else "已被取代"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "versions", nargs="*", metavar="版本", help="写两个版本号：列出后者与前者的不同"
    )


def run(settings: Settings, record: Record, asked: argparse.Namespace) -> int:
    """Without versions: what lies there and which is in force. With two: how they differ."""
    agencies = load_agencies(settings.tables / "agencies.toml")
    if not asked.versions:
        lines = lie_there(load_versions(settings.tables, agencies), datetime.now(UTC))
    elif len(asked.versions) == _PAIR:
        with record.read() as cx:
            known = known_versions(cx, settings.tables, agencies)
        lines = differences(asked.versions[0], asked.versions[1], known, agencies)
    else:
        print("请写两个版本号，如：python -m linkage cards 2026-1 2027-1", file=sys.stderr)
        return UNABLE
    for line in lines:
        print(line)
    return DONE
