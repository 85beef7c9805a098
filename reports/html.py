"""A run's folder to one HTML file: a page that people send to each other and that opens anywhere.

    summary.json, manifest.json --> nouns (`rows`) --> views (`views`, `cards`) --> templates (`page/`) --> report.html

The page asks for nothing from outside. Filters are radio buttons and rules of style, so they work without a script; the
page's own small script adds search, keys and the count of what is shown.

Covered: one run. Not covered: comparing runs (`reports.compare_page`), figures that the run did not compute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from probe.experiments.attribution import ATTRIBUTION, read_attribution
from probe.gating.verdict import GateVerdict
from probe.mitigate.mitigation import MITIGATION, Mitigation, read_mitigation
from probe.record.run import read_run
from probe.record.schema import read_checked
from probe.record.summary import Summary
from reports import words
from reports.cards import CHANGES, FlipView, card_data, failure_cards, flip_cards
from reports.filters import PER_PAGE, filters, pages, rules
from reports.gate_page import gate_view
from reports.limits import limits
from reports.manifest import Manifest, origin, rerun_command
from reports.mitigation_page import views
from reports.template import render, save
from reports.views import CONTRASTS, HEADLINES, MAX_SUITES, MOVES, SENSITIVITY, Read, suite_view, suite_views, terms


def write_page(run: Path, out: Path, *, gate: GateVerdict | None = None) -> Path:
    """Write the page of a run's folder to `out`, whole or not at all, with the gate's verdict at its top; return its path.

    Raises:
        UsageError: the folder is no run.
        StoreError: the run is damaged, or the page cannot be written.
    """
    made = read_run(run)
    shown = page(made.summary, made.manifest, attributions=_attributions(run), mitigation=_mitigation(run), gate=gate)
    return save(shown, out)


def page(
    summary: Summary,
    manifest: Manifest,
    *,
    attributions: Sequence[Mapping[str, Any]] = (),
    mitigation: Mitigation | None = None,
    gate: GateVerdict | None = None,
) -> str:
    """Return the page of a run as one HTML document, a pure function of its summary, manifest and experiments."""
    return _rendered("page.html.j2", summary, manifest, attributions, mitigation=mitigation, gate=gate)


def frame(run: Path, *, height: int = 720) -> str:
    """Return the first screen of a run's page and its families as a frame for a notebook, `height` pixels high.

    A frame keeps the page's style from the notebook's and the notebook's from the page's.

    Raises:
        UsageError: the folder is no run.
        StoreError: the run is damaged.
    """
    from markupsafe import escape

    made = read_run(run)
    text = _rendered("notebook.html.j2", made.summary, made.manifest, _attributions(run))
    text = re.sub(r' href="#[^"]*"', "", text)  # what they lead to is on the page only
    title = escape(f"{made.model} on {', '.join(made.summary.suites)}")
    style = f"width: 100%; height: {height}px; border: 0"
    return f'<iframe srcdoc="{escape(text)}" title="{title}" style="{style}"></iframe>'


def _rendered(
    template: str,
    summary: Summary,
    manifest: Manifest,
    attributions: Sequence[Mapping[str, Any]],
    *,
    mitigation: Mitigation | None = None,
    gate: GateVerdict | None = None,
) -> str:
    """Return a template filled with the views of a run."""
    flips, failures = flip_cards(summary), failure_cards(summary)
    cards = {(one.row.suite, one.row.item, one.row.perturbation, one.row.sample): one.id for one in (*flips, *failures)}
    read = Read(summary, manifest, {one.suite: one for one in map(read_attribution, attributions)}, cards)
    names = _names(read.summary, flips)
    suites = suite_views(read)
    return render(
        template,
        rules=rules(names, len(flips)),
        words=words,
        columns={"sensitivity": SENSITIVITY, "moves": MOVES, "contrasts": CONTRASTS},
        summary=read.summary,
        engine=asdict(read.summary.engine),
        gate=None if gate is None else gate_view(gate),
        verdict=_verdict(read.summary.verdict),
        manifest=manifest,
        suites=suites,
        shown_suites=suites[:MAX_SUITES],
        overall=suite_view("all", read, limits(len(suites))),
        attributions=list(read.attributions.values()),
        mitigations=[] if mitigation is None else views(mitigation),
        flips=flips,
        flips_total=read.summary.flips_total,
        failures=failures,
        filters=filters(names, flips),
        pages=pages(len(flips)),
        per_page=PER_PAGE,
        data=card_data(flips),
        again=rerun_command(manifest),
        headlines=HEADLINES,
        terms=terms(read.summary),
        origin=origin(manifest),
        floors=words.floor_note(read.summary.metrics),
        is_measured=any(row.noise_floor is not None for row in read.summary.metrics),
    )


def _attributions(run: Path) -> list[Mapping[str, Any]]:
    """Return the experiments that lie in the run's folder; `probe attribute SUITE --into RUN` puts them there."""
    return [
        read_checked(ATTRIBUTION, path, hint=f"delete {path.name}, or run `probe attribute` again")
        for path in sorted(run.glob("attribution*.json"))
    ]


def _mitigation(run: Path) -> Mitigation | None:
    """Return what `probe mitigate RUN` found last; None where it was not typed."""
    path = run / "mitigation.json"
    if not path.exists():
        return None
    return read_mitigation(read_checked(MITIGATION, path, hint=f"delete {path.name}, or run `probe mitigate` again"))


def _verdict(text: str) -> tuple[str, str]:
    """Return the first sentence of a verdict and the others, with no line break before a percent sign."""
    first, stop, others = re.sub(r"(?<=\d) (?=%)", "\u00a0", text).partition(". ")
    return (first + stop).strip(), others


def _names(summary: Summary, flips: Sequence[FlipView]) -> dict[str, Sequence[str]]:
    """Return the names of each group of filters, by the numbers that the cards carry."""
    causes = tuple(dict.fromkeys(words.cause_name(flip.row.cause) for flip in flips))
    return {"change": CHANGES, "family": summary.families, "cause": causes, "suite": summary.suites}
