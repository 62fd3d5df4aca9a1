"""OpenID Connect: who somebody is, by the word of the configured provider. Authorization code with PKCE.

Everything that a sign-in needs to remember (state, nonce, code verifier) is derived from one random token in a cookie
of the browser that began it: an answer that was begun elsewhere fits nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import sqlalchemy as sa
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.engine import Connection

from bot.console.people import audit
from bot.console.people.accounts import Person, person_of
from bot.console.people.tables import people
from bot.settings import Settings

# Only signatures that the provider alone can make: neither "none" nor one with a secret that both sides know.
ALGORITHMS = ["RS256", "ES256", "PS256"]
LEEWAY_S = 60
_TIMEOUT_S = 5
_KEPT_S = 60 * 60


class ProviderError(Exception):
    """Nobody is signed in; the text is the key of the sentence that says why, and a cause is for the log."""


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the provider. `subject` names provider and person; `email` is verified, in lower case."""

    subject: str
    email: str


class Provider:
    """The provider of these settings; what it publishes of itself is asked for again once an hour."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._published: dict[str, Any] = {}
        self._asked_at = 0.0

    def address(self, token: str, back: str) -> str:
        """Where the browser goes to sign in, to come back to `back`. Raises ProviderError."""
        challenge = create_s256_code_challenge(derived(token, "verifier"))
        return prepare_grant_uri(self._metadata()["authorization_endpoint"], self._settings.oidc_client_id, "code",
                                 back, "openid email", derived(token, "state"), nonce=derived(token, "nonce"),
                                 code_challenge=challenge, code_challenge_method="S256")

    def identity(self, token: str, back: str, answer: dict[str, str]) -> Identity:
        """Who came back, with the `answer` in the address. Raises ProviderError."""
        if not hmac.compare_digest(answer.get("state", "").encode(), derived(token, "state").encode()):
            raise ProviderError("people.provider.begin_again")
        if "code" not in answer:
            raise ProviderError("people.provider.refused")
        metadata = self._metadata()
        if answer.get("iss", metadata["issuer"]) != metadata["issuer"]:
            raise ProviderError("people.provider.begin_again")
        given = self._given(metadata["token_endpoint"], back, answer["code"], derived(token, "verifier"))
        claims = self._claims(given, metadata["issuer"], derived(token, "nonce"))
        if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
            raise ProviderError("people.provider.no_email")
        return Identity(f"{metadata['issuer']} {claims['sub']}", claims["email"].lower())

    def _given(self, endpoint: str, back: str, code: str, verifier: str) -> dict[str, Any]:
        """What the provider gives for a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        # Each part is encoded before they are joined: RFC 6749, 2.3.1.
        client = (quote(self._settings.oidc_client_id, safe=""), quote(self._settings.oidc_client_secret, safe=""))
        try:
            with self._http() as http:
                return dict(http.post(endpoint, data=form, auth=client).raise_for_status().json())
        except (httpx.HTTPError, ValueError, TypeError) as error:
            raise ProviderError("people.provider.away") from error

    def _claims(self, given: dict[str, Any], issuer: str, nonce: str) -> CodeIDToken:
        """What the provider says, once its signature, issuer, audience, times and nonce are as they must be."""
        try:
            token = self._decoded(str(given.get("id_token", "")))
            claims = CodeIDToken(token.claims, token.header,
                                 {"iss": {"essential": True, "value": issuer},
                                  "aud": {"essential": True, "value": self._settings.oidc_client_id}},
                                 {"nonce": nonce, "client_id": self._settings.oidc_client_id,
                                  "access_token": given.get("access_token")})
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError) as error:
            raise ProviderError("people.provider.not_believed") from error
        return claims

    def _decoded(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, self._keys(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            self._published = {}  # perhaps signed with a key that is newer than what we know
            return jwt.decode(id_token, self._keys(), algorithms=ALGORITHMS)

    def _keys(self) -> KeySet:
        self._metadata()
        return KeySet.import_key_set(self._published["keys"])

    def _metadata(self) -> dict[str, Any]:
        if time.monotonic() > self._asked_at + _KEPT_S or not self._published:
            issuer = self._settings.oidc_issuer
            try:
                with self._http() as http:
                    metadata = http.get(f"{issuer}/.well-known/openid-configuration").raise_for_status().json()
                    if metadata["issuer"].rstrip("/") != issuer:
                        raise ProviderError("people.provider.not_believed")
                    for endpoint in ("authorization_endpoint", "token_endpoint"):
                        metadata[endpoint]
                    keys = http.get(metadata["jwks_uri"]).raise_for_status().json()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError) as error:
                raise ProviderError("people.provider.away") from error
            self._published, self._asked_at = {"metadata": metadata, "keys": keys}, time.monotonic()
        return self._published["metadata"]

    @staticmethod
    def _http() -> httpx.Client:
        return httpx.Client(timeout=_TIMEOUT_S, trust_env=False)


def derived(token: str, what: str) -> str:
    """One of the values of a sign-in: 256 bits in hexadecimal, which tell nothing of the token or of one another."""
    return hmac.new(token.encode(), what.encode(), hashlib.sha256).hexdigest()


def person(connection: Connection, identity: Identity) -> Person:
    """The account that is bound to this identity, or an invited one of its e-mail, which is bound now.

    Raises ProviderError where there is none: nobody gets an account by signing in.
    """
    row = connection.execute(sa.select(people).where(people.c.subject == identity.subject)).first()
    if row is None:
        bound = connection.execute(
            people.update().where(people.c.email == identity.email, people.c.subject.is_(None), people.c.enabled)
            .values(subject=identity.subject)).rowcount
        row = connection.execute(sa.select(people).where(people.c.subject == identity.subject)).first()
        if bound and row:
            audit.record(connection, person_of(row), "people.bound", row.name, after=identity.subject)
    if row is None or not row.enabled:
        raise ProviderError("people.provider.unknown")
    return person_of(row)
