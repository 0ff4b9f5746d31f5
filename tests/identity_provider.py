"""A city's identity provider as a test needs it: OIDC with a code, RS256, on this machine."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.parts import free_port, wait_until

CLIENT, SECRET = "linkage", "only-for-this-test"


class Provider:
    """`subject`: who signs in there; "" refuses."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.subject = "wang"
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, str] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/jwks", self.jwks),
            ]
        )

    async def discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def authorize(self, request: Request) -> Response:
        asked = request.query_params
        assert asked["client_id"] == CLIENT
        back = {"state": asked["state"]}
        if self.subject:
            code = secrets.token_urlsafe(16)
            self._codes[code] = asked["nonce"]
            back["code"] = code
        else:
            back["error"] = "access_denied"
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        nonce = self._codes.pop(form["code"][0])
        assert "code_verifier" in form
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": self.subject,
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, said, self._key)
        answer = {"access_token": "x", "token_type": "Bearer", "expires_in": 300}
        return JSONResponse(answer | {"id_token": signed})

    async def jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})


@contextmanager
def start_provider() -> Iterator[Provider]:
    found = Provider()
    server = uvicorn.Server(uvicorn.Config(found.app(), "127.0.0.1", found.port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield found
    server.should_exit = True
    thread.join()


def secrets_toml(provider: Provider, desk_url: str) -> str:
    """What the operator writes into .streamlit/secrets.toml."""
    return f"""[auth]
redirect_uri = "{desk_url}/oauth2callback"
cookie_secret = "{secrets.token_hex(32)}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"
"""
