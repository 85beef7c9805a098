"""A run's folder to one HTML file: a page that people send to each other and that opens anywhere.

    summary.json, manifest.json --> nouns (`rows`) --> views (here) --> templates (`page/`) --> report.html

What a model wrote is hostile: every value is escaped, characters that are not seen are shown, and the page's content
security policy allows nothing but its own style sheet, named by its hash. There is no script: filters are radio buttons
and rules of style, so that nothing is there to be injected into.

Covered: one run. Not covered: comparing runs, figures that the run did not compute; the only arithmetic is the net
figure (observed minus noise floor) and the geometry of the plot.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.errors import StoreError
from probe.metrics import metrics
from probe.store import read_run
from reports import words
from reports.cards import FlipView, Manifest, again, flip_cards, suites_of
from reports.charts import NUM_MARKS, DotPlot, by_family, dot_plot
from reports.rows import Count, Metric, Summary, VariantRow, read_summary

if TYPE_CHECKING:
    from jinja2 import Template

PAGE = Path(__file__).parent / "page"

HEADLINES = ("accuracy", "accuracy_worst", "spread", "flip_rate", "pss", "contrast_consistency")
SENSITIVITY = ("accuracy_mean", "accuracy_worst", "spread", "flip_rate", "pss")
MOVES = ("any_flip_rate", "flip_right_to_wrong", "flip_wrong_to_right", "flip_wrong_to_wrong", "unreadable_rate")
CONTRASTS = ("contrast_consistency", "contrast_accuracy")


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A row of a suite's tables: a family with its figures by metric."""

    family: str
    mark: int | None
    num_variants: int | None
    figures: dict[str, Metric]


@dataclass(frozen=True, slots=True)
class SuiteView:
    """A suite's section."""

    name: str
    num_items: int | None
    headline: dict[str, Metric]
    families: tuple[FamilyRow, ...]
    rows: tuple[Metric, ...]
    plot: DotPlot | None
    variants: tuple[VariantRow, ...]
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """What a metric is, for the glossary."""

    label: str
    summary: str
    formula: str
    source: str


