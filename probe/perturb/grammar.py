"""Another grammar for the instruction: mood, tense, aspect, modality, voice and person.

    Decide whether the review is positive.     imperative, the original
    Can you decide whether the review ...?     interrogative
    You decide whether the review ...          indicative
    You will decide ...                        tense
    You are deciding ...                       aspect
    You must decide ...                        modality
    It has to be decided whether ...           voice
    I want you to decide ...                   person

The axes are those of Leidinger et al. 2023, "The language of prompting", section 3. A frame takes the place of the verb;
what follows the verb stays as it is. One command of the instruction gets one frame, the same for all items.

Covered: sentences of the instruction (or of a template's fixed text) that open with a verb of instructions.
Not covered: questions, other verbs, negated commands, the texts of fields.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from random import Random

from probe.perturb.catalogue.register import perturbation
from probe.perturb.helpers.clauses import Command, commands, masked, sentences, with_instruction
from probe.perturb.helpers.english import ing, is_plural, is_verb, participle
from probe.perturb.helpers.language import in_english
from probe.perturb.words import pairs, word_list, word_set
from probe.types import Prompt

_PERSONAL = re.compile(r"\b(?:I|me|my|mine|we|us|our|ours|you|your|yours|yourself)\b", re.IGNORECASE)
_VERB_AHEAD = re.compile(r"(?:\band|\bor|\bthen|,) (?:then )?([a-z]+) (\w+)")
_OBJECT = re.compile(
    r"(?P<object>it|(?:the|this|that|these|those|each|your|a|an) [a-z]+(?: (?!out\b)[a-z]+){0,5}?(?: of the [a-z]+)?)"
    r"(?P<tail>(?: out)?(?:[,:;] .*|(?: (?:in|with) (?:as few|one|only|a single|at most|exactly|no more|just|a few) .*"
    r"| from (?:context|the (?:context|options|choices|list|text|passage)))?))$"
)
_NOT_OBJECT = re.compile(
    r"\b(?:and|or|that|which|who|whose|whether|if|is|are|was|were|has|have|do|does|not|in|with|by|for|as|from|on|to|"
    r"what|how|using|according|can|will|must|when|where|if|so|but|then|it)\b|ly$"
)
_REQUEST = re.compile(
    r"(?P<frame>(?:Can|Could|Will|Would) you (?:please )?|(?:Your|The) (?:task|job) is to |"
    r"You (?:must|should|have to|need to|will|are to|ought to) |I (?:want|need|would like) you to )"
    r"(?P<verb>[a-z]+) (?P<following>\w+)"
)


@perturbation("grammar-interrogative", family="grammar", scope="suite")
@in_english
def grammar_interrogative(prompt: Prompt, rng: Random) -> Prompt | None:
    """Turn the command into a question: "Can you decide whether ...?"."""
    is_closed = any(choice.lower() in ("yes", "true", "valid") for choice in prompt.choices)
    return _framed(prompt, rng, "requests" if is_closed else "interrogative")


@perturbation("grammar-indicative", family="grammar", scope="suite")
@in_english
def grammar_indicative(prompt: Prompt, rng: Random) -> Prompt | None:
    """Turn the command into a statement: "Your task is to decide whether ..."."""
    return _framed(prompt, rng, "indicative")


@perturbation("grammar-imperative", family="grammar", scope="suite")
@in_english
def grammar_imperative(prompt: Prompt, rng: Random) -> Prompt | None:
    """Turn a request or statement into a command: "Can you decide ...?" becomes "Decide ...".

    Covered: "Can you ...?", "Your task is to ...", "You must ...", "I want you to ..." and the like.
    Not covered: other ways to ask; an instruction that is a command already.
    """
    found = _requests(prompt.instruction)
    if not found:
        return None
    start, body, stop, end = rng.choice(found)
    text = prompt.instruction
    sentence = text[body].upper() + text[body + 1 : stop]
    mark = text[stop:end]
    is_asked = text[start:body].startswith(("Can", "Could", "Will", "Would"))
    mark = "." if is_asked and mark == "?" else mark
    return replace(prompt, instruction=text[:start] + sentence + mark + text[end:])


@perturbation("grammar-tense", family="grammar", scope="suite")
@in_english
def grammar_tense(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the command into the future or the past: "You will decide ...", "You were asked to decide ..."."""
    return _framed(prompt, rng, "tense")


