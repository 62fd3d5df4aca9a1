"""Fields of forms and queries: what is taken, and what is refused in plain words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bot.channels.gateway import MAX_FIELDS, fields, message_id, needed
from bot.channels.kannel import Kannel
from bot.errors import ChannelError
from bot.settings import Settings

TOKEN = "0123456789abcdef"
QUERY = f"from=15055550142&to=15055550100&text=hi&id=a-1&token={TOKEN}"


def refused(status: int, code: str, work: object, *arguments: object) -> None:
    with pytest.raises(ChannelError) as caught:
        work(*arguments)  # type: ignore[operator]
    assert (caught.value.status, caught.value.code) == (status, code)


def test_fields_are_read_as_they_were_typed() -> None:
    """Empty ones too, plus signs and escapes, a field that comes twice."""
    assert fields("a=1&b=&c=x+y%C3%A9&a=2") == {"a": ["1", "2"], "b": [""], "c": ["x yé"]}
    assert fields(b"") == {}


@pytest.mark.parametrize(
    "broken",
    [
        b"a=%",
        b"a=%z1",
        b"a=%4",
        b"a=%ff",
        b"a=%C3",
        "a=é".encode(),
        b"\xff",
        b"&".join(b"a=1" for _ in range(MAX_FIELDS + 1)),
    ],
    ids=ascii,
)
def test_what_is_broken_is_refused(broken: bytes) -> None:
    refused(400, "malformed", fields, broken)


@pytest.mark.parametrize("found", [{}, {"To": [""]}, {"To": ["  "]}])
def test_a_needed_field_is_missed(found: dict[str, list[str]]) -> None:
    refused(400, "field_missing", needed, found, "To")


@pytest.mark.parametrize("value", ["a b", "a/b", "é", "x" * 101, "a\nb", "'"])
def test_an_id_that_is_none(value: str) -> None:
    refused(400, "malformed", message_id, {"id": [value]}, "id")


@pytest.mark.parametrize("value", ["SM" + "0" * 32, "1e7a83b5-e30e-48d9-b1b8-f9b811c5b343", "a"])
def test_an_id_as_gateways_give_it(value: str) -> None:
    assert message_id({"id": [value]}, "id") == value


def asking(query: str = QUERY, ip: str = "127.0.0.1", **headers: str) -> SimpleNamespace:
    """A request as far as an adapter looks at it."""
    return SimpleNamespace(ip=ip, headers=headers, query_string=query)


def test_kannel_is_known_by_token_and_address() -> None:
    kannel = Kannel(Settings(kannel_token=TOKEN, kannel_addresses=frozenset({"10.0.0.7"})))
    assert kannel._admitted(asking(ip="10.0.0.7"))["text"] == ["hi"]
    refused(403, "not_admitted", kannel._admitted, asking(ip="10.0.0.8"))
    refused(403, "not_admitted", kannel._admitted, asking(ip="10.0.0.8", **{"x-forwarded-for": "10.0.0.7"}))
    refused(403, "not_admitted", kannel._admitted, asking(QUERY.replace("token=0", "token=1"), ip="10.0.0.7"))
    refused(403, "not_admitted", kannel._admitted, asking("text=hi", ip="10.0.0.7"))


def test_without_a_token_nobody_is_kannel() -> None:
    """An empty one least of all."""
    kannel = Kannel(Settings())
    for query in (QUERY, "token=", ""):
        refused(403, "not_admitted", kannel._admitted, asking(query))
