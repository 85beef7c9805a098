"""Saved replies: one JSON line each, keyed by a hash of writer and question, so that no run asks twice.

    {"key": "9f2c...", "by": "hf:models/llama", "question": "An instruction ...", "reply": "1. ..."}

The file can be committed, so that others ask with the same paraphrases. Known secrets are masked in it.

Covered: reading, appending, lines that were cut off or edited. Not covered: two runs that ask the same at the same time: both
ask, and the first reply counts.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from probe.errors import StoreError
from probe.files.reading import Refused, from_json, read_bytes
from probe.files.shape import Form, checked
from probe.files.writable import try_out
from probe.masking import masked
from probe.paraphrase.writers import Writer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReplyLine:
    """A reply that was asked for once."""

    key: str
    """The hash of writer and question."""
    by: str
    """The name of the writer."""
    question: str
    reply: str


REPLY_LINE = Form(ReplyLine)


class SavedReplies:
    """The replies in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.replies = _read(path)

    def check(self) -> None:
        """Refuse a file to which no reply could be added, before anything is asked.

        Raises:
            StoreError: says why.
        """
        try:
            if self.path.exists():
                self.path.open("ab").close()
            else:
                try_out(self.path)
        except OSError as error:
            raise self._unwritable(error) from error

    def reply(self, writer: Writer, question: str) -> str:
        """Return the saved reply, else ask and save it."""
        key = key_of(writer.name, question)
        if key not in self.replies:
            reply = masked(writer.write(question))
            self._append({"key": key, "by": writer.name, "question": question, "reply": reply})
            self.replies[key] = reply
        return self.replies[key]

    def _append(self, row: dict[str, str]) -> None:
        line = masked(json.dumps(row, ensure_ascii=True)) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                # after a line that was cut off, begin a new one
                if file.tell() and not self._ends_whole():
                    line = "\n" + line
                file.write(line.encode())
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self.path}: the paraphrases cannot be saved: {error}", hint="name another: --paraphrases-file FILE"
        )

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) == b"\n"


def key_of(by: str, question: str) -> str:
    """Return the hash of a writer's name and a question."""
    return hashlib.blake2b(f"{by}\0{question}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _read(path: Path) -> dict[str, str]:
    try:
        lines = read_bytes(path).decode("utf-8", "replace").split("\n") if path.exists() else []
    except (OSError, Refused) as error:
        raise StoreError(f"{path}: cannot be read: {error}", hint="name another: --paraphrases-file FILE") from error
    replies: dict[str, str] = {}
    broken: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = checked(REPLY_LINE, from_json(line))
            if key_of(row["by"], row["question"]) != row["key"]:
                raise Refused("key is not the hash of by and question")
        except ValueError as error:
            broken.append(f"line {number}: {error}")
            continue
        replies.setdefault(row["key"], row["reply"])
    if broken:
        told = "%s: %d lines are no whole replies; they are left out and asked for again; the first, %s"
        log.warning(told, path, len(broken), broken[0])
    return replies
