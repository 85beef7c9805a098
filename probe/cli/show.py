"""`probe show`: read the variants as text, with the edit marked; a model is loaded only where `--model` names one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.api.settings import Settings, of_panel
from probe.cli.command import command, joined
from probe.cli.options import ModelArgs, SuiteName
from probe.cli.output import messages, note, out
from probe.files.limits import MAX_SAMPLES
from probe.types import NO_ANSWER

if TYPE_CHECKING:
    from probe.api.session import Session
    from probe.evaluation.run import Plan
    from probe.types import Check, CheckOutcome, Score, Suite, Variant


@command("Inspect", settings=of_panel("Suite", "Perturbations"))
def show(
    session: Session,
    suite: SuiteName,
    item: Annotated[
        str | None, typer.Argument(help="Id of an item. Default: the first three.", show_default=False)
    ] = None,
    variant: Annotated[
        str,
        typer.Option(
            "--variant",
            help="Only this variant beside the original: PERTURBATION/NUMBER, as a report names it.",
            show_default=False,
        ),
    ] = "",
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Ask this model, and print its answers.", show_default=False)
    ] = None,
    model_args: ModelArgs = None,
    checks: Annotated[bool, typer.Option("--checks", help="Print the validity checks of each variant.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Print each variant whole instead of its edit.")] = False,
    sample: Annotated[str, typer.Option("--draw", hidden=True)] = "",
) -> None:
    """Show variants with their edits marked.

    With --model also what the model answers.
    """
    from probe.evaluation.run import drawn

    variant = variant or sample
    session = session.using(noise_floor=False) if not variant else _session_of(session, variant)
    with messages():
        read, plan = session.suite(suite), session.plan()
        (read,), plan, _ = session.paraphrased([read], plan)
    read = replace(read, items=read.items[: session.settings.limit])
    wanted = _wanted(read, item)
    variants = drawn(read, plan)
    shown = [one for one in variants if one.item.id in wanted]
    shown = _pair(shown, variant) if variant else shown
    answers = [[] for _ in shown] if model is None else _answers(model, joined(model_args), shown, read)
    if variant:
        out(side_by_side(shown, answers))
        return
    rows = zip(shown, answers, strict=True)
    out("\n".join(line for one, more in rows for line in [*_lines(one, full=full, checks=checks), *more]))
    _note_unseen(read, plan, variants, wanted)


def _wanted(suite: Suite, item: str | None) -> set[str]:
    """Return the ids of the items to show.

    Raises:
        UsageError: the suite has no such item, or none at all.
    """
    from probe.errors import UsageError
    from probe.registry import unknown_name

    ids = [one.id for one in suite.items]
    if item is not None and item not in ids:
        raise unknown_name(f"item of suite {suite.name!r}", item, ids, see=_items_of(suite))
    if not ids:
        raise UsageError(f"suite {suite.name!r} has no items")
    return {item} if item is not None else set(ids[:3])


def _session_of(session: Session, variant: str) -> Session:
    """Return a session that makes one variant again, whatever the project's file says: with those that share its samples.

    It draws as many samples as that takes, or those that were typed.

    Raises:
        UsageError: it is not written as PERTURBATION/NUMBER.
    """
    from probe.errors import UsageError
    from probe.record.commands import members_by_default

    session = session.without_project()
    name, slash, number = variant.rpartition("/")
    if not slash or not (number.isascii() and number.isdigit() and len(number) < 20 and int(number) < MAX_SAMPLES):
        raise UsageError(
            f"--variant {variant[:200]}: not PERTURBATION/NUMBER, a number below {MAX_SAMPLES:,}",
            hint="for example --variant typo-keyboard/3",
        )
    perturb = session.settings.perturb
    members = members_by_default(name) if perturb == Settings().perturb else []
    samples = session.settings.samples if session.given.get("samples") is not None else int(number) + 1
    return session.using(perturb=",".join(members) or perturb, samples=samples, noise_floor=False)


def _pair(variants: Sequence[Variant], name: str) -> list[Variant]:
    """Return the original of the first item that has a variant, and that variant.

    Raises:
        UsageError: there is no such variant; names those there are.
    """
    from probe.registry import unknown_name

    names = [f"{one.perturbation}/{one.sample}" for one in variants]
    if name not in names:
        known = [known for known, one in zip(names, variants, strict=True) if one.family != "original"]
        raise unknown_name("variant of this item", name, known)
    found = variants[names.index(name)]
    return [next(one for one in variants if one.family == "original" and one.item.id == found.item.id), found]


def _answers(model: str, model_args: str, variants: Sequence[Variant], suite: Suite) -> list[list[str]]:
    """Ask a model the variants; return for each a line with its answer, whether it is right, and its probabilities."""
    from probe.evaluation.asking import answer
    from probe.models.loaders import load_model

    with messages():
        scores = answer(load_model(model, model_args=model_args), variants, suite)
    return [[f"    {'right' if score.correct else 'wrong'}  {answer_line(score)}"] for score in scores]


def answer_line(score: Score) -> str:
    """Return an answer and the probabilities of the choices."""
    from reports.console import visible_line

    choices = score.variant.perturbed.prompt.choices
    answer = f'"{visible_line(score.prediction)}"' if score.prediction else NO_ANSWER.get(score.reading, "(unreadable)")
    odds = ", ".join(f"{visible_line(c)} {100 * p:.1f} %" for c, p in zip(choices, score.probabilities, strict=False))
    return f"{answer}  {odds}".rstrip()


def side_by_side(pair: Sequence[Variant], answers: Sequence[list[str]]) -> str:
    """Return an original and a variant of it in two columns, the edit marked, with the answers below.

    comparison comparison-090, typo-keyboard 0
    Original                            | Varied
    Text: The train takes 3 hours.      | Text: The tr[-a-]{+q+}in takes 3 hours.
    ...
    original  right  "the first"   the first 98.1 %, the second 1.9 %
    varied    wrong  "the second"  the first 31.0 %, the second 69.0 %
    """
    from reports.console import visible_line
    from reports.side_by_side import columns, marked

    original, variant = pair
    right = [visible_line(one.perturbed.target) for one in pair]
    head = f"{visible_line(original.item.id)}  {variant.perturbation}, sample {variant.sample}"
    head += f"  right answer: {right[0]}" + (f" -> {right[1]}" if right[0] != right[1] else "")
    before = ["Original", *(visible_line(line) for line in original.text.split("\n"))]
    lines = [head, "", *columns(before, ["Varied", *marked(original.text, variant.text)])]
    if any(answers):
        named = zip(("original", "varied"), answers, strict=True)
        lines += ["", *(f"{name:<10}{line.strip()}" for name, (line,) in named)]
    return "\n".join(lines)


def _items_of(suite: Suite) -> str:
    """Return where a suite's items are, for a message."""
    items = Path(suite.path) / "items.jsonl"
    return str(items) if items.is_file() else f"the items of {suite.path or suite.name}"


