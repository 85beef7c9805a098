"""A hook of mkdocs: the pages of the reference are made from the program itself whenever the site is built.

Commands and flags come from typer, perturbations, metrics, loss terms, models and sources from `probe list --json`, exit codes
from `probe.errors`, the Python API from signatures and docstrings. Nothing is stored, so nothing can go stale.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType
from typing import Any

import typer.main
from typer.testing import CliRunner

import probe
from probe.cli.app import app
from probe.cli.command import GROUPS
from probe.errors import EXIT_CODES, ProbeError


def on_files(files: Any, *, config: Any) -> Any:
    """Add the generated pages to the site."""
    from mkdocs.structure.files import File

    for name, text in pages().items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the list of mutants where a page asks for it."""
    return markdown.replace("<!-- mutants -->", mutants_table()) if "<!-- mutants -->" in markdown else markdown


def mutants_table() -> str:
    """Return the lines that `tests/selftest/mutate.py` breaks."""
    spec = spec_from_file_location("mutants", Path(__file__).parents[1] / "tests" / "selftest" / "mutants.py")
    assert spec and spec.loader
    module = sys.modules["mutants"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = [
        (f"`{one.file}`", f"`{one.line}`", f"`{one.broken}`", ", ".join(one.breaks or ("-",))) for one in module.MUTANTS
    ]
    return table(("file", "line", "broken into", "metrics"), rows)


def pages() -> dict[str, str]:
    """Return the Markdown of each generated page by its name."""
    return {
        "commands": commands_page(),
        "settings": settings_page(),
        "perturbations": perturbations_page(),
        "metrics": metrics_page(),
        "losses": losses_page(),
        "models": models_page(),
        "mitigations": mitigations_page(),
        "exit-codes": exit_codes_page(),
        "python": python_page(),
    }


def commands_page() -> str:
    """Return a section for each command, with a table for each panel of its options."""
    group = typer.main.get_command(app)
    shown = dict(sorted(group.commands.items(), key=lambda pair: place_of(*pair)))  # type: ignore[attr-defined]
    parts = ["# Commands", "`probe COMMAND --help` prints the same in a terminal.", contents(shown)]
    for name, command in shown.items():
        parts += [f"## probe {name}", inspect.cleandoc(command.help or ""), usage(name, command)]
        for panel, parameters in by_panel(command).items():
            parts += [f"### {panel} {{: #{name}-{panel.lower().replace(' ', '-')} }}"] * bool(panel)
            parts += [table(("", "default", ""), [option_row(one) for one in parameters])]
    return joined(parts)


def place_of(name: str, command: Any) -> tuple[int, bool, str]:
    """Return what sorts commands as `probe --help` does: by group, a command that names its group first."""
    return GROUPS.index(command.rich_help_panel), name.title() not in GROUPS, name


def contents(commands: dict[str, Any]) -> str:
    """Return a table of the commands by group, each linked to its section."""
    rows = [
        (command.rich_help_panel, f"[`{name}`](#probe-{name})", first_line_of(command.help or ""))
        for name, command in commands.items()
    ]
    groups = [group for group, _, _ in rows]
    return table(("", "", ""), [(g if groups.index(g) == at else "", *rest) for at, (g, *rest) in enumerate(rows)])


def usage(name: str, command: Any) -> str:
    """Return the command's usage as a block of code."""
    arguments = [f"[{one.name.upper()}]..." if one.nargs == -1 else one.name.upper() for one in positional(command)]
    return "```\n" + " ".join(["probe", name, *arguments, "[OPTIONS]"]) + "\n```"


def positional(command: Any) -> list[Any]:
    """Return the parameters of a command that have no flag."""
    return [one for one in command.params if not one.opts[0].startswith("-")]


def by_panel(command: Any) -> dict[str, list[Any]]:
    """Return the visible parameters of a command by the panel that `--help` shows them in."""
    panels: dict[str, list[Any]] = {}
    for one in command.params:
        if not getattr(one, "hidden", False):
            panels.setdefault(getattr(one, "rich_help_panel", None) or "", []).append(one)
    return panels


def option_row(parameter: Any) -> tuple[str, str, str]:
    """Return spellings, default and help of a parameter."""
    is_argument = not parameter.opts[0].startswith("-")
    names = [parameter.name.upper()] if is_argument else [*parameter.opts, *parameter.secondary_opts]
    shown = shown_default(parameter.default) if getattr(parameter, "show_default", True) else ""
    return " ".join(f"`{name}`" for name in names), shown, parameter.help or ""


def settings_page() -> str:
    """Return every key of `probe.toml`."""
    from probe.api.project import NUMBERS, SWITCHES
    from probe.api.settings import PANELS, defaults, flags
    from probe.gating.bounds import METRICS

    usual = defaults()
    parts = [
        "# Settings: probe.toml",
        "A project's settings are in `probe.toml`, or in pyproject.toml under `tool.probe`. The file nearest to the working "
        "folder counts, going up. Paths in it are relative to the file. Flags win over the file. `probe doctor` shows what "
        "applies, with file and line.",
        f"```toml\n{PROBE_TOML}```",
        "Each key is a flag of `probe run` without its dashes, and an argument of `probe.run`.",
        "`suites` is a list of shipped suites, folders or `KIND:...`.",
    ]
    for panel in PANELS:
        some = [(name, one) for name, one in flags().items() if one.panel == panel]
        rows = [(f"`{one.name.removeprefix('--')}`", shown_default(usual[name]), one.help) for name, one in some]
        parts += [f"## {panel}", table(("key", "default", ""), rows)]
    bounds = [(f"`{name}`", f"bound on `{metric}`") for name, metric in METRICS.items()]
    rule = [(f"`{name}`", f"as `--{name}` of `probe gate`") for name in ("baseline", *NUMBERS, *SWITCHES)]
    parts += [
        "## gate",
        "Bounds also stand in `[gate.suite.NAME]`, `[gate.family.NAME]` and `[gate.suite.NAME.family.NAME]`. ",
    ]
    parts += ["[Gate a model in CI](../how-to/gate.md) says what they mean.", table(("key", ""), [*bounds, *rule])]
    return joined(parts)


PROBE_TOML = """\
suites = ["prompts/triage", "facts"]
model = "hf:my-org/my-model"
perturb = "format,typos,order"
samples = 8

[gate]
baseline = "baselines/triage.json"
max-flip-rate = 0.10

[gate.family.typos]
max-flip-rate = 0.03
"""


def shown_default(value: Any) -> str:
    """Return a default as code; nothing where there is none."""
    return (
        ""
        if value is None or value is False or value in ("", ())
        else f"`{str(value).lower() if value is True else value}`"
    )


def perturbations_page() -> str:
    """Return a table of perturbations for each family."""
    families: dict[str, list[dict[str, Any]]] = {}
    for one in listed("perturbations"):
        families.setdefault(one["family"], []).append(one)
    parts = [
        "# Perturbations",
        "`probe list perturbations` prints the short form, `--json` all of it. "
        "[Families](../concepts/families/index.md) explains each family with examples.",
    ]
    for family, some in families.items():
        fields = ["summary", *(key for key in some[0] if key not in ("name", "family", "summary", "covers", "leaves"))]
        parts += [f"## {family}"]
        parts += [table(("name", *fields), [(f"`{one['name']}`", *(one[key] for key in fields)) for one in some])]
        parts += limits(some)
    return joined(parts)


def limits(some: Sequence[dict[str, Any]]) -> list[str]:
    """Return what perturbations cover and leave alone, once for all that say the same."""
    said: dict[tuple[str, str], list[str]] = {}
    for one in some:
        said.setdefault((one["covers"], one["leaves"]), []).append(f"`{one['name']}`")
    parts = []
    for (covers, leaves), names in said.items():
        head = f"{', '.join(names)}: " if len(said) > 1 else ""
        parts += [
            f"{head}**Covers** {escaped(covers)}" if covers else "",
            f"**Leaves** {escaped(leaves)}" if leaves else "",
        ]
    return parts


def metrics_page() -> str:
    """Return a section for each metric."""
    parts = [
        "# Metrics",
        "`probe list metrics` prints the same. [Metrics](../concepts/metrics.md) says which one answers which question.",
    ]
    for one in listed("metrics"):
        rows = [(key, as_code(value) if key == "formula" else value) for key, value in one.items() if key != "name"]
        parts += [f"## {one['name']}", table(("", ""), [row for row in rows if row[1]])]
    return joined(parts)


def losses_page() -> str:
    """Return a table of the loss terms of `probe repair` for each group."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in listed("losses"):
        groups.setdefault(one["group"], []).append(one)
    parts = [
        "# Loss terms",
        "`probe list losses` prints the same. [Repair](../methodology/repair.md#loss-terms) has the formulas.",
    ]
    for group, some in groups.items():
        rows = [(f"`{one['name']}`", *(one[key] for key in ("summary", "options", "source"))) for one in some]
        parts += [f"## {group}", table(("name", "summary", "options", "source"), rows)]
    return joined(parts)


def models_page() -> str:
    """Return the back ends of `--model` and the kinds of suites that `probe run` reads."""
    from probe.sources import sources

    found = {name: sources.get(name) for name in sources.names()}
    kinds = [(f"`{name}:{one.argument}`", one.summary, f"`{one.example}`") for name, one in found.items()]
    parts = [
        "# Models, suites, sources",
        "## Models",
        rows_of(listed("models")),
        "## Shipped suites",
        rows_of(listed("suites")),
        "## Suites from elsewhere",
        "[Other data](../how-to/other-data.md) says what each becomes.",
        table(("kind", "", "example"), kinds),
    ]
    return joined(parts)


def mitigations_page() -> str:
    """Return a table of mitigation methods for each kind."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in listed("mitigations"):
        kinds.setdefault(one["kind"], []).append(one)
    parts = [
        "# Mitigation methods",
        "`probe list mitigations` prints the same. [Cure a fragile prompt](../how-to/mitigate.md) tries them. A method that does "
        "not ask the model works on the kept answers of a run; one that is no default is asked by name only.",
    ]
    for kind, some in kinds.items():
        fields = [key for key in some[0] if key not in ("name", "kind")]
        parts += [f"## {kind}", table(("name", *fields), [(f"`{one['name']}`", *map(one.get, fields)) for one in some])]
    return joined(parts)


def exit_codes_page() -> str:
    """Return the exit codes, and the errors that lead to them."""
    errors = [
        (f"`{one.__name__}`", str(one.exit_code), first_line(one)) for one in [ProbeError, *subclasses(ProbeError)]
    ]
    parts = [
        "# Exit codes",
        table(("code", "meaning"), [(str(code), meaning) for code, meaning in EXIT_CODES.items()]),
        "Code 4 comes from the gate alone, 1 from the gate and from `probe mitigate`. The printed verdict and the code come from "
        "one value.",
        "## Errors",
        "`probe.errors` holds every error that a user can cause. Each has a message and a `hint` that says what to type next.",
        table(("error", "code", ""), errors),
    ]
    return joined(parts)


def python_page() -> str:
    """Return every public name of `probe` with its signature and its docstring: functions, then classes, then errors."""
    parts = ["# Python", as_paragraphs(inspect.cleandoc(probe.__doc__ or ""))]
    things = {name: getattr(probe, name) for name in probe.__all__}
    for name in sorted(things, key=lambda one: (kind_of(things[one]), one)):
        parts += [f"## probe.{name}", *described(things[name], f"probe.{name}")]
        is_object = not callable(things[name])
        for member, value in public_members(type(things[name]) if is_object else things[name]):
            parts += [f"### {name}.{member}", *described(value, f"{name}.{member}")]
    return joined(parts)


def kind_of(thing: Any) -> int:
    """Return where a public thing stands: functions first, errors last."""
    if not inspect.isclass(thing):
        return 0
    return 2 if issubclass(thing, Exception) else 1


def described(thing: Any, name: str) -> list[str]:
    """Return the signature, if there is one to call, and the docstring of a function, class or property."""
    is_called = inspect.isroutine(thing) or (inspect.isclass(thing) and not issubclass(thing, Exception))
    text = inspect.getdoc(getattr(thing, "fget", None) or thing) or ""
    return [f"```python\n{name}{signature(thing)}\n```" if is_called else "", as_paragraphs(text)]


def signature(function: Any) -> str:
    """Return a signature without `self`, one parameter a line where it is long."""
    found = inspect.signature(function)
    shown: list[str] = []
    for one in found.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not any(text.startswith("*") for text in shown):
            shown.append("*")
        if one.name != "self":
            shown.append(parameter_of(one))
    result = found.return_annotation
    end = ")" if inspect.isclass(function) or result is found.empty else f") -> {annotation_of(result)}"
    line = f"({', '.join(shown)}{end}"
    return line if len(line) < 80 else "(\n" + "".join(f"    {one},\n" for one in shown) + end


def parameter_of(one: inspect.Parameter) -> str:
    """Return a parameter as it is written in code."""
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    hint = "" if one.annotation is one.empty else f": {annotation_of(one.annotation)}"
    return f"{stars}{one.name}{hint}" + ("" if one.default is one.empty else f" = {one.default!r}")


def annotation_of(hint: Any) -> str:
    """Return a type as it is written in code."""
    return hint if isinstance(hint, str) else inspect.formatannotation(hint)


def as_paragraphs(text: str) -> str:
    """Return a docstring as Markdown: examples and the entries of Google-style sections become blocks of code."""
    return "\n\n".join(as_block(paragraph.strip("\n")) for paragraph in text.split("\n\n") if paragraph.strip())


def as_block(paragraph: str) -> str:
    """Return a paragraph as it is, or as a block of code where its lines are indented or in columns."""
    head, _, rest = paragraph.partition("\n")
    if paragraph.startswith("    ") or "   " in paragraph.strip() and not rest.startswith("    "):
        return f"```python\n{inspect.cleandoc(paragraph)}\n```"
    if head.endswith(":") and rest.startswith("    "):
        return f"**{head}**\n\n{entries(inspect.cleandoc(rest))}"
    if rest.startswith("    "):
        return f"{angled(head)}\n\n```python\n{inspect.cleandoc(rest)}\n```"
    return angled(paragraph)


def entries(text: str) -> str:
    """Return the `name: what it is` of a Google-style section as a list."""
    joined_lines = re.sub(r"\n\s+", " ", text).split("\n")
    pairs = [line.partition(": ") for line in joined_lines]
    return "\n".join(f"* `{name}`: {angled(rest)}" if rest else f"* {angled(name)}" for name, _, rest in pairs)


def public_members(kind: Any) -> list[tuple[str, Any]]:
    """Return the documented public methods and properties that a class defines itself, in their order."""
    own = vars(kind).items() if kind is not None else ()
    kinds = (property, classmethod, staticmethod, FunctionType)
    members = [(name, getattr(kind, name)) for name, value in own if name[0] != "_" and isinstance(value, kinds)]
    return [(name, value) for name, value in members if inspect.getdoc(value)]


def subclasses(kind: type[ProbeError]) -> Iterable[type[ProbeError]]:
    """Return every error below one, each before its own."""
    for one in kind.__subclasses__():
        if one.__module__ == ProbeError.__module__:
            yield one
            yield from subclasses(one)


def first_line(thing: Any) -> str:
    """Return the first line of a thing's docstring."""
    return first_line_of(inspect.getdoc(thing) or "")


def first_line_of(text: str) -> str:
    """Return the first line of a text."""
    return text.strip().split("\n", 1)[0]


def listed(kind: str) -> list[dict[str, Any]]:
    """Return what `probe list KIND --json` prints."""
    done = CliRunner().invoke(app, ["list", kind, "--json"], catch_exceptions=False)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def rows_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return dictionaries of the same keys as a table."""
    return table(list(rows[0]), [list(one.values()) for one in rows])


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(cell(one) for one in row) + " |" for row in rows)])


def cell(value: Any) -> str:
    """Return a value as the text of a table's cell."""
    return escaped(" ".join(str(value).split())).replace("|", "\\|")


def as_code(text: str) -> str:
    """Return a text as code, so that Markdown leaves its signs alone."""
    return f"`{text}`"


def escaped(text: str) -> str:
    """Return the text of a cell in which Markdown and HTML find no markup outside of code spans."""
    parts = angled(text).split("`")
    return "`".join(part.replace("*", "\\*") if place % 2 == 0 else part for place, part in enumerate(parts))


def angled(text: str) -> str:
    """Return text in which HTML finds no tags outside of code spans."""
    parts = text.split("`")
    return "`".join(
        part.replace("<", "&lt;").replace(">", "&gt;") if place % 2 == 0 else part for place, part in enumerate(parts)
    )


def joined(parts: Iterable[str]) -> str:
    """Return blocks of Markdown as one page."""
    return "\n\n".join(part for part in parts if part) + "\n"
