"""Whether the Hugging Face hub can be reached, so that a name without a network fails at once and not after all retries.

    with without_retries():          the hub's libraries ask it, and where it does not answer they look in their cache alone
        from_pretrained("owner/name")

    hub answers, whatever it says    --> as ever: downloads, 404, log-in
    no network, no such host         --> the cache, else an error, at once
    no answer at all                 --> likewise, after `SECONDS`

Covered: models, tokenizers, adapters and data sets of `huggingface_hub`, transformers, peft, sentence-transformers and datasets.
Not covered: a network that is lost during a download (the libraries try again).
"""

from __future__ import annotations

import difflib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

SECONDS = 10.0
"""How long the hub may take to answer: the libraries' own limit for one try."""
ASKING = "probe asks the hub"
"""The name of the thread that asks."""
NOT_REACHED = {"OfflineModeIsEnabled", "LocalEntryNotFoundError", "ConnectionError", "ConnectError", "TimeoutException"}
"""Errors of the libraries where there is no network."""
MOST_CAUSES = 200
REMEMBERED = 60.0
"""For how many seconds an outcome holds."""


class Offline:
    """False while the hub answers, true where it does not: it is asked when a library first wants to know."""

    def __bool__(self) -> bool:
        # The request that finds out is itself made by a library that wants to know.
        return threading.current_thread().name != ASKING and bool(why_unreachable())


@contextmanager
def without_retries() -> Iterator[None]:
    """Have the libraries work as under HF_HUB_OFFLINE=1 if they want to ask a hub that does not answer."""
    import huggingface_hub.constants  # noqa: F401  so that it is among `sys.modules`

    # `datasets` keeps a copy, once it is imported.
    places = [sys.modules[name] for name in ("huggingface_hub.constants", "datasets.config") if name in sys.modules]
    before = [vars(one)["HF_HUB_OFFLINE"] for one in places]
    for one, value in zip(places, before, strict=True):
        vars(one)["HF_HUB_OFFLINE"] = value if value is True else Offline()
    try:
        yield
    finally:
        for one, value in zip(places, before, strict=True):
            vars(one)["HF_HUB_OFFLINE"] = value


def why_unreachable() -> str:
    """Return why the hub cannot be asked; empty where it answers."""
    from huggingface_hub import constants

    return _why_unreachable(constants.ENDPOINT, int(time.monotonic() / REMEMBERED))


def unreached(error: BaseException) -> str:
    """Return why the hub could not be asked where that is what an error comes from; empty for any other error."""
    names: set[str] = set()
    one: BaseException | None = error
    while one is not None and len(names) < MOST_CAUSES:
        names |= {kind.__name__ for kind in type(one).__mro__}
        one = one.__cause__ or one.__context__
    return why_unreachable() if names & NOT_REACHED else ""


def hint_of(name: str, *, kind: str, local: str) -> str:
    """Return what to type where the hub cannot be reached: a folder that is here, or how to fetch it elsewhere.

    `kind` is model or dataset, `local` what is typed for a local folder, with FOLDER in it.
    """
    there = _near_folders(name)
    near = f"near it here: {', '.join(local.replace('FOLDER', one) for one in there)}; " if there else ""
    of_kind = "" if kind == "model" else f" --repo-type {kind}"
    fetch = f"hf download{of_kind} {name} --local-dir FOLDER"
    return f"{near}a local folder is named {local}; where there is a network, fetch one with: {fetch}"


def _near_folders(name: str) -> list[str]:
    """Return folders here whose path is like a name that means none."""
    path = Path(name)
    try:
        folders = [one.name for one in path.parent.iterdir() if one.is_dir() and not one.name.startswith(".")]
    except OSError:
        return []
    near = difflib.get_close_matches(path.name, folders, n=3, cutoff=0.6)
    return [(path.parent / one).as_posix() for one in near]


@lru_cache(maxsize=4)
def _why_unreachable(endpoint: str, _when: int) -> str:
    """Ask the hub once; a host name may take its time to be looked up, which no timeout of a request limits."""
    said = [f"no answer within {SECONDS:g} s"]

    def ask() -> None:
        from huggingface_hub import get_session

        try:
            get_session().head(endpoint, timeout=SECONDS)
            said.append("")
        except Exception as error:  # noqa: BLE001  of one of two HTTP libraries, by version, which have no error in common
            said.append(str(error) or type(error).__name__)

    asking = threading.Thread(target=ask, name=ASKING, daemon=True)
    asking.start()
    asking.join(SECONDS)
    return said[-1]
