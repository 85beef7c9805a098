r"""Stretches of machine text within a line: code, mathematics, tags, addresses, names of programs, placeholders.

    Run `ls -l` in ~/data.      `ls -l`  ~/data           It costs $5 and $6, not $x$.    $x$ (amounts are none)
    Is f(x) + 1 = 3!            f(x) + 1 = 3!             Ask [NAME] at home.test/a.      [NAME]  home.test/a

Covered: code between equal runs of backticks; LaTeX; tags, and elements that hold data; JSON and other brackets with quotes or
keys in them; calls; tokens with marks that words have not; commands of a shell; statements of SQL; rows of True and False.
Not covered: sums and formulas, which `probe.perturb.helpers.machine.expressions` finds; names of several humps (YouTube), which
look like names of people and are left alone as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from probe.perturb.helpers.machine.brackets import partners
from probe.perturb.helpers.machine.lines import is_prose
from probe.perturb.words import word_list, word_set

SUSPECT = re.compile(
    r"[`~$\\{}\[\]<>=+*/|_@#^%&\u00d7\u00f7\u2248\u2260\u2264\u2265\u221a\u2211\u222b\u2192]|[a-z][A-Z]|\w\("
    r"|(?<![\w-])-{1,2}\w"
    r"|\w\.\w|\d *[!-]|[a-z]:\d|\(-?\d[\d.]*,|[0-9A-F]{2}:[0-9A-F]{2}:|[:;=][-']?[)(DPp/|]|\b(?:True|False"
    r"|SELECT|INSERT|UPDATE|DELETE|CREATE)\b|\w!|\w\)!"
    r"|(?i:\b(?:select|insert|update|delete|create)\b)|\b(?:git|npm|pip3?|docker|kubectl|apt(?:-get)?|cargo|yarn"
    r"|conda|systemctl|terraform|poetry|brew) [a-z]"
)
"""What any of these has in it; most texts have none, and a look for it costs a tenth of looking for them all."""

_LONGEST = 4000
"""Characters over which a bracket or a formula may reach."""

_BACKTICKS = re.compile(r"(?<!\\)`+")
_MATH = (
    re.compile(r"\$\$.{1,4000}?\$\$", re.DOTALL),
    re.compile(r"\\\[(?:(?!\\[\[\]]).){1,4000}\\\]", re.DOTALL),
    re.compile(r"\\\((?:(?!\\[()]).){1,4000}\\\)", re.DOTALL),
    re.compile(r"\\begin\{([\w*]{1,40})\}.{0,4000}?\\end\{\1\}", re.DOTALL),
)
_DOLLARS = re.compile(r"(?<![\\$\w])\$(?=[^\s$])(?:[^$\\\n]|\\.|\n(?![ \t]*\n)){0,400}?(?<=[^\s$\\])\$(?![\w$])")
_BRACED = r"\{(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]*\})*\})*\}"
_COMMAND = re.compile(rf"\\[A-Za-z]+\*?(?:\[[^\]\n]*\]|{_BRACED}|[_^](?:\w|{_BRACED}))*")

_TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)(?P<rest>(?:\s[^<>]*)?)(?P<empty>/?)>")
_MARKUP = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[!?][A-Za-z][^<>]*>|<\|[^|<>\n]{1,40}\|>", re.DOTALL)
_SHORT_LEAF, _SHORT_PIECE = 3, 12
"""Words up to which the text of an element with attributes is a value, and of each element in a nested document."""

_PLACEHOLDER = re.compile(
    r"\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|\$\{[^{}\n]{1,80}\}|%\([A-Za-z_]\w*\)[#0 +-]*[\d.]*[a-zA-Z]"
    r"|(?<![\w%])%[-+ #0]?\d*(?:\.\d+)?[sdifgrxX](?!\w)"
    r"|%[A-Z][A-Z0-9_]*%|(?<![\w$])\$[A-Za-z_]\w*|\[{1,2}[A-Z][A-Z0-9 _/'-]*\]{1,2}(?!\()|\[(?:INST|/INST)\]"
    r"|__[A-Za-z0-9_]+__"
    r"|&(?:[a-z]+|#\d+);|<[A-Za-z][\w -]*>|\[\^?(?:\w-\w|\\[a-z])[^\]\s]*\][+*?]?(?:\{[\d,]+\})?"
    r"|\(-?\d[\d.]*(?:, ?-?\d[\d.]*)+\)"
)
_LINK = re.compile(r"!?\[(?=[^\[\]\n]{0,300}\]\([^()\s]{1,300}\))|(?<=[^\s\[])\]\([^()\s]{1,300}(?:\s\"[^\"\n]*\")?\)")

_TOKEN = re.compile(r"\S+")
_TRIM_LEFT, _TRIM_RIGHT = "([{\"'\u201c\u2018<*", ".,;:!?)]}\"'\u201d\u2019>*"
_TECHNICAL = re.compile(
    r".*(?:://|\\|\w_\w|[=<>]=|!=|=>|->|::|&&|\|\||:=|\w\+\w|\+\+|\w=\S|\w\{|\w\[|\]\[|\$\w*[a-zA-Z]|\^[\w({]"
    r"|\.\*|\*\.|#[A-Za-z0-9]|\(\?|\|\w.*\|)"
    r"|[\w.+-]+@\w|_\w|\w+_$|(?:/|\./|\.\./|~/)[\w.]|~$|(?=.*[A-Za-z])(?=.*(?:[._-]"
    r"|[a-z]\d))(?:[\w.-]+/){2,}[\w.-]*$|--?[A-Za-z][\w-]*=|--[a-z]|-[A-Za-z]{1,2}$|\+[A-Za-z]$"
    r"|@[\w]|#\w|0x[0-9A-Fa-f]+$|[0-9a-f]{8}-[0-9a-f]{4}-|v?\d+\.\d+\.\d|\d{4}-\d\d-\d\d"
    r"|[a-z]+\d*(?:[A-Z][a-z0-9]+)+[A-Z]*$"
    r"|[A-Z][A-Za-z0-9]*\d*[+\u2212]$|[A-Z]+(?:_[A-Z0-9]+)+$|\.[a-z]\w+$|\w+/\w+\.\w+$|[\w-]+:\d{2,5}(?:/\S*)?$"
    r"|(?:feature|feat|bugfix|hotfix|fix|release|origin|refs)/\w+-\w[\w-]*$|=\w+\(|(?:[0-9A-Fa-f]{2}:){3}|::\w|\w+\?\.\w"
)
_DOTTED = re.compile(r"(?:[\w-]+\.)+([A-Za-z]\w*)(?:[:/?#]\S*)?$")
_ABBREVIATION = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{0,2}$|\d")
_EMOTICON = re.compile(
    r"(?<![\w)])(?:[:;=8xX]['\u2019]?-?[)(DPpOo/\\|\]\[*3]|<3|\^_\^|\u00af\\_\(\u30c4\)_/\u00af)(?![\w])"
)
_CALL = re.compile(r"(?<![\w$])(?:new |await )?[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)*(?=[(\[])")
_PLURAL = re.compile(r"\((?:s|es|ies|d|ed|r|n|en|er|a|e|ren|al|ly|ing|able|wo)\)|\[(?:s|es|ed|d|ing)\]")
_STATEMENT = re.compile(
    r"\b(?:def \w+\([^()\n]{0,200}\)[^:\n]{0,40}:|lambda\b[^:\n.?!]{0,60}:(?=\s?\S)|(?:for|while|if|elif"
    r"|with) [^.?!:\n]{1,80}: ?(?=[\w.]+(?:\(| ?[-+*/]?= )|return\b|pass\b|break\b|continue\b|print\b|raise\b)"
    r"|(?:else|try|finally): ?(?=[\w.]+(?:\(| ?[-+*/]?= )|return\b|pass\b|raise\b)|return (?=[\w.]+[(\[]"
    r"|[\w.]+ ?[-+*/%<>=]|not |True|False|None)"
    r"|assert (?=[\w.]+[(\[ ]\S)|raise [A-Z]\w+\(|import [a-z_][\w.]*;|from [a-z_][\w.]* import \w+)"
)
_FIXED = re.compile(
    r"(?:\b(?:error|warning)(?:\[\w+\]| [A-Z]{1,3}\d+):|\b[A-Z]\w+(?:Error|Exception):) [^\n.;!?\"'`]{0,80}"
    r"(?:`[^`\n]+`|'[^'\n]+'|\"[^\"\n]+\")"
    r"|\b[a-z]+(?:-[a-z]+)*: (?:(?:#[0-9A-Fa-f]{3,8}|\d[\d.]*(?:px|r?em|%|v[hw]|pt)|0|auto|none|solid) ?)+;"
    r"|\"[\w.$-]{1,40}\": ?(?:\"[^\"\n]{0,200}\"|-?\d[\d.]*|true|false|null)"
    r"|\b(?:(?:guard|if|while) let|let mut|val|var|const) (?=[a-z]\w*(?:: ?\w+)? ?= ?\S)|\belse \{(?: [^{}\n]* )?\}"
    r"|\b(?:Authorization: )?(?:Bearer|Basic) (?=\S*\d)[\w.+/=-]{8,}\b"
    r"|\b(?:feat|fix|docs|chore|refactor|perf|build|ci|test|style)\([\w-]{3,}\)!?: [^\n.,;\"]{1,80}\b(?: \(#\d+\))?"
)
"""What a program says went wrong, up to the name that it quotes; a rule of CSS, a pair of JSON, a binding, a token, a commit."""
_TRUTH = re.compile(
    r"(?:\(\s*)*(?:not\s+(?:\(\s*)*)*(?:True|False)\b(?:\s*\))*(?:\s+(?:and|or|xor|=="
    r"|!=)\s+(?:\(\s*)*(?:not\s+(?:\(\s*)*)*(?:True|False)\b(?:\s*\))*)*"
)
_UNIT = re.compile(
    r"(?<=\d )(?:[nmk\u00b5u]?mol|kcal|mmHg|mEq|kWh|mAh|dpi|rpm|bpm|mcg|[kMGT]i?B|[kMG]bps|[kMG]Hz|[hkMG]Pa)\b"
)

_SQL = re.compile(
    r"\b(?:SELECT\b(?=[^;]{1,2000}?(?:\bFROM\b|;))|SELECT (?=[\d('\"*@])|INSERT (?:OR \w+ )?INTO\b"
    r"|UPDATE\b(?=[^;.]{1,300}?\bSET\b)|DELETE FROM\b"
    r"|(?:CREATE|ALTER|DROP|TRUNCATE) (?:(?:TEMP|TEMPORARY|UNIQUE|OR REPLACE|MATERIALIZED) )*(?:TABLE|VIEW|INDEX"
    r"|DATABASE|SCHEMA|TRIGGER|FUNCTION)\b"
    r"|WITH (?:RECURSIVE )?\w+(?: ?\([^()]*\))? AS \(|EXPLAIN SELECT|PRAGMA \w+|GRANT \w+ ON|BEGIN TRANSACTION)"
    r"|\bselect\b(?=\s+(?:distinct\s+)?(?:\*|[\w.]+\("
    r"|[\w.`\"]+(?:\s*,\s*[\w.`\"*]+)*)(?:\s+as\s+\w+)?[\w\s.,()*`\"]{0,200}?\s+from\s+[\w.`\"]+\s*(?:;|$|\n"
    r"|[\w ]{0,30}\b(?:where|join|group by|order by|limit)\b))"
    r"|\b(?:insert into \w+ ?(?:\(|values)|update \w+ set \w+ ?=|delete from \w+(?: where\b|;)|(?:create|drop"
    r"|alter) table (?:if (?:not )?exists )?\w+ ?[(;]|create (?:table|view|index) \w+ (?:\(|as |on ))",
    re.MULTILINE,
)
_SQL_END = re.compile(
    r";|\n[ \t]*\n|[.?!](?=[\"')]?(?:[ \t]+[A-Z]|[ \t]*(?:\n|\Z)))(?<![=(,<>] [?])(?<![=(,<>][?])"
    r"|(?<=\S)\n(?=[A-Z][a-z]+ )|```|`"
)


def inline_spans(text: str) -> Iterator[tuple[int, int]]:
    """Return where stretches of machine text lie, in any order; some overlap."""
    if "`" in text:
        yield from _code(text)
    if "$" in text:
        yield from (match.span() for match in _DOLLARS.finditer(text))
    if "$$" in text or "\\" in text:
        yield from (match.span() for pattern in _MATH for match in pattern.finditer(text))
        yield from (match.span() for match in _COMMAND.finditer(text))
    if "<" in text:
        yield from _elements(text)
    if "[" in text:
        yield from (match.span() for match in _LINK.finditer(text))
    yield from (match.span() for match in _PLACEHOLDER.finditer(text))
    yield from (match.span() for match in _EMOTICON.finditer(text))
    yield from (match.span() for match in _UNIT.finditer(text))
    yield from _tokens(text)
    yield from (match.span() for match in _commands().finditer(text))
    yield from _bracketed(text)
    if _SQL_SUSPECT.search(text):
        yield from _sql(text)
    if "True" in text or "False" in text:
        yield from _truths(text)
    yield from (match.span() for pattern in (_STATEMENT, _FIXED) for match in pattern.finditer(text))


_SQL_SUSPECT = re.compile(
    r"select|insert|update|delete|create|drop|alter|with|pragma|explain|grant|begin", re.IGNORECASE
)


@cache
def _commands() -> re.Pattern[str]:
    """Return the pattern of a command of the shell within a sentence: its name with a flag, or with a word that only it takes."""
    names = "|".join(map(re.escape, word_list("machine", "commands")))
    no_names = "|".join([*word_list("machine", "function_words"), *word_list("machine", "keywords")])
    tools = "|".join(map(re.escape, word_list("machine", "tools")))
    words = "|".join(word_list("machine", "subcommands"))
    file = (
        r"[\w.~-]*/[\w./-]*\w/?|[\w.~-]+/|[\w-]+\.[a-z]\w*|\*\.\w[\w.-]*"
        r"|(?:\w[\w.-]*@)?\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?"
    )
    # "node and/or ruby" is no command
    place = (
        r"[\w.~-]*/[\w/-]+\.[a-z]\w*|(?:\.{1,2}|~)?/[\w./-]+\w|[\w-]+\.[a-z]\w*|(?:\w[\w.-]*@)?\d{1,3}(?:\.\d{1,3}){3}"
    )
    value = rf"-{{1,2}}[A-Za-z][\w-]*(?:=\S+)?|'[^'\n]*'|\"[^\"\n]*\"|{file}|\d+(?![\w.,-])"
    next_one = (
        rf"(?: (?:&&|\|\|?) (?:sudo )?(?:{names}|make)(?: (?:{value}|{words}|all|check))*"
        rf"| \d?>{{1,2}} ?(?:{file})(?: 2>&1)?)"
    )
    return re.compile(
        rf"(?<![\w./-])(?:(?:sudo )?(?:{names}|make|\.{{1,2}}/[\w./-]+\w)(?: (?:{value}|{words}|all|check))*{next_one}+"
        rf"|(?:sudo )?(?:{names}|(?<!\S)\.{{1,2}}/[\w./-]+\w)(?: (?:[0-7]{{3,4}}|[ugoa]*[+-][rwxX]+))?(?: (?:{place})(?![\w/]))+"
        rf"|\.{{1,2}}/[\w./-]+\w(?: (?:{value}))* -{{1,2}}[A-Za-z][\w-]*(?:=\S+)?(?: (?:{value}))*{next_one}*)(?![\w-])|"
        rf"(?<![\w./-])(?:(?:export|set|setx|env) [A-Z][A-Z0-9_]*=(?:\"[^\"\n]*\"|\S+)"
        rf"|(?:sudo )?(?:{names})(?: (?:{words}))?(?: (?:{value}))* -{{1,2}}[A-Za-z][\w-]*(?:=\S+)?"
        rf"(?: (?:{value}))*|(?:sudo )?(?:{tools}) (?:{words})"
        rf"(?: (?:{value}|(?!(?:{no_names})\b)\w[\w./:@-]*\w))?(?: (?:{value}))*)(?![\w-])"
    )


def _code(text: str) -> Iterator[tuple[int, int]]:
    """Return code spans: from a run of backticks to the next run as long, with no empty line between."""
    runs = [match.span() for match in _BACKTICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for place in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[place][1] - runs[place][0], []).append(place)
    place = 0
    while place < len(runs):
        start, stop = runs[place]
        same = later[stop - start]
        while same and same[-1] <= place:
            same.pop()
        if same and "\n\n" not in text[stop : runs[same[-1]][0]]:
            yield start, runs[same[-1]][1]
            place = same[-1]
        place += 1


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Return tags and marks of a page, and the elements that hold code, short values, or others with short texts."""
    yield from (match.span() for match in _MARKUP.finditer(text))
    still_open: list[tuple[re.Match[str], bool]] = []
    for match in _TAG.finditer(text):
        yield match.span()
        name = match["name"].lower()
        if match["empty"] or name in word_set("machine", "inline_elements") - word_set("machine", "code_elements"):
            continue
        if not match["close"]:
            still_open.append((match, False))
            continue
        while still_open:
            opening, has_child = still_open.pop()
            if opening["name"].lower() == name:
                if _is_data(text, opening, match, has_child=has_child):
                    yield opening.start(), match.end()
                if still_open:
                    still_open[-1] = (still_open[-1][0], True)
                break


