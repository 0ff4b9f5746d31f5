"""`references` of a CAP message → the numbers it names. CAP 1.2 §3.2.1.

The standard has `sender,identifier,sent`, parted by blanks. In the wild a blank stands for the T
of a time, blanks follow the commas, commas part the triples, several numbers share one sender and
one time, a number holds commas itself, or stands alone.
"""

import re

from ingest.fields import REF_LENGTH
from ingest.json_form import shown
from linkage.alerts import Unreadable

MOST_REFERENCES = 100
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T\S*)?")
_HOUR = re.compile(r"[0-9]{1,2}:[0-9]{2}\S*")


def named(text: str) -> list[str]:
    """The numbers, each once, in order. Raises `Unreadable`."""
    found = list(dict.fromkeys(_numbers([part.split() for part in text.split(",")])))
    if len(found) > MOST_REFERENCES:
        raise Unreadable(f"references：超过 {MOST_REFERENCES} 条", "references")
    for ref in found:
        if len(ref) > REF_LENGTH:
            reason = f"references：编号超过 {REF_LENGTH} 个字符（{shown(ref)}）"
            raise Unreadable(reason, "references")
    return found


def _numbers(parts: list[list[str]]) -> list[str]:
    """`parts`: what stands between two commas, each as its words."""
    found: list[str] = []
    triple: list[str] = []  # the sender, then what we have of the number
    for words, following in zip(parts, [*parts[1:], None], strict=True):
        rest = words
        if triple and words and not _is_time(words):
            triple.append(words[0])
            rest = words[1:]
            if following and _is_time(following):
                # One sender and one time for several numbers: the time closes nothing more.
                if rest:
                    found += [_number(triple), *rest]
                    triple = []
                continue
        if triple and (rest or not words or following is None):
            found.append(_number(triple))
            triple = []
        if _is_time(rest):
            rest = rest[2 if len(rest) > 1 and _HOUR.fullmatch(rest[1]) else 1 :]
        if rest and following is not None:
            *rest, sender = rest
            triple = [sender]
        found += rest
    return found


def _number(triple: list[str]) -> str:
    return ",".join(triple[1:]) or triple[0]


def _is_time(words: list[str]) -> bool:
    return bool(words and _DAY.fullmatch(words[0]))
