"""A small OpenID Connect provider on a free port: discovery, keys, authorize, token; it can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.server import free_port

CLIENT_ID, CLIENT_SECRET = "console", "a secret of both sides"


class Provider:
    """A provider that knows one client and signs in whoever `who` says; a context manager.

    `claims` replaces what a token says (None takes a claim away); `signed_by` and `algorithm` how it is signed.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}/realm"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.signed_by: Any = self.key
        self.algorithm = "RS256"
        self.who: dict[str, Any] = {"sub": "s-1", "email": "maria@example.org", "email_verified": True}
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.denies = False
        self.asked: list[dict[str, str]] = []  # what each sign-in was begun with
        self._codes: dict[str, dict[str, str]] = {}
        routes = [Route("/realm/.well-known/openid-configuration", self._discovery), Route("/realm/jwks", self._jwks),
                  Route("/realm/authorize", self._authorize), Route("/realm/token", self._token, methods=["POST"])]
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=self.port, log_level="error",
                                                     http="h11", ws="none", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self._server.started
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """The provider is away from now on."""
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def _discovery(self, request: Request) -> Response:
        return JSONResponse({
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
            **self.metadata})

    def _jwks(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            return Response(status_code=400)
        if asked.get("code_challenge_method") != "S256" or "openid" not in asked.get("scope", ""):
            return Response(status_code=400)
        back = {"error": "access_denied"} if self.denies else {"code": secrets.token_urlsafe(16)}
        if "code" in back:
            self._codes[back["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**back, 'state': asked['state']})}", 302)

    async def _token(self, request: Request) -> Response:
        """A code is worth a token once, to the client that proves itself, with the verifier of the challenge."""
        form = await request.form()
        basic = base64.b64encode(f"{CLIENT_ID}:{quote(CLIENT_SECRET)}".encode()).decode()
        asked = self._codes.pop(str(form.get("code", "")), None)
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        challenge = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        if (asked is None or asked["redirect_uri"] != form.get("redirect_uri")
                or _encoded(challenge) != asked["code_challenge"]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
                  **self.who, **self.claims}
        said = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse({"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300,
                             "id_token": self._signed(said)})

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.algorithm == "RS256":
            return jwt.encode({"alg": "RS256", "kid": self.signed_by.kid}, claims, self.signed_by, algorithms=["RS256"])
        # No library signs like this; whoever forges a token does.
        parts = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": self.algorithm}, claims))
        if self.algorithm == "none":
            return f"{parts}."
        return f"{parts}.{_encoded(hmac.digest(self.signed_by, parts.encode(), 'sha256'))}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")
