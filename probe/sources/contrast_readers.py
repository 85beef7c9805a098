"""The files of eight contrast sets as records: set, member, role, fields, gold.

    boolq        {"data": [{placeholder}, {"paragraph", "question", "answer",
                           "perturbed_questions": [{"perturbed_q", "answer"}]}]}
    imdb         two TSV files, Sentiment and Text, aligned by row; quotes stand as they are
    matres       CSV: docid, verb1, verb2, bodystring/text, old_label/new_label ...
    mctaco       two TSV files: index, sentence1, sentence2, label
    perspectrum  CSV: original_claim, contrast_claim, perspective, original_stance_label, contrast_stance_label
    ropes        {"data": [{"paragraphs": [{"background", "situation", "qas": [{"id", "question", "answers"}]}]}]}
    quoref       SQuAD's form; a perturbed question names its original_id
    drop         {PASSAGE: {"passage", "qa_pairs": [{"query_id", "question", "answer": {...}}]}}; members ORIGINAL_N

Covered: what is pairable by an id or by row, as these files have it. Not covered: files of other forms, which are told by line.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from probe.sources.base import expect, line_of_entry, read_json, text_within
from probe.suite.faults import fault, quoted_list

Role = Literal["original", "contrast"]
ROLES: tuple[Role, Role] = ("original", "contrast")


@dataclass(frozen=True, slots=True)
class Record:
    """One member of a contrast set."""

    set_id: str
    member_id: str
    role: Role
    fields: tuple[tuple[str, str], ...]
    gold: str
    others: tuple[str, ...] = ()
    """Other answers that are right as well."""


def boolq(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read BoolQ: passages with a question and its perturbed forms; the placeholder at the head is dropped."""
    (path,) = paths
    records = []
    for number, entry in enumerate(_list(read_json(path), "data", path)):
        row = _object(entry, path, "data", number)
        members = row.get("perturbed_questions") or []
        if not row.get("paragraph") or not row.get("question") or "perturbed_questions" not in row:
            dropped["a placeholder"] += 1
            continue
        forms: list[tuple[Role, Any, Any]] = [("original", row["question"], row.get("answer"))]
        forms += [
            ("contrast", _object(one, path, "data", number).get("perturbed_q"), one.get("answer"))
            for one in expect(members, list, path, "perturbed_questions")
        ]
        for index, (role, question, answer) in enumerate(forms):
            fields = (("Passage", _text(row["paragraph"])), ("Question", _question(_text(question))))
            records.append(Record(f"boolq-{number}", str(index), role, fields, _yes_no(answer)))
    return records


