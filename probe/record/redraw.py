"""The variants of a finished run drawn again from its manifest, and its answers with them.

    manifest --> plan, suites with their paraphrases --> variants
    tables   --> a score for each variant that was asked

Rules and decisions of people have no part in it: a row in the tables says that a variant was asked.

Covered: suites that lie where the manifest says, unchanged since. Not covered: asking the model again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from probe.errors import StoreError, UsageError
from probe.evaluation.results import SuiteResults, evaluate
from probe.evaluation.run import Plan, prepare
from probe.evaluation.variants import VariantSet, no_checks
from probe.masking import masker
from probe.paraphrase import given_again
from probe.record.requests import asked_of, by_score
from probe.record.run import Run
from probe.record.tables import check_suites, read_rows, read_table
from probe.record.trust import NOTHING, Typed, perturbations_of, suite_of
from probe.types import Score

Key = tuple[str, str, str, int]
"""Item, family, perturbation, draw."""


def redraw(run: Run, suite: str, *, then: str, typed: Typed = NOTHING) -> VariantSet:
    """Return the variants of a run's suite, including dropped ones; `then` is what a user does after a new run.

    What the run's folder names is loaded as code only where it is `typed` again.

    Raises:
        UsageError: the suite has changed since the run, or the folder would have code loaded.
    """
    manifest = run.manifest
    read = suite_of(run, suite, typed)
    facts = next(one for one in manifest["suites"] if one["name"] == suite)
    if read.digest != facts["digest"]:
        raise UsageError(f"suite {read.name!r} has changed since the run", hint=f"run it again, then {then}")
    plan = plan_of(run, typed)
    return prepare(given_again(read, manifest.get("paraphrases")), plan, validate=no_checks)


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
    """Return the results of a run by suite: its variants drawn again, with the answers that its tables hold.

    `with_requests` adds to each what the model was sent and answered; a run of a version that did not keep it has none.

    Raises:
        UsageError: a suite has changed since the run, or the folder would have code loaded.
        StoreError: its tables are damaged, or this version draws other prompts.
    """
    rows: dict[str, dict[Key, dict[str, Any]]] = {}
    kept = _kept_requests(run) if with_requests else {}
    columns = ("prediction", "correct", "reading", "probabilities", "margin", "confidence", "truncated")
    for place, row in enumerate(read_rows(run.folder, columns, ["text"])):
        row["asked"] = kept.get(place, ())
        key = (row["item"], row["family"], row["perturbation"], row["sample"])
        rows.setdefault(row["suite"], {})[key] = row
    check_suites(run.folder, rows, (str(facts["name"]) for facts in run.manifest["suites"]))
    found = {}
    for facts in run.manifest["suites"]:
        name = str(facts["name"])
        variants = redraw(run, name, then=then, typed=typed)
        found[name] = evaluate(variants, _scores(run, variants, rows.get(name, {}), then=then), weight=run.weight)
    return found


def _scores(run: Run, made: VariantSet, rows: Mapping[Key, Mapping[str, Any]], *, then: str) -> list[Score]:
    """Return the scores of the variants that have a row.

    A budget, a stop at a precision and decisions of people determine which variants have one, never the text of a variant,
    so that the texts alone show whether these are the run's prompts.
    """
    left, mask = dict(rows), masker()  # texts were masked when they were written
    scores = []
    for variant in made.variants:
        row = left.pop((variant.item.id, variant.family, variant.perturbation, variant.sample), None)
        if row is None:
            continue
        if row["text"] != mask(variant.text):
            raise _other_prompts(run, variant.item.id, variant.perturbation, variant.sample, then=then)
        fields = {name: row[name] for name in ("prediction", "correct", "reading", "margin", "confidence")}
        probabilities, is_truncated = tuple(row["probabilities"]), row["truncated"]
        one = Score(variant, **fields, probabilities=probabilities, is_truncated=is_truncated)
        asked = [asked_of(kept, variant.text, is_truncated=is_truncated) for kept in row["asked"]]
        scores.append(
            replace(one, requests=tuple(a for a, _ in asked), responses=tuple(b for _, b in asked)) if asked else one
        )
    for item, _, perturbation, sample in left:
        raise _other_prompts(run, item, perturbation, sample, then=then)
    return scores


def _kept_requests(run: Run) -> dict[int, list[Mapping[str, Any]]]:
    """Return the rows of a run's requests by the row of their score; none of a run that kept none."""
    if not (run.folder / "requests.parquet").is_file():
        return {}
    return by_score(read_table(run.folder, "requests").to_pylist())


def _other_prompts(run: Run, item: str, perturbation: str, sample: int, *, then: str) -> StoreError:
    return StoreError(
        f"{run.folder}: {item} {perturbation} {sample} is drawn otherwise by this version",
        hint=f"run it again, then {then}",
    )
