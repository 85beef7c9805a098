"""jinja2's immutable sandbox with limits of time and size: a template of a stranger ends, and its text fits into memory.

Templates of task files (`probe.sources`) and chat templates of models (`probe.models`) are rendered in it.

    {% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}      TooSlow after two seconds
    {{ "a" * 10**10 }}   {{ "a"|center(10**10) }}   {{ "%99999999999d" % 1 }}           a SecurityError at once

Covered: loops, calls, operators, filters and methods that make a text or list longer, what is written.
Not covered: many texts of the greatest length at once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, wraps
from typing import Any

from jinja2 import Template, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from probe.errors import UsageError
from probe.files.limits import MAX_TEXT

SECONDS = 2.0
"""Of one prompt."""
MAX_BITS = 4 * MAX_TEXT
"""Of a whole number."""
GROWING = (
    "center",
    "ljust",
    "rjust",
    "zfill",
    "expandtabs",
    "indent",
    "wordwrap",
    "batch",
    "slice",
    "truncate",
    "round",
    "tojson",
)
"""Methods and filters that make as much as a number says."""
WIDE = re.compile(r"\d{6,}")


class TooSlow(UsageError):
    """A template, or a regular expression, of a stranger takes too long."""


class LimitedTemplate(Template):
    """A template that ends in time."""

    def render(self, *args: Any, **named: Any) -> str:
        """Return the text.

        Raises:
            TooSlow: it takes longer than two seconds.
            SecurityError: it is refused by the sandbox, or becomes too long.
        """
        self.environment.ends = time.monotonic() + SECONDS  # type: ignore[attr-defined]
        return super().render(*args, **named)


class LimitedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox with limits."""

    template_class = LimitedTemplate
    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ends = float("inf")
        self.globals.pop("lipsum", None)
        self.concat = self._concat  # type: ignore[method-assign]
        self._compiled = lru_cache(maxsize=256)(super().from_string)

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Template:
        """Return the template of a text, compiled once: a task's are rendered for every document and answer."""
        if globals is None and template_class is None and isinstance(source, str):
            return self._compiled(source)
        return super().from_string(source, globals, template_class)

    def limit_filters(self) -> None:
        """Limit the filters that there are."""
        self.filters |= {name: self._limited_filter(name, one) for name, one in self.filters.items()}
        self.filters |= {"_each": self._each, "_joined": self._joined}

    def _parse(self, source: str, name: Any, filename: Any) -> nodes.Template:
        tree = _Limits().visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree  # type: ignore[no-any-return]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Return the result of an operator whose result is not too large."""
        self._tick()
        sizes = _size(left), _size(right)
        if operator == "*" and isinstance(left, int) != isinstance(right, int):
            number, other = (left, right) if isinstance(left, int) else (right, left)
            _check(max(number, 0) * _size(other))
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            _check(left.bit_length() * max(right, 1), MAX_BITS)
        elif operator == "*" and isinstance(left, int) and isinstance(right, int):
            _check(left.bit_length() + right.bit_length(), MAX_BITS)
        elif operator == "%" and isinstance(left, str):
            self._check_format("", left, right if isinstance(right, tuple) else (right,))
        elif operator == "+":
            _check(sum(sizes))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **named: Any) -> Any:
        """Call an object, and refuse what would become too long."""
        __self._tick()
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str):
            __self._check_growth(getattr(__obj, "__name__", ""), owner, (*args, *named.values()))
        result = super().call(__context, __obj, *args, **named)
        _check(_size(result))
        return result

    def _limited_filter(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        passed = getattr(function, "jinja_pass_arg", None) is not None

        @wraps(function)
        def limited(*args: Any, **named: Any) -> Any:
            self._tick()
            value, *rest = args[1:] if passed else args
            if isinstance(value, Iterator) and name in ("join", "list"):
                value = list(self._each(value))
                args = (*args[: 1 if passed else 0], value, *rest)
            self._check_growth(name, value, (*rest, *named.values()))
            result = function(*args, **named)
            _check(_size(result))
            return result

        return limited

    def _check_growth(self, name: str, value: Any, args: tuple[Any, ...]) -> None:
        """Refuse a filter or method whose result would be too long, before it is made."""
        if name in GROWING:
            _check(max([abs(one) for one in args if isinstance(one, int)], default=0))
        if name in ("format", "format_map", "indent", "xmlattr"):
            self._check_format(name, str(value), args)
        if name == "replace" and len(args) > 1:
            _check(str(value).count(str(args[0])) * len(str(args[1])))
        if name == "join":
            # of a text, `value` joins; of a list, it is joined
            parts, glue = (
                (args[0] if args else (), value) if isinstance(value, str) else (value, args[0] if args else "")
            )
            if isinstance(parts, list | tuple | str):
                _check(len(parts) * len(str(glue)) + sum(_size(one) for one in parts))

    def _check_format(self, name: str, text: str, args: tuple[Any, ...]) -> None:
        if (
            WIDE.search(text)
            or ("*" in text or "{" in text)
            and any(isinstance(a, int) and abs(a) > MAX_TEXT for a in args)
        ):
            raise SecurityError(f"a width in {text[:40]!r} is too large")
        fields = text.count("{") + text.count("%") + (text.count("\n") if name == "indent" else 0)
        _check(len(text) + fields * sum(_size(one) for one in args))

    def _each(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            self._tick()
            yield value

    def _joined(self, values: Iterable[Any]) -> str:
        return self._concat(map(str, values))

    def _concat(self, parts: Iterable[str]) -> str:
        """Return parts of a text as one, if it is not too long."""
        kept, size = [], 0
        for part in parts:
            self._tick()
            size += len(part)
            _check(size)
            kept.append(part)
        return "".join(kept)

    def _tick(self) -> None:
        if time.monotonic() > self.ends:
            raise TooSlow(f"a template takes more than {SECONDS:g} s for one prompt")


class ChatEnvironment(LimitedEnvironment):
    """The sandbox as transformers makes it for a chat template, with limits: it sets filters, then takes the text."""

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Template:
        """Return the template of a text."""
        self.limit_filters()
        return super().from_string(source, globals, template_class)


class _Limits(NodeTransformer):
    """Lead loops and `~` of a template through the environment's limits."""

    def visit_For(self, node: nodes.For, *args: Any, **named: Any) -> nodes.For:
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "_each", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat, *args: Any, **named: Any) -> nodes.Filter:
        self.generic_visit(node)
        values = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(values, "_joined", [], [], None, None, lineno=node.lineno)


def _size(value: Any) -> int:
    """Return the length of a text or a list; of a number that of its digits, roughly."""
    if isinstance(value, str | list | tuple | dict | set | bytes):
        return len(value)
    return value.bit_length() // 3 if isinstance(value, int) else 1


def _check(size: int, most: int = MAX_TEXT) -> None:
    if size > most:
        raise SecurityError(f"it makes a text or a list longer than {most:,}")
