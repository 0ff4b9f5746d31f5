"""Who is at this browser: from its cookie to the stay that the record knows."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from linkage.access.second_factor import Seal
from linkage.access.sitting import NOBODY, Gone, Sitting, sitting_by_id, sitting_by_token
from linkage.access.stay_rules import StayRules, load_stay_rules
from linkage.access.tokens import kept_of
from linkage.record import UNAVAILABLE, Record
from linkage.settings import Settings
from linkage.vocabulary import Role

COOKIE = "linkage_desk"
_LONGEST = 100


class Entrance:
    """The record's word on who may come in; one for the whole process."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self.record = record
        self.cast_allowed = settings.demo_cast
        self.rules: StayRules = load_stay_rules(settings.tables / "access.toml")
        self.seal = Seal(settings.data / "access.key")

    def sitting(self, token: str, now: datetime | None = None) -> Sitting | Gone:
        """Raises one of UNAVAILABLE when the database is away."""
        if not token or len(token) > _LONGEST:
            return NOBODY
        at = now or datetime.now(UTC)
        with self.record.read() as cx:
            return sitting_by_token(cx, kept_of(token), self.rules, at, cast=self.cast_allowed)

    def ended(self, sign_ins: Collection[int], roles: Collection[Role]) -> set[int]:
        """Of these stays, those that stand no more or are no longer of such a role. None of them
        while the database is away: a desk keeps its last picture then."""
        now, gone = datetime.now(UTC), set()
        try:
            with self.record.read() as cx:
                for each in sign_ins:
                    found = sitting_by_id(cx, each, self.rules, now, cast=self.cast_allowed)
                    if isinstance(found, Gone) or found.actor.role not in roles:
                        gone.add(each)
        except UNAVAILABLE:
            return set()
        return gone


def token_in(headers: Mapping[str, str] | Headers) -> str:
    """What the browser holds; "" where it holds nothing."""
    return cookies_in(headers).get(COOKIE, "")


def cookies_in(headers: Mapping[str, str] | Headers) -> dict[str, str]:
    # Not http.cookies: one odd cookie of another system on the intranet would hide ours.
    return cookie_parser(headers.get("cookie") or "")
