r"""Secrets, kept out of all that is written: each known one becomes `***`.

    known       values of environment variables whose names say so: *_API_KEY, *_TOKEN, *_SECRET, *_PASSWORD, ...
                passwords in addresses, user:password@host, that are typed or stand in a variable such as HTTPS_PROXY
                values of key=, token=, secret= or password= in what is typed; the stored token of the Hugging Face hub
    masked      the value itself in letters of either case, percent-encoded once or more, escaped in JSON, HTML or TOML, in
                hexadecimal digits, and inside of any base64
    not known   a value shorter than 8 characters, with white space, or of one kind of characters only (letters of one case,
                digits): a key `test` must not become `***` in every text. Nor is `<|endoftext|>`, or the path of a file.

Texts are masked where they come in from a server, a model or a run's folder, so that the answer that is scored is the one that is
kept, in the cache too, and no page cuts or marks a secret before it is known; and once more where they are written: files, the
terminal, messages. A suite that holds one is refused (`probe.suite.refuse_secrets`).

Covered: whole values. Not covered: a part of a value, one spread over several answers, one that is spelt backwards.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

MASK = "***"

NAMES = re.compile(
    r"(?:^|_)(?:(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|PASSPHRASE|CREDENTIAL|AUTH|AUTHORIZATION|PAT)S?(?:_?\d+)?)$",
    re.IGNORECASE,
)
"""Environment variables that hold a secret."""

NAMED = re.compile(
    r"(?i)(?:^|[?&,;=:\s_\"'{-])(?:api_?-?key|key|token|secret|password|passwd|auth|authorization|bearer)[\"']?\s*[=:]"
    r"\s*[\"']?(?:(?:bearer|basic|token)\s+)?([^\s,;&#\"']+)"
)
"""A value that a typed text names as a secret."""

FLAG = re.compile(r"(?i)--?(?:[a-z0-9]+[-_])*(?:api[-_]?key|token|secret|password)$")
"""A flag whose value is a secret."""

PERCENT = re.compile(r"%(?:25)*([0-9a-f]{2})")
CODE = re.compile(r"(?:%(?:25)*[0-9a-f]{2})+|\\u[0-9a-f]{4}|\\/|&#(?:\d{1,9}|x[0-9a-f]{1,8});")
"""A character that is written as a code, in small letters."""

USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/\s?#@]*)@")
SHORTEST = 8
LARGEST_FILE = 1 << 16

_typed: list[str] = []
"""What stands in the command that is running."""


def masked(text: str) -> str:
    """Return a text with each known secret in it as `***`."""
    return masker()(text)


def masked_value(value: Any) -> Any:
    """Return a value of JSON with each known secret in its texts and keys as `***`."""
    return _masked_value(value, masker())


def _masked_value(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list | tuple):
        return type(value)(_masked_value(one, mask) for one in value)
    if isinstance(value, dict):
        return {_masked_value(key, mask): _masked_value(one, mask) for key, one in value.items()}
    return value


def masker() -> Callable[[str], str]:
    """Return `masked` for many texts: the secrets are looked up once."""
    secrets = tuple(sorted(known_secrets()))
    found = _pattern(secrets)
    if found is None:
        return lambda text: text
    return lambda text: found.sub(MASK, text) if _may_hold(text, secrets) else text


def pattern() -> re.Pattern[str] | None:
    """Return an expression that finds each known secret in each of its forms; None where there is none."""
    return _pattern(tuple(sorted(known_secrets())))


@contextmanager
def typed(args: Sequence[str]) -> Iterator[None]:
    """Take what is typed as a place where secrets stand, while its command runs."""
    before = list(_typed)
    _typed.extend(_in_arguments(args))
    try:
        yield
    finally:
        _typed[:] = before


def known_secrets() -> set[str]:
    """Return the secrets that this process knows."""
    return {one for _, value in _places() if is_telling(one := value.strip())}


def place_of(text: str) -> str:
    """Return where the secret is known from that a text holds, such as `$MY_API_KEY`; empty where it holds none."""
    if masked(text) == text:
        return ""
    for place, value in _places():
        secret = (value.strip(),)
        if is_telling(secret[0]) and (found := _pattern(secret)) and found.search(text):
            return place
    return ""


def _places() -> Iterator[tuple[str, str]]:
    """Return each value that may be a secret, and where it stands."""
    for name, value in os.environ.items():
        if NAMES.search(name):
            yield f"${name}", value
        if "@" in value:
            yield from ((f"${name}", one) for one in _in_addresses(value))
    yield from (("what is typed", one) for one in _typed)
    yield from (("the stored token of the Hugging Face hub", one) for one in _of_the_hub())


def is_telling(value: str) -> bool:
    """Return whether a value is long and mixed enough to be looked for in texts."""
    kinds = (str.islower, str.isdigit, lambda char: not char.isalnum())
    num_kinds = sum(any(map(kind, value)) for kind in kinds) + any(map(str.isupper, value[1:]))
    is_marked = value.startswith("<") and value.endswith(">")  # <|endoftext|> in a variable EOS_TOKEN
    if len(value) < SHORTEST or num_kinds < 2 or is_marked or re.search(r"\s", value):
        return False
    return not _is_a_path(value)


def _is_a_path(value: str) -> bool:
    with suppress(OSError, ValueError, RuntimeError):
        return ("/" in value or "\\" in value) and Path(value).expanduser().exists()
    return False


def _in_arguments(args: Sequence[str]) -> Iterator[str]:
    for before, one in zip(("", *args), args, strict=False):
        flag, equals, value = one.partition("=")
        if equals and FLAG.match(flag):
            yield value
        elif FLAG.match(before):
            yield one
        yield from _in_addresses(one)
        yield from (match[1] for match in NAMED.finditer(one))


def _in_addresses(text: str) -> Iterator[str]:
    for match in USERINFO.finditer(text):
        user, _, password = match[1].partition(":")
        yield unquote(password or user)  # https://TOKEN@host names no user


def _of_the_hub() -> list[str]:
    """Return the token that `hf auth login` has stored, if any."""
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "huggingface"
    )
    return _stored(os.environ.get("HF_TOKEN_PATH") or os.path.join(home, "token"))


def _stored(path: str) -> list[str]:
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return []
    return _read(path, stat.st_mtime_ns, stat.st_size) if stat.st_size <= LARGEST_FILE else []


@lru_cache(maxsize=4)
def _read(path: str, _changed: int, _size: int) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").split()[:1]
    except OSError:
        return []


@lru_cache(maxsize=16)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets for form in _forms(secret)}
    # the longest first: an expression takes the first alternative that matches
    every = "|".join(sorted(forms, key=lambda form: (-len(form), form)))
    return re.compile(f"(?i:{every})") if forms else None  # the flag within: arrow takes the expression alone


def _may_hold(text: str, secrets: tuple[str, ...]) -> bool:
    """Return whether a text may hold a secret: a search for whole texts is twenty times as fast as the expression."""
    needles = _needles(secrets)
    small = text.lower()
    if any(one in small for one in needles):
        return True
    plain = CODE.sub(_decoded, small) if CODE.search(small) else small
    return plain is not small and any(one in plain.lower() for one in needles)


def _decoded(match: re.Match[str]) -> str:
    """Return the characters that a code in small letters stands for."""
    code = match[0]
    if code.startswith("%"):
        return bytes.fromhex("".join(PERCENT.findall(code))).decode("utf-8", "replace")
    if code == r"\/":
        return "/"
    digits = code[2:].rstrip(";")
    base = 16 if code.startswith("\\") or digits.startswith("x") else 10
    return chr(min(int(digits.lstrip("x") or "0", base), 0x10FFFF))


@lru_cache(maxsize=16)
def _needles(secrets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({text.lower() for secret in secrets for text in _texts(secret)})


def _forms(secret: str) -> set[str]:
    """Return expressions for how a secret may stand in a text."""
    return {"".join(f"(?:{'|'.join(_codes(char))})" for char in secret), *map(re.escape, _texts(secret))}


def _texts(secret: str) -> set[str]:
    """Return how a secret is written as a whole."""
    texts = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    texts |= {html.escape(secret), html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")}
    texts |= set(_in_base64(secret.encode("utf-8", "surrogatepass")))
    texts |= {quote(secret, safe="", errors="surrogatepass"), quote(secret, errors="surrogatepass")}
    return texts | {secret, secret.encode("utf-8", "surrogatepass").hex()}


def _codes(char: str) -> Iterator[str]:
    """Return expressions for a character as it is, in percents (also twice: %252B), in JSON and in HTML."""
    yield re.escape(char)
    yield "".join(f"%(?:25)*{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    if ord(char) < 1 << 16:
        yield rf"\\u{ord(char):04x}"
    if char == "/":
        yield r"\\/"
    yield f"&#(?:0*{ord(char)}|x0*{ord(char):x});"


def _in_base64(secret: bytes) -> Iterable[str]:
    """Return what base64 of any text that holds a secret holds: user:SECRET of Basic authorization, for example.

    Six bits make a letter, so it depends on where in three bytes the secret begins. Letters shared with neighbours are left out.
    """
    for offset in range(3):
        letters = base64.b64encode(bytes(offset) + secret + bytes(3)).decode()
        start, stop = -(-8 * offset // 6), 8 * (offset + len(secret)) // 6
        yield from (letters[start:stop], letters[start:stop].replace("+", "-").replace("/", "_"))
