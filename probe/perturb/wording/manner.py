"""The instruction in polite form, or with filler words.

    Decide whether the review is positive.  ->  Please decide whether the review is positive. Thank you.
    Decide whether the review is positive.  ->  Okay, so decide whether the review is positive.

Politeness after Yin et al. 2024, "Should We Respect LLMs? A Cross-Lingual Study on the Influence of Prompt Politeness on LLM
Performance", section 2; fillers after Fraser 1999, "What are discourse markers?".

Covered: the instruction, and the commands in a template's fixed text. Not covered: rude wordings, the texts of fields.
"""

from __future__ import annotations

import re
from random import Random

from probe.perturb.catalogue.register import perturbation
from probe.perturb.helpers.clauses import commands, masked, sentences, with_instruction
from probe.perturb.helpers.language import in_english
from probe.perturb.helpers.machine.text import ends_with_block, starts_with_block
from probe.perturb.words import word_list
from probe.types import Prompt

_IS_POLITE = re.compile(r"\b(?:please|kindly|thanks?|grateful)\b", re.IGNORECASE)
_SMALL = re.compile(
    r"(?:If|Is|Are|Was|Were|Do|Does|Did|Can|Could|Will|Would|Must|Should|Which|What|Who|Where|When|Why|How|The|This|These|"
    r"Those|Given|In|For|From|With|You|Your|Here|Based|Among|Of|Each|Please)\b"
)
"""Words that open a sentence with a capital only because they open it."""
_GREETED = re.compile(r"(?:hello|hi|hey|good day|dear)\b", re.IGNORECASE)


@perturbation("wording-politeness", family="wording", scope="suite")
@in_english
def wording_politeness(prompt: Prompt, rng: Random) -> Prompt | None:
    """Make the instruction polite: a greeting, "please", thanks; or drop its "please".

    Covered: the first command of the instruction, or of a template's fixed text; greeting and thanks around an instruction.
    Not covered: thanks after an instruction that ends with a colon or is a template.
    """
    greeting, please, thanks = (rng.choice(word_list("wording", key)) for key in ("greetings", "please", "thanks"))
    text = prompt.instruction
    if not sentences(text):
        return None
    if _IS_POLITE.search(text):
        return _without_please(prompt)
    start = _command_start(text)
    if start is not None and please:
        text = _opened(text, start, please)
    is_held = starts_with_block(text) or ends_with_block(text)
    if prompt.is_template or not text.strip() or text.rstrip()[-1] not in ".!?" or is_held:
        return with_instruction(prompt, text)
    opening = "" if _GREETED.match(text) else greeting
    return with_instruction(prompt, opening + text.rstrip() + thanks)


@perturbation("wording-filler", family="wording", scope="suite")
@in_english
def wording_filler(prompt: Prompt, rng: Random) -> Prompt | None:
    """Add filler words to the instruction: "Okay, so decide ...", "Just decide ..."."""
    opener, filler = (rng.choice(word_list("wording", key)) for key in ("openers", "fillers"))
    way = rng.randrange(3)
    text = prompt.instruction
    start = _command_start(text)
    if start is not None:
        before = (opener if way != 1 else "") + (filler if way != 0 else "")
        return with_instruction(prompt, _opened(text, start, before[0].upper() + before[1:]))
    first = sentences(text)
    if prompt.is_template or not first or not _SMALL.match(masked(text), first[0][0]):
        return None
    return with_instruction(prompt, _opened(text, first[0][0], opener))


def _command_start(text: str) -> int | None:
    """Return where the first command starts; None where something stands before its verb, "please" included."""
    found = commands(text)
    return found[0].start if found and found[0].body == found[0].start else None


def _opened(text: str, start: int, opening: str) -> str:
    """Return a text with words put before the sentence that starts there."""
    return text[:start] + opening + text[start].lower() + text[start + 1 :]


def _without_please(prompt: Prompt) -> Prompt | None:
    """Take "please" out of the first command that has it."""
    text = prompt.instruction
    asked = next((command for command in commands(text) if command.has_please), None)
    if asked is None:
        return None
    opening = text[asked.start : asked.body]
    rest = re.sub(r"please,? ", "", opening, flags=re.IGNORECASE)
    body = text[asked.body] if rest else text[asked.body].upper()
    return with_instruction(prompt, text[: asked.start] + rest + body + text[asked.body + 1 :])
