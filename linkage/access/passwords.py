"""口令: argon2id, and as slow for a name that is not there as for one that is."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from linkage.access.stay_rules import LONGEST

# RFC 9106 §4, second recommended option: 64 MiB, three passes, four lanes; about 60 ms here.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` is the one kept. `kept` None: nobody's; it takes as long."""
    if len(password) > LONGEST:
        return False
    try:
        _HASHER.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this one")
