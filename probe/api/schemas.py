"""The schemas of all files that are read again, for other tools; `probe/record/schemas/` holds them.

Covered: which form is of which file. Not covered: the forms, which stand where each file is read; tables
(`probe.record.columns`).
"""

from __future__ import annotations

from typing import Any

from probe.experiments.attribution import ATTRIBUTION
from probe.files.shape import Form, document
from probe.gating.baseline import BASELINE
from probe.mitigate.mitigation import MITIGATION
from probe.models.base_record import BASE
from probe.paraphrase.saved import REPLY_LINE
from probe.record.schema import MANIFEST, SUMMARY
from probe.repair.record import BEGUN, FINISHED, JUDGED, STATE_FORM
from probe.validity.reviews import REVIEW_LINE

FILES: dict[str, tuple[str, Form]] = {
    "manifest": ("manifest.json of a run of probe", MANIFEST),
    "summary": ("summary.json of a run of probe", SUMMARY),
    "attribution": ("attribution.json of probe attribute, and attribution-SUITE.json of a run", ATTRIBUTION),
    "mitigation": ("mitigation.json of probe mitigate, and of a run", MITIGATION),
    "baseline": ("a baseline of probe bless", BASELINE),
    "repair": ("repair.json of an adapter of probe repair", FINISHED),
    "judgement": ("judgement.json of an adapter of probe repair", JUDGED),
    "base": ("base.json of an adapter of probe repair", BASE),
    "training": ("training.json of an unfinished training of probe repair", BEGUN),
    "state": ("state.json of a checkpoint of an unfinished training of probe repair", STATE_FORM),
    "review": ("a line of reviews.jsonl of probe review", REVIEW_LINE),
    "paraphrase": ("a line of paraphrases.jsonl, what a model wrote", REPLY_LINE),
}
"""By the name of the schema: what it is of, and its form."""


def documents() -> dict[str, dict[str, Any]]:
    """Return the schemas as JSON Schema, by their names."""
    return {name: document(form, title) for name, (title, form) in FILES.items()}