def _is_data(text: str, opening: re.Match[str], closing: re.Match[str], *, has_child: bool) -> bool:
    name, inside = opening["name"].lower(), text[opening.end() : closing.start()]
    if name in word_set("machine", "code_elements"):
        return True
    if not has_child and not opening["rest"].strip():
        return False  # a tag around a text, as prompts have them
    pieces = [piece.strip() for piece in _TAG.split(inside)[::5]]
    most = _SHORT_PIECE if has_child else _SHORT_LEAF
    return len(inside) <= _LONGEST * 4 and all(len(piece.split()) <= most and ". " not in piece for piece in pieces)


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    """Return tokens, between blanks and without the marks of a sentence around them, that no word looks like."""
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token.islower() and token.isalpha() or len(token) > _LONGEST:
            continue
        bare = token.lstrip(_TRIM_LEFT) if token[:2] != "*." else token
        start = match.start() + len(token) - len(bare)
        bare = bare.rstrip(_TRIM_RIGHT)
        if len(bare) < 2 or not any(map(str.isalnum, bare)):
            continue
        if _TECHNICAL.match(bare) or _is_dotted(bare):
            # what closes a bracket within belongs to it: f(x[0])
            end = start + len(bare)
            rest = text[end : match.end()]
            closing = len(rest) - len(rest.lstrip(")]}")) if _is_open(bare) else 0
            yield start, end + closing


