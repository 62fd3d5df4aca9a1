"""Signed ids of conversations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.channels.sessions import Sessions
from bot.errors import ChannelError
from bot.release import _sign
from bot.settings import Settings

KEY = "0123456789abcdef" * 4


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(Settings(var_dir=tmp_path, secret=KEY))


def test_an_id_is_128_random_bits_and_a_signature(sessions: Sessions) -> None:
    """Short enough for the contract's 128 characters; no two alike."""
    ids = {sessions.new() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"imh1-[0-9a-f]{32}-[0-9a-f]{32}", each) for each in ids)


def test_its_own_ids_are_known_again(sessions: Sessions, tmp_path: Path) -> None:
    """By another process with the same secret, too."""
    sender = sessions.new()
    assert sessions.is_signed(sender) and sessions.accept(sender) == sender
    assert Sessions(Settings(var_dir=tmp_path, secret=KEY)).is_signed(sender)


@pytest.mark.parametrize("change", [
    lambda sender: sender[:-1] + ("0" if sender[-1] != "0" else "1"),
    lambda sender: sender[:5] + ("0" if sender[5] != "0" else "1") + sender[6:],
    lambda sender: sender.upper(), lambda sender: sender + "0", lambda sender: sender[:-1],
    lambda sender: sender + "\n",
    lambda sender: sender.rsplit("-", 1)[0], lambda sender: "imh1-", lambda sender: "imh1-x-y",
    lambda sender: sender.replace("imh1", "imh2"),
], ids=["signature", "bits", "capitals", "longer", "shorter", "line end", "no signature", "nothing", "words",
        "version"])
def test_an_id_that_was_altered_is_not_signed(sessions: Sessions, change: object) -> None:
    """And where it still claims to be, it is refused: nobody continues a conversation by guessing."""
    altered = change(sessions.new())  # type: ignore[operator]
    assert not sessions.is_signed(altered)
    if altered.startswith("imh1-"):
        with pytest.raises(ChannelError) as raised:
            sessions.accept(altered)
        assert (raised.value.status, raised.value.code) == (400, "sender_invalid")


@pytest.mark.parametrize("sender", ["ana", "x" * 128, "imh", "imh10-x", "IMH1-x", "5f2b"])
def test_an_opaque_id_of_an_old_client_is_taken(sessions: Sessions, sender: str) -> None:
    """But it is not signed, and cannot erase anything."""
    assert sessions.accept(sender) == sender
    assert not sessions.is_signed(sender)


def test_another_secret_knows_nothing_of_it(sessions: Sessions, tmp_path: Path) -> None:
    """Ids end with the secret that made them."""
    assert not Sessions(Settings(var_dir=tmp_path, secret=KEY[::-1])).is_signed(sessions.new())


def test_a_releases_signature_signs_no_id(sessions: Sessions, tmp_path: Path) -> None:
    """One secret, two purposes: what is signed for one is worth nothing for the other."""
    bits = "0" * 32
    forged = f"imh1-{bits}-{_sign(bits.encode(), Settings(var_dir=tmp_path, secret=KEY))[:32]}"
    assert not sessions.is_signed(forged)
