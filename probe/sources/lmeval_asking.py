r"""What lm-eval asks of a task's documents: contexts, demonstrations, targets, to the letter.

    kind                       asked for each document                                 right where
    multiple_choice            every choice after the context                          the likeliest is the target
      a context for each       the same ending after every choice's context            the likeliest context is the target's
    loglikelihood              the target after the context                            each of its tokens is the likeliest
    generate_until             what follows the context                                the metric says so

A context for each choice ("The cup is in the box", "... the bag", both with the ending "because it is large.") is one text up to
where the contexts part, and choices from there on.

Covered: the four, demonstrations drawn once and as lm-eval draws them. Not covered: how a document becomes a prompt
(`lmeval_prompts`), metrics (`lmeval_metrics`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from probe.sources.lmeval_prompts import MAX_POOL, Asked, Document

SHOT_SEED = 1234
"""lm-eval's own seed of the few-shot draw."""


def asked(task: Any, num_fewshot: int) -> tuple[list[Asked], list[Document], str]:
    """Return every document as lm-eval asks it, solved ones that other demonstrations may be taken from, and the joint.

    The joint is what stands between a question and its answer, the same for all.
    """
    rows, pool = list(_rows(task, num_fewshot)), _pool(task)
    if task.OUTPUT_TYPE != "loglikelihood" and not task.multiple_input:
        return rows, pool, str(task.config.target_delimiter)
    # Here the delimiter stands in the demonstrations alone; what parts a question from its answer is written in the documents.
    joint = _common_space([row.question for row in rows], is_blank=bool(task.multiple_input))
    return [_rejoined(row, joint) for row in rows], [_without(one, joint) for one in pool], joint


def parted(contexts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return what contexts share, up to the last space where there is one, and what each goes on with."""
    shared = os.path.commonprefix(list(contexts))
    longest = min(len(shared), min(map(len, contexts)) - 1)
    size = next((n for n in range(longest, 0, -1) if shared[n - 1].isspace()), longest)
    return shared[:size], tuple(one[size:] for one in contexts)


def _rows(task: Any, num_fewshot: int) -> Iterator[Asked]:
    """Return the documents with the demonstrations that lm-eval draws: one draw after the other, in order."""
    task.set_fewshot_seed(SHOT_SEED)
    drawn: list[Any] = []
    if num_fewshot:
        sample = task.sampler.sample

        def recorded(*args: Any, **kwargs: Any) -> Any:
            drawn[:] = sample(*args, **kwargs)
            return list(drawn)

        task.sampler.sample = recorded
    for index, doc in enumerate(task.eval_docs):
        prefix = task.doc_to_prefix(doc)
        context = task.fewshot_context(doc, num_fewshot=num_fewshot, gen_prefix=prefix)
        question, aliases = _blank(task, doc, prefix) if task.multiple_input else _document(task, doc, prefix)
        if not isinstance(context, str):
            context = str(context[0])[: -len(question.choices[0])]
        description = task.resolve_field(doc, task.config.description) or ""
        shots = tuple(_shot(task, one) for one in drawn)
        yield Asked(index, question, context, shots, str(description), aliases)


def _document(task: Any, doc: Any, prefix: str | None) -> tuple[Document, tuple[str, ...]]:
    text = _worded(task, task.doc_to_text(doc), prefix, task.config.target_delimiter)
    gold = task.doc_to_target(doc)
    choices = tuple(str(one) for one in task.doc_to_choice(doc)) if task.OUTPUT_TYPE == "multiple_choice" else ()
    every = gold if isinstance(gold, list) else [gold]
    if choices or (task.config.doc_to_choice is not None and isinstance(gold, int)):
        known = choices or tuple(task.doc_to_choice(doc))
        every = [_choice(one, known) for one in every]
    first, *others = [str(one) for one in every] or [""]
    return Document(dict(doc), text, first, choices), tuple(others)


def _blank(task: Any, doc: Any, prefix: str | None) -> tuple[Document, tuple[str, ...]]:
    """Return a document with a context for each choice; its text is the place of the right one."""
    contexts = [_worded(task, one, prefix, "") for one in task.doc_to_choice(doc)]
    text, choices = parted(contexts)
    ending = f"{task.config.target_delimiter}{task.doc_to_target(doc)}"
    return Document(dict(doc), text, _choice(task.doc_to_text(doc), choices), choices, ending), ()


def _worded(task: Any, question: Any, prefix: str | None, delimiter: str) -> str:
    turn = task.build_qa_turn(q=question, gen_prefix=prefix, tgt_delim=delimiter)
    return "".join(message.to_text() for message in turn)


def _choice(gold: Any, choices: tuple[str, ...]) -> str:
    """Return the choice that a target names by place or by text; empty where it names none, which no answer equals."""
    if isinstance(gold, int):
        return choices[gold] if gold < len(choices) else ""
    return str(gold) if str(gold) in choices else ""


def _shot(task: Any, doc: Any) -> Document:
    """Return a demonstration as lm-eval's few-shot part words it."""
    how = task.fewshot_cfg
    prefix = task.resolve_field(doc, how.gen_prefix)
    choices = tuple(task.doc_to_choice(doc, how.doc_to_choice)) if how.doc_to_choice else ()
    question, gold = task.doc_to_text(doc, how.doc_to_text), task.doc_to_target(doc, how.doc_to_target)
    if task.multiple_input:
        question, choices = choices[question], ()
    target = choices[gold] if choices and isinstance(gold, int) else gold[0] if isinstance(gold, list) else gold
    if task.multiple_input or task.OUTPUT_TYPE == "loglikelihood":
        target = f"{how.target_delimiter}{target}"
    return Document(dict(doc), _worded(task, question, prefix, how.target_delimiter), str(target), choices)


def _pool(task: Any) -> list[Document]:
    """Return solved documents that other demonstrations may be taken from."""
    sampler = getattr(task, "sampler", None)
    has_own = task.has_training_docs() or (task.fewshot_cfg.split not in (None, task.config.test_split))
    return [_shot(task, doc) for doc in list(sampler.df)[:MAX_POOL]] if sampler is not None and has_own else []


def _common_space(questions: Sequence[Document], *, is_blank: bool) -> str:
    """Return the whitespace that stands in all documents before the blank, or before the target; none where it differs."""
    if is_blank:
        found = {one.text[len(one.text.rstrip()) :] for one in questions}
    else:
        found = {one.target[: len(one.target) - len(one.target.lstrip())] for one in questions}
    return found.pop() if len(found) == 1 else ""


def _rejoined(row: Asked, joint: str) -> Asked:
    """Return a row whose question and target leave the joint to the prompt."""
    shots = tuple(_without(one, joint) for one in row.shots)
    if row.question.ending:
        bare = replace(row.question, text=row.question.text.removesuffix(joint))
        return replace(row, question=bare, context=row.context.removesuffix(joint), shots=shots)
    return replace(row, question=_without(row.question, joint), shots=shots)


def _without(one: Document, joint: str) -> Document:
    return replace(one, target=one.target.removeprefix(joint))