def _note_unseen(suite: Suite, plan: Plan, variants: Sequence[Variant], shown: set[str]) -> None:
    """Print which perturbations apply to none of the items shown, and a command that shows one where it applies."""
    from probe.registry import few
    from probe.suite import argument_of

    unseen = _unseen(suite, plan, variants, shown)
    if not unseen:
        return
    which = "the item shown" if len(shown) == 1 else f"any of the {len(shown)} items shown"
    note(f"not on {which}: {few(unseen)}")
    example = next((one for one in variants if one.perturbation in unseen), None)
    if example is None:
        note(f"nor on another item of {suite.name} in these samples")
    else:
        command = ["probe", "show", argument_of(suite), example.item.id, *suite.flags]
        command += ["--perturb", example.perturbation]
        command += ["--seed", str(plan.seed)] if plan.seed else []
        command += ["--num-fewshot", str(plan.num_fewshot)] if plan.num_fewshot else []
        note("for one, type  " + shlex.join(command))


def _unseen(suite: Suite, plan: Plan, variants: Sequence[Variant], shown: set[str]) -> list[str]:
    """Return the perturbations that apply to none of the items shown; others that are not seen were not sampled there."""
    from probe.evaluation.run import drawn
    from probe.perturb.catalogue.compose import FAMILY as COMPOSED

    seen = {(one.family, one.perturbation) for one in variants if one.item.id in shown}
    # Of many compositions only as many are drawn as --samples says: one that is seen speaks for all.
    is_composed = any(family == COMPOSED for family, _ in seen)
    names = {name for _, name in seen}
    asked = [
        one for one in plan.perturbations if one.name not in names and not (is_composed and one.family == COMPOSED)
    ]
    few_items = replace(suite, items=tuple(one for one in suite.items if one.id in shown))
    alone = [(one.name, replace(plan, perturbations=(one,), samples=1, validators=())) for one in asked]
    return [name for name, one in alone if all(v.family == "original" for v in drawn(few_items, one))]


def _lines(variant: Variant, *, full: bool, checks: bool) -> list[str]:
    from probe.validity import check_results, overall_outcome
    from reports.console import visible_line

    if variant.family == "original":
        head = f"{visible_line(variant.item.id)}  right answer: {visible_line(variant.item.target)}"
        return ["", head, "=" * len(head), *("    " + visible_line(line) for line in variant.text.split("\n"))]
    head = f"--- {visible_line(variant.perturbation)} {variant.sample}"
    if variant.perturbed.target != variant.item.target:
        head += f"  right answer now: {visible_line(variant.perturbed.target)}"
    status = overall_outcome(variant.checks)
    doubts = check_results(variant) if checks else {check.name: _meaning(check, status) for check in variant.checks}
    notes = [f"    {rule}: {visible_line(outcome)}" for rule, outcome in doubts.items()]
    return [head, *_body(variant, full=full), *notes]


def _body(variant: Variant, *, full: bool) -> list[str]:
    from probe.prompt.render import render
    from reports.console import colored, edit_text, visible_line

    if full:
        return ["    " + visible_line(line) for line in variant.text.split("\n")]
    original = render(variant.item.prompt)
    edit = colored(edit_text(original, variant.text)) if original != variant.text else "(the same prompt again)"
    return ["    " + edit]


def _meaning(check: Check, status: CheckOutcome) -> str:
    """Return what a check means for a variant: one that a person accepted is asked, whatever the other checks say."""
    if check.outcome == "accepted":
        return "accepted"
    word = "overruled" if status == "accepted" else "not asked" if check.outcome == "fail" else "doubtful"
    return f"{word}, {check.note}" if check.note else word
