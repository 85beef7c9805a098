"""Which model an adapter was trained on: written beside it, and asked before it is put on another.

    ADAPTER/base.json   {"name": "pocket", "weights": "9f2c...", "config": "41aa...", "libraries": "torch 2.9, ..."}

The weights' hash is taken of their values in bfloat16, so that it is the same whether a checkpoint is loaded in single or in half
precision. Values of float16 may round otherwise, and are not compared.

Covered: adapters that probe wrote. Not covered: those of others, which say no more than a name; peft refuses wrong shapes.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from probe.errors import ModelError
from probe.files.shape import Form, read_object
from probe.masking import masked
from probe.models import identity
from probe.models.weights import fingerprint_of

log = logging.getLogger(__name__)

FILE = "base.json"


@dataclass(frozen=True, slots=True)
class BaseRecord:
    """The model that an adapter was trained on."""

    name: str
    """What was typed after --model."""
    weights: str
    """The hash of its weights in bfloat16."""
    config: str = ""
    """The hash of its configuration."""
    libraries: str = ""
    """The versions of the libraries that computed."""


BASE = Form(BaseRecord)


def record_of(model: Any, name: str) -> dict[str, str]:
    """Return what identifies a model, not yet wrapped in an adapter, in any precision."""
    return {
        "name": name,
        "weights": fingerprint_of(model, dtype=torch.bfloat16),
        "config": identity.config_hash(model),
        "libraries": identity.libraries(with_adapter=True),
    }


def write_record(folder: Path, record: dict[str, str]) -> None:
    """Write beside an adapter which model it was trained on."""
    (folder / FILE).write_text(masked(json.dumps(record, indent=1)) + "\n", encoding="utf-8")


def read_base(path: Path) -> dict[str, Any]:
    """Return what identifies the model that an adapter was trained on.

    Raises:
        ModelError: the file does not say it; names the key.
    """
    try:
        return read_object(BASE, path)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} does not say which model the adapter was trained on: {error}",
            hint="remove the file to use the adapter all the same: only shapes are checked then",
        ) from error


def check_base(folder: Path, model: Any, name: str) -> None:
    """Refuse an adapter that was trained on another model than this one, where that is recorded.

    Raises:
        ModelError: it was, or the record is not readable.
    """
    path = folder / FILE
    if not path.exists():
        return
    record = read_base(path)
    if model.dtype == torch.float16:
        log.warning("in float16 it is not checked that adapter %s was trained on %s", folder, name)
    elif fingerprint_of(model, dtype=torch.bfloat16) != record["weights"]:
        raise ModelError(
            f"adapter {folder} was trained on another model: its base was {record['name']!r}, and {name!r} has other weights",
            hint=f"name the model that it was trained on, or remove {path} if a change of the base is intended",
        )
