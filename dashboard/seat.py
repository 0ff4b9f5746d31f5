"""What every part of a page needs: the record, who sits here, the files of facts, and the time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
import streamlit as st

from dashboard import desk
from dashboard.words import OWN_NAME
from linkage.access.signed_record import SignedRecord
from linkage.actions import Action
from linkage.people import MAY, Actor
from linkage.record import UNAVAILABLE
from linkage.response.agencies import Agency
from linkage.sources import OURSELVES, Source


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """`now`: when this run of the page read the record."""

    record: SignedRecord
    actor: Actor
    sources: Mapping[str, Source]
    agencies: Mapping[str, Agency]
    now: datetime

    def may(self, action: Action) -> bool:
        """Whether to offer it at all; linkage checks again when it is done."""
        return self.actor.role in MAY[action]

    def source(self, source_id: str) -> str:
        """The name of a source, or its id where sources.toml no longer has it."""
        if source_id == OURSELVES:
            return OWN_NAME
        return self.sources[source_id].name if source_id in self.sources else source_id

    def agency(self, agency_id: str) -> str:
        return self.agencies[agency_id].name if agency_id in self.agencies else agency_id


def take_seat() -> Seat:
    """Raises nothing: the page ends, saying why, where nobody is signed in."""
    here = desk.signed_record()
    return Seat(
        record=here,
        actor=here.sitting.actor,
        sources=desk.sources(),
        agencies=desk.agencies(),
        now=datetime.now(UTC),
    )


@contextmanager
def reading() -> Iterator[None]:
    """Around what reads the record: when it is away the screen says so, and the rest stands."""
    try:
        yield
    except UNAVAILABLE:
        st.error(desk.AWAY, icon=":material/cloud_off:")
