"""People's decisions on variants, in a file that can be committed: a line of JSON each, keyed by a hash of both texts.

    {"key": "9f2c...", "decision": "reject", "perturbation": "wording-synonyms", "before": "...", "after": "..."}

The key depends on the original, the variant and the declared answer alone: a decision holds in every later run, suite version
or seed with the same variant. The last decision on a key holds.

Covered: reading, looking up, appending. Not covered: asking (`probe review`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from probe.errors import StoreError, UsageError
from probe.files.reading import from_json, read_text
from probe.files.shape import Form, checked
from probe.masking import masked
from probe.prompt.render import render
from probe.types import Check, Perturbation, Variant
from probe.validity.rules import validate

Decision = Literal["accept", "reject", "unsure"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
DEFAULT = Path("reviews.jsonl")
REVIEW = "review"
"""The name of the check that holds a person's decision."""

DECIDED: Mapping[Decision, Check] = {
    "accept": Check(REVIEW, "accepted"),
    "reject": Check(REVIEW, "fail", "rejected"),
    "unsure": Check(REVIEW, "doubt", "unsure"),
}


@dataclass(frozen=True)
class ReviewLine:
    """A person's decision on a variant. What has a default is there for people to read."""

    key: str
    """The hash of both texts and the answer that is declared for the second."""
    decision: Decision
    """The last one on a key holds."""
    item: Any = None
    perturbation: Any = None
    before: Any = None
    """The original."""
    after: Any = None
    """The variant."""
    target: Any = None


REVIEW_LINE = Form(ReviewLine)


@dataclass(frozen=True, slots=True)
class Reviews:
    """Decisions by key."""

    decisions: Mapping[str, Decision] = field(default_factory=dict)

    def validate(self, variant: Variant, perturbation: Perturbation) -> tuple[Check, ...]:
        """Return the checks of the rules and the decision on it, which goes first where it decides alone."""
        checks = validate(variant, perturbation)
        if not self.decisions:
            return checks
        decision = self.decisions.get(key_of(variant))
        if decision is None:
            return checks
        return (*checks, DECIDED[decision]) if decision == "unsure" else (DECIDED[decision], *checks)


def key_of(variant: Variant) -> str:
    """Return the key of a decision on a variant."""
    return content_key(render(variant.item.prompt), variant.text, variant.perturbed.target)


def content_key(before: str, after: str, target: str) -> str:
    """Return a hash of two texts and the answer that is declared for the second."""
    digest = hashlib.blake2b(digest_size=16)
    for text in (before, after, target):
        data = text.encode("utf-8", "surrogatepass")
        digest.update(str(len(data)).encode() + b"\0" + data)
    return digest.hexdigest()


def read_reviews(path: Path, *, must_exist: bool = False) -> Reviews:
    """Read decisions; a file that is absent holds none.

    Raises:
        UsageError: a line of it is wrong (says which), or it must exist and does not.
    """
    if not path.exists():
        if must_exist:
            raise UsageError(f"{path}: there is no such file of reviews", hint="probe review SUITE  makes one")
        return Reviews()
    decisions: dict[str, Decision] = {}
    try:
        lines = read_text(path).split("\n")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", hint="name another file: --reviews FILE") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = checked(REVIEW_LINE, from_json(line))
        except ValueError as error:
            raise UsageError(
                f"{path}:{number}: not a review: {error}",
                hint=f"a line holds an object with key and decision, which is one of {', '.join(DECISIONS)}",
            ) from error
        decisions[row["key"]] = row["decision"]
    return Reviews(decisions)


def append_review(path: Path, row: Mapping[str, str], decision: str) -> None:
    """Append one decision, with its texts for people to read.

    Raises:
        StoreError: the file cannot be written.
    """
    line = masked(json.dumps({**row, "decision": decision}, ensure_ascii=True, sort_keys=True))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as sink:
            sink.write(line + "\n")
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}", hint="name another place: --reviews FILE"
        ) from error
