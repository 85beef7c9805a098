"""How a free answer is read, for lm-eval's `process_results`: this file goes with exported tasks and needs nothing else.

Covered: the two rules by which probe reads free answers. Not covered: answers out of choices.
"""

import re
import string
import unicodedata
from typing import Any

ARTICLE = re.compile(r"^(?:the|an?)\s+")
EDGES = string.punctuation + string.whitespace + "\u2018\u2019\u201c\u201d\u2013\u2014\u2026"


def bare(text: str) -> str:
    """Return an answer without case, outer punctuation, white space and a leading article."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(EDGES)
    return ARTICLE.sub("", folded)


def normalized_exact_match(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return whether the answer is an accepted one but for case, outer punctuation, white space and a leading article."""
    answer = bare(results[0])
    return {"exact_match": float(bool(answer) and any(answer == bare(one) for one in doc["accepted"]))}


def case_insensitive_exact_match(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return whether the answer is the target but for case, white space and a last full stop."""
    answer, target = (" ".join(one.split()).casefold().removesuffix(".").strip() for one in (results[0], doc["target"]))
    return {"exact_match": float(bool(" ".join(results[0].split())) and answer == target)}
