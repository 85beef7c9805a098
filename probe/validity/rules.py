r"""The rules: what a variant may not lose or gain.

    original                  variant                              rule        outcome
    Is 3 the most?            Is 3 the least?                      polarity    fail
    Is 3 the most?            It is late. Is 3 the most?           -           ok
    positive or negative?     positive? positive or negative?      answers     fail: it mentions one answer more often
    Who met Ada?              Who met her?                         names       fail

The rules compare instructions and fields, not layouts. A label-altering variant must ask another question whose answer can be
given, by a small edit that keeps placeholders and option symbols; its other changes are what it declares (`check_results`).

Machine text (code, data, formulas, addresses) that does not stand as it stood fails an edit of the surface, and raises doubt
elsewhere.

In an edit of a few words, a lost or new word of these kinds is the edit, and the variant fails. In a rewritten instruction it is
weak evidence, and the variant is doubted. A lost placeholder always fails.

Covered: numbers, names, quotations, placeholders, option symbols, words that turn the meaning, mentions of answers, fields.
Not covered: meaning as such. A variant that passes can still mean something else; docs/methodology/validity.md says how often.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from probe.evolve import evolve
from probe.perturb.helpers.english import whole_words
from probe.perturb.helpers.option_references import references
from probe.perturb.helpers.option_symbols import relabel
from probe.perturb.helpers.protected import answers, may_mention
from probe.prompt.render import shown, symbols_of
from probe.types import Check, CheckOutcome, Item, Perturbation, Prompt, Variant
from probe.validity.edits import Edit, edit_of, prompt_parts, prompt_text
from probe.validity.facts import PLACEHOLDER, Facts, facts_of, names_of, polarity
from probe.validity.surface import is_of_surface, keeps_all_facts, lost_machine_text, lost_protected

RULES = {
    "fields": "the question has as many fields as before",
    "numbers": "no number is lost or new, in digits or in words",
    "names": "no word with a capital is lost",
    "quotations": "nothing that stands in quotation marks is lost or new",
    "placeholders": "no {placeholder} is lost or new",
    "symbols": "options keep the symbols and places that the instruction, the question or another option names them by",
    "brackets": "a question of marks alone is not put among the brackets of JSON or XML",
    "polarity": "no word that turns the meaning is lost or new: not, false, most, before, always, ...",
    "answers": "no answer is mentioned more often than the others are",
    "protected": "an edit of the surface (typos, casing, punctuation, whitespace) leaves what is protected as it stands",
    "machine-text": "code, data, formulas, addresses stand as they stood, sign by sign (else an edit of the surface fails)",
    "declared": "a variant that declares another answer asks something else, and the answer can be given",
    "large-edit": "a variant that declares another answer keeps most words (else it is doubted)",
    "few-words-kept": "a rewritten instruction keeps some of its words (else it is doubted)",
}
"""The rules by name, with what holds where they pass."""

LABEL_ALTERING_ONLY = frozenset({"declared", "large-edit"})
"""Rules for label-altering variants only."""

LABEL_PRESERVING_ONLY = frozenset({"few-words-kept"})
"""Rules for label-preserving variants only."""

SURFACE_ONLY = frozenset({"protected"})
"""Rules for edits of the surface only."""

REWRITTEN = 0.6
"""An instruction that keeps a smaller share of its words is rewritten: new words then only raise doubt."""

FEW_SHARED = 0.1
"""A rewriting that keeps a smaller share of the words is doubted."""

_WORD = re.compile(r"\w+")

LARGE_EDIT = 0.5
"""Share of a question's words that a contrast edit may change without doubt."""


def validate(variant: Variant, perturbation: Perturbation) -> tuple[Check, ...]:
    """Return the checks that doubt or fail; none where all rules pass."""
    written, asked = variant.item.prompt, variant.perturbed.prompt
    if variant.effect == "label-altering":
        return tuple(_altering_checks(variant))
    if written is asked:
        return ()  # a rerun: no rule finds a difference where there is none
    is_same_text = written.instruction == asked.instruction and written.fields == asked.fields
    if is_same_text and written.layout == asked.layout:
        return (*_bracket_checks(written, asked), *_reference_checks(written, asked))
    if len(written.fields) != len(asked.fields):
        return (Check("fields", "fail", f"{len(written.fields)} fields, now {len(asked.fields)}"),)
    checks = [] if is_same_text else list(_text_checks(variant, adds=perturbation.adds))
    checks += [*_symbol_checks(written, asked), *_reference_checks(written, asked)]
    return tuple(checks)


