"""Secrets that a browser holds. The record keeps their SHA-256 only: who reads it can use none."""

import hashlib
import secrets


def new_token() -> str:
    return secrets.token_urlsafe(32)


def kept_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
