"""The local engine of a bench, for methods that need tokens: token ids of their own, two contexts at once.

Covered: the pocket model and transformers models, also behind the response cache. Not covered: models that take texts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.mitigate.base import Bench, NotApplicable

if TYPE_CHECKING:
    from probe.models.huggingface import HuggingFace


def engine_of(bench: Bench) -> HuggingFace:
    """Return the local engine.

    Raises:
        NotApplicable: there is no model, or it is another one.
    """
    reason = f"it works on token ids, and {bench.model.name} is no local model"
    if getattr(bench.model.unwrapped, "encoder", None) is None:
        raise NotApplicable(reason)
    from probe.models.representation import local_engine

    engine = local_engine(bench.model)
    if engine is None:
        raise NotApplicable(reason)
    return engine
