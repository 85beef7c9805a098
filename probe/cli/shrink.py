"""`probe shrink`: the smallest part of a variant's edit that still moves the answer."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.cli.command import command, joined
from probe.cli.options import (
    AllowOutside,
    Json,
    ModelArgs,
    PerturbAgain,
    RunFolder,
    RunModel,
    TrustRemoteCode,
    TrustTasks,
    typed_again,
)
from probe.cli.output import messages, out, out_json, saying_what_is_kept, warn

if TYPE_CHECKING:
    from probe.errors import UsageError
    from probe.experiments.shrink import Shrunk
    from probe.models.base import Model
    from probe.record.run import Run
    from probe.record.summary import Summary
    from probe.record.trust import Typed
    from probe.types import Item, Score, Suite, Variant


@command("Diagnose")
def shrink(
    run: RunFolder,
    flip: Annotated[
        str, typer.Option("--flip", help="Id of a flip (suite/item/perturbation/sample), or its place in summary.json.")
    ],
    model: RunModel = None,
    model_args: ModelArgs = None,
    device: Annotated[
        str | None, typer.Option("--device", help="Device. Default: the one of the run.", show_default=False)
    ] = None,
    perturb: PerturbAgain = None,
    trust_tasks: TrustTasks = False,
    allow_outside: AllowOutside = False,
    trust_remote_code: TrustRemoteCode = False,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Cache answers in the cache.sqlite of the run's OUT folder.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Find the smallest edit that still flips.

    Takes the edit of a flip apart by delta debugging.
    """
    from probe.api.keeping import SavedFiles
    from probe.experiments.shrink import shrink as find_smallest
    from probe.models.cache import Cached
    from probe.record.run import read_run
    from probe.record.trust import check

    made, typed_args = read_run(run), joined(model_args)
    typed = typed_again(
        perturb, trust_tasks=trust_tasks, allow_outside=allow_outside, trust_remote_code=trust_remote_code
    )
    check(made, typed, model=model is None)
    name = _flip_id(flip, made.summary)
    suite, variant = _variant(name, made, typed)
    files = SavedFiles()
    with messages(), saying_what_is_kept(files, cache=cache):
        loaded = _model(made, typed, model, typed_args, device)
        loaded = Cached(loaded, files.cache(run.parent)) if cache else loaded
        found = find_smallest(loaded, variant, suite)
    command = ["probe", "shrink", str(run), "--flip", name]
    command += ["--model", model] if model else []
    command += ["--model-args", typed_args] if typed_args else []
    command += typed.as_flags()
    command += [] if cache else ["--no-cache"]
    if as_json:
        out_json(_json(name, found, loaded.name, shlex.join(command)))
    else:
        out(_page(name, found, shlex.join(command)))


def _flip_id(flip: str, summary: Summary) -> str:
    """Return the id of a flip, given its id or its place in the summary, from 0."""
    from probe.errors import UsageError

    if not (flip.isascii() and flip.isdigit()):
        return flip
    rows = summary.flips
    if len(flip) > 9 or int(flip) >= len(rows):
        raise UsageError(
            f"--flip {flip[:40]}: the summary shows {len(rows)} flips, numbered from 0",
            hint="name another by its id: suite/item/perturbation/sample",
        )
    return rows[int(flip)].id


def _unknown(name: str, known: list[str]) -> UsageError:
    """Return the error for an unknown flip, with the ids that are near."""
    import difflib

    from probe.errors import UsageError

    near = [one for one in known if name in one] or difflib.get_close_matches(name, known, n=MOST_NEAR, cutoff=0.4)
    guess = f" Near it: {', '.join(near[:MOST_NEAR])}." if near else ""
    return UsageError(
        f"unknown flip {name!r}: it is suite/item/perturbation/sample, or a place in the summary.{guess}",
        hint=f"--flip 0 is the first of the {len(known)} flips that the summary shows"
        if known
        else "the run has no flips",
    )


