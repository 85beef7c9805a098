"""A verdict as a file, in the format that the file's name ends with.

.json   the object of `probe gate --json`
.md     a page for a pull request
.xml    JUnit: a test case for each suite and family
.sarif  SARIF, with the line of the prompt
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from probe.errors import ProbeError, StoreError, UsageError
from probe.gate.as_json import as_dict
from probe.gate.verdict import Verdict
from probe.store import read_run
from probe.suite import find_suite
from probe.suite.definition import line_of, read_definition

FORMATS = (".json", ".md", ".xml", ".sarif")


def write(verdict: Verdict, path: Path, *, run: Path, fail_on_inconclusive: bool = False) -> None:
    """Write a verdict to a file, whole or not at all.

    Raises:
        UsageError: the format is not known.
        StoreError: the file cannot be written.
    """
    text = _text(verdict, path, run=run, fail_on_inconclusive=fail_on_inconclusive)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError as error:
        raise StoreError(f"cannot write the verdict to {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def unknown_format(path: Path) -> UsageError:
    """Give the error for a file whose name ends in no known format."""
    return UsageError(
        f"-o {path}: the format {path.suffix or '(none)'} is not known; write FILE{', FILE'.join(FORMATS)}"
    )


def prompt_files(run: Path) -> Mapping[str, tuple[str, int]]:
    """Give for each suite of a run the file that holds its prompt, and the line; suites that are not on disk have none."""
    found = {}
    for suite in read_run(run)[0]["suites"]:
        try:
            folder = find_suite(str(suite["path"]))
            definition = read_definition(folder / "suite.toml")
        except (ProbeError, OSError):
            continue
        if definition.template:
            found[str(suite["name"])] = (str(folder / definition.template), 1)
        else:
            found[str(suite["name"])] = (str(folder / "suite.toml"), line_of(definition.text, "instruction"))
    return found


def _text(verdict: Verdict, path: Path, *, run: Path, fail_on_inconclusive: bool) -> str:
    suffix = path.suffix.lower()
    if suffix == ".json":
        value = as_dict(verdict, fail_on_inconclusive=fail_on_inconclusive)
        return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if suffix == ".md":
        from reports.gate_markdown import markdown

        return markdown(verdict)
    if suffix == ".xml":
        from reports.junit import junit

        return junit(verdict)
    if suffix == ".sarif":
        from reports.sarif import sarif

        return sarif(verdict, prompt_files=prompt_files(run))
    raise unknown_format(path)
