"""Rewrite the instruction: a model is shown where answers flip and proposes others, and training items choose among them.

    training items --> their worst flips --> --rewriter MODEL --> proposals --> guard --> the best worst case on training items

The rewriter reads what the suite says and writes what it likes: a proposal is used only if it passes as a paraphrase of the
suite's instruction (`probe.paraphrase.guard`), so that it names the same labels, numbers and names, gives no other order and
carries no markup. Rejected ones are counted by reason. Zhou et al. 2023, "Large Language Models Are Human-Level Prompt
Engineers", have a model propose instructions and score them on training items; Pryzant et al. 2023, "Automatic Prompt
Optimization with Gradient Descent and Beam Search", show it the failures, as here.

Deviations: the proposals are scored by their worst perturbation, not by their accuracy; there is one round of proposals, in
several styles, and no search by edits of the best.

Covered: the instruction. Not covered: templates' fixed text around fields, layouts, label words (`prompt_search`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from probe.masking import masked
from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.prompts.candidates import Candidate, own_candidate
from probe.mitigate.prompts.choosing import Choice, best_by_trial, outcome_of
from probe.mitigate.prompts.files import home_of
from probe.mitigate.prompts.trials import Trial, trial_of
from probe.paraphrase import EMPTY
from probe.paraphrase.guard import fault
from probe.paraphrase.writers import Writer, writer_of
from probe.paraphrase.writing import STYLES, candidates, question
from probe.types import Prompt, Score

BUDGET = 3000
"""Calls of the model in all, where none is given."""
MOST_ITEMS = 24
NUM = 8
"""Proposals that are tried, at most."""
EACH = 5
"""That one reply is asked for."""
FLIPS = 3
"""Shown to the rewriter."""
LONGEST = 600
"""Characters of a prompt that are shown, its end."""


@dataclass(slots=True)
class Proposals:
    """What a rewriter wrote."""

    good: list[str] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason."""

    def __str__(self) -> str:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.rejected.items()))
        return f"{len(self.good)} of {len(self.good) + self.rejected.total()} pass" + (
            f"; {reasons}" if reasons else ""
        )


@method("rewrite", kind="prompt", source="Zhou et al. 2023 (APE); Pryzant et al. 2023; by the worst case")
def rewrite(bench: Bench) -> Outcome:
    """Have a model rewrite the instruction given the worst flips, and ask by the best worst case."""
    given = bench.options.get("rewriter")
    if not given:
        raise NotApplicable("it needs a model that writes: --rewriter hf:NAME_OR_PATH or --rewriter openai:MODEL@URL")
    own = own_candidate(bench.suite)
    prompt = bench.suite.items[0].prompt
    if not own.instruction.strip():
        raise NotApplicable("the prompt has no instruction to rewrite")
    home = home_of(bench.suite, own)
    trial = trial_of(bench, own, num_items=MOST_ITEMS)
    flips = worst_flips(trial.answers(own))
    if not flips:
        raise NotApplicable(
            f"no answer to {len(trial.items)} training items flips: there is nothing to show a rewriter"
        )
    writer = writer_of(given, flag="--rewriter") if isinstance(given, str) else given
    written = proposals(prompt, flips, writer, taken=own.paraphrases)
    tried = [own, *(replace(own, instruction=text, changed=("instruction",)) for text in written.good)]
    tried = [one for one in tried if home.holds(one)]
    if len(tried) < 2:
        raise NotApplicable(f"of the proposals of {writer.name} {written}")
    return outcome_of(bench, home, _chosen(tried, trial, bench, writer, written))


def _chosen(tried: Sequence[Candidate], trial: Trial, bench: Bench, writer: Writer, written: Proposals) -> Choice:
    choice = best_by_trial(tried, trial, int(bench.options.get("budget") or BUDGET))
    facts = {"rewriter": writer.name, "proposals": written.good, "rejected": dict(written.rejected)}
    said = (f"of the proposals of {writer.name} {written}",) if written.rejected else ()
    return replace(choice, warnings=(*choice.warnings, *said), details={**facts, **choice.details})


def worst_flips(scores: Sequence[Score], num: int = FLIPS) -> list[tuple[Score, Score]]:
    """Return pairs of an original that was answered right and a variant of it that was answered wrong.

    One of each item, those of the items with most flips first, and of an item one of a family that is not shown yet.
    """
    by_item: dict[str, list[Score]] = {}
    for score in scores:
        by_item.setdefault(score.variant.item.id, []).append(score)
    found = []
    for original, *others in by_item.values():
        flipped = [one for one in others if original.correct and not one.correct]
        if flipped:
            found.append((original, flipped))
    found.sort(key=lambda one: -len(one[1]))
    pairs: list[tuple[Score, Score]] = []
    shown: set[str] = set()
    for original, flipped in found[:num]:
        pick = next((one for one in flipped if one.variant.family not in shown), flipped[0])
        shown.add(pick.variant.family)
        pairs.append((original, pick))
    return pairs


def proposals(
    prompt: Prompt, flips: Sequence[tuple[Score, Score]], writer: Writer, *, taken: Sequence[str] = ()
) -> Proposals:
    """Have a writer propose instructions, a style after another, until `NUM` pass the guard; `taken` ones are none.

    Raises:
        ModelError: the writer cannot be loaded or asked.
    """
    found = Proposals()
    evidence = _evidence(flips)
    for style in STYLES:
        written = candidates(masked(writer.write(question(prompt, EACH, style, evidence=evidence))))
        if not written:
            found.rejected[EMPTY] += 1
        for text in written:
            if reason := fault(prompt, text, [*taken, *found.good]):
                found.rejected[reason] += 1
            elif len(found.good) < NUM:
                found.good.append(text)
        if len(found.good) >= NUM:
            break
    return found


def _evidence(flips: Sequence[tuple[Score, Score]]) -> str:
    """Return flips as a writer is shown them."""
    lines = ["A model answers these prompts right, and otherwise when only their form is changed:", ""]
    for number, (original, other) in enumerate(flips, start=1):
        lines += [f"Prompt {number}:", _end(original), f"It answers: {original.answer}", ""]
        lines += [f"Prompt {number}, in another form:", _end(other), f"It answers: {other.answer or 'nothing'}", ""]
    return "\n".join([*lines, "The instruction should leave less room for that.", "", ""])


def _end(score: Score) -> str:
    text = score.variant.text
    return text if len(text) <= LONGEST else "... " + text[-LONGEST:]
