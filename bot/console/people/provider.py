"""OpenID Connect: who somebody is, by the word of the configured provider. Authorization code with PKCE.

Everything that a sign-in needs to remember (state, nonce, code verifier) is derived from one random token in a cookie of the
browser that began it: an answer that was begun elsewhere fits nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
import sqlalchemy as sa
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
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
        with self._client(back) as client:
            address, _ = client.create_authorization_url(self._metadata()["authorization_endpoint"],
                                                         state=derived(token, "state"), nonce=derived(token, "nonce"),
                                                         code_verifier=derived(token, "verifier"))
        return address

    def identity(self, token: str, back: str, answer: dict[str, str]) -> Identity:
        """Who came back, with the `answer` in the address. Raises ProviderError."""
        if not hmac.compare_digest(answer.get("state", "").encode(), derived(token, "state").encode()):
            raise ProviderError("people.provider.begin_again")
        if "code" not in answer:
            raise ProviderError("people.provider.refused")
        metadata = self._metadata()
        if answer.get("iss", metadata["issuer"]) != metadata["issuer"]:
            raise ProviderError("people.provider.begin_again")
        try:
            with self._client(back) as client:
                given = client.fetch_token(metadata["token_endpoint"], code=answer["code"],
                                           code_verifier=derived(token, "verifier"), grant_type="authorization_code")
        except (httpx.HTTPError, OAuthError, ValueError) as error:
            raise ProviderError("people.provider.away") from error
        claims = self._claims(given, metadata["issuer"], derived(token, "nonce"))
        if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
            raise ProviderError("people.provider.no_email")
        return Identity(f"{metadata['issuer']} {claims['sub']}", claims["email"].lower())

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
            self._asked_at = 0.0  # perhaps signed with a key that is newer than what we know
            return jwt.decode(id_token, self._keys(), algorithms=ALGORITHMS)

    def _keys(self) -> KeySet:
        self._metadata()
        return KeySet.import_key_set(self._published["keys"])

    def _metadata(self) -> dict[str, Any]:
        if time.monotonic() > self._asked_at + _KEPT_S or not self._published:
            issuer = self._settings.oidc_issuer
            try:
                with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
                    metadata = client.get(f"{issuer}/.well-known/openid-configuration").raise_for_status().json()
                    if metadata["issuer"].rstrip("/") != issuer:
                        raise ProviderError("people.provider.not_believed")
                    for endpoint in ("authorization_endpoint", "token_endpoint"):
                        metadata[endpoint]
                    keys = client.get(metadata["jwks_uri"]).raise_for_status().json()
            except (httpx.HTTPError, json.JSONDecodeError, KeyError) as error:
                raise ProviderError("people.provider.away") from error
            self._published, self._asked_at = {"metadata": metadata, "keys": keys}, time.monotonic()
        return self._published["metadata"]

    def _client(self, back: str) -> OAuth2Client:
        return OAuth2Client(self._settings.oidc_client_id, self._settings.oidc_client_secret, scope="openid email",
                            redirect_uri=back, code_challenge_method="S256", timeout=_TIMEOUT_S, trust_env=False)


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
