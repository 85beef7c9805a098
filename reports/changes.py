"""What changed between two runs, in words: model, tokens, prompts, versions, other settings; and what it did to the figures.

    Model      pocket -> hf:other; weights are others
    Prompts    samples 5 -> 10; suite facts: its files differ
    Versions   the same

A hash is never shown here: that it differs is all that it says. The page has every entry in a closed part.

Covered: words. Not covered: which entries differ (`probe.comparison.changes`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.comparison.comparison import Change, Difference
from reports import words

KINDS = {
    "model": "Model",
    "tokens": "Tokens sent",
    "prompts": "Prompts",
    "versions": "Versions",
    "other": "Other settings",
}
NAMED = {
    "name": "",
    "fingerprint": "weights",
    "config_hash": "configuration",
    "generation_hash": "generation settings",
    "adapter_hash": "adapter",
    "modules_hash": "code",
    "tokenizer_hash": "tokenizer",
    "tokenizer_settings_hash": "settings of the tokenizer",
    "chat_template_hash": "chat template",
    "chat_rendering_hash": "chat template as rendered",
    "adds_special_tokens": "special tokens added",
    "max_length": "window in tokens",
    "prompts_digest": "texts of the prompts",
    "digest": "its files",
    "dtype": "number format",
    "path": "engine",
    "num_fewshot": "demonstrations",
}
"""Names of entries, by the last part of theirs."""
HASH = re.compile(r"[0-9a-f]{8,}|sha\d+:[0-9a-f]+")
NOTHING = frozenset({"(none)", "none", ""})
MAX_NAMED = 6
"""Entries of a kind that are named; more are counted."""
MAX_CHARS = 60
FIGURES = (
    ("accuracy", "original"),
    ("accuracy_mean", "all"),
    ("flip_rate", "all"),
    ("contrast_consistency", "contrast"),
)


def in_words(changes: Sequence[Change]) -> list[tuple[str, str]]:
    """Return what changed by kind, the same kinds for every pair of runs; `Other settings` only where there are some."""
    is_other_model = any(one.entry == "model.name" for one in changes)
    rows = []
    for kind, label in KINDS.items():
        of_kind = [one for one in changes if one.kind == kind and one.entry not in ("model.model", "asked_model.model")]
        said = [text for one in sorted(of_kind, key=_weight) if (text := _said(one, is_other_model))]
        if said or kind != "other":
            left = len(said) - MAX_NAMED
            shown = said if left <= 1 else [*said[:MAX_NAMED], f"{left} more"]
            rows.append((label, "; ".join(shown) or ("of each model's own kind" if of_kind else "the same")))
    return rows


def figures(rows: Sequence[Difference]) -> str:
    """Return how the headline figures changed; an asterisk marks more than chance."""
    found = {(row.metric, row.family): row for row in rows}
    said = []
    for key in FIGURES:
        row = found.get(key)
        if row is not None and row.difference is not None:
            name = words.metric_name(row.metric).lower()
            ends = f"{words.percent(row.value_a)} \u2192 {words.percent(row.value_b)}"
            is_better = (row.difference > 0) == (row.direction == "higher")
            told = ("better" if is_better else "worse") if row.significant else "not told from chance"
            said.append(f"{name} {ends} ({words.change(row.difference)} points, {told})")
    return "; ".join(said)


def _weight(change: Change) -> tuple[bool, bool]:
    return change.entry != "model.name", _is_hash(change)


def _said(change: Change, is_other_model: bool) -> str:
    """Return an entry that differs in words; empty for what one of two kinds of models lacks altogether."""
    last = change.entry.rpartition(".")[2]
    name = NAMED.get(last, last.replace("_", " "))
    if change.entry.startswith("suite "):
        name = f"{change.entry.rpartition('.')[0]}: {name}"
    if is_other_model and "(none)" in (change.a, change.b):
        return ""
    if not _is_hash(change):
        return f"{name} {_short(change.a)} \u2192 {_short(change.b)}".strip()
    if change.a in NOTHING or change.b in NOTHING:
        return (
            f"{name}: {'none' if change.a in NOTHING else 'one'} before, {'none' if change.b in NOTHING else 'one'} now"
        )
    return f"{name} differ" if name.endswith("s") else f"{name} differs"


def _is_hash(change: Change) -> bool:
    is_named = change.entry.endswith(("hash", "digest", "fingerprint"))
    return is_named or any(HASH.fullmatch(value) is not None for value in (change.a, change.b))


def _short(text: str) -> str:
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 3] + "..."
