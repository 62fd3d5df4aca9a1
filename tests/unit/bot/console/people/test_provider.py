"""Sign-in through a provider, against a real one: who was invited is let in, and nobody who only seems to be."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Iterator

import httpx
import pytest
import sqlalchemy as sa
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from bot.console.people import accounts
from bot.console.people.accounts import Person, Role
from bot.console.people.tables import audit, people, sessions
from tests.support.console import browser, console
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, Provider

OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})
BACK = "/sign-in/provider/back"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def visitor(tmp_path: Path, provider: Provider) -> TestClient:
    """A browser in a console whose staff sign in through the provider."""
    return console(tmp_path, None, oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID,
                   oidc_client_secret=CLIENT_SECRET)


@pytest.fixture
def maria(visitor: TestClient) -> Person:
    """Somebody who was invited and has not come yet."""
    with visitor.app.state.database.begin() as connection:
        return accounts.add(connection, None, name="maria", shown="Maria", email="maria@example.org", role=Role.EDITOR)


def to_provider(visitor: TestClient) -> str:
    """Begin in this browser and let the provider answer; the address that it sends the browser back to."""
    away = visitor.get("/sign-in/provider")
    assert away.status_code == 303
    answer = httpx.get(away.headers["location"], trust_env=False)
    assert answer.status_code == 302
    return answer.headers["location"]


def come(visitor: TestClient) -> httpx.Response:
    """The whole way there and back."""
    return visitor.get(to_provider(visitor))


def signed_in(client: TestClient) -> bool:
    return client.get("/account").status_code == 200


def test_an_invited_person_is_let_in(visitor: TestClient, maria: Person) -> None:
    """As who they are here; the page goes on by itself, as a redirect would lose the new cookie."""
    assert "/sign-in/provider" in visitor.get("/sign-in").text
    response = come(visitor)
    assert response.status_code == 200 and 'http-equiv="refresh" content="0; url=/"' in response.text
    assert "maria@example.org" in visitor.get("/account").text
    cookies = {line.split("=")[0]: line for line in response.headers.get_list("set-cookie")}
    assert "SameSite=strict" in cookies["imh_session"] and "Max-Age=0" in cookies["imh_sign_in"]


def test_what_the_provider_is_asked(visitor: TestClient, maria: Person, provider: Provider) -> None:
    """A code, with PKCE, a state and a nonce that are new each time; what they derive from stays in the browser."""
    for _ in range(2):
        response = visitor.get("/sign-in/provider")
        cookie = response.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Max-Age=600" in cookie
        httpx.get(response.headers["location"], trust_env=False)
    one, two = provider.asked
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != two[name] and len(one[name]) >= 43
    assert visitor.cookies["imh_sign_in"] not in two.values()
    assert two["redirect_uri"] == f"http://127.0.0.1:5006{BACK}"


@pytest.mark.parametrize(("claims", "word"), [
    ({"nonce": "another"}, "believed"), ({"nonce": None}, "believed"), ({"aud": "somebody else"}, "believed"),
    ({"aud": None}, "believed"), ({"aud": [CLIENT_ID, "somebody else"]}, "believed"),
    ({"aud": [CLIENT_ID, "somebody else"], "azp": "somebody else"}, "believed"),
    ({"aud": "somebody else", "azp": CLIENT_ID}, "believed"),
    ({"iss": "https://evil.example"}, "believed"), ({"iss": None}, "believed"),
    ({"exp": "an hour ago"}, "believed"), ({"exp": None}, "believed"), ({"iat": "in an hour"}, "believed"),
    ({"sub": None}, "believed"), ({"at_hash": "another"}, "believed"),
    ({"email": "eve@example.org"}, "invited"), ({"email": None}, "vouch"), ({"email_verified": False}, "vouch"),
    ({"email_verified": None}, "vouch"), ({"email_verified": "true"}, "vouch"),
    ({"email": ["maria@example.org"]}, "vouch"),
], ids=str)
def test_a_token_that_is_not_right_lets_nobody_in(visitor: TestClient, maria: Person, provider: Provider,
                                                  claims: dict[str, Any], word: str) -> None:
    """Wrong nonce, audience, issuer or time, and an e-mail that is unknown or not vouched for; told in words."""
    times = {"an hour ago": int(time.time()) - 3600, "in an hour": int(time.time()) + 3600}
    provider.claims = {name: times.get(value, value) if isinstance(value, str) else value
                       for name, value in claims.items()}
    response = come(visitor)
    assert response.status_code == 403 and word in response.text
    assert not signed_in(visitor)
    with visitor.app.state.database.connect() as connection:
        assert connection.execute(sa.select(people.c.subject)).scalars().all() == [None]
        assert connection.execute(sa.select(sessions)).all() == []


@pytest.mark.parametrize(("algorithm", "key"), [
    ("none", None), ("HS256", CLIENT_SECRET.encode()), ("RS256", OTHER_KEY),
    ("HS256", "public"),
], ids=["unsigned", "with the shared secret", "with another key", "with the public key as a secret"])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(visitor: TestClient, maria: Person, provider: Provider,
                                                               algorithm: str, key: Any) -> None:
    """Only the provider's own key counts, and only kinds of signature that nobody else can make."""
    provider.algorithm = algorithm
    provider.signed_by = provider.key.as_pem(private=False) if key == "public" else key
    response = come(visitor)
    assert response.status_code == 403 and "believed" in response.text and not signed_in(visitor)


