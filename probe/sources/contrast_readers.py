"""Read the files of contrast sets with closed answers as records: set, member, role, fields, gold.

    boolq        {"data": [{placeholder}, {"paragraph", "question", "answer",
                           "perturbed_questions": [{"perturbed_q", "answer"}]}]}
    imdb         two TSV files, Sentiment and Text, aligned by row; quotes stand as they are
    matres       CSV: _unit_id, bodygraph, decision, modified bodygraph, new decision; the two events are <span>s
    mctaco       two TSV files: sentence1, sentence2, label; the n-th question of one is edited into the n-th of the other
    perspectrum  CSV: original_claim, contrast_claim, perspective, original_stance_label, contrast_stance_label

Covered: members paired by an id, by row or by the order of the questions. Not covered: files of other forms; the error names
the line.
"""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from collections.abc import Sequence, Sized
from pathlib import Path

from probe.sources.base import expect, read_json
from probe.sources.contrast_records import ROLES, Record, contrast_sets, list_of, object_of, rows_of, text_of, yes_no
from probe.suite.faults import fault

EVENT = re.compile(r"<span[^>]*>(.*?)</span>", re.DOTALL)
"""An event that a text of MATRES marks, with a <strong> around it."""
QUOTED = re.compile(r'"(?:[^"]|"")*"')
TAG = re.compile(r"<[^>]*>")