def _text_checks(variant: Variant, *, adds: bool) -> Iterator[Check]:
    written, asked = variant.item.prompt, variant.perturbed.prompt
    edit = edit_of(_renumbered(written, asked), asked)
    notes = {} if keeps_all_facts(edit, answers(variant.item)) else dict(_losses(variant, edit, adds=adds))
    if notes:
        outcome: CheckOutcome = "doubt" if _is_rewritten(written, asked) else "fail"
        yield from (Check(name, "fail" if name == "placeholders" else outcome, note) for name, note in notes.items())
    if lost := lost_machine_text(prompt_parts(written), prompt_text(asked)):
        yield Check(
            "machine-text", "fail" if is_of_surface(variant.perturbation) else "doubt", f"lost {', '.join(lost)}"
        )
    if not adds and written.instruction != asked.instruction and (note := _shared_words_note(written, asked)):
        yield Check("few-words-kept", "doubt", note)


def _losses(variant: Variant, edit: Edit, *, adds: bool) -> Iterator[tuple[str, str]]:
    """Return by rule what an edit loses of the question's facts, or adds to them."""
    item = variant.item
    old, new = facts_of(edit.old), facts_of(edit.new)
    moved = answer_note(item, edit)
    turned, turns = old.polarity, new.polarity
    if not moved and (labels := _turning_labels(item.prompt.choices)):
        # labels that are named equally often are left to the rule on answers: "Answer yes or no." may go
        turned, turns = _apart_from(labels, turned, edit.old), _apart_from(labels, turns, edit.new)
    counts = (
        ("placeholders", old.placeholders, new.placeholders),
        ("numbers", old.numbers, new.numbers),
        ("quotations", old.quotations, new.quotations),
        ("polarity", turned, turns),
    )
    for name, before, after in counts:
        if (before or after) and (note := _difference(before, after, adds=adds)):
            yield name, note
    gone = _names_gone(old.words - new.words, edit, variant.perturbed.prompt)
    if gone:
        yield "names", f"lost {', '.join(gone)}"
    if moved:
        yield "answers", moved
    if is_of_surface(variant.perturbation) and (lost := lost_protected(item, edit, old, new) + gone):
        yield "protected", f"lost {', '.join(dict.fromkeys(lost))}"


def _names_gone(lost: frozenset[str], edit: Edit, asked: Prompt) -> list[str]:
    """Return the names among the lost words that stand nowhere else, not even within a word."""
    names = lost & names_of(edit.old) if lost else lost
    return sorted(name for name in names if name not in prompt_text(asked).lower())


@lru_cache(maxsize=4096)
def _turning_labels(choices: tuple[str, ...]) -> frozenset[str]:
    """Return the label words that turn the meaning."""
    return frozenset(choice.lower() for choice in choices) & polarity().keys()


def _apart_from(labels: frozenset[str], turns: Counter[str], text: str) -> Counter[str]:
    """Return the turning words of a text without its label words."""
    if not turns:
        return turns
    named = [polarity()[word] for word in _WORD.findall(text.lower()) if word in labels]
    return turns - Counter(named) if named else turns


def _renumbered(written: Prompt, asked: Prompt) -> Prompt:
    """Return the original with the option symbols in its instruction renumbered as in the variant."""
    if not written.list_choices or written.layout == asked.layout:
        return written
    instruction = relabel(written.instruction, written.layout, asked.layout, len(written.choices))
    return written if instruction is None else evolve(written, instruction=instruction)


def _difference(old: Counter[str], new: Counter[str], *, adds: bool) -> str:
    if old == new:
        return ""
    lost, gained = old - new, Counter() if adds else new - old
    parts = [f"{word} {', '.join(sorted(some))}" for word, some in (("lost", lost), ("new", gained)) if some]
    return "; ".join(parts)


def answer_note(item: Item, edit: Edit) -> str:
    """Return a note on an answer that is mentioned more or less often while the others are not."""
    named = item.prompt.choices or (item.target, *item.aliases)
    pattern = _mentions(named)
    if pattern is None:
        return ""
    mentioned, mentions = (_mentioned_answers(pattern, text, named) for text in edit.where(named))
    if mentioned == mentions:
        return ""
    old, new = Counter(mentioned), Counter(mentions)
    if old == new:
        return ""
    moved = {answer: new[answer.lower()] - old[answer.lower()] for answer in named}
    if item.prompt.choices and len(set(moved.values())) == 1:
        return ""
    return ", ".join(f"{answer} {change:+d}" for answer, change in moved.items() if change)


def _mentioned_answers(pattern: re.Pattern[str], text: str, named: tuple[str, ...]) -> list[str]:
    return [match.lower() for match in pattern.findall(text)] if may_mention(text, named) else []


