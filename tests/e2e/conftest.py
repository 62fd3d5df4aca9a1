"""What the end-to-end tests share: a conversation of their own on the server of the session."""

from __future__ import annotations

import uuid

import pytest


@pytest.fixture
def sender() -> str:
    """The id of a conversation that no other test speaks in."""
    return f"e2e-{uuid.uuid4().hex}"