def test_an_answer_that_was_begun_in_another_browser_fits_nothing(visitor: TestClient, maria: Person) -> None:
    """Neither with no sign-in begun here nor with one of its own: nobody is signed in as whoever sent the link."""
    back = to_provider(visitor)
    for begins in (False, True):
        other = browser(visitor.app, None)
        if begins:
            other.get("/sign-in/provider")
        response = other.get(back)
        assert response.status_code == 403 and "not begun in this browser" in response.text and not signed_in(other)


def test_an_answer_is_worth_something_once(visitor: TestClient, maria: Person) -> None:
    """Its code is used up, and the browser has forgotten what belonged to it."""
    back = to_provider(visitor)
    assert visitor.get(back).status_code == 200
    assert visitor.get(back).status_code == 403


@pytest.mark.parametrize("more", ["&iss=https://evil.example", "&state=x", ""])
def test_an_answer_that_was_changed_on_the_way_fits_nothing(visitor: TestClient, maria: Person, more: str) -> None:
    """Another issuer, another state, another code."""
    back = to_provider(visitor) + more
    response = visitor.get(back if more else back.replace("code=", "code=x"))
    assert response.status_code == 403 and not signed_in(visitor)


def test_who_came_once_is_known_by_the_subject(visitor: TestClient, maria: Person, provider: Provider) -> None:
    """Their e-mail at the provider may change; whoever gets the old one there later is not them."""
    come(visitor)
    provider.who["email"] = "maria.lopez@example.org"
    again = browser(visitor.app, None)
    assert come(again).status_code == 200 and signed_in(again)
    provider.who = {"sub": "s-2", "email": "maria@example.org", "email_verified": True}
    other = browser(visitor.app, None)
    assert come(other).status_code == 403 and not signed_in(other)
    with visitor.app.state.database.connect() as connection:
        bound = connection.execute(sa.select(audit.c.subject).where(audit.c.action == "people.bound")).scalars().all()
    assert bound == ["maria"]


def test_nobody_gets_an_account_by_signing_in(visitor: TestClient) -> None:
    """Without an invitation there is none, whatever the provider vouches for."""
    response = come(visitor)
    assert response.status_code == 403 and "Ask an administrator for an invitation" in response.text
    with visitor.app.state.database.connect() as connection:
        assert accounts.every(connection) == []


@pytest.mark.parametrize("before", [True, False], ids=["who came before", "who never came"])
def test_a_disabled_person_is_not_let_in(visitor: TestClient, maria: Person, before: bool) -> None:
    """By whatever door."""
    if before:
        come(visitor)
    with visitor.app.state.database.begin() as connection:
        connection.execute(sa.update(people).values(enabled=False))
    assert come(visitor).status_code == 403 and not signed_in(visitor)


def test_a_refusal_at_the_provider_is_told(visitor: TestClient, maria: Person, provider: Provider) -> None:
    """Who presses "no" there comes back to the form."""
    provider.denies = True
    response = come(visitor)
    assert response.status_code == 403 and "did not let you in" in response.text


def test_a_new_key_of_the_provider_is_fetched(visitor: TestClient, maria: Person, provider: Provider) -> None:
    """Providers change theirs without telling: a token with an unknown key asks once more."""
    come(visitor)
    provider.key = provider.signed_by = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    again = browser(visitor.app, None)
    assert come(again).status_code == 200 and signed_in(again)


@pytest.mark.parametrize("metadata", [{"issuer": "https://evil.example"}, {"issuer": 1}, {"jwks_uri": None},
                                      {"jwks_uri": "http://[x"}])
def test_a_provider_that_says_strange_things_of_itself_is_not_asked(visitor: TestClient, provider: Provider,
                                                                    metadata: dict[str, Any]) -> None:
    """Another issuer than the configured one, or no address where one is needed."""
    provider.metadata = metadata
    response = visitor.get("/sign-in/provider")
    assert response.status_code == 403 and "<form" in response.text


def test_with_the_provider_away_passwords_still_open(visitor: TestClient, maria: Person, provider: Provider) -> None:
    """The form is there, with a sentence on why it is shown."""
    back = to_provider(visitor)
    provider.stop()
    response = visitor.get(back)
    assert response.status_code == 403 and "does not answer" in response.text and 'name="password"' in response.text


def test_without_a_provider_there_is_no_such_way(tmp_path: Path) -> None:
    """Neither the link nor the pages."""
    client = console(tmp_path, None)
    assert "/sign-in/provider" not in client.get("/sign-in").text
    assert client.get("/sign-in/provider").status_code == client.get(BACK).status_code == 404