@contrast_sets("Answer the question from the passage with {choices}.", "yes", "no")
def boolq(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read BoolQ: passages with a question and its perturbed forms; the placeholder at the head is dropped."""
    (path,) = paths
    records = []
    for number, entry in enumerate(list_of(read_json(path), "data", path)):
        row = object_of(entry, path, "data", number)
        members = row.get("perturbed_questions") or []
        is_whole = row.get("paragraph") and row.get("question") and "perturbed_questions" in row
        if not is_whole or (row.get("answer") and not yes_no(row["answer"])):
            dropped["a placeholder"] += 1
            continue
        edits = [object_of(one, path, "data", number) for one in expect(members, list, path, "perturbed_questions")]
        for index, one in enumerate([row | {"perturbed_q": row["question"]}, *edits]):
            fields = (("Passage", text_of(row["paragraph"])), ("Question", _question(text_of(one.get("perturbed_q")))))
            gold = yes_no(one.get("answer"))
            records.append(Record(f"boolq-{number}", str(index), ROLES[index > 0], fields, gold))
    return records


@contrast_sets("Is this film review positive or negative?", "positive", "negative", files=2, answer_field="Sentiment")
def imdb(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read IMDb: the original reviews and their edits, row by row."""
    tables = [rows_of(path, ("sentiment", "text"), delimiter="\t", quoting=csv.QUOTE_NONE) for path in paths]
    _check_aligned(tables, paths, "rows", "they are aligned by row")
    return [
        Record(f"imdb-{number}", role, role, _review(row["text"]), row["sentiment"].strip().lower())
        for number, pair in enumerate(zip(*tables, strict=True))
        for role, row in zip(ROLES, pair, strict=True)
    ]


def _check_aligned(tables: Sequence[Sized], paths: Sequence[Path], noun: str, reason: str) -> None:
    if len(tables[0]) != len(tables[1]):
        raise fault(paths[1], 1, f"has {len(tables[1])} {noun}, and {paths[0]} has {len(tables[0])}; {reason}")


def _review(cell: str) -> tuple[tuple[str, str], ...]:
    """Return the review as a field, without quotation marks around the cell; its own are doubled then."""
    text = cell.strip()
    return (("Review", text[1:-1].replace('""', '"') if QUOTED.fullmatch(text) else text),)


@contrast_sets(
    "Two events stand between asterisks in the text. When does the first one happen, seen from the second? "
    "Answer {choices}.",
    *("before", "after", "simultaneous", "vague"),
)
def matres(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read MATRES: a text in which two events are marked, and the same text after each of its edits.

    A decision says when the first event of the text happens, relative to the second. The authors' `AnnotationCSV2XML.py`
    numbers events by position, not by colour.
    """
    (path,) = paths
    records: list[Record] = []
    for number, row in enumerate(rows_of(path, ("_unit_id", *(c for pair in MATRES for c in pair)), delimiter=",")):
        name, known = f"matres-{row['_unit_id'].strip()}", {record.set_id for record in records}
        for role, (text, decision) in zip(ROLES, MATRES, strict=True):
            fields = _events(row[text])
            if not row[text].strip() or not row[decision].strip():
                dropped["a row without an edit"] += 1
            elif fields is None:
                dropped["a text that does not mark two events"] += 1
            elif role == "contrast" or name not in known:
                records.append(Record(name, f"{role}-{number}", role, fields, row[decision].strip().lower()))
    return records


MATRES = (("bodygraph", "decision"), ("modified bodygraph", "new decision"))


def _events(marked: str) -> tuple[tuple[str, str], ...] | None:
    """Return the text with its two events between asterisks, and the events; None where there are not two."""
    events = [text_of(html.unescape(TAG.sub("", one))) for one in EVENT.findall(marked)]
    if len(events) != 2 or not all(events):
        return None
    starred = EVENT.sub(lambda event: f"*{TAG.sub('', event[1]).strip()}* ", marked)
    text = text_of(html.unescape(TAG.sub(" ", starred)))
    return (("Text", text), ("First event", events[0]), ("Second event", events[1]))


@contrast_sets("Is the answer to the question about time plausible? Answer {choices}.", "yes", "no", files=2)
def mctaco(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read MC-TACO: questions with candidate answers, and the same questions edited, with theirs.

    The files' own index counts rows and soon pairs unlike questions. Their questions (`sentence1`) have the same order.
    A candidate is paired with the same candidate of the original question. A candidate of the edit alone is a set of its own.
    """
    wanted = ("sentence1", "sentence2", "label")
    tables = [_by_question(rows_of(path, wanted, delimiter="\t", quoting=csv.QUOTE_NONE)) for path in paths]
    _check_aligned(tables, paths, "questions", "the n-th is an edit of the n-th")
    records = []
    for number, pair in enumerate(zip(*(table.items() for table in tables), strict=True)):
        candidates: dict[str, int] = {}
        for role, (question, rows) in zip(ROLES, pair, strict=True):
            for row in rows:
                fields = (("Context and question", question), ("Answer given", text_of(row["sentence2"])))
                candidate = candidates.setdefault(fields[1][1].lower(), len(candidates))
                name = f"mctaco-{number}-{candidate}"
                records.append(Record(name, f"{role}-{row['row']}", role, fields, yes_no(row["label"])))
    return records


def _by_question(rows: Sequence[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    grouped: dict[str, list[dict[str, str]]] = {}
    for number, row in enumerate(rows):
        grouped.setdefault(text_of(row["sentence1"]), []).append(row | {"row": str(number)})
    return grouped


@contrast_sets("Does the perspective support or undermine the claim? Answer {choices}.", "support", "undermine")
def perspectrum(paths: Sequence[Path], dropped: Counter[str]) -> list[Record]:
    """Read Perspectrum: a claim and its edit, and a perspective's stance on either; `unk` says that it has none."""
    (path,) = paths
    wanted = ("original_claim", "contrast_claim", "perspective", "original_stance_label", "contrast_stance_label")
    records = []
    for number, row in enumerate(rows_of(path, wanted, delimiter=",")):
        for role in ROLES:
            fields = (("Claim", row[f"{role}_claim"].strip()), ("Perspective", row["perspective"].strip()))
            records.append(Record(f"perspectrum-{number}", role, role, fields, _stance(row[f"{role}_stance_label"])))
    return records


def _question(text: str) -> str:
    return text if not text or text.endswith("?") else text + "?"


def _stance(value: str) -> str:
    label = value.strip().lower()
    return {"pos": "support", "neg": "undermine"}.get(label, label)
