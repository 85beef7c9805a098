"""How a command is made: a decorated function in a file of its own.

    @command("Inspect", settings=of_panel("Suite"))
    def count(session: Session, as_json: Json = False) -> None:
        '''Count the items of suites.'''
        print(sum(len(suite.items) for suite in session.suites()))

The decorator gives the function its place in `probe --help`. Where it takes a `session`, each setting that `settings` names
becomes a flag, and the session holds their values: what was typed, else what the project's file says, else the default.
An installed package adds a command by an entry point in the group `probe.commands`.

Covered: registering, flags of settings, help in sections without rich. Not covered: what a command does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import ArgumentInfo

from probe.api.settings import BASIC, OLD_NAMES, PANELS, defaults, flags, types
from probe.cli.bounds import check_numbers, check_words
from probe.cli.output import saying_what_is_kept
from probe.errors import UsageError
from probe.files.docstrings import doc_of
from probe.registry import Registry, installed_names

GROUPS = ("Run", "Inspect", "Gate", "Diagnose", "Cure", "Data", "Trust")
"""The sections of `probe --help`, in order."""
INSTALLED = "Installed"
"""The section of commands that name none."""
ENTRY_POINTS = "probe.commands"
SUITES = typer.Argument(
    help="Names of shipped suites, folders, or KIND:... for other data (see `probe list suites`). "
    "Default: those of the project's file, else all shipped ones.",
    show_default=False,
)

TYPED_RECORD = "typed_record"
CommaList = list[str] | None
"""The type of a flag that takes a list with commas: given several times, its values add up (`joined`)."""
ELSEWHERE = {
    "--tasks": "name the suites: probe run lmeval:TASK lmeval:TASK",
    "--log-samples": "leave it out: a run always keeps what was asked and answered",
    "--use-cache": "leave it out: answers are cached unless --no-cache is given",
    "--gen-kwargs": "set it in the suite: [generation] in suite.toml, or generation_kwargs in a task file",
}
"""Options of lm-eval that are none here, and what to do instead."""

CONVERTING = "Value error, "
"""What the library that reads typed values writes before its own sentence."""

F = TypeVar("F", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its section in the help and the function that typer calls."""

    group: str
    function: Callable[..., None]

    @property
    def summary(self) -> str:
        """Return the first line of the docstring."""
        return doc_of(self.function).partition("\n")[0].rstrip(".")


commands: Registry[Command] = Registry("command")


