"""JSON over HTTP to one forge: every way in which that fails is a `TrackerError` with what mends it.

Nothing is tried twice, since what was not answered may have been done; the next run finds what is there.
Redirects are not followed: they would carry the token elsewhere.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from docwalk import __version__
from docwalk.issues.tracker import TrackerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

_TIMEOUT_S: Final = 30.0
_PER_PAGE: Final = 100
_MAX_PAGES: Final = 50  # of one list; a forge that never ends is broken
_TOO_MANY: Final = 429
_FORBIDDEN: Final = 403
_SAID_LIMIT: Final = 200  # characters of what a forge said


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """Follow none: it is an answer like any other."""


class Forge:
    """One forge's API."""

    def __init__(self, base_url: str, *, headers: Mapping[str, str], hints: Mapping[int, str]) -> None:
        """Keep what each request needs.

        Args:
            base_url: address that paths are added to.
            headers: of each request, the token among them; never shown.
            hints: what to do, by status of a refusal.

        Raises:
            TrackerError: the address is none of the web.
        """
        if urlsplit(base_url).scheme not in {"http", "https"}:
            raise TrackerError(f"`{base_url}` is no address of a forge", hint="write `https://…`")
        self._base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": f"docwalk/{__version__}", "Accept": "application/json", **headers}
        self._hints = hints
        self._opener = urllib.request.build_opener(_NoRedirects)

    def all_of(self, path: str, query: Mapping[str, str]) -> list[Mapping[str, object]]:
        """Every entry of a list, however many pages it has."""
        found: list[Mapping[str, object]] = []
        for page in range(1, _MAX_PAGES + 1):
            asked = urlencode({**query, "per_page": str(_PER_PAGE), "page": str(page)})
            entries = self._request("GET", f"{path}?{asked}", None)
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise TrackerError(f"GET {self._base_url}{path}: the answer is no list of entries")
            found += entries
            if len(entries) < _PER_PAGE:
                return found
        raise TrackerError(f"GET {self._base_url}{path}: the list has no end")

    def send(self, method: str, path: str, data: Mapping[str, object]) -> Mapping[str, object]:
        """Tell the forge something; returns what it says of it."""
        answer = self._request(method, path, data)
        if not isinstance(answer, dict):
            raise TrackerError(f"{method} {self._base_url}{path}: the answer is no entry")
        return answer

    def _request(self, method: str, path: str, data: Mapping[str, object] | None) -> object:
        url = f"{self._base_url}{path}"
        body = None if data is None else json.dumps(data).encode()
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - checked above
        where = f"{method} {url.partition('?')[0]}"
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(where, error.code, error.headers, error.read()) from error
        except OSError as error:  # URLError, timeouts and resets are among them
            reason = getattr(error, "reason", error)
            raise TrackerError(f"{where}: {reason}", hint=_AGAIN) from error
        try:
            return json.loads(text)
        except ValueError as error:
            raise TrackerError(
                f"{where}: the answer is no JSON", hint="is the address that of the API?"
            ) from error

    def _refusal(self, where: str, status: int, headers: Message, body: bytes) -> TrackerError:
        said = _said(body)
        limit = _limit(status, headers)
        if limit:
            return TrackerError(f"{where}: {status}: {said}; {limit}", hint=_AGAIN)
        return TrackerError(f"{where}: {status}: {said}", hint=self._hints.get(status))


_AGAIN: Final = "run the same command again later: it takes up what is left, and opens nothing twice"


def _said(body: bytes) -> str:
    """What the forge itself says, in a line."""
    try:
        answer = json.loads(body)
        said = answer.get("message") or answer.get("error") if isinstance(answer, dict) else answer
    except ValueError:
        said = body.decode("utf-8", "replace")
    line = " ".join(str(said or "it says nothing more").split())
    return line if len(line) <= _SAID_LIMIT else f"{line[:_SAID_LIMIT]}…"


def _limit(status: int, headers: Message) -> str:
    """That too much was asked, and until when; empty for other refusals."""
    after = headers.get("Retry-After", "")
    is_used_up = headers.get("X-RateLimit-Remaining", headers.get("RateLimit-Remaining")) == "0"
    if status != _TOO_MANY and not (status == _FORBIDDEN and (is_used_up or after)):
        return ""
    if after.isdecimal():
        return f"its limit of requests is used up for {after} s"
    reset = headers.get("X-RateLimit-Reset", headers.get("RateLimit-Reset", ""))
    if reset.isdecimal():
        until = datetime.fromtimestamp(int(reset), tz=UTC)
        return f"its limit of requests is used up until {until:%H:%M} UTC"
    return "its limit of requests is used up"
