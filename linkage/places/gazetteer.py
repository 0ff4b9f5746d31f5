"""Which place is meant by what was typed: names, aliases, pinyin, a district before the name."""

from collections.abc import Sequence
from math import cos, hypot, radians

import msgspec

from linkage.alerts import Point
from linkage.areas import AREAS
from linkage.places.place import RANK, Place, PlaceKind
from linkage.places.spelling import Spelling, fit, plain, spell

AT_MOST = 10  # what a list under a field shows without scrolling
LONGEST = 60  # letters; who pastes a page is not looking for a name


_SUFFIXES = ("街道", "镇", "乡", "区", "县", "市")


class Hit(msgspec.Struct, frozen=True):
    """`reason`: why it is listed, in the words of the screen."""

    place: Place
    reason: str


class _Entry(msgspec.Struct, frozen=True):
    place: Place
    names: tuple[tuple[str, Spelling], ...]


class Gazetteer:
    """Built once from all places; asked for every letter that is typed."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = tuple(places)
        self._entries = [
            _Entry(place, tuple((name, spell(name)) for name in (place.name, *place.aliases)))
            for place in self.places
        ]
        self._areas = [(code, _area_spellings(name)) for code, name in AREAS.items()]

    def search(self, text: str, near: Point | None = None) -> list[Hit]:
        """Best first; of equals the sort of place that more is done with, then the nearer.

        Words apart must all be true of a place: of its name, or of the district it lies in.
        """
        words = [word for word in (plain(one) for one in text[:LONGEST].split()) if word]
        if not words:
            return []
        found: list[tuple[tuple[float, ...], Hit]] = []
        for entry in self._entries:
            worth, reason = self._judge(entry, words)
            if worth:
                place = entry.place
                apart = _apart(near, place.point) if near else 0.0
                order = (-worth, RANK[place.kind], len(place.name), apart)
                found.append((order, Hit(place, reason)))
        found.sort(key=lambda pair: pair[0])
        return [hit for _, hit in found[:AT_MOST]]

    def _judge(self, entry: _Entry, words: list[str]) -> tuple[int, str]:
        if len(words) == 1:
            worth, reason = _best(entry, words[0])
            return (worth, reason) if worth else self._after_district(entry, words[0])
        worths = []
        for word in words:
            worth, reason = _best(entry, word)
            inside = any(code == entry.place.area and fit(word, s) for code, s in self._areas_of())
            if not worth and not inside:
                return 0, ""
            worths.append((worth, reason))
        worth, reason = max(worths)
        return (worth, reason) if worth else (0, "")

    def _areas_of(self) -> list[tuple[str, Spelling]]:
        return [(code, spelling) for code, spellings in self._areas for spelling in spellings]

    def _after_district(self, entry: _Entry, word: str) -> tuple[int, str]:
        """海州区板浦, 灌云yw: the district in signs, then the place in it."""
        for code, name in AREAS.items():
            if entry.place.area != code or entry.place.kind is PlaceKind.DISTRICT:
                continue
            for before in (name, name[:-1]):
                rest = word.removeprefix(before)
                if rest != word and rest:
                    worth, _ = _best(entry, rest)
                    if worth:
                        return worth, f"{name}内"
        return 0, ""


def _best(entry: _Entry, word: str) -> tuple[int, str]:
    best, reason = 0, ""
    for number, (name, spelling) in enumerate(entry.names):
        worth = fit(word, spelling)
        if worth > best:
            other = number and name not in entry.place.name
            best, reason = worth, f"又名 {name}" if other else "名称"
    return best, reason


def _area_spellings(name: str) -> list[Spelling]:
    short = next((name.removesuffix(s) for s in _SUFFIXES if name.endswith(s)), name)
    return [spell(name), spell(short)]


def _apart(a: Point, b: Point) -> float:
    """Degrees of latitude, near enough for an order."""
    return hypot((a.lon - b.lon) * cos(radians(a.lat)), a.lat - b.lat)
