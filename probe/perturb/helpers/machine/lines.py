r"""Whether a line is of machine text, by itself or beside lines that are.

    STRONG   total = 0        def f(x):        {"a": 1}        2026-11-28 10:00:01 INFO started        $ ls -l
    WEAK     # a comment      return x         else:           "b",          and nothing else tells
    PROSE    Add up all prices.                Name: Ann       - two eggs    # A heading

Covered: programs in the common languages, shells, logs, traces, settings, patches, requests; English prose beside them.
Not covered: what only its neighbours tell, such as tables and YAML (`probe.perturb.helpers.machine.blocks`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from probe.perturb.words import word_set

PROSE, WEAK, STRONG = 0, 1, 2

BULLET = re.compile(r"[ \t]*(?:[-*+\u2022]|\d+[.)]|[a-z][.)])[ \t]+\S")
"""How a line of a list begins."""

_STRING = re.compile(r""""(?:[^"\\\n]|\\.)*"|(?<!\w)'(?:[^'\\\n]|\\.)*'(?!\w)|`[^`\n]*`""")
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|(?://|--)\s).*$|/\*.*?\*/")
_RUN = re.compile(r"[A-Za-z][a-z']*(?:,? [A-Za-z][a-z']*){2,}")
_LONG_RUN = 5
"""So many words in a row, none of them a keyword, are prose whichever they are."""

_NAME = r"[A-Za-z_$@][\w$]*"
_PATH = rf"{_NAME}(?:(?:\.|::|->|\?\.){_NAME}|\[[^\[\]\n]*\])*"
_ASSIGNED = r"(?:[-+*/%&|^@]|<<|>>|\*\*|//|:|\?\?|\|\|)?=(?![=~>])"

_SUSPECT = re.compile(
    r"[^\w\s.,:;!?'\"\u2018-\u201d\u2013\u2014()-]|\w\(|\(\)|[;:{]\s*$|^[\t ]|\w\.\w|^--|\d:\d|[A-Z]{3}|_|^[(;)]|\($|^[a-z]+\b"
    r"|(?:Error|Exception|Warning|Interrupt)\b|^Traceback|^Caused by|^Segmentation fault"
)
"""What a line of machine text has in it; most prose is told by having none."""

_STRONG = (
    # Python and its kin
    r"(?:async )?def \w+\s*[(\[]",
    r"class (?:[A-Z_]\w*|\w+(?=\s*\())\s*(?:\(.*\)|\[.*\])?\s*:\s*(?:#.*)?$",
    r"(?:from \.*[\w.]* import [\w*(].*|import [\w.]+(?: as \w+)?(?:\s*,\s*[\w.]+(?: as \w+)?)*\s*;?\s*(?:#.*)?)$",
    r"@\w[\w.]*(?:\(.*\)?)?\s*$",
    r"(?:if|elif|while|with|for|match|except|async (?:for|with))\b.*[=<>()\[\]_\"'+*/%].*:\s*(?:#.*)?$",
    r"(?:try|else|finally|except\b[^:]*)\s*:\s*(?:#.*)?$",
    r"(?:lambda\b.*:|yield |raise [A-Z]\w*|assert .*(?:[=<>]=|[<>]| in | is |\()|nonlocal |global \w+\s*$"
    r"|del \w+[\[.])",
    r">>> ?|In ?\[\d+\]:|Out ?\[\d+\]:",
    r"\"\"\"|'''",
    # calls and assignments
    rf"(?:await |new |yield |throw |return )?{_PATH}!?(?:<[^<>\n]*>)?\(.*\)\s*(?:[;{{:]|=>|\.\w+\(.*)?\s*(?:(?:#"
    r"|//|--).*)?$",
    rf"(?:await |new |return )?{_PATH}\((?:[^()\n]*[,(\[{{])?\s*$",
    rf"{_PATH}(?:\s*:\s*[\w\[\]., |*]+)?(?:\s*,\s*{_PATH})*\s*{_ASSIGNED}\s*\S",
    rf"(?:{_NAME}[\w<>\[\]*&:]*\s+){{1,4}}[*&]*{_PATH}\s*{_ASSIGNED}\s*\S",
    r"\"[^\"\n]+\"\s*=\s*\S",
    rf"(?:\+\+|--){_PATH};|{_PATH}(?:\+\+|--);?\s*$",
    # braces and semicolons
    r"(?:if|elif|while|return|assert|not|and|or|yield)\s*\(\s*$",
    r".*\{\s*(?://.*|#.*|\|.*)?$",
    r"[\]})]+[;,)]*(?:\s*(?:else|catch|finally|while)\b.*)?\s*$",
    r"(?!\(?\w{1,3}[.)]\s)(?=.*(?:[=\[+<>{]|\w\(|\w\.\w|->|::)|(?:break|continue|return|pass|exit|int|char|float"
    r"|double|bool|long)\b)"
    r".*[)\]}\"'\w]\s*;\s*(?://.*|#.*)?$",
    r"//|/\*|\*/|#!|<!--|-->|--\[\[|\{#|\{%|\{\{",
    r".*(?:=>|->)\s*[{(]?\s*$",
    # other languages
    r"#\s*(?:include\s*[<\"]|define \w|if(?:n?def)? |endif|pragma |undef |region)",
    r"(?:export |default |async )*function\b\s*\*?\s*\w*\s*\(",
    r"(?:public|private|protected|internal|static|abstract|final)\s+(?:class|static|void|interface|enum|async"
    r"|final|override|[A-Z]\w*\s+\w+)",
    r"(?:pub )?(?:fn|impl|mod|struct|enum|trait) \w+.*[{(;<]|func (?:\(|\w+\()|package [\w.]+;?$|using [\w.]+;"
    r"|namespace [\w.:]+",
    r"(?:const|let|var|my|local) \$?\w+.*=|console\.|System\.|std::|fmt\.|echo [\"'$]|puts |printf",
    r"\w+ ::\s|(?:data|type|newtype|instance) [A-Z]\w* .*(?:=|where)|module [A-Z][\w.]* ",
    r"<\?(?:php|xml)|<!DOCTYPE|<!\[CDATA|\?>",
    r"\\[A-Za-z]+",
    r"\.(?:\w+\s*\{|[a-z]\w*\(.*)|[.#][\w-]+(?:[ ,>:][^.!?]*)?\{",
    r"(?:if|while|until|for)\b.*(?:;\s*(?:then|do)|\bthen|\bdo)\s*$|(?:elif|if) \[|case .* in$|esac$|\w+\)\s.*;;$",
    # shells
    r"(?:\$|PS [A-Z]:\\.*>|[\w-]+@[\w.-]+:[^$#\n]*[$#]|[A-Z]:\\[^>\n]*>)\s+[A-Za-z./~_]",
    r"(?:sudo|npx) \w|.* (?:&&|\|\||2>&1|>>|\| (?:grep|xargs|head|tail|sort|uniq|wc|jq|awk|sed|tee|less)\b)",
    r"(?:[\d*/,-]+\s+){5}\S*[/.]\S",
    # traces, logs, requests, patches, settings
    r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|at [\w$.<>]+ ?\(.*:\d+.*\)|at [\w.$]+\("
    r"|Caused by: |Exception in thread",
    r"(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Warning|Interrupt)\b(?::\s|$)|panic: |goroutine \d+"
    r"|thread '.*' panicked|Segmentation fault",
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d",
    r"[VDIWEF]/[\w.$-]+ ?(?:\( *\d+\))?: |[IWEF]\d{4} \d\d:\d\d:\d\d|(?:\S+ )?(?:\w+\.)+[A-Z]\w*(?:Exception|Error)\b",
    r"\[?\d{4}-\d\d-\d\d[T ,]*(?:\d\d:\d\d\S*)?\]?\s+\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL"
    r"|CRITICAL)\b",
    r"(?:\S+ )?\[(?:\w+/)?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\]|(?:TRACE|DEBUG|INFO"
    r"|WARN|WARNING|ERROR|FATAL|CRITICAL)[: ]\s*[\w.-]+(?:\.\w+|:\d|=|\[)",
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d+ \d\d:\d\d:\d\d \S+ ",
    r"\d{1,3}(?:\.\d{1,3}){3} \S+ \S+ \[",
    r"(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) /\S*(?: HTTP/[\d.]+)?\s*$|HTTP/[\d.]+ \d{3}",
    r"(?:Content-[A-Z]\w+|User-Agent|Accept(?:-\w+)?|Cache-Control|Set-Cookie|Authorization|Host|X-[\w-]+"
    r"|Access-Control-[\w-]+): \S",
    r"(?:FROM [\w./-]+(?::[\w.-]+)?(?: AS \w+)?\s*$|RUN [a-z]|COPY \S+ \S+|WORKDIR /|EXPOSE \d|ENTRYPOINT \["
    r"|CMD \[|ENV \w+[ =]\S)",
    r"import\s+[\"'({]|import \w+.* from [\"']|\((?:define|defun|let\*?|lambda|setq|cond|print|defn|ns|[-+*/<>=]+) ",
    r".*:-|[a-z]\w*\([^()]*\)\.\s*$",
    r"diff --git |index [0-9a-f]+\.\.|@@ .* @@|\+\+\+ \S|--- [\w.-]*/[\w./-]+|Index: \S+$",
    r"\[\[?[\w.:\"' /-]+\]?\]\s*$",
    r"(?:export |set |setx )?[A-Z][A-Z0-9_]*=\S*",
    r"\"[^\"\n]+\"\s*:\s*(?:[\[{\"\d-]|true|false|null)",
    r"[a-z-]+\s*:\s*[^;:\n]+;\s*(?:/\*.*)?$",
)
_STRONG_LINE = re.compile(r"\s*(?:>\s?)?(?:" + "|".join(_STRONG) + ")")
_SURE = re.compile(
    r"\s*(?:from \.*[\w.]* import |\"\"\"|'''|//|/\*|\*/|#!|>>>|<!--|\$ |Traceback |File \"|at [\w$.<>]+ ?\("
    r"|(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b:"
    r"|Caused by: |Exception in |panic: |\[?\d{4}[-/]\d\d|\[\w|[VDIWEF]/|(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL"
    r"|CRITICAL)|Jan|Feb|Mar|Apr|May|Jun"
    r"|Jul|Aug|Sep|Oct|Nov|Dec|\d{1,3}\.\d|X-|User-Agent|@@|diff |\"[^\"\n]+\"\s*[:=]|[A-Z][A-Z0-9_]*=|\{[{%#])"
)
"""Beginnings of lines that hold sentences all the same: comments, logs, messages, values."""

_WEAK_LINE = re.compile(
    r"\s*(?:#.*|--\s.*|%\s.*|;.*|(?:return|pass|break|continue|else|end|fi|done|then|do|begin|try|finally|throw"
    r"|yield|raise|class \w+(?=:))\b.*"
    r"|[\"'].*[\"'],?|[\]})].*|.*[\[({,\\]|.*[=<>+*/%|&^_\[\]{}$].*|.*\w\(.*|-.*|[a-z_][\w.]*;?|\w+:|.*;"
    r"|[A-Z]\w*\.\w.*|\w+\s*->.*"
    r"|(?:[+-]|\d+[.:]?)(?:\s.*)?)\s*$"
)
_SENTENCE = re.compile(r"\s*(?:[-*\u2022]\s+|\d+[.)]\s+)?[\"'(]?[A-Z][^\n]*[a-z)\"'0-9][.?!][\"')]?\s*$")
_TWO_SENTENCES = re.compile(r"[\w)\]\"'][.?!][\"')]? +[A-Z][a-z]*[ ,?.!]")
_ARGUMENT = re.compile(
    r"(?:^|\s)(?:-{1,2}[A-Za-z]|\.{0,2}/[\w.]|~/|[\w.-]+/[\w.-]|[\w-]+\.[a-z]\w{0,4}\b|[|>&$*=]|https?:)"
)
_COMMAND_LINE = re.compile(r"\s*([a-z][\w-]*)((?: \S.*)?)$")


@lru_cache(maxsize=8192)
def kind_of(line: str) -> int:
    """Return whether a line is machine text: STRONG by itself, WEAK beside such lines, or PROSE."""
    if len(line) > MAX_LINE or not line.strip() or _SUSPECT.search(line) is None:
        return PROSE
    if _STRONG_LINE.match(line) and (_SURE.match(line) or not is_prose(line)):
        return STRONG
    if _is_command(line):
        return STRONG
    return WEAK if _WEAK_LINE.match(line) and not is_prose(line) or _is_comment(line) else PROSE


MAX_LINE = 2000
"""Longer lines are looked at for what stands within them alone."""


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("# ", "-- ", "; ", "* "))


def is_sentence(line: str) -> bool:
    """Return whether a line reads as a whole sentence: with a capital first and a mark last."""
    return _SENTENCE.match(line) is not None


def without_comment(line: str) -> str:
    """Return a line of a program without its comment and what stands in its strings."""
    return _COMMENT.sub("", _STRING.sub('""', line)).rstrip()


@lru_cache(maxsize=8192)
def is_prose(line: str) -> bool:
    """Return whether words stand together in a line as in a sentence, outside of strings and comments."""
    bare = without_comment(line)
    if _TWO_SENTENCES.search(bare) or (_SENTENCE.match(line) and _RUN.search(line) and "=" not in line):
        return True
    function_words, keywords = word_set("machine", "function_words"), word_set("machine", "keywords")
    for run in _RUN.findall(bare):
        words = run.replace(",", "").lower().split()
        plain = [word for word in words if word not in keywords and len(word) > 1]
        if len(plain) >= _LONG_RUN or (len(plain) >= 2 and any(word in function_words for word in words)):
            return True
    return False


def _is_command(line: str) -> bool:
    """Return whether a line calls a program by its name, with a flag, a path or a known word after it."""
    match = _COMMAND_LINE.match(line)
    if match is None:
        return False
    name, rest = match[1], match[2]
    is_known = name in word_set("machine", "commands")
    if not is_known and name not in (
        "make",
        "find",
        "cat",
        "head",
        "sort",
        "touch",
        "source",
        "go",
        "service",
        "which",
        "time",
    ):
        return False
    if not rest.strip():
        return False
    if is_prose(line) and not _ARGUMENT.search(rest):
        return False
    if _ARGUMENT.search(rest) and not _SENTENCE.match(line.capitalize()):
        return True
    return is_known and rest.split(maxsplit=1)[0] in word_set("machine", "subcommands")
