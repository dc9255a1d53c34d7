"""Talks to Bellwether for the scripts beside it: a token that renews itself, and patience while a service is away.

Needs httpx. From the environment: CLIENT_FILE (.run/client.json, or what the answer to POST /v1/clients said) and
REGISTRY_URL, AUDIT_URL, ENGAGEMENT_URL, SCORING_URL (http://127.0.0.1:8001 to 8004).
"""

import json
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx

SERVICES = ("registry", "audit", "engagement", "scoring")  # at the ports after PORT_BASE, that of `make serve`
AWAY = {429, 502, 503, 504}  # answers that mean "later", as does no answer at all
LONGEST_WAIT = 60.0


class ClientCredentials(httpx.Auth):
    """Exchanges a client's id and secret for a token, and again whenever the token has run out."""

    requires_response_body = True

    def __init__(self, file: str | None = None) -> None:
        """Read the credentials from `file`, else from what CLIENT_FILE names."""
        path = Path(file or os.environ.get("CLIENT_FILE") or ".run/client.json")
        if not path.exists():
            sys.exit(f"There is no {path} here: is `make serve` running, and is this its folder? Else set CLIENT_FILE.")
        self.known = {"token_url": f"{address('registry')}/oauth2/token"} | json.loads(path.read_text("utf-8"))
        self.token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request; where the token is not taken any more, send it once more with a new one."""
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
            if (yield request).status_code != httpx.codes.UNAUTHORIZED:
                return
        form = {"grant_type": "client_credentials"} | {n: self.known[n] for n in ("client_id", "client_secret")}
        answer = yield httpx.Request("POST", self.known["token_url"], data=form)
        if answer.is_success:  # else the caller sees why there is no token
            self.token = answer.json()["access_token"]
            request.headers["Authorization"] = f"Bearer {self.token}"
            yield request


class Patient(httpx.HTTPTransport):
    """Sends a request again while nobody is there to take it: what may be repeated, or has an Idempotency-Key."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait as long as it takes; whoever runs the script can end it."""
        repeatable = request.method != "POST" or "Idempotency-Key" in request.headers
        wait = 1.0
        while True:
            try:
                answer = super().handle_request(request)
                if answer.status_code not in AWAY or not repeatable:
                    return answer
                answer.close()
                reason, named = f"{answer.status_code} from {request.url}", answer.headers.get("Retry-After", "")
            except httpx.TransportError as error:
                if not repeatable:
                    raise
                reason, named = f"{request.url}: {error}", ""
            print(f"Waiting: {reason}", file=sys.stderr)
            time.sleep(float(named) if named.isdecimal() else wait)
            wait = min(2 * wait, LONGEST_WAIT)


def address(service: str) -> str:
    """Where a service is."""
    port = int(os.environ.get("PORT_BASE") or "8000") + 1 + SERVICES.index(service)  # `make` hands it on though empty
    return os.environ.get(f"{service.upper()}_URL") or f"http://127.0.0.1:{port}"


def connect(service: str, auth: httpx.Auth) -> httpx.Client:
    """A client of one service."""
    return httpx.Client(base_url=address(service), auth=auth, transport=Patient(), timeout=30)


def told(answer: httpx.Response) -> httpx.Response:
    """The answer, or the end of the script with what the service says is wrong."""
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
    except ValueError:
        problem = {"detail": answer.text}
    what = problem.get("detail") or problem.get("error_description")
    fields = [f"\n  {error['pointer']}: {error['detail']}" for error in problem.get("errors", [])]
    sys.exit(f"{answer.request.method} {answer.url}: {answer.status_code} {what}{''.join(fields)}")
