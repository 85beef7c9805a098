"""The model card in an adapter's folder: how it was trained, what it is worth, how to use it, as Markdown.

What comes from suites and models is escaped: a name must not become markup.

Covered: the card. Not covered: its figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from probe.masking import masked
from probe.metrics import ALL, ORIGINAL, metrics
from probe.repair.judgement import SECTIONS, ArmResult, Figure, Judgement
from probe.repair.questions import CONTRAST

WORDS = {True: "yes", False: "no", None: "open"}
SHOWN = (ALL, ORIGINAL, CONTRAST)
MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~!&])")


def card(found: Judgement) -> str:
    """Return the card of a judged adapter."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Judgement) -> Iterator[str]:
    # The front matter is what Hugging Face reads; JSON strings are YAML strings.
    yield from (
        "---",
        f"base_model: {json.dumps(found.model)}",
        "library_name: peft",
        "tags: [prompt-robustness]",
        "---",
        "",
    )
    yield from (f"# {_text(found.adapter)}: {_text(found.model)}, repaired", "")
    yield (
        f"An adapter that makes {_text(found.model)} answer alike however it is asked. Trained on the training items of "
        f"{_text(', '.join(found.suites))}, said in other ways of the families {', '.join(found.families)}; "
        f"never on those of {', '.join(found.held_out) or 'no family'}. Judged on items, formats and families that no "
        "training has seen."
    )
    yield ""
    yield from ("    probe run SUITE --model MODEL --adapter FOLDER", "")
    yield from ("```python", "model = peft.PeftModel.from_pretrained(base_model, FOLDER)", "```", "")
    for suite in found.suites:
        yield from _of_suite(found, suite)
    yield from _others(found)
    yield from _arms(found.arms)
    yield "Intervals are 95 %, paired by item, over other items and other seeds. All figures: `judgement.json`."


def _of_suite(found: Judgement, suite: str) -> Iterator[str]:
    yield from (f"## {_text(suite)}", "")
    yield from ("| what it should reach | reached |", "|---|---|")
    yield from (f"| {_text(one.text)} | {WORDS[one.reached]} |" for one in found.targets if one.suite == suite)
    yield ""
    yield from (f"* {_text(one.text)}" for one in found.statements if one.suite == suite)
    arms = [arm for arm in found.arms if not arm.reason]
    yield from ("", f"| figure | {' | '.join(_text(arm.title) for arm in arms)} |", f"|---|{'---:|' * len(arms)}")
    for section, title in SECTIONS:
        for family, metric in _rows(found, suite, section):
            cells = [_cell(found.figure(suite, section, family, metric, arm.name)) for arm in arms]
            name, of = metrics.get(metric).title.lower(), "" if family in SHOWN else f"{_text(family)}, "
            yield f"| {title}: {of}{name} | {' | '.join(cells)} |"
    yield ""


def _rows(found: Judgement, suite: str, section: str) -> Iterator[tuple[str, str]]:
    """Return the families and metrics of a section that the card shows: all together, and each family that was held out."""
    shown = (*SHOWN, *(found.held_out if section == "held-out-families" else ()))
    keys = dict.fromkeys(
        (one.family, one.metric) for one in found.figures if one.suite == suite and one.section == section
    )
    yield from ((family, metric) for family, metric in keys if family in shown)


def _others(found: Judgement) -> Iterator[str]:
    if not found.other_suites:
        return
    arms = [arm for arm in found.arms if arm.kind in ("none", "training")]
    yield from ("## Suites that were not trained", "")
    yield from (f"| figure | {' | '.join(_text(arm.title) for arm in arms)} |", f"|---|{'---:|' * len(arms)}")
    for suite in found.other_suites:
        for family, metric in ((ORIGINAL, "accuracy"), (ALL, "flip_rate")):
            figures = [found.figure(suite, "held-out-suites", family, metric, arm.name) for arm in arms]
            if any(one is not None for one in figures):
                yield f"| {_text(suite)}: {metrics.get(metric).title.lower()} | {' | '.join(map(_cell, figures))} |"
    yield ""


def _arms(arms: Sequence[ArmResult]) -> Iterator[str]:
    yield from ("## What was compared", "", "| | | training tokens | prompts an answer |", "|---|---|---:|---:|")
    for arm in arms:
        tokens = f"{arm.mean_training_tokens:,.0f}"
        told = arm.reason or " ".join(filter(None, [arm.summary, arm.chose]))
        yield f"| {_text(arm.title)} | {_text(told)} | {tokens} | {arm.calls:.3g} |"
    yield ""


def _cell(one: Figure | None) -> str:
    """Return a figure in percent, with its difference to before and half the width of that one's interval."""
    if one is None or one.after is None:
        return "-"
    value = f"{100 * one.after:.1f}"
    if one.difference is None or one.margin is None:
        return value
    return f"{value} ({100 * one.difference:+.1f} ± {100 * one.margin:.1f})"


def _text(text: str) -> str:
    # Masked first: a backslash within a secret would hide it. A character that is not seen could turn the card around.
    seen = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in " ".join(masked(text).split()))
    return MARKUP.sub(r"\\\1", seen)