def imdb(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read IMDb: the original reviews and their edits, row by row."""
    tables = [_rows(path, ("sentiment", "text"), delimiter="\t", quoting=csv.QUOTE_NONE) for path in paths]
    if len(tables[0]) != len(tables[1]):
        raise fault(
            paths[1], 1, f"has {len(tables[1])} rows, and {paths[0]} has {len(tables[0])}; they are aligned by row"
        )
    return [
        Record(f"imdb-{number}", role, role, (("Review", row["text"].strip()),), row["sentiment"].strip().lower())
        for number, pair in enumerate(zip(*tables, strict=True))
        for role, row in zip(ROLES, pair, strict=True)
    ]


def matres(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read MATRES: a text with two events, and the same text after an edit, with the old and the new relation."""
    (path,) = paths
    wanted = ("old_label", "new_label", "old_text", "new_text")
    aliases = {"old_text": ("bodygraph", "original_text"), "new_text": ("modified bodygraph", "modified_text")}
    records = []
    for number, row in enumerate(_rows(path, wanted, delimiter=",", aliases=aliases)):
        events = tuple((f"Event {n}", row[key].strip()) for n, key in ((1, "verb1"), (2, "verb2")) if row.get(key))
        ident = row.get("id") or row.get("docid") or str(number)
        name = f"matres-{ident}-{row.get('verb1', '')}-{row.get('verb2', '')}" if events else f"matres-{ident}"
        old, new = (row[key].strip().lower() for key in ("old_label", "new_label"))
        if not row["new_text"].strip() or not row["old_text"].strip():
            dropped["a row without one of its texts"] += 1
            continue
        records.append(Record(name, "original", "original", (("Text", row["old_text"].strip()), *events), old))
        records.append(Record(name, f"edit-{number}", "contrast", (("Text", row["new_text"].strip()), *events), new))
    return _each_original_once(records)


def mctaco(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read MC-TACO: originals and changed rows, paired by their index where both files have it."""
    records = []
    for path, role in zip(paths, ROLES, strict=True):
        rows = _rows(path, ("sentence1", "sentence2", "label"), delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(rows):
            fields = (("Context", row["sentence1"].strip()), ("Question and answer", row["sentence2"].strip()))
            index = (row.get("index") or str(number)).strip()
            records.append(Record(f"mctaco-{index}", f"{role}-{number}", role, fields, _yes_no(row["label"])))
    return records


def perspectrum(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read Perspectrum: a claim and its edit, and a perspective's stance on either."""
    (path,) = paths
    wanted = ("original_claim", "contrast_claim", "perspective", "original_stance_label", "contrast_stance_label")
    records = []
    for number, row in enumerate(_rows(path, wanted, delimiter=",")):
        for role in ROLES:
            fields = (("Claim", row[f"{role}_claim"].strip()), ("Perspective", row["perspective"].strip()))
            records.append(Record(f"perspectrum-{number}", role, role, fields, _stance(row[f"{role}_stance_label"])))
    return records


def ropes(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read ROPES: questions on a background and a situation; a contrast has its original's id, marked or in `original_id`."""
    return list(_squad(paths[0], ("background", "situation"), "ropes"))


def quoref(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read Quoref: questions on a passage; a perturbed one names its `original_id`."""
    return list(_squad(paths[0], ("context",), "quoref"))


def drop(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read DROP: members of a set share their query id up to `_N`; the originals' answers are not in the file."""
    (path,) = paths
    records = []
    for name, entry in expect(read_json(path), dict, path, "the file").items():
        row = expect(entry, dict, path, name)
        for number, pair in enumerate(_list(row, "qa_pairs", path)):
            one = _object(pair, path, "qa_pairs", number)
            ident = str(one.get("query_id") or f"{name}-{number}")
            stem, mark, _ = ident.rpartition("_")
            gold, others = _drop_answer(one.get("answer"))
            fields = (("Passage", _text(row.get("passage"))), ("Question", _text(one.get("question"))))
            has_number = bool(mark) and ident[len(stem) + 1 :].isdigit()
            records.append(
                Record(
                    stem if has_number else ident, ident, "contrast" if has_number else "original", fields, gold, others
                )
            )
    return records


def _drop_answer(answer: Any) -> tuple[str, tuple[str, ...]]:
    """Give a number, spans or a date as text."""
    if not isinstance(answer, Mapping):
        return "", ()
    spans = [str(span).strip() for span in answer.get("spans") or [] if str(span).strip()]
    date = answer.get("date") or {}
    when = (
        " ".join(str(date.get(key, "")).strip() for key in ("day", "month", "year")).strip()
        if isinstance(date, Mapping)
        else ""
    )
    number = str(answer.get("number") if answer.get("number") is not None else "").strip()
    said = number or ", ".join(spans) or " ".join(when.split())
    return said, (" and ".join(spans),) if len(spans) > 1 and not number else ()


def _squad(path: Path, keys: tuple[str, ...], name: str) -> Iterator[Record]:
    for number, entry in enumerate(_list(read_json(path), "data", path)):
        for paragraph in _list(_object(entry, path, "data", number), "paragraphs", path):
            part = _object(paragraph, path, "paragraphs", number)
            texts = tuple(("Passage" if key == "context" else key.title(), _text(part.get(key))) for key in keys)
            for pair in _list(part, "qas", path):
                one = _object(pair, path, "qas", number)
                ident = str(one.get("id", "")).strip()
                known = str(one.get("original_id") or "").strip()
                stem = (
                    known or re.sub(r"[_-](?:contrast|perturbed|c)?\d*$", "", ident)
                    if known or _is_marked(ident)
                    else ident
                )
                answers = list(
                    dict.fromkeys(
                        _text(_object(a, path, "answers", number).get("text")) for a in _list(one, "answers", path)
                    )
                )
                role: Role = "contrast" if known not in ("", ident) or stem != ident else "original"
                fields = (*texts, ("Question", _text(one.get("question"))))
                yield Record(f"{name}-{stem}", ident, role, fields, answers[0] if answers else "", tuple(answers[1:]))


def _is_marked(ident: str) -> bool:
    return re.search(r"[_-](?:contrast|perturbed|c)\d*$", ident) is not None


def _each_original_once(records: list[Record]) -> list[Record]:
    """Give the records with one original a set, though each of its edits stands in a row with it."""
    seen: set[tuple[str, object]] = set()
    kept = []
    for record in records:
        key = (record.set_id, record.role if record.role == "original" else record.member_id)
        if key not in seen:
            seen.add(key)
            kept.append(record)
    return kept


def _rows(
    path: Path,
    wanted: Sequence[str],
    *,
    delimiter: str,
    quoting: Any = csv.QUOTE_MINIMAL,
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> list[dict[str, str]]:
    """Read a table whose columns are named in any case, `wanted` among them."""
    lines = io.StringIO(text_within(path).replace("\r\n", "\n"), newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
    try:
        head, *rows = [row for row in reader if any(cell.strip() for cell in row)] or [[]]
    except csv.Error as error:
        raise fault(path, reader.line_num, f"cannot be read: {error}") from error
    names = [name.strip().strip('"').lower().lstrip("\ufeff") for name in head]
    for name, others in (aliases or {}).items():
        names = [name if one in others else one for one in names]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise fault(path, 1, f"has no column {quoted_list(missing)}; it has {quoted_list(names)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise fault(path, number, f"has {len(row)} cells for {len(names)} columns")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _list(value: Any, key: str, path: Path) -> list[Any]:
    holder = expect(value, dict, path, f"what holds {key}")
    found: list[Any] = expect(holder.get(key), list, path, key)
    return found


def _object(value: Any, path: Path, key: str, number: int) -> dict[str, Any]:
    line = 1 if isinstance(value, dict) else line_of_entry(text_within(path), 0, key)
    found: dict[str, Any] = expect(value, dict, path, f"{key}[{number}]", line)
    return found


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _question(text: str) -> str:
    return text if not text or text.endswith("?") else text + "?"


def _yes_no(value: Any) -> str:
    said = str(value).strip().lower()
    return {"true": "yes", "false": "no", "yes": "yes", "no": "no"}.get(said, "")


def _stance(value: str) -> str:
    said = value.strip().lower()
    return {"pos": "support", "neg": "undermine", "support": "support", "undermine": "undermine"}.get(said, said)
