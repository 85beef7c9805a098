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

from probe.sources.lmeval_prompts import MAX_POOL, Document, PromptedDocument

SHOT_SEED = 1234
"""lm-eval's own seed of the few-shot sample."""


def prompted_documents(task: Any, num_fewshot: int) -> tuple[list[PromptedDocument], list[Document], str]:
    """Return every document as lm-eval asks it, solved ones for other demonstrations, and the delimiter.

    The delimiter stands between a question and its answer, and is the same for all.
    """
    rows, pool = list(_rows(task, num_fewshot)), _pool(task)
    if task.OUTPUT_TYPE != "loglikelihood" and not task.multiple_input:
        return rows, pool, str(task.config.target_delimiter)
    # Here lm-eval puts its delimiter into demonstrations alone. The one between question and answer is part of the documents.
    delimiter = _common_space([row.question for row in rows], is_blank=bool(task.multiple_input))
    return [_without_delimiter(row, delimiter) for row in rows], [_without(one, delimiter) for one in pool], delimiter


def split_contexts(contexts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the beginning that contexts share, up to its last space if it has one, and the rest of each."""
    shared = os.path.commonprefix(list(contexts))
    longest = min(len(shared), min(map(len, contexts)) - 1)
    size = next((n for n in range(longest, 0, -1) if shared[n - 1].isspace()), longest)
    return shared[:size], tuple(one[size:] for one in contexts)


def _rows(task: Any, num_fewshot: int) -> Iterator[PromptedDocument]:
    """Return the documents with the demonstrations that lm-eval draws: one sample after the other, in order."""
    task.set_fewshot_seed(SHOT_SEED)
    sampled: list[Any] = []
    if num_fewshot:
        sample = task.sampler.sample

        def recorded(*args: Any, **kwargs: Any) -> Any:
            sampled[:] = sample(*args, **kwargs)
            return list(sampled)

        task.sampler.sample = recorded
    for index, doc in enumerate(task.eval_docs):
        prefix = task.doc_to_prefix(doc)
        context = task.fewshot_context(doc, num_fewshot=num_fewshot, gen_prefix=prefix)
        question, aliases = _blank(task, doc, prefix) if task.multiple_input else _document(task, doc, prefix)
        if not isinstance(context, str):
            context = str(context[0])[: -len(question.choices[0])]
        description = task.resolve_field(doc, task.config.description) or ""
        shots = tuple(_shot(task, one) for one in sampled)
        yield PromptedDocument(index, question, context, shots, str(description), aliases)


def _document(task: Any, doc: Any, prefix: str | None) -> tuple[Document, tuple[str, ...]]:
    text = _worded(task, task.doc_to_text(doc), prefix, task.config.target_delimiter)
    gold = task.doc_to_target(doc)
    choices = tuple(str(one) for one in task.doc_to_choice(doc)) if task.OUTPUT_TYPE == "multiple_choice" else ()
    targets = gold if isinstance(gold, list) else [gold]
    if choices or (task.config.doc_to_choice is not None and isinstance(gold, int)):
        known = choices or tuple(task.doc_to_choice(doc))
        targets = [_choice(one, known) for one in targets]
    first, *others = [str(one) for one in targets] or [""]
    return Document(dict(doc), text, first, choices), tuple(others)


def _blank(task: Any, doc: Any, prefix: str | None) -> tuple[Document, tuple[str, ...]]:
    """Return a document with a context for each choice; its text is the place of the right one."""
    contexts = [_worded(task, one, prefix, "") for one in task.doc_to_choice(doc)]
    text, choices = split_contexts(contexts)
    ending = f"{task.config.target_delimiter}{task.doc_to_target(doc)}"
    return Document(dict(doc), text, _choice(task.doc_to_text(doc), choices), choices, ending), ()


def _worded(task: Any, question: Any, prefix: str | None, delimiter: str) -> str:
    turn = task.build_qa_turn(q=question, gen_prefix=prefix, tgt_delim=delimiter)
    return "".join(message.to_text() for message in turn)


def _choice(gold: Any, choices: tuple[str, ...]) -> str:
    """Return the choice that a target names by index or text; empty for none, which no answer equals."""
    if isinstance(gold, int):
        return choices[gold] if gold < len(choices) else ""
    return str(gold) if str(gold) in choices else ""


def _shot(task: Any, doc: Any) -> Document:
    """Return a demonstration as lm-eval's few-shot part words it."""
    fewshot = task.fewshot_cfg
    prefix = task.resolve_field(doc, fewshot.gen_prefix)
    choices = tuple(task.doc_to_choice(doc, fewshot.doc_to_choice)) if fewshot.doc_to_choice else ()
    question, gold = task.doc_to_text(doc, fewshot.doc_to_text), task.doc_to_target(doc, fewshot.doc_to_target)
    if task.multiple_input:
        question, choices = choices[question], ()
    target = choices[gold] if choices and isinstance(gold, int) else gold[0] if isinstance(gold, list) else gold
    if task.multiple_input or task.OUTPUT_TYPE == "loglikelihood":
        target = f"{fewshot.target_delimiter}{target}"
    return Document(dict(doc), _worded(task, question, prefix, fewshot.target_delimiter), str(target), choices)


def _pool(task: Any) -> list[Document]:
    """Return solved documents for other demonstrations."""
    sampler = getattr(task, "sampler", None)
    has_own = task.has_training_docs() or (task.fewshot_cfg.split not in (None, task.config.test_split))
    return [_shot(task, doc) for doc in list(sampler.df)[:MAX_POOL]] if sampler is not None and has_own else []


def _common_space(questions: Sequence[Document], *, is_blank: bool) -> str:
    """Return the whitespace that stands in all documents before the blank, or before the target; none where it differs."""
    if is_blank:
        spaces = {one.text[len(one.text.rstrip()) :] for one in questions}
    else:
        spaces = {one.target[: len(one.target) - len(one.target.lstrip())] for one in questions}
    return spaces.pop() if len(spaces) == 1 else ""


def _without_delimiter(row: PromptedDocument, delimiter: str) -> PromptedDocument:
    """Return a row whose question and target leave the delimiter to the prompt."""
    shots = tuple(_without(one, delimiter) for one in row.shots)
    if row.question.ending:
        bare = replace(row.question, text=row.question.text.removesuffix(delimiter))
        return replace(row, question=bare, context=row.context.removesuffix(delimiter), shots=shots)
    return replace(row, question=_without(row.question, delimiter), shots=shots)


def _without(one: Document, delimiter: str) -> Document:
    return replace(one, target=one.target.removeprefix(delimiter))
