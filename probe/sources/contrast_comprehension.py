"""Read the files of contrast sets with free answers as records: ROPES, Quoref and DROP.

    ropes    two files of {"data": [{"paragraphs": [{"background", "situation", "qas": [{"id", "question", "answers"}]}]}]},
             whose questions have the same ids
    quoref   two files in SQuAD's form; a perturbed question names its original's id as `original_id`
    drop     {PASSAGE: {"passage", "qa_pairs": [{"query_id", "question", "answer": {...}}]}}; members are called ORIGINAL_N

Several answers of a question are the spans of one answer, in Quoref as in DROP.

Covered: members paired by an id. Not covered: the originals of DROP. The file lacks their answers, so the first member leads a
set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probe.sources.base import expect, read_json
from probe.sources.contrast_records import ROLES, Record, contrast_sets, list_of, object_of, text_of


@contrast_sets("Answer the question from the background and the situation.", files=2)
def ropes(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read ROPES: questions on a background and a situation, and the same questions on an edit of either."""
    return _two_files(paths, ("background", "situation"), "ropes", dropped)


@contrast_sets("Answer the question with words of the passage.", files=2, min_overlap=0.8)
def quoref(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read Quoref: questions on a passage, and the edits of them."""
    return _two_files(paths, ("context",), "quoref", dropped)


@contrast_sets("Answer the question about the passage with a number, a date or some words of it.", min_overlap=0.8)
def drop(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read DROP: members of a set share their query id up to `_N`; the originals' answers are not in the file."""
    (path,) = paths
    records = []
    for name, entry in expect(read_json(path), dict, path, "the file").items():
        row = expect(entry, dict, path, name)
        for number, pair in enumerate(list_of(row, "qa_pairs", path)):
            one = object_of(pair, path, "qa_pairs", number)
            question_id = str(one.get("query_id") or f"{name}-{number}")
            stem, mark, last = question_id.rpartition("_")
            is_edit = bool(mark) and last.isdigit()
            fields = (("Passage", text_of(row.get("passage"))), ("Question", text_of(one.get("question"))))
            answer = _drop_answer(one.get("answer"))
            records.append(Record(stem if is_edit else question_id, question_id, ROLES[is_edit], fields, *answer))
    return records


def _two_files(paths: Sequence[Path], keys: tuple[str, ...], name: str, dropped: Counter[str]) -> list[Record]:
    """Return the records of originals and edits. An edit without its original is left out and counted."""
    originals, edits = (list(_questions(path, keys)) for path in paths)
    ids = {str(one.get("id", "")).strip() for _, one, _ in originals}
    records = []
    for role, questions in zip(ROLES, (originals, edits), strict=True):
        for number, (texts, one, spans) in enumerate(questions):
            question_id = str(one.get("id", "")).strip()
            of = str(one.get("original_id") or question_id).strip()
            if role == "contrast" and of not in ids:
                dropped["an edit of a question that is not in the first file"] += 1
                continue
            fields = (*texts, ("Question", text_of(one.get("question"))))
            records.append(Record(f"{name}-{of}", f"{role}-{number}", role, fields, *_spans(spans)))
    return records


def _questions(
    path: Path, keys: tuple[str, ...]
) -> Iterator[tuple[tuple[tuple[str, str], ...], dict[str, Any], list[str]]]:
    """Return (texts of the passage, question, spans of its answer) for each question of a file in SQuAD's form."""
    for number, entry in enumerate(list_of(read_json(path), "data", path)):
        for paragraph in list_of(object_of(entry, path, "data", number), "paragraphs", path):
            part = object_of(paragraph, path, "paragraphs", number)
            texts = tuple(("Passage" if key == "context" else key.title(), text_of(part.get(key))) for key in keys)
            for pair in list_of(part, "qas", path):
                one = object_of(pair, path, "qas", number)
                answers = (object_of(a, path, "answers", number) for a in list_of(one, "answers", path))
                yield texts, one, [text_of(answer.get("text")) for answer in answers]


def _spans(spans: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return an answer of several spans as one text, and its other spelling."""
    unique = list(dict.fromkeys(span for span in spans if span))
    return ", ".join(unique), (" and ".join(unique),) if len(unique) > 1 else ()


def _drop_answer(answer: Any) -> tuple[str, tuple[str, ...]]:
    """Return a number, spans or a date as text."""
    if not isinstance(answer, Mapping):
        return "", ()
    if number := text_of(answer.get("number")):
        return number, ()
    if any(spans := [text_of(span) for span in answer.get("spans") or []]):
        return _spans(spans)
    date = answer.get("date")
    parts = [text_of(date.get(key)) for key in ("day", "month", "year")] if isinstance(date, Mapping) else []
    return " ".join(part for part in parts if part), ()
