"""The variants of a finished run drawn again from its manifest, and its answers with them.

    manifest --> plan, suites with their paraphrases --> variants
    tables   --> a score for each variant that was asked (`probe.record.redrawn`)

Covered: suites that lie where the manifest says, unchanged since. Not covered: asking the model again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from probe.errors import UsageError
from probe.evaluation.drawing import Drawing
from probe.evaluation.results import Collected, SuiteResults
from probe.evaluation.run import Plan, draw
from probe.evaluation.variants import VariantSet, no_checks
from probe.paraphrase import given_again
from probe.record.redrawn import Keeper, Kept, Redrawn
from probe.record.run import Run
from probe.record.tables import check_suites
from probe.record.trust import NOTHING, Typed, perturbations_of, suite_of
from probe.types import Item


def redraw(
    run: Run, suite: str, *, then: str, typed: Typed = NOTHING, of: Callable[[Item], bool] = lambda _: True
) -> VariantSet:
    """Return the variants of a run's suite, including dropped ones; `then` is what a user does after a new run.

    They are those of the items that `of` accepts. What the run's folder names is loaded as code only where it is `typed`
    again.

    Raises:
        UsageError: the suite has changed since the run, or the folder would have code loaded.
    """
    whole = _drawing(run, suite, then=then, typed=typed)
    items = tuple(filter(of, whole.suite.items))
    some = Drawing(replace(whole.suite, items=items), whole.columns, whole.seed, whole.validate)
    variants = tuple(some.variants())
    return replace(some.counted(variants), suite=whole.suite)


def _drawing(run: Run, suite: str, *, then: str, typed: Typed) -> Drawing:
    manifest = run.manifest
    read = suite_of(run, suite, typed)
    facts = next(one for one in manifest["suites"] if one["name"] == suite)
    if read.digest != facts["digest"]:
        raise UsageError(f"suite {read.name!r} has changed since the run", hint=f"run it again, then {then}")
    return draw(given_again(read, manifest.get("paraphrases")), plan_of(run, typed), validate=no_checks)


def plan_of(run: Run, typed: Typed = NOTHING) -> Plan:
    """Return the plan under which a run drew its variants and made its intervals.

    Raises:
        UsageError: the folder would have code loaded.
    """
    plan = Plan.of_manifest(run.manifest, perturbations_of(run, typed))
    resample = run.manifest.get("resample", "items-and-variants")
    return replace(plan, resamples_variants=resample == "items-and-variants")


def redrawn_results(
    run: Run, *, then: str, with_requests: bool = False, typed: Typed = NOTHING
) -> dict[str, SuiteResults]:
    """Return the results of a run by suite, its scores made when they are asked for: its variants, and what its tables hold.

    `with_requests` adds to each what the model was sent and answered; a run of a version that did not keep it has none.

    Raises:
        UsageError: a suite has changed since the run, or the folder would have code loaded.
        StoreError: its tables are damaged, or this version draws other prompts.
    """
    kept = Kept.read(run.folder, with_requests=with_requests)
    check_suites(run.folder, kept.answered, (str(facts["name"]) for facts in run.manifest["suites"]))
    found = {}
    for facts in run.manifest["suites"]:
        name = str(facts["name"])
        scores = Redrawn(_drawing(run, name, then=then, typed=typed), kept, then)
        collected = Collected(scores.drawing.suite, Keeper(scores))
        for portion in scores.first():
            collected.add(portion)
        found[name] = collected.results(scores.drawing.counted(), weight=run.weight)
    return found