def _is_open(bare: str) -> bool:
    return bare.count("(") > bare.count(")") or bare.count("[") > bare.count("]") or bare.count("{") > bare.count("}")


def _is_dotted(bare: str) -> bool:
    """Return whether a token is a host, a file, or a name with parts; not "p.m." or a number."""
    match = _DOTTED.match(bare)
    if match is None or _ABBREVIATION.match(bare):
        return False
    end, start = match[1], bare[: match.start(1) - 1]
    if start.isalpha() and end in word_set("machine", "words_too"):
        return False  # "the end.so it goes": a blank is missing
    if start.isalpha() and not start.islower():
        return end in word_set("machine", "domains") or end in word_set("machine", "files")
    return end.islower() or bare.count(".") > 1


def _bracketed(text: str) -> Iterator[tuple[int, int]]:
    """Return calls with what they are given, and brackets that hold data."""
    if "(" not in text and "[" not in text and "{" not in text:
        return
    pairs = partners(text)
    for match in _CALL.finditer(text):
        end = match.end()
        if match.end() not in pairs or _PLURAL.match(text, end) and len(match[0]) > 1:
            continue
        while end in pairs and pairs[end] - match.start() <= _LONGEST:
            end = pairs[end] + 1
            if following := _CHAIN.match(text, end):
                end = following.end()
        if "\n\n" not in text[match.start() : end] and _is_call(text, match, end):
            yield match.start(), end
    outer = 0
    for start in sorted(pairs):
        stop = pairs[start] + 1
        if start >= outer and text[start] in "[{" and stop - start <= 4 * _LONGEST and _holds_data(text[start:stop]):
            yield start, stop
            outer = stop