@perturbation("grammar-aspect", family="grammar", scope="suite")
@in_english
def grammar_aspect(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the command into the progressive or the perfect: "You are deciding ...", "You have been asked to ..."."""
    return _framed(prompt, rng, "aspect", progressive="progressive")


@perturbation("grammar-modality", family="grammar", scope="suite")
@in_english
def grammar_modality(prompt: Prompt, rng: Random) -> Prompt | None:
    """Add a modal verb to the command: "You must decide whether ..."."""
    return _framed(prompt, rng, "modality")


@perturbation("grammar-passive", family="grammar", scope="suite")
@in_english
def grammar_passive(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the command into the passive voice: "It has to be decided whether ..."."""
    choice, place = rng.choice(word_list("grammar", "passive")), rng.random()
    found = [command for command in commands(prompt.instruction) if _passive(prompt.instruction, command, choice)]
    if not found:
        return None
    command = found[int(place * len(found))]
    return _replaced(prompt, command, _passive(prompt.instruction, command, choice) + ".")


@perturbation("grammar-person", family="grammar", scope="suite")
@in_english
def grammar_person(prompt: Prompt, rng: Random) -> Prompt | None:
    """Name who asks or acts: "I want you to decide ...", "We have to decide ..."."""
    is_alone = len(sentences(prompt.instruction)) == 1 and _PERSONAL.search(prompt.instruction) is None
    return _framed(prompt, rng, *(["person", "first_person"] if is_alone else ["person"]))


def _framed(prompt: Prompt, rng: Random, *keys: str, progressive: str = "") -> Prompt | None:
    """Put one command into one frame of the lists, or into a progressive one where all its verbs are known."""
    found = [command for command in commands(prompt.instruction) if not command.has_please]
    if not found:
        return None
    command = rng.choice(found)
    body = command.text(prompt.instruction)
    frames = [frame for key in keys for frame in word_list("grammar", key)]
    in_progress = word_list("grammar", progressive) if progressive else ()
    frame = rng.choice([*frames, *in_progress])
    return _replaced(prompt, command, frame.format(_progressive(body) if frame in in_progress else body))


def _replaced(prompt: Prompt, command: Command, sentence: str) -> Prompt | None:
    """Put a sentence in the place of a command, with its own final mark where that is not a full stop."""
    text = prompt.instruction
    mark = text[command.stop : command.end]
    own, sentence = sentence[-1], sentence[:-1]
    if own == "." or mark == "?":
        own = mark
    if command.body != command.start and not sentence.startswith("I "):
        sentence = sentence[0].lower() + sentence[1:]
    return with_instruction(prompt, text[: command.body] + sentence + own + text[command.end :])


@lru_cache(maxsize=512)
def _progressive(body: str) -> str:
    """Return a command's body with all its verbs in the -ing form."""
    verb, _, rest = body.partition(" ")
    pieces = [ing(verb)]
    end = 0
    for match in _VERB_AHEAD.finditer(masked(rest)):
        if is_verb(match[1], match[2]):
            pieces += [rest[end : match.start(1)], ing(match[1])]
            end = match.end(1)
    return pieces[0] + " " + "".join(pieces[1:]) + rest[end:]


@lru_cache(maxsize=2048)
def _passive(instruction: str, command: Command, modal: str) -> str:
    """Return a command in the passive; empty where its object is not sure."""
    body = command.text(instruction)
    verb, _, rest = body.partition(" ")
    if command.has_please or "\n" in rest:
        return ""
    if verb in word_set("grammar", "takes_clause") and rest.startswith(("whether ", "which ", "what ", "how ", "if ")):
        return f"It {modal} {participle(verb)} {rest}"
    first, mark, second = rest.partition(" and ")
    if not mark:
        return _passive_clause(verb, rest, modal)
    other, _, remainder = second.partition(" ")
    if not is_verb(other, remainder.partition(" ")[0]):
        return ""
    opening, closing = _passive_clause(verb, first, modal), _passive_clause(other, remainder, modal)
    if not opening or not closing:
        return ""
    if remainder.split(" ")[0] == "it":
        closing = closing.removeprefix(f"It {modal} ")
    return f"{opening} and {closing[0].lower() + closing[1:]}"


def _passive_clause(verb: str, rest: str, modal: str) -> str:
    match = _OBJECT.match(rest)
    if match is None or "_" in masked(rest):
        return ""
    thing = match["object"]
    words = thing.split(" ")
    if _NOT_OBJECT.search(" ".join(words[1:])):
        return ""
    head = thing.partition(" of ")[0]
    be = pairs("grammar", "plural").get(modal, modal) if _is_plural(head.split(" ")) else modal
    return f"{thing[0].upper()}{thing[1:]} {be} {participle(verb)}{match['tail']}"


def _is_plural(words: list[str]) -> bool:
    """Return whether an object is a plural, by what stands before its noun where that tells."""
    if words[0] in ("this", "that", "each", "a", "an", "it"):
        return False
    return words[0] in ("these", "those") or is_plural(words[-1])


@lru_cache(maxsize=512)
def _requests(instruction: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return the sentences that ask for something: start, start of the verb, final mark, end."""
    text = masked(instruction)
    found = []
    for start, stop, end in sentences(instruction):
        match = _REQUEST.match(text, start, stop)
        if match and is_verb(match["verb"], match["following"]):
            found.append((start, match.start("verb"), stop, end))
    return tuple(found)