def _variant(name: str, run: Run, typed: Typed) -> tuple[Suite, Variant]:
    """Make the variant of a flip again, as the run did.

    Raises:
        UsageError: there is no such variant, its suite was edited since the run, or the folder would have code loaded.

    """
    from functools import partial

    from probe.evaluation.flips import flip_id
    from probe.record.redraw import redraw

    known = [row.id for row in (*run.summary.flips, *run.summary.contrast_failures)]
    suite = next((one["name"] for one in run.manifest["suites"] if name.startswith(one["name"] + "/")), None)
    if suite is None:
        raise _unknown(name, known)
    own = partial(_is_of, f"{suite}/", name)
    drawn = redraw(run, suite, then="shrink a flip of the new run", typed=typed, of=own)
    found = next((one for one in drawn.variants if flip_id(suite, one) == name), None)
    if found is None:
        raise _unknown(name, known)
    return drawn.suite, found


def _is_of(start: str, name: str, item: Item) -> bool:
    """Return whether a flip's name may be that of a variant of an item."""
    return name.startswith(f"{start}{item.id}/")


def _model(run: Run, typed: Typed, name: str | None, model_args: str, device: str | None) -> Model:
    """Load the run's model again, or the one that is named."""
    from dataclasses import replace

    from probe.errors import UsageError
    from probe.models.loaders import load_model
    from probe.models.options import HuggingFaceOptions
    from probe.record.trust import model_of

    asked = model_of(run, typed, is_named=name is not None)
    if name is None and not asked:
        raise UsageError("the run does not say which model was asked for", hint="name it: --model hf:NAME_OR_PATH")
    chosen = (
        HuggingFaceOptions(**asked["options"])
        if name is None
        else HuggingFaceOptions(trust_remote_code=typed.trust_remote_code)
    )
    if device is not None:
        chosen = replace(chosen, device=device)
    spec = (name, model_args) if name is not None else (asked["model"], model_args or asked["model_args"])
    loaded = load_model(spec[0], chosen, model_args=spec[1])
    if name is None and (differing := loaded.facts().differing(run.manifest["model"])):
        warn(
            f"{loaded.name} is not the model of the run: it differs from what the manifest records in {', '.join(differing)}"
        )
    return loaded


def _page(name: str, found: Shrunk, command: str) -> str:
    from probe.cli.show import answer_line
    from reports.console import colored, edit_text

    before, smallest = found.before.variant.text, found.smallest.variant.text
    edits = f"{len(found.changes)} of {found.num_changes} {WHAT[found.kind][found.num_changes != 1]}"
    changes = [f"    {_shown(change.removed)!r} -> {_shown(change.added)!r}" for change in found.changes]
    lines = [
        f"{_shown(name)}: {edits} {'is' if len(found.changes) == 1 else 'are'} enough; {found.num_texts} texts asked",
        "",
        *([] if found.kind == "tokens" else [*changes, ""]),
        "    " + (colored(edit_text(before, smallest)) if before != smallest else "the original text, unedited"),
        "",
        f"original       {answer_line(found.before)}",
        f"shrunk         {answer_line(found.smallest)}",
        f"whole variant  {answer_line(found.after)}",
        "",
        f"again  {_shown(command)}",
    ]
    return "\n".join(lines)


MOST_NEAR = 3
"""Number of flips that the error for an unknown one names."""
WHAT = {
    "tokens": ("edit", "edits"),
    "options": ("pair of options in the other order", "pairs of options in the other order"),
    "demonstrations": ("pair of demonstrations in the other order", "pairs of demonstrations in the other order"),
    "answers": ("continuation that stands for an answer", "continuations that stand for the answers"),
}
"""Nouns for the changes, in singular and plural."""


def _shown(text: str) -> str:
    from reports.console import visible_line

    return visible_line(text)


def _json(name: str, found: Shrunk, model: str, command: str) -> dict[str, Any]:
    from dataclasses import asdict

    def answered(score: Score) -> dict[str, Any]:
        return {
            "text": score.variant.text,
            "prediction": score.prediction,
            "correct": score.correct,
            "choices": list(score.variant.perturbed.prompt.choices),
            "probabilities": [round(p, 6) for p in score.probabilities],
        }

    return {
        "id": name,
        "model": model,
        "kind": found.kind,
        "changes": [asdict(change) for change in found.changes],
        "num_changes": found.num_changes,
        "num_texts": found.num_texts,
        "before": answered(found.before),
        "smallest": answered(found.smallest),
        "after": answered(found.after),
        "command": command,
    }
