"""Short-lived permission to read the live feed: minted by a page, shown by that page's browser.

The feed's routes stand outside Streamlit's session, so a page that may be seen hands its browser
a ticket, and the feed takes nothing else.
"""

import hashlib
import hmac
import os
import secrets
import time

# Long enough for a slow first load; a connected desk is given fresh ones all the time.
LIFE_S = 600
# Feed and pages in one process share this one. A feed in a process of its own is given the same
# key as the pages, in LINKAGE_FEED_KEY.
_KEY = (os.environ.get("LINKAGE_FEED_KEY") or secrets.token_hex(32)).encode()


def mint(now: float | None = None) -> str:
    expires = int(now if now is not None else time.time()) + LIFE_S
    return f"{expires}.{_seal(expires)}"


def good(ticket: str, now: float | None = None) -> bool:
    """Whether we minted it and it has not run out."""
    expires, _, seal = ticket.partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        return False
    at = now if now is not None else time.time()
    return hmac.compare_digest(seal.encode(), _seal(int(expires)).encode()) and at < int(expires)


def _seal(expires: int) -> str:
    return hmac.new(_KEY, f"live feed until {expires}".encode(), hashlib.sha256).hexdigest()