def write_page(run: Path, out: Path) -> Path:
    """Write the page of a run's folder to `out`, whole or not at all; give its path.

    Raises:
        UsageError: the folder is no run.
        StoreError: the run is damaged, or the page cannot be written.
    """
    manifest, summary = read_run(run)
    text = page(summary, manifest)
    temporary = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(out)
    except OSError as error:
        raise StoreError(
            f"cannot write the page to {out}: {error.strerror or error}",
            hint="free some space or choose another place; the run itself is whole",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return out


def page(summary: Mapping[str, Any], manifest: Manifest) -> str:
    """Give the page of a run as one HTML document, a pure function of its two JSON objects."""
    from markupsafe import Markup

    read = read_summary(summary)
    flips = flip_cards(read)
    style = _style(num_suites=len(read.suites), num_families=len(read.families))
    columns = {"sensitivity": SENSITIVITY, "moves": MOVES, "contrasts": CONTRASTS}
    return _template().render(
        words=words,
        columns=columns,
        summary=read,
        verdict=_verdict(read.verdict),
        manifest=manifest,
        style=Markup(style),
        style_hash=_hash(style),
        suites=_suites(read, manifest),
        overall=_suite("all", read, manifest),
        flips=flips,
        filters=_filters(read, flips),
        again=again(manifest),
        headlines=HEADLINES,
        terms=_terms(read),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
        finalize=seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def seen(value: object) -> object:
    """Give a value as the page shows it: no None, and in texts every control character as a sign that is seen."""
    if value is None:
        return ""
    return value.translate(SIGNS) if type(value) is str else value


def _signs() -> dict[int, str]:
    unseen = [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000)]
    controls = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
    return controls | {0x7F: "\u2421"} | {code: f"\u27e8U+{code:04X}\u27e9" for code in unseen}


SIGNS = _signs()
"""Control pictures for C0; a name in brackets for C1, changes of writing direction and lone surrogates."""


def _verdict(text: str) -> tuple[str, str]:
    """Part the verdict's first sentence from the others; a figure is not broken over two lines."""
    first, stop, others = re.sub(r"(?<=\d) (?=%)|(?<=\d,) (?=\d+\.\d\])", "\u00a0", text).partition(". ")
    return (first + stop).strip(), others


def _style(*, num_suites: int, num_families: int) -> str:
    """Give the style sheet, with a rule for each filter: hide the flips that are not of the chosen family or suite."""
    rules = [
        f"#flips:has(#show-{group}-{k}:checked) .flip:not(.{group}-{k}) {{ display: none }}"
        for group, count in (("family", num_families), ("suite", num_suites))
        for k in range(count)
    ]
    return "\n" + (PAGE / "page.css").read_text(encoding="utf-8") + "\n".join(rules) + "\n"


def _hash(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _suites(summary: Summary, manifest: Manifest) -> list[SuiteView]:
    tables = (summary.metrics, summary.variants, summary.counts)
    named = dict.fromkeys([*summary.suites, *(row.suite for rows in tables for row in rows)])
    return [_suite(name, summary, manifest) for name in named if name != "all"]


def _suite(name: str, summary: Summary, manifest: Manifest) -> SuiteView:
    rows = tuple(row for row in summary.metrics if row.suite == name)
    variants = tuple(row for row in summary.variants if row.suite == name)
    clean = tuple(row for row in variants if row.family == "clean")
    without = tuple(row for row in variants if row.family != "clean" and row.accuracy is None)
    families = dict.fromkeys(row.family for row in rows)
    order = [*(["clean"] if "clean" in families else []), *(f for f in families if f not in ("clean", "all"))]
    order += ["all"] if "all" in families else []
    return SuiteView(
        name=name,
        num_items=_num_items(name, rows, manifest),
        headline={metric: row for metric in HEADLINES if (row := _headline(metric, rows))},
        families=tuple(_family(family, rows, summary) for family in order),
        rows=rows,
        plot=dot_plot(variants, families=summary.families),
        variants=clean + tuple(row for members in by_family(variants).values() for row in members) + without,
        counts=tuple(row for row in summary.counts if row.suite == name),
    )


def _family(family: str, rows: Sequence[Metric], summary: Summary) -> FamilyRow:
    mark = summary.families.index(family) % NUM_MARKS if family in summary.families else None
    figures = {row.metric: row for row in rows if row.family == family}
    if family == "clean" and "accuracy" in figures:
        figures.setdefault("accuracy_mean", figures["accuracy"])
    counts = [row.num_variants for row in figures.values() if row.num_variants is not None and family != "clean"]
    return FamilyRow(family, mark, max(counts, default=None), figures)


def _headline(metric: str, rows: Sequence[Metric]) -> Metric | None:
    mine = {row.family: row for row in rows if row.metric == metric}
    return next((mine[family] for family in ("all", "clean", "contrast") if family in mine), None)


def _num_items(name: str, rows: Sequence[Metric], manifest: Manifest) -> int | None:
    for suite in suites_of(manifest):
        if suite.get("name") == name and isinstance(suite.get("num_items"), int):
            return int(suite["num_items"])
    return max((row.num_items for row in rows if row.num_items is not None), default=None)


def _filters(summary: Summary, flips: Sequence[FlipView]) -> list[tuple[str, list[tuple[int, str, int]]]]:
    """Give the groups of radio buttons: name, then number, label and count of each; a group of one is none."""
    groups = []
    for group, names in (("family", summary.families), ("suite", summary.suites)):
        counts = [sum(getattr(flip, group) == k for flip in flips) for k in range(len(names))]
        options = [(k, name, count) for k, (name, count) in enumerate(zip(names, counts, strict=True)) if count]
        if len(options) > 1:
            groups.append((group, options))
    return groups


def _terms(summary: Summary) -> list[Term]:
    """Give what the run's metrics are, in the order of the registry."""
    present = {row.metric for row in summary.metrics}
    chosen = [metric for metric in metrics.values() if metric.name in present]
    return [Term(words.metric_name(m.name), m.summary, m.formula, "" if m.source == "-" else m.source) for m in chosen]
