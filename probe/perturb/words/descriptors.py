"""Other words for the descriptors of a prompt, by the project's own table.

    Review: A joy.         Text: A joy.           Passage: A joy.
    Sentiment:             Label:                 Verdict:

Words in one row may stand for the row's head where nothing else tells which part is which. A head that the instruction names
keeps its name if there are several fields, so that "the premise" can still be found.

Covered: common descriptors of inputs, questions, answers and options. Not covered: other languages.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import lru_cache

from probe.types import Field, Prompt

INPUTS: dict[str, tuple[str, ...]] = {
    "review": ("Text", "Passage", "Customer review", "Comment", "Feedback", "Review text"),
    "headline": ("Text", "Title", "News headline", "News", "Heading"),
    "tweet": ("Text", "Post", "Message", "Comment"),
    "post": ("Text", "Message", "Comment"),
    "comment": ("Text", "Remark", "Message"),
    "message": ("Text", "Content"),
    "sentence": ("Text", "Statement", "Input"),
    "statement": ("Sentence", "Claim", "Assertion"),
    "claim": ("Statement", "Assertion"),
    "text": ("Passage", "Input", "Excerpt", "Content"),
    "passage": ("Text", "Context", "Excerpt", "Paragraph"),
    "paragraph": ("Text", "Passage", "Excerpt"),
    "context": ("Passage", "Text", "Background"),
    "article": ("Text", "News article", "Document"),
    "document": ("Text", "Article"),
    "story": ("Text", "Narrative", "Tale"),
    "input": ("Text", "Question", "Problem", "Task input"),
    "problem": ("Question", "Task", "Exercise"),
    "question": ("Query", "Q", "Problem", "Question to answer"),
    "query": ("Question", "Q"),
    "q": ("Question", "Query"),
    "premise": ("Given", "Fact", "Text"),
    "hypothesis": ("Claim", "Statement", "Conclusion"),
    "dialogue": ("Conversation", "Exchange"),
    "conversation": ("Dialogue", "Exchange"),
    "email": ("Message", "Mail", "Text"),
}
ANSWERS: dict[str, tuple[str, ...]] = {
    "answer": ("Reply", "Response", "A", "Final answer", "Your answer", "Output"),
    "sentiment": ("Label", "Verdict", "Polarity", "Opinion", "Sentiment label", "Answer"),
    "topic": ("Category", "Subject", "Theme", "Section", "Label", "Answer"),
    "label": ("Class", "Category", "Answer"),
    "category": ("Class", "Label", "Answer"),
    "output": ("Answer", "Response", "Result"),
    "response": ("Answer", "Reply"),
    "reply": ("Answer", "Response"),
    "a": ("Answer", "Response"),
    "solution": ("Answer", "Result"),
    "emotion": ("Feeling", "Label", "Answer"),
    "relation": ("Label", "Answer"),
    "conclusion": ("Answer", "Verdict"),
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "options": ("Choices", "Possible answers", "Candidates", "Alternatives"),
    "choices": ("Options", "Possible answers", "Alternatives"),
    "alternatives": ("Options", "Choices"),
}
SHORT = {"Q": "A", "A": "Q"}
"""Abbreviations go together: Q with A."""
MOST_SETS = 200

Names = tuple[str, ...]


@lru_cache(maxsize=1024)
def fitting(names: Names, instruction: str) -> tuple[Names, ...]:
    """Return every other set of names for the fields, the answer and the options (the last two of `names`), up to a number."""
    *fields, answer, options = names
    several = len(fields) > 1
    ways = [[name, *_ways(INPUTS, name, instruction if several else "")] for name in fields]
    ways += [[answer, *_ways(ANSWERS, answer, "")], [options, *_ways(OPTIONS, options, "")]]
    found = [made for made in itertools.islice(itertools.product(*ways), 20 * MOST_SETS) if _fits(names, made)]
    return tuple(found[:: max(1, len(found) // MOST_SETS)])


def renamed(prompt: Prompt, names: Names) -> Prompt:
    """Return the prompt under the names of its fields, its answer and its options, in its demonstrations too."""
    *fields, answer, options = names
    now = {field.name: name for field, name in zip(prompt.fields, fields, strict=True)}
    shots = tuple(replace(one, fields=_called(one.fields, now)) for one in prompt.demonstrations)
    return replace(
        prompt, fields=_called(prompt.fields, now), answer_field=answer, options_field=options, demonstrations=shots
    )


def _called(fields: tuple[Field, ...], names: dict[str, str]) -> tuple[Field, ...]:
    return tuple(replace(field, name=names.get(field.name, field.name)) for field in fields)


def _ways(table: dict[str, Names], name: str, instruction: str) -> list[str]:
    """Return the other words for a descriptor, in its casing; none where the instruction needs its name."""
    if name.lower() not in table or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", instruction, re.IGNORECASE):
        return []
    case = str.lower if name.islower() else str.upper if name.isupper() and len(name) > 1 else str
    return [case(word) for word in table[name.lower()]]


def _fits(old: Names, new: Names) -> bool:
    """Return whether the new names differ from the old ones and from one another; Q stands only with A, and A with Q."""
    shown = [name.lower() for name in new if name]
    short = {name.upper() for name in new} & set(SHORT)
    return new != old and len(set(shown)) == len(shown) and len(short) in (0, 2)
