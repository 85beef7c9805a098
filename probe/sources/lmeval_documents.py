r"""What lm-eval asks of a task's documents: contexts, demonstrations, targets, to the letter.

    kind                       asked for each document                                 right where
    multiple_choice            every choice after the context                          the likeliest is the target
      a context for each       the same ending after every choice's context            the likeliest context is the target's
    loglikelihood              the target after the context                            each of its tokens is the likeliest
    generate_until             what follows the context                                the metric says so

A context for each choice ("The cup is in the box", "... the bag", both with the ending "because it is large.") is one text up to
where the contexts part, and choices from there on.

A target names a choice as lm-eval's own comparison takes it: any number that equals its place (of numpy too, 1.0, true), or its
text. Every other one is no label: -1 and -100, by which test sets hide theirs, a place beyond the choices, a letter that is no
choice, None and NaN. Such a document has the target "", which no answer equals.

Covered: the four, demonstrations drawn once and as lm-eval draws them. Not covered: how a document becomes a prompt
(`lmeval_prompts`), metrics (`lmeval_metrics`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from probe.sources.lmeval_prompts import MAX_POOL, Document, PromptedDocument
from probe.sources.tables import is_missing

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
    targets = _listed(gold)
    if choices or (task.config.doc_to_choice is not None and not isinstance(gold, str | list)):
        known = choices or tuple(map(str, task.doc_to_choice(doc)))
        targets = [_choice(one, known) for one in targets]
    # An index that names nothing is no alias of one that does.
    named = [str(one) for one in targets if not is_missing(one) and str(one)]
    first, *others = dict.fromkeys(named) or [""]
    return Document(dict(doc), text, first, choices), tuple(others)


def _listed(gold: Any) -> list[Any]:
    """Return the targets of a document, one or several; an array of numpy is a list."""
    if isinstance(gold, list | tuple):
        return list(gold)
    return list(gold.tolist()) if getattr(gold, "ndim", 0) else [gold]


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
    """Return the choice that a target names by its place or text; empty for none, which no answer equals."""
    if isinstance(gold, str | bytes):
        return str(gold) if gold in choices else ""
    try:
        place = float(gold)
    except (TypeError, ValueError):
        return ""
    return choices[int(place)] if place.is_integer() and 0 <= place < len(choices) else ""


def _shot(task: Any, doc: Any) -> Document:
    """Return a demonstration as lm-eval's few-shot part words it."""
    fewshot = task.fewshot_cfg
    prefix = task.resolve_field(doc, fewshot.gen_prefix)
    choices = tuple(task.doc_to_choice(doc, fewshot.doc_to_choice)) if fewshot.doc_to_choice else ()
    question, gold = task.doc_to_text(doc, fewshot.doc_to_text), task.doc_to_target(doc, fewshot.doc_to_target)
    if task.multiple_input:
        question, choices = choices[question], ()
    if choices and not isinstance(gold, str | list):
        # As lm-eval words it, which counts -1 from the end; of other numbers than int it words none.
        target = choices[gold] if isinstance(gold, int) else _choice(gold, choices)
    else:
        target = gold[0] if isinstance(gold, list) else gold
    if task.multiple_input or task.OUTPUT_TYPE == "loglikelihood":
        target = f"{fewshot.target_delimiter}{target}"
    return Document(dict(doc), _worded(task, question, prefix, fewshot.target_delimiter), str(target), choices)


def _pool(task: Any) -> list[Document]:
    """Return solved documents for other demonstrations."""
    sampler = getattr(task, "sampler", None)
    has_own = task.has_training_docs() or (task.fewshot_cfg.split not in (None, task.config.test_split))
    docs = list(sampler.df)[:MAX_POOL] if sampler is not None and has_own else []
    return [_shot(task, doc) for doc in docs if _is_solved(task, doc)]


def _is_solved(task: Any, doc: Any) -> bool:
    """Return whether a document for demonstrations has a label."""
    fewshot = task.fewshot_cfg
    gold = _listed(task.doc_to_target(doc, fewshot.doc_to_target))
    if not fewshot.doc_to_choice or task.multiple_input:
        return not any(is_missing(one) or not str(one).strip() for one in gold)
    choices = tuple(map(str, task.doc_to_choice(doc, fewshot.doc_to_choice)))
    # A target of text is shown as it stands; it need be none of the choices.
    return any(bool(one.strip()) if isinstance(one, str) else bool(_choice(one, choices)) for one in gold)


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