@lru_cache(maxsize=4096)
def _mentions(named: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return the pattern of any answer as whole words; None where none holds a word character."""
    told = tuple(answer for answer in named if re.search(r"\w", answer))
    return whole_words(told) if told else None


@lru_cache(maxsize=1024)
def _shared_words(written: str, asked: str) -> float:
    """Return the share of an instruction's words that a rewriting keeps (Jaccard)."""
    old, new = facts_of(written).words, facts_of(asked).words
    return len(old & new) / len(old | new) if old and new else 1.0


def _is_rewritten(written: Prompt, asked: Prompt) -> bool:
    """Return whether only the instruction changed, and so much that single words say little."""
    if written.instruction == asked.instruction or written.fields != asked.fields:
        return False
    return _shared_words(written.instruction, asked.instruction) < REWRITTEN


def _shared_words_note(written: Prompt, asked: Prompt) -> str:
    shared = _shared_words(written.instruction, asked.instruction)
    return f"{shared:.0%} of the words" if shared < FEW_SHARED else ""


def _symbol_checks(written: Prompt, asked: Prompt) -> Iterator[Check]:
    """Check that the instruction's symbols follow the options' numbering, and that none joins a number."""
    if not written.list_choices:
        return
    if (note := _fused(asked)) and not _fused(written):
        yield Check("symbols", "fail", note)
    if written.instruction != asked.instruction:
        return
    # relabel returns the instruction as it is where the numbering is the same
    if relabel(written.instruction, written.layout, asked.layout, len(written.choices)) != asked.instruction:
        yield Check("symbols", "fail", "the instruction names symbols that the options no longer have")


def _reference_checks(written: Prompt, asked: Prompt) -> Iterator[Check]:
    """Check that options stay in the places and under the symbols that the question or another option names them by."""
    if not (written.list_choices and asked.list_choices) or sorted(written.choices) != sorted(asked.choices):
        return
    if (written.choices, written.symbol_shift, written.layout) == (asked.choices, asked.symbol_shift, asked.layout):
        return
    found = references(written)
    names, now = (dict(zip(one.choices, symbols_of(one, len(one.choices)), strict=True)) for one in (written, asked))
    if found.places and written.choices != asked.choices:
        yield Check("symbols", "fail", "what speaks of options by their place finds others there")
    elif found.symbols and names != now:
        yield Check("symbols", "fail", "what names an option by its symbol names another one, or none")
    elif written.layout.numbering != asked.layout.numbering and not found.fits(asked.layout.numbering):
        yield Check("symbols", "fail", "the symbols are not of the kind that the question speaks of")


def _bracket_checks(written: Prompt, asked: Prompt) -> Iterator[Check]:
    """Check that JSON or XML puts no brackets around a question of marks alone, such as brackets to be closed."""
    if asked.structure not in ("json", "xml") or asked.structure == written.structure:
        return
    if any(field.text.strip() and not re.search(r"\w", field.text) for field in asked.fields):
        yield Check("brackets", "fail", f"the question is of marks, and {asked.structure} puts others around it")


def _fused(prompt: Prompt) -> str:
    """Return a note on an option that reads as another number: "4." and "10am" without a space make 4.10am."""
    layout = prompt.layout
    if layout.numbering != "digit" or layout.option_separator or not layout.option_wrapper.endswith("."):
        return ""
    joined = [choice for choice in prompt.choices if shown(prompt, choice)[:1].isdigit()]
    return f"{joined[0]} joins its number" if joined else ""


def _altering_checks(variant: Variant) -> Iterator[Check]:
    written, asked = variant.item.prompt, variant.perturbed.prompt
    if variant.perturbed.target == variant.item.target:
        yield Check("declared", "fail", "the declared answer is the old one")
    elif asked.choices and variant.perturbed.target not in asked.choices:
        yield Check("declared", "fail", f"{variant.perturbed.target} cannot be answered")
    elif prompt_text(written) == prompt_text(asked) and written.demonstrations == asked.demonstrations:
        yield Check("declared", "fail", "nothing else is asked")
    if written.instruction != asked.instruction:
        held, holds = (Counter(PLACEHOLDER.findall(prompt.instruction)) for prompt in (written, asked))
        if note := _difference(held, holds, adds=False):
            yield Check("placeholders", "fail", note)
    yield from _symbol_checks(written, asked)
    yield from _bracket_checks(written, asked)
    share = _changed_share(facts_of(prompt_text(written)), facts_of(prompt_text(asked)))
    if share > LARGE_EDIT:
        yield Check("large-edit", "doubt", f"{share:.0%} of the words changed")


def _changed_share(old: Facts, new: Facts) -> float:
    everything = old.words | new.words
    return 1 - len(old.words & new.words) / len(everything) if everything else 0.0
