"""An endpoint with OpenAI's chat protocol: retried, with limits on time and size.

    POST URL/chat/completions   {"model": ..., "messages": [{"role": "user", "content": ...}]}
    200                         choices[0].message.content
    429, 500, 502, 503, 504     again after 1, 2, 4 and 8 s, or as long as Retry-After says
    anything else               an error with the server's message

The key stands in PROBE_API_KEY or OPENAI_API_KEY. It goes into the request's header and nowhere else: a server that repeats it in
its reply or message has it masked (`probe.masking`).

Covered: time limits, retries, a reply that is too large, no JSON, or of another shape; redirects are not followed.
Not covered: streaming, other protocols.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from probe.errors import ModelError, UsageError
from probe.files.reading import from_json
from probe.masking import MASK, masked

if TYPE_CHECKING:
    import httpx2

KEYS = ("PROBE_API_KEY", "OPENAI_API_KEY")
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each new try."""
LONGEST_WAIT = 60.0
TIMEOUT = 120.0
CONNECT_TIMEOUT = 10.0
LARGEST = 1 << 20
"""Bytes of a reply that are read."""
MAX_REPLY = 300
"""Characters of a server's message that are shown."""


class Endpoint:
    """One model at one URL."""

    def __init__(
        self,
        model: str,
        url: str,
        *,
        waits: tuple[float, ...] = WAITS,
        timeout: float = TIMEOUT,
        flag: str = "--paraphraser",
    ) -> None:
        parts = urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise UsageError(
                f"{flag} openai:{model}@...: the URL must be http(s)://HOST/PATH, without user, password or query",
                hint=f"put the key in the environment: export {KEYS[0]}=...",
            )
        self.model = model
        self.url = url.rstrip("/")
        self.waits = waits
        self.timeout = timeout

    @property
    def name(self) -> str:
        """Return what names the writer on the command line."""
        return f"openai:{self.model}@{self.url}"

    def write(self, question: str) -> str:
        """Return the reply to one question.

        Raises:
            ModelError: the endpoint cannot be reached, refuses, or says nothing that can be read.
        """
        import httpx2

        limits = httpx2.Timeout(self.timeout, connect=min(self.timeout, CONNECT_TIMEOUT))
        problem = ""
        with httpx2.Client(timeout=limits, follow_redirects=False) as client:
            for wait in (*self.waits, None):
                try:
                    status, body, later = self._asked(client, question)
                except httpx2.HTTPError as error:
                    problem, later = f"{type(error).__name__}: {error}", None
                else:
                    if status == 200:
                        return masked(self._read(body))
                    problem = f"status {status}: {_message(body)}"
                    if status not in AGAIN:
                        raise self._refused(status, problem)
                if wait is not None:
                    time.sleep(min(max(wait, later or 0.0), LONGEST_WAIT))
        tries = len(self.waits) + 1
        raise ModelError(
            f"{self.url} gave no answer in {tries} tries; at last {problem}",
            hint="is the server up? what was written so far is kept; type the same again to go on",
        )

    def _asked(self, client: httpx2.Client, question: str) -> tuple[int, bytes, float | None]:
        """Ask once; give status, body up to the limit, and the seconds that Retry-After asks to wait."""
        key = next((value for name in KEYS if (value := os.environ.get(name, "").strip())), "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        asked = {"model": self.model, "messages": [{"role": "user", "content": question}]}
        body = b""
        started = time.monotonic()
        with client.stream("POST", f"{self.url}/chat/completions", json=asked, headers=headers) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise ModelError(f"{self.url} sent more than {LARGEST:,} bytes for a few lines of text")
                if time.monotonic() - started > self.timeout:
                    raise ModelError(f"{self.url} took longer than {self.timeout:g} s to say a few lines")
            return response.status_code, body, _seconds(response.headers.get("retry-after", ""))

    def _read(self, body: bytes) -> str:
        try:
            content: Any = from_json(body.decode())["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError) as error:
            raise ModelError(
                f"{self.url} answered with something else than a chat completion: {_message(body)}",
                hint="the URL usually ends in /v1",
            ) from error
        if not isinstance(content, str):
            raise ModelError(f"{self.url}: the model {self.model!r} said nothing (content is {type(content).__name__})")
        return content

    def _refused(self, status: int, problem: str) -> ModelError:
        hints = {
            401: f"put a valid key in {KEYS[0]} or {KEYS[1]}",
            403: f"put a valid key in {KEYS[0]} or {KEYS[1]}",
            404: f"is the model's name {self.model!r} right, and does the URL end in /v1?",
        }
        return ModelError(f"{self.url} refused: {problem}", hint=hints.get(status, ""))


def _seconds(text: str) -> float | None:
    """Read a Retry-After header of seconds; a date or nonsense counts as none."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _message(body: bytes) -> str:
    """Return a server's message as one short printable line, without the key should it repeat it."""
    text = masked(body.decode("utf-8", "replace"))
    for name in KEYS:  # also one that is too short to be looked for in other texts
        if key := os.environ.get(name, "").strip():
            text = text.replace(key, MASK)
    text = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_REPLY])
    return " ".join(text.split())[:MAX_REPLY] or "nothing"
