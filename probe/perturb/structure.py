"""Another structure around the same parts: descriptors, Markdown headings, XML tags, JSON, or the turns of a chat.

    Review: A joy.        ### Review       <review>A joy.</review>      {"review": "A joy.", "sentiment":
    Sentiment:            A joy.           <sentiment>
                          ### Sentiment

Each structure is one draw. With `--apply-chat-template` the turns of a chat go through the model's own template, else they are
written as text ("User: ..."). He et al. 2024, "Does Prompt Formatting Have Any Impact on LLM Performance?", compare such forms.

Covered: instruction, fields, options, demonstrations, the answer slot. Not covered: templates, except as one turn of a chat;
choices that fill a blank; JSON whose values are lists, or of a text with a backslash; YAML.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from probe.perturb.catalogue.register import perturbation
from probe.prompt.render import texts_of
from probe.types import Prompt, Structure


@perturbation("structure-plain", family="structure", scope="suite")
def structure_plain(prompt: Prompt, rng: Random) -> Prompt | None:
    """Write the prompt as plain text, each part after its descriptor."""
    return _held(prompt, "plain")


@perturbation("structure-markdown", family="structure", scope="suite")
def structure_markdown(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put each part of the prompt under a Markdown heading."""
    return _held(prompt, "markdown")


@perturbation("structure-xml", family="structure", scope="suite")
def structure_xml(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put each part of the prompt in an XML tag."""
    return _held(prompt, "xml")


@perturbation("structure-json", family="structure", scope="suite")
def structure_json(prompt: Prompt, rng: Random) -> Prompt | None:
    """Write the prompt as JSON objects, one for each question.

    Covered: prompts of any text, answers as JSON strings. Not covered: texts with a backslash (LaTeX, paths, code), which JSON
    writes twice: what is asked about would be another text.
    """
    return None if any("\\" in text for text in texts_of(prompt)) else _held(prompt, "json")


@perturbation("structure-chat", family="structure", scope="suite")
def structure_chat(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the whole prompt in one user turn."""
    return _turned(prompt, "chat")


@perturbation("structure-chat-system", family="structure", scope="suite")
def structure_chat_system(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the instruction in the system turn and the rest in one user turn."""
    return _turned(prompt, "chat-system") if _has_opening(prompt) else None


@perturbation("structure-chat-turns", family="structure", scope="suite")
def structure_chat_turns(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put each demonstration in a user turn and an assistant turn."""
    return _turned(prompt, "chat-turns") if _has_turns(prompt) else None


@perturbation("structure-chat-system-turns", family="structure", scope="suite")
def structure_chat_system_turns(prompt: Prompt, rng: Random) -> Prompt | None:
    """Put the instruction in the system turn and each demonstration in turns of its own."""
    return _turned(prompt, "chat-system-turns") if _has_opening(prompt) and _has_turns(prompt) else None


def _held(prompt: Prompt, structure: Structure) -> Prompt | None:
    """Return the prompt in a structure whose parts have names, which a template has not."""
    return None if prompt.is_template else replace(prompt, structure=structure)


def _turned(prompt: Prompt, structure: Structure) -> Prompt | None:
    """Return the prompt as turns of a chat; a choice that fills a blank has no turn of its own."""
    return None if prompt.ending else replace(prompt, structure=structure)


def _has_opening(prompt: Prompt) -> bool:
    return bool(prompt.instruction.strip()) and prompt.instruction_place == "before" and not prompt.is_template


def _has_turns(prompt: Prompt) -> bool:
    return bool(prompt.demonstrations) and not prompt.is_template