_CHAIN = re.compile(r"(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)+(?=[(\[])")
_VALUES = re.compile(
    r"[\[{(]\s*(?:[-+]?\d[\w.%/:-]*|\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z]|true|false|null|None|True"
    r"|False)?(?:\s*[,:;]\s*(?:[-+]?\d[\w.%/:-]*|\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z_]|true|false|null|None|True"
    r"|False)?)*\s*[\]})]$"
)


def _is_call(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether a word before a bracket is a function's name; "word(or two words)" is a word."""
    inside = text[match.end() + 1 : end - 1]
    return not is_prose(inside) or "." in match[0] or "_" in match[0]


def _holds_data(piece: str) -> bool:
    """Return whether brackets hold keys or values: JSON, lists and dictionaries of programs, sets."""
    if _VALUES.match(piece) and len(piece) < _LONGEST:
        return True
    if piece[0] == "{":
        return "\n" not in piece or re.search(r"[\"':;=]", piece) is not None
    return re.search(r"^\[\s*(?:[\[{(\"']|[-+]?\d)", piece) is not None and not is_prose(piece)


def _sql(text: str) -> Iterator[tuple[int, int]]:
    end = 0
    for match in _SQL.finditer(text):
        if match.start() < end:
            continue
        found = _SQL_END.search(text, match.end())
        end = len(text.rstrip())
        if found is not None:
            end = found.end() if found[0] == ";" else found.start()
        yield match.start(), end


def _truths(text: str) -> Iterator[tuple[int, int]]:
    """Return expressions of True and False; "True or False" alone is what an instruction says."""
    for match in _TRUTH.finditer(text):
        piece = match[0]
        words = piece.replace("(", " ").replace(")", " ").split()
        if len(words) > 3 or "not" in words or ("(" in piece and len(words) > 1):
            start = match.start() + len(piece) - len(piece.lstrip())
            yield start, match.end()