def command(
    group: str,
    *,
    name: str = "",
    settings: Sequence[str] = (),
    record: type[Any] | None = None,
    shown: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Register a function as a command of a group; `settings` become its flags where it takes a session.

    `record` is a dataclass whose fields become flags too, where they say their help: the function takes what was typed of them as
    `typed_record`, a mapping by name. `shown` says what a setting that is not given is here, where it is not its usual default.
    """

    def register(function: F) -> F:
        function.__doc__ = doc_of(function)  # typer shows it
        takes_session = "session" in inspect.signature(function).parameters
        made = with_flags(function, settings, record, shown or {}) if takes_session else function
        commands.add(name or function.__name__, Command(group, made))
        return made

    return register


def with_default(text: str, default: object) -> str:
    """Return the help of a flag that takes a list, with its default as one types it."""
    return f"{text}  [default: {default}]" if default else text


def joined(typed: Sequence[str] | None) -> str:
    """Return one text with commas of what was typed for a flag that takes a list, however often it was given."""
    return ",".join(typed or ())


def plain_name(name: str) -> str:
    """Return the name of an option or a command as it is declared: `--model_args` is `--model-args`."""
    return name.replace("_", "-")


def from_package(thing: Any, name: str) -> Command:
    """Return the command that an entry point names: a plain typer function."""
    return Command(INSTALLED, thing)


def with_flags(
    function: F,
    settings: Sequence[str],
    record: type[Any] | None = None,
    shown: Mapping[str, str] = MappingProxyType({}),
) -> F:
    """Return a function for typer that has a flag for each setting instead of `session`."""
    hints = get_type_hints(function, localns={"Session": Any}, include_extras=True)
    own = [
        one.replace(annotation=hints[one.name])
        for one in inspect.signature(function).parameters.values()
        if one.name not in ("session", "context", TYPED_RECORD)
    ]
    arguments = [one for one in own if isinstance(_declared(one.annotation), ArgumentInfo)]
    options = [one for one in own if one not in arguments]
    former = [old for old, name in OLD_NAMES.items() if name in settings]
    ordered = sorted(settings, key=lambda name: BASIC.index(name) if name in BASIC else len(BASIC))
    added = [*(_parameter(name, shown.get(name)) for name in ordered), *(_former_parameter(old) for old in former)]
    of_record = [] if record is None else record_parameters(record, without=settings)
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    wants_context = "context" in inspect.signature(function).parameters

    @wraps(function)
    def call(context: typer.Context, **values: Any) -> None:
        from probe.api.session import Session

        given = {name: _value(name, values.pop(name)) for name in (*settings, *former)}
        typed = {name: value for name, value in given.items() if is_typed(context, name)}
        values |= {"context": context} if wants_context else {}
        if of_record:
            given = {one.name: values.pop(one.name) for one in of_record}
            given = {name: joined(value) if isinstance(value, list) else value for name, value in given.items()}
            values[TYPED_RECORD] = {name: value for name, value in given.items() if is_typed(context, name)}
        session = Session(takes=settings, **typed)
        with saying_what_is_kept(session.files, cache=session.settings.cache):
            function(session=session, **values)

    parameters = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (context, *arguments, *added, *options, *of_record)
    ]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    return call  # type: ignore[return-value]


def _declared(annotation: Any) -> object:
    """Return the declaration of an option or argument in an annotation."""
    return (*get_args(annotation), None)[1] if get_origin(annotation) is Annotated else None


def is_typed(context: typer.Context, name: str) -> bool:
    """Return whether a parameter stands on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _parameter(name: str, shown: str | None = None) -> inspect.Parameter:
    """Return the parameter of a setting: the suites as an argument, all else as an option in its section."""
    default = defaults()[name]
    if name == "suites":
        return inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, SUITES]
        )
    known = flags()[name]
    plain = f"{known.name}/--no-{name.replace('_', '-')}" if types()[name] is bool else known.name
    option = typer.Option(
        *filter(None, (plain, known.short)),
        help=with_default(known.help, shown or default) if known.is_list else known.help,
        min=None if name == "seed" else known.low,  # its limits would fill the help; `check_numbers` knows them
        max=None if name == "seed" else known.high,
        show_default=not known.is_list and (shown or (default is not None and default is not False and default != "")),
        rich_help_panel=None if name in BASIC else known.panel,
    )
    if known.is_list:
        annotation: Any = Annotated[CommaList, option]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
    annotation = Annotated[types()[name], option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _value(name: str, value: Any) -> Any:
    """Return the value of a setting from what was typed: one text of a list."""
    return joined(value) if name in flags() and flags()[name].is_list else value


def record_parameters(record: type[Any], *, without: Sequence[str] = ()) -> list[inspect.Parameter]:
    """Return a parameter for each field of a dataclass that says its help, but for those that are settings already.

    A field of several names is typed with commas between them.
    """
    found = []
    hints = get_type_hints(record)
    for one in fields(record):
        if "help" not in one.metadata or one.name in without:
            continue
        kind = hints[one.name]
        is_plain = kind in (bool, int, float) or type(None) in get_args(kind)
        plain = "--" + one.name.replace("_", "-")
        low, high = one.metadata["low"], one.metadata["high"]
        is_list = isinstance(one.default, tuple)
        default = ",".join(one.default) if isinstance(one.default, tuple) else one.default
        option = typer.Option(
            f"{plain}/--no-{one.name.replace('_', '-')}" if kind is bool else plain,
            help=with_default(one.metadata["help"], default) if is_list else one.metadata["help"],
            min=low,
            max=high,
            show_default=not is_list and default is not None and default is not False and default != "",
            rich_help_panel=one.metadata["panel"],
        )
        annotation: Any = Annotated[CommaList if is_list else kind if is_plain else str, option]
        default = None if is_list else default
        found.append(
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )
    return found


def _former_parameter(old: str) -> inspect.Parameter:
    """Return the parameter of a setting under its former name, which help does not show."""
    name = OLD_NAMES[old]
    known = flags()[name]
    option = typer.Option("--" + old.replace("_", "-"), min=known.low, max=known.high, hidden=True)
    annotation: Any = Annotated[types()[name], option]
    return inspect.Parameter(old, inspect.Parameter.KEYWORD_ONLY, default=defaults()[name], annotation=annotation)


class SectionedCommand(TyperCommand):
    """A command whose help lists options in sections; typer's own needs rich for that."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was typed, numbers within limits; an option of lm-eval that is none here is answered with what to do.

        Raises:
            UsageError: it is one, or a number is beyond its limit.
        """
        own = {name for one in self.params for name in one.opts}
        for word in args:
            name = plain_name(word.partition("=")[0])
            if name in ELSEWHERE and name not in own:
                raise UsageError(f"{word}: an option of lm-eval, not of `{ctx.command_path}`", hint=ELSEWHERE[name])
        check_words(args)
        try:
            rest = super().parse_args(ctx, args)
        except typer.BadParameter as problem:
            problem.message = problem.message.removeprefix(CONVERTING)
            raise
        check_numbers(self.params, ctx.params)
        return rest

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, the options of no section, then each section."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], **{name: [] for name in PANELS}}
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is not None:
                if getattr(one, "secondary_opts", None) and one.default is False:
                    record = (record[0].partition(" / ")[0], record[1])  # what is off need not be told how to be off
                kind = "Arguments" if one.param_type_name == "argument" else "Options"
                sections.setdefault(getattr(one, "rich_help_panel", None) or kind, []).append(record)
        _write(sections, formatter)


class SectionedGroup(TyperGroup):
    """All commands in sections, with those of installed packages, which are imported when they are used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return list(dict.fromkeys([*super().list_commands(ctx), *installed_names(ENTRY_POINTS)]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by name, None if there is none.

        Raises:
            UsageError: a package offers it, and cannot be imported.
        """
        if cmd_name not in self.commands and cmd_name in installed_names(ENTRY_POINTS):
            commands.load_entry_points(ENTRY_POINTS, from_package, only=cmd_name)
            self.commands[cmd_name] = built(cmd_name, commands.get(cmd_name))
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each section; in it the command of its name first, the others in order of the alphabet."""
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in GROUPS}
        for name in sorted(self.list_commands(ctx), key=lambda one: (one.title() not in GROUPS, one)):
            try:
                found = self.get_command(ctx, name)
            except UsageError as error:
                sections.setdefault(INSTALLED, []).append((name, f"{error}"))
                continue
            sections.setdefault(found.rich_help_panel, []).append((name, found.short_help))
        _write(sections, formatter)


def built(name: str, one: Command) -> Any:
    """Return a command as typer runs it."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    settings = {"help_option_names": ["-h", "--help"]}
    register = app.command(
        name, cls=SectionedCommand, rich_help_panel=one.group, short_help=one.summary, context_settings=settings
    )
    register(one.function)
    return typer.main.get_command(app)


def _write(sections: dict[str, list[tuple[str, str]]], formatter: Any) -> None:
    for name, records in sections.items():
        if records:
            with formatter.section(name):
                formatter.write_dl(records)
