"""Read and check a suite folder: suite.toml, items.jsonl and perhaps train.jsonl, a prompt file and paraphrases.txt.

Covered: reading, checking and writing of suites on disk, and finding the shipped ones. A mistake names file and line,
says what is wrong and what would be right.
Not covered: suites that come from elsewhere (`probe.sources`).
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import replace
from importlib import resources
from pathlib import Path

from probe.errors import SuiteError, UsageError
from probe.files.inside import is_inside
from probe.files.limits import MAX_TEXT
from probe.files.reading import read_bytes
from probe.masking import masker, place_of
from probe.paraphrase.files import read_file
from probe.prompt.render import texts_of
from probe.registry import unknown_name
from probe.suite.definition import OUTSIDE, line_of, read_definition
from probe.suite.faults import HALF, broken, counted, fault, quoted, quoted_list, too_long
from probe.suite.rows import check_disjoint, read_rows
from probe.suite.template import prompt_from_template
from probe.suite.writing import write_suite
from probe.types import Item, Suite

__all__ = [
    "check_suite",
    "find_suite",
    "prompt_from_template",
    "prompt_place",
    "read_suite",
    "refuse_halves",
    "refuse_secrets",
    "shipped_suites",
    "write_suite",
]

ALLOW_OUTSIDE = "--allow-outside"
"""The flag with which a suite that reads outside its folder is read."""
DEFINITION, ITEMS, TRAIN, PARAPHRASES = "suite.toml", "items.jsonl", "train.jsonl", "paraphrases.txt"


def read_suite(path: Path, *, allow_outside: bool = False) -> Suite:
    """Read the suite in a folder; a file that lies outside of it, by its name or a link, only if that is allowed.

    Raises:
        SuiteError: something in it is wrong; the message begins with `file:line:`.

    """
    for name in (DEFINITION, ITEMS):
        if not (path / name).is_file():
            absent = "does not exist" if path.is_dir() else f"there is no folder {str(path)!r}"
            raise fault(path / name, 1, f"{absent}; a suite is a folder with {DEFINITION} and {ITEMS}")
    _check_inside(path, allow_outside=allow_outside)
    definition = read_definition(path / DEFINITION, allow_outside=allow_outside)
    items = read_rows(path / ITEMS, definition)
    train = read_rows(path / TRAIN, definition) if (path / TRAIN).exists() else []
    check_disjoint(items, train, (path / ITEMS, path / TRAIN))
    suite = Suite(
        name=definition.name,
        version=definition.version,
        description=definition.description,
        items=tuple(item for _, item in items),
        train=tuple(item for _, item in train),
        stop=definition.stop,
        max_new_tokens=definition.max_new_tokens,
        path=str(path),
        digest=_digest(path, definition.template),
        flags=(ALLOW_OUTSIDE,) if _outside(path, definition.template) else (),
    )
    if not suite.is_choice and "{choices}" in definition.prompt.instruction:
        key = "template" if definition.template else "instruction"
        raise fault(path / DEFINITION, line_of(definition.text, key), "{choices} stands for the choices, and there are "
                    "none; give choices here or in each row, or take {choices} out")  # fmt: skip
    return _with_paraphrases(suite, path / PARAPHRASES)


def _check_inside(path: Path, *, allow_outside: bool) -> None:
    """Refuse files of a suite that are links to outside its folder, unless that is allowed."""
    for name in () if allow_outside else _outside(path):
        raise fault(path / name, 1, f"is a link to {quoted(os.path.realpath(path / name))}, which {OUTSIDE}")


def _outside(path: Path, template: str = "") -> list[str]:
    """Return the files of a suite that lie outside its folder; empty for none."""
    names = (DEFINITION, ITEMS, TRAIN, PARAPHRASES, *([template] if template else []))
    return [name for name in names if os.path.lexists(path / name) and not is_inside(path / name, path)]


def _with_paraphrases(suite: Suite, path: Path) -> Suite:
    """Return the suite with the paraphrases of its own file, if it has one."""
    if not path.is_file():
        return suite
    paraphrases = read_file(path, [suite])[suite.name]
    return replace(suite, items=tuple(replace(item, paraphrases=paraphrases) for item in suite.items))


def find_suite(name_or_path: str) -> Path:
    """Return the folder of a suite: one on disk, else the shipped suite of that name.

    Raises:
        UsageError: there is neither; the message names the near ones.

    """
    path = Path(name_or_path).expanduser()
    if path.name == DEFINITION and path.is_file():
        return path.parent
    shipped = shipped_suites()
    if path.is_dir() and ((path / DEFINITION).is_file() or name_or_path not in shipped):
        return path
    if name_or_path in shipped:
        return _shipped_folder() / name_or_path
    hint = (
        "probe init --data examples.csv --prompt prompt.txt  makes a suite of your own; probe list suites  lists these"
    )
    if len(path.parts) > 1:
        raise UsageError(f"no folder {name_or_path!r}; a suite is a folder with {DEFINITION} and {ITEMS}", hint=hint)
    error = unknown_name("suite", name_or_path, shipped)
    raise UsageError(f"{error}; or a folder with {DEFINITION}", hint=hint)


def shipped_suites() -> list[str]:
    """Return the names of the suites that come with the package, sorted."""
    return sorted(folder.name for folder in _shipped_folder().iterdir() if (folder / DEFINITION).is_file())


def argument_of(suite: Suite) -> str:
    """Return what a user types to name this suite again: a shipped one's name, else its folder as it was given."""
    return suite.name if _is_shipped(suite) else suite.path


