"""Passwords: which are taken, how they are kept, how one is checked."""

from __future__ import annotations

import functools
import threading
import unicodedata
from pathlib import Path
from typing import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# NIST SP 800-63B: length counts, composition rules do not; what everybody tries first is refused.
MIN_CHARACTERS = 12
MAX_CHARACTERS = 256
_MIN_DIFFERENT = 5
_COMMON = Path(__file__).resolve().parent / "common_passwords.txt"

# Argon2id; the library's parameters are RFC 9106's for machines with little memory: 64 MiB, 3 passes, 4 lanes.
hasher = PasswordHasher()
# Each check takes 64 MiB for a tenth of a second: a flood of sign-ins must wait, not eat the machine.
_AT_ONCE = threading.BoundedSemaphore(2)


def problem(password: str, about: Iterable[str] = ()) -> str | None:
    """The key of the sentence on why a new password is not taken; None where it is. `about`: the person's own names."""
    plain = _normal(password).casefold()
    if len(plain) < MIN_CHARACTERS:
        return "people.password.short"
    if len(plain) > MAX_CHARACTERS:
        return "people.password.long"
    if len(set(plain)) < _MIN_DIFFERENT or plain in _common():
        return "people.password.common"
    rest = plain
    for name in sorted((_normal(name).casefold() for name in about), key=len, reverse=True):
        rest = rest.replace(name, "") if len(name) > 3 else rest
    if len(rest) < MIN_CHARACTERS // 2:
        return "people.password.own_name"
    return None


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return hasher.hash(_normal(password))


def matches(password: str, kept: str | None) -> bool:
    """Whether this is the password. Where none is kept, it takes as long to say no."""
    with _AT_ONCE:
        try:
            return hasher.verify(kept or _nobodys(), _normal(password)) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return hasher.check_needs_rehash(kept)


def _normal(password: str) -> str:
    # One keyboard writes é as one character, another as two.
    return unicodedata.normalize("NFKC", password)


@functools.lru_cache(maxsize=1)
def _nobodys() -> str:
    """A hash that no password matches, made with today's parameters."""
    return hasher.hash("nobody\x00")


@functools.lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line and not line.startswith("#"))
