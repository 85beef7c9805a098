r"""How a free answer is read: what of its spelling counts, and what does not. Exported tasks take this very file with them.

    does not count      case, white space, the last full stop, ., ?, the ideographic stop, an inverted mark, the danda, ...
                        quotation marks around the whole and their kind, emphasis, a list's bullet, a leading article
    counts              signs (-5, +5), points within numbers (.5), %, a degree, currency, C++, C#, .NET, [0, 1), x^2, 5', 5!, ~5

A mark is set aside at an edge alone, by its Unicode category: other punctuation (Po) less what carries a meaning (`MEANING`),
dashes but the hyphen (Pd), quotation marks and brackets where both are there. Symbols (S*) stay. Of the same writing are kinds of
hyphen and minus sign, of quotation marks, of digits (full width, Arabic-Indic), `x` with a superscript 2 and `x^2`, the character
for a half and `1/2`. Numbers are not computed: 0.5 is not .5, 1,000 is not 1000, +5 is not 5.

Two marks are ambiguous. A final `!` is a factorial after an expression (5!, n!, (n-1)!) and ends a sentence after a word (Yes!).
A dash before a number is its sign, before a blank and a word a bullet.

SQuAD (Rajpurkar et al. 2016, evaluation script) and lm-eval's `exact_match` with `ignore_punctuation` take the 32 marks of ASCII
and SQuAD every article out of the whole text: -5 is 5 there, C++ is C, and a full stop of another script stays.

Covered: equality of answers, with what holds them in a structure decoded. Not covered: shared words (`scoring.token_f1`), answers
out of choices (`choice_reading`). Nothing but Python's own library is imported.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

ARTICLE = re.compile(r"^(?:the|an?(?=\s+(?:[^\W\d_]{2}|\d\S*(?:$|\s+[^\W\d_]{2}))))\s+(?=\S)")
"""`a` and `an` before a word or one number, or "a b c" would be "b c"."""
MEANING = frozenset("%\u2030\u2031\u0609\u060a#&*/@\\'\"\u00a7\u00b6\u2020\u2021\u2032\u2035\u203b\u2016")
"""Marks of the category Po that say something: per cent, number, paragraph, path, prime, norm; quotes are read in pairs."""
INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
DOUBLE = (
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\u301d\u301e\u301f\u300c\u300d\u300e\u300f\u300a\u300b\u05f4\uff02\u275d\u275e"
    "\u3010\u3011\u3014\u3015\u3016\u3017"
)
SINGLE = "\u2018\u2019\u201a\u201b\u2039\u203a\u00b4\u02bc\u05f3\u2032\uff07\u3008\u3009\u275b\u275c"
HYPHENS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
SAME = str.maketrans(
    dict.fromkeys(DOUBLE, '"') | dict.fromkeys(SINGLE, "'") | dict.fromkeys(HYPHENS, "-")
    | {"\u2033": "''", "\u2034": "'''", "\u2044": "/", "\u066a": "%", "\u066b": ".", "\u066c": ","}
)  # fmt: skip
"""Characters that are written for one another."""
RAISED = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207c\u207d\u207e\u207f\u2071",
    "0123456789+-=()ni",
)
LOWERED = str.maketrans("".join(map(chr, range(0x2080, 0x208F))), "0123456789+-=()")
SCRIPTS = frozenset(map(chr, (*RAISED, *LOWERED)))
RAISED_RUN, LOWERED_RUN = (re.compile("[" + "".join(map(chr, table)) + "]+") for table in (RAISED, LOWERED))
WORD = r"(?:[^\W\d_]{2}|[^\W\d_a-z\u03b1-\u03c9])"
"""The beginning of a word: two letters, or one of a script whose single letters are no variables."""
LEADS = re.compile(rf"^(?:[-+>|]\s+(?={WORD})|-{{2,}}\s+|#{{1,6}}\s+|\*\s+|=\s*(?!=)|\.{{2,}}|\*\*+|`+|_{{3,}}|_+\s+)")
"""A bullet, a heading, an equals sign, dots that go on, emphasis that is not closed."""
TRAILS = re.compile(r"(?:(?<=[^\W\d_]{3})\s-+|\s\||\*\*+|`+|_{3,}|\s_+)$")
VARIABLE = r"(?<![a-z\u03b1-\u03c9])[a-z\u03b1-\u03c9](?![a-z\u03b1-\u03c9])"
FACTORIAL = re.compile(
    rf"(?:[\d\s.,()\[\]{{}}+\-*/^=_!\u00d7\u00b7\u00f7]|{VARIABLE})*(?:[\d)\]}}]|{VARIABLE})!{{1,2}}"
)
"""An expression, without a word, whose last mark belongs to it."""
ATTACHED = re.compile(r"[.!]\w|[.,\u00b7]\d")
"""A mark that belongs to what it begins: .NET, !x, .5."""
FORMULA = re.compile(r"^(?:(\${1,2})([^$]+)\1|\\\((.+)\\\)|\\\[(.+)\\\])$")
BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
WORDS_ALONE = re.compile(r"[^\W\d_](?:[^\W\d_]|[\s'.-])*[^\W\d_]|[^\W\d_a-z\u03b1-\u03c9]")
FENCE = re.compile(r"^\s*```\w*\s*|\s*```\s*$")
SCALAR = re.compile(r'(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)(?=\s*(?:[}\]]|,\s*"|$))')
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)
ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
UNESCAPED_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
ESCAPED = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))


def folded(text: str) -> str:
    """Return a text without case, extra white space, invisible characters and kinds of one sign; every mark stays."""
    if not text.isascii():
        text = "".join(_plain(INVISIBLE.sub("", text))).translate(SAME)
        text = RAISED_RUN.sub(lambda run: "^" + run[0].translate(RAISED), text)
        text = LOWERED_RUN.sub(_lowered, text)
        text = unicodedata.normalize("NFC", text)
    text = " ".join(unicodedata.normalize("NFC", text.casefold()).split())
    text = re.sub(r"(?<!')''(?!')|(?<!`)``(?!`)", '"', text)
    text = re.sub(r"(?<=\d)\s+(?=[%\u2030\u2031\u00b0])", "", text)
    return re.sub(
        r"([^\w\s])\s+(?=\d)", lambda sign: sign[1] if unicodedata.category(sign[1]) == "Sc" else sign[0], text
    )


def normalised(text: str) -> str:
    """Return a free answer as it is compared, without what does not count; empty where it holds nothing but marks."""
    whole = _without_edges(folded(text))
    bare = _without_edges(ARTICLE.sub("", whole, count=1))
    return bare if re.search(r"[^\s\-'\"*_#|>]", bare) else ""


def is_same(said: str, accepted: str) -> bool:
    """Return whether an answer is an accepted one. Where that is nothing but marks, as `?` may be, each mark counts."""
    bare = normalised(accepted)
    return normalised(said) == bare if bare else bool(folded(said)) and folded(said) == folded(accepted)


def is_same_text(said: str, target: str) -> bool:
    """Return whether an answer is the target, mark for mark, but for case, white space, kinds of one sign and a last stop."""
    answer, wanted = (_without_stop(folded(one)) for one in (said, target))
    return bool(folded(said)) and answer == wanted


def readings(text: str, structure: str = "plain") -> tuple[str, ...]:
    r"""Return what an answer may say in the structure that holds it, likeliest first.

    In JSON that is the first string, decoded, or the value of an object of one member; then the text as it stands, since a model
    may leave a backslash as it is: `"\frac{1}{2}"` is a form feed to a decoder. In XML entities are decoded.
    """
    if structure == "json":
        return tuple(dict.fromkeys((_decoded(text), _held(text), text)))
    if structure == "xml":
        return tuple(dict.fromkeys((ENTITY.sub(lambda entity: html.unescape(entity[0]), text), text)))
    return (text,)


def normalized_exact_match(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return whether the answer is an accepted one (`is_same`), for lm-eval's `process_results`."""
    said = readings(results[0], doc.get("structure", "plain"))
    return {"exact_match": float(any(is_same(one, accepted) for one in said for accepted in doc["accepted"]))}


