"""动态码 (TOTP, RFC 6238): the secret sealed at rest, a code good once, one step of clock error."""

import os
from datetime import datetime
from pathlib import Path

import pyotp
from cryptography.fernet import Fernet, InvalidToken

ISSUER = "应急联动指挥"
STEP_S = 30
# A telephone's clock may be half a minute off.
_STEPS = (0, -1, 1)


class Seal:
    """What keeps the secrets unreadable to who copies the database: a key in a file beside it."""

    def __init__(self, path: Path) -> None:
        self._fernet = Fernet(_key(path))

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """None: sealed with another key; the second factor must be enrolled anew."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


def new_secret() -> str:
    return pyotp.random_base32()


def address(secret: str, login: str) -> str:
    """What the QR code says: otpauth://totp/…"""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=login, issuer_name=ISSUER)


def step_of(secret: str, code: str, at: datetime, used: int | None) -> int | None:
    """The time step that `code` belongs to; None: wrong, too old, or used already."""
    digits = "".join(c for c in code if c.isdigit())
    if not (digits.isascii() and len(digits) == 6):
        return None
    totp, now = pyotp.TOTP(secret, interval=STEP_S), int(at.timestamp()) // STEP_S
    for offset in _STEPS:
        step = now + offset
        if pyotp.utils.strings_equal(totp.generate_otp(step), digits):
            return step if used is None or step > used else None
    return None


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key())
    try:
        os.link(made, path)  # of several that start at once, one key stands
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_bytes().strip()