def prompt_place(suite: Suite) -> tuple[str, int]:
    """Return the file and the line (from 1) of a suite's prompt, for reports that point at it.

    The path is relative to the root of its repository. It is absolute outside of one, and for a shipped suite that another
    repository installed.
    """
    folder = Path(suite.path or suite.name)
    file, line = folder, 1
    if (folder / DEFINITION).is_file():
        definition = read_definition(folder / DEFINITION, allow_outside=ALLOW_OUTSIDE in suite.flags)
        file = folder / (definition.template or DEFINITION)
        line = 1 if definition.template else line_of(definition.text, "instruction")
    if not file.exists():
        return file.as_posix(), line
    file = file.resolve()
    root = _repository_of(file)
    if root is None or (_is_shipped(suite) and root != _shipped_folder().resolve().parent):
        return file.as_posix(), line
    return file.relative_to(root).as_posix(), line


def _repository_of(file: Path) -> Path | None:
    """Return the root of the repository that holds a file: a CI job's checkout, or the nearest folder above with a .git."""
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    job = Path(workspace).resolve() if workspace else None
    above = [folder for folder in file.parents if (folder / ".git").exists()]
    # A submodule has a .git of its own; the job's repository is the one that code scanning shows.
    if job in file.parents and (job in above or not above):
        return job
    return above[0] if above else None


def check_suite(suite: Suite) -> list[str]:
    """Return warnings about a suite that can be run but looks wrong, a sentence each."""
    targets = Counter(item.target for item in suite.items)
    warnings = []
    if suite.is_choice and len(targets) == 1:
        only = quoted(next(iter(targets)))
        warnings.append(f"{suite.name}: every target is {only}; a model that always answers so looks perfect")
    elif suite.is_choice:
        choices = dict.fromkeys(choice for item in suite.items for choice in item.prompt.choices)
        unused = [choice for choice in choices if choice not in targets]
        shared = all(item.prompt.choices == suite.items[0].prompt.choices for item in suite.items)
        if shared and unused:
            warnings.append(f"{suite.name}: no target is {quoted_list(unused)}, though it is a choice")
    warnings += _repeated_questions(suite)
    return warnings


def refuse_halves(suite: Suite) -> None:
    """Refuse a suite that holds half a character, which neither a tokenizer nor a file can take, or a text beyond the limit.

    Raises:
        SuiteError: it does; says item and text.
    """
    if half := HALF.search("\n".join((suite.name, suite.version, suite.description, *suite.flags))):
        raise SuiteError(f"suite {ascii(suite.name)} {broken(half[0], 'in its name or description')}")
    for item in (*suite.items, *suite.train):
        written = _written(item)
        if long := next((text for text in written if len(text) > MAX_TEXT), ""):
            raise SuiteError(f"{suite.name}: item {ascii(item.id)[:80]}: {too_long(long, 'one of its texts')}")
        half = next((found for text in written if (found := HALF.search(text))), None)
        if half:
            raise SuiteError(f"{suite.name}: item {ascii(item.id)} {broken(half[0], 'in one of its texts')}")


def refuse_secrets(suite: Suite) -> None:
    """Refuse a suite that holds a known secret: a model would be sent it, and a typo of it is one that nothing masks.

    Raises:
        SuiteError: it does; says item and where the secret is known from.
    """
    mask = masker()
    places = [("its name or description", (suite.name, suite.version, suite.description, *suite.stop))]
    places += [(f"item {ascii(item.id)}", _written(item)) for item in (*suite.items, *suite.train)]
    for place, texts in places:
        whole = "\n".join(texts)
        if mask(whole) != whole:
            known = place_of(whole)
            raise SuiteError(
                f"{suite.name}: {place} holds a secret ({known}), which would be sent to the model",
                hint=f"take it out of the suite; if it is no secret, type the command without {known}",
            )


def _written(item: Item) -> tuple[str, ...]:
    """Return every text of an item."""
    texts = (item.id, *texts_of(item.prompt), item.target, *item.aliases, *item.paraphrases)
    return (*texts, *(text for one in item.contrasts for text in (one.target, *(field.text for field in one.fields))))


def _repeated_questions(suite: Suite) -> list[str]:
    first: dict[object, Item] = {}
    pairs = []
    for item in suite.items:
        earlier = first.setdefault((item.prompt.fields, item.prompt.choices, item.prompt.ending), item)
        if earlier is not item:
            pairs.append((earlier, item))
    if not pairs:
        return []
    apart = [pair for pair in pairs if pair[0].target != pair[1].target]
    one, other = (apart or pairs)[0]
    also = f", and answers {quoted(one.target)} and {quoted(other.target)}" if apart else ""
    repeats = counted(len(pairs), "item") + " asking what another item asks"
    repeats += f", {len(apart)} of them with another right answer" if apart else ""
    return [f"{suite.name}: {repeats}: {other.id} asks the same as {one.id}{also}"]


def _is_shipped(suite: Suite) -> bool:
    return suite.name in shipped_suites() and Path(suite.path) == _shipped_folder() / suite.name


def _shipped_folder() -> Path:
    return Path(str(resources.files("suites")))


def _digest(path: Path, template: str) -> str:
    """Return a hash of the files that were read: name, length and bytes of each, with the line ends of Unix.

    A checkout on Windows may write others, and is read as the same suite.
    """
    digest = hashlib.sha256()
    for name in (DEFINITION, ITEMS, TRAIN, PARAPHRASES, *([template] if template else [])):
        if (path / name).is_file():
            data = read_bytes(path / name).replace(b"\r\n", b"\n")
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