def case_insensitive_exact_match(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return whether the answer is the target, mark for mark (`is_same_text`), for lm-eval's `process_results`."""
    said = readings(results[0], doc.get("structure", "plain"))
    return {"exact_match": float(any(is_same_text(one, doc["target"]) for one in said))}


def _plain(text: str) -> Iterator[str]:
    """Return each character as its compatible one, but raised and lowered ones: x with a raised 2 is not x2."""
    before = ""
    for char in text:
        if char in SCRIPTS or char in DOUBLE or char in SINGLE or char in HYPHENS:
            yield char
        elif unicodedata.category(char) == "Nd":
            yield str(unicodedata.decimal(char))
        else:
            kind, *codes = unicodedata.decomposition(char).split() or ("",)
            inner = "".join(chr(int(code, 16)) for code in codes)
            if kind == "<fraction>":
                yield (" " if before.isdigit() else "") + unicodedata.normalize("NFKC", char)
            elif not kind.startswith("<") or kind == "<super>":
                yield char
            else:
                yield from _plain(inner)
        before = char


def _lowered(run: re.Match[str]) -> str:
    """Return lowered digits as people type them (H2O), in brackets beside a digit: 10 to the base 2 is not 102."""
    whole, plain = run.string, run[0].translate(LOWERED)
    is_beside_digit = whole[: run.start()][-1:].isdigit() or whole[run.end() :][:1].isdigit()
    return f"_({plain})" if is_beside_digit else plain


def _without_edges(text: str) -> str:
    """Return a text without the marks around it that say nothing, one layer after the other."""
    before = None
    while text != before:
        before = text
        for step in (_without_emphasis, _without_quotes, _without_brackets, _without_lead, _without_trail):
            text = step(text).strip()
    return text


def _without_emphasis(text: str) -> str:
    if formula := FORMULA.match(text):
        return formula[2] or formula[3] or formula[4]
    starred = re.fullmatch(r"(\*+|_+|~~)(?=\S)(.*?)(?<=\S)\1", text)
    return starred[2] if starred and "*" not in starred[2] else text


def _without_quotes(text: str) -> str:
    """Return a text without quotation marks around the whole, or one beside a word whose partner was cut off."""
    for mark in ("'", '"'):
        # An apostrophe within a word is no quotation mark.
        rest = re.sub(r"(?<=[^\W\d_])'(?=[^\W\d_])", "\0", text) if mark == "'" else text
        pair = re.fullmatch(f"({mark}+)([^{mark}]*)\\1", rest)
        if pair:
            return text[len(pair[1]) : len(text) - len(pair[1])]
        if rest.count(mark) == 1 and text.startswith(mark) and (mark == '"' or re.match(WORD, text[1:])):
            return text[1:]
        if rest.count(mark) == 1 and text.endswith(mark) and _ends_in_word(text[:-1]):
            return text[:-1]
    return text


def _ends_in_word(text: str) -> bool:
    """Return whether a text ends in a word or a sentence's mark: after a number or a variable a quotation mark is a prime."""
    is_variable = re.search(r"(?<![^\W_])[a-z\u03b1-\u03c9]$", text)
    return bool(text) and (unicodedata.category(text[-1])[0] in "LM" or is_mark(text[-1])) and not is_variable


def _without_brackets(text: str) -> str:
    """Return a text without brackets around the whole that say nothing, or one that has no partner (`B)`)."""
    if text[:1] in BRACKETS and text[-1] == BRACKETS[text[0]] and _is_pair(text):
        inner = text[1:-1].strip()
        is_aside = text[0] == "(" and inner and not re.search(r"[,;|]|\.\.", inner)
        is_words = WORDS_ALONE.fullmatch(inner.replace(",", "") if text[0] == "(" else inner)
        return inner if is_aside or is_words else text
    if text[:1] in ("(", "[", "{") and not re.search(r"[)\]},;]", text):
        return text[1:]
    return text[:-1] if text[-1:] in (")", "]", "}") and not re.search(r"[(\[{,;]", text) else text


def _is_pair(text: str) -> bool:
    """Return whether the last bracket closes the first."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == text[0]) - (char == BRACKETS[text[0]])
        if depth == 0:
            return place == len(text) - 1
    return False


def _without_lead(text: str) -> str:
    text = LEADS.sub("", text)
    text = re.sub(r"^([-+\u00b1<>\u2264\u2265\u2248~])\s+(?=[\d.])", r"\1", text)
    while text and not ATTACHED.match(text) and (is_mark(text[0]) or _is_dash(text[0])):
        text = text[1:].strip()
    return text


def _without_trail(text: str) -> str:
    text = TRAILS.sub("", text)
    while text and (is_mark(text[-1]) or _is_dash(text[-1])) and not (text[-1] == "!" and FACTORIAL.fullmatch(text)):
        text = text[:-1].strip()
    return text


def is_mark(char: str) -> bool:
    """Return whether a character is a mark of a sentence, of whatever script."""
    return unicodedata.category(char) == "Po" and char not in MEANING


def _is_dash(char: str) -> bool:
    return unicodedata.category(char) == "Pd" and char != "-"


def _without_stop(text: str) -> str:
    """Return a text without a last full stop, of whatever script."""
    is_stop = text and re.search(r"FULL STOP|DANDA$", unicodedata.name(text[-1], ""))
    return text[:-1].strip() if is_stop else text


def _decoded(text: str) -> str:
    """Return the first value of JSON as text."""
    written = FENCE.sub("", text).strip()
    if written.startswith(("{", "[")):
        return _member(written)
    raw = _held(text)
    if not written.startswith('"'):
        return raw
    joined = ESCAPE.sub(lambda one: chr(int(one[1], 16)) if one[1] else ESCAPED[one[2]], raw)
    # Two escapes make one character beyond the first plane; half of one is none.
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _held(text: str) -> str:
    """Return the first string or number of JSON as it is written, else the text without the bracket that closes the object."""
    written = FENCE.sub("", text).strip()
    if written.startswith('"'):
        raw = written[1 : _end_of_string(written)]
        # The stop string of the structure, `"}`, cut an escaped quotation mark in two.
        return raw + '"}' if re.search(r"(?<!\\)(?:\\\\)*\\$", raw) else raw
    if number := SCALAR.match(written):
        return number[1]
    bare = written.removesuffix("}").strip() if "{" not in written else written
    return bare[1:-1] if re.fullmatch("'[^']*'", bare) else bare


def _end_of_string(written: str) -> int:
    """Return where the string ends that a text begins with: at a quotation mark that stands for itself.

    That is the first after which JSON may go on. Where none is such, marks in pairs are the string's own ("said "hi" to me), and
    of an odd number the first ends it ("Paris" is the capital).
    """
    ends = [found.end() - 1 for found in UNESCAPED_QUOTE.finditer(written, 1)]
    closing = next((place for place in ends if re.match(r'"\s*(?:[,}\]]|$)', written[place:])), None)
    if closing is not None:
        return closing
    return ends[0] if len(ends) % 2 else len(written)


def _member(written: str) -> str:
    """Return the answer in an object or a list: `answer`, else the last member; the text itself where it is no such thing."""
    for cut_off in ("", '"}', "}"):
        try:
            value, _ = DECODER.raw_decode(written + cut_off)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            value = value.get("answer", list(value.values())[-1])
        elif isinstance(value, list) and len(value) == 1:
            (value,) = value
        if isinstance(value, str):
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return written if isinstance(value, dict | list) else json.dumps(value)
    return written
