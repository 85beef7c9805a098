import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.escape import csv_cell, markdown_code, markdown_text, visible_line, xml_text

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
# No linkify: what a bare address becomes is decided by the reader; the tests look for the address itself.
TAGS = re.compile(r"<(?!/?(?:p|code|table|thead|tbody|tr|th|td)\b)[^>]*>")
ANY = st.text(st.one_of(st.characters(), st.sampled_from("`|\\*_[]()<>&@#!~\n\r\t \x00\x1b\u202e\ufffe")), max_size=60)


def shown(html):
    return (
        re.sub(r"<[^>]+>", "", html)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&amp;", "&")
    )


@given(ANY)
def test_any_text_stands_in_xml_and_keeps_its_letters(text):
    root = ET.fromstring(f"<a>{ET.tostring(_element(xml_text(text)), encoding='unicode')}</a>")
    assert root[0].text in (xml_text(text), None)


def _element(text):
    element = ET.Element("b")
    element.text = text
    return element


def test_lines_stay_lines_in_xml_and_forbidden_characters_are_escapes():
    assert xml_text("a\n\tb") == "a\n\tb"
    assert xml_text("a\x00\x1b\ufffe\ud800\u202e") == r"a\x00\x1b\ufffe\ud800\u202e"


def test_a_line_holds_no_control_characters():
    assert visible_line("a\nb\x1b[31m") == r"a\nb\x1b[31m"


@given(ANY)
def test_a_code_span_shows_any_text_and_is_one_element(text):
    html = MARKDOWN.render(f"x {markdown_code(text)} y")
    assert not TAGS.search(html)
    if visible_line(text).strip():
        inside = re.fullmatch(r"<p>x <code>(.*)</code> y</p>\n", html)
        assert inside and shown(inside[1]).strip() == visible_line(text).strip()


@given(ANY)
def test_a_text_in_markdown_has_no_markup(text):
    html = MARKDOWN.render(f"x {markdown_text(text)} y")
    assert not re.search(r"<(?!/?p>)[^>]*>", html)
    assert shown(html).replace("\u200b", "").strip() == f"x {visible_line(text)} y".replace("\u200b", "").strip()


@given(ANY, ANY)
def test_a_table_keeps_its_cells(text, code):
    # One column more than cells: a bar too many would fill it, where a table of two columns would drop what is too much.
    row = f"| {markdown_text(text)} | {markdown_code(code, in_table=True)} |"
    html = MARKDOWN.render(f"| a | b | c |\n|---|---|---|\n{row}")
    first, second, third = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    assert not TAGS.search(html)
    assert shown(first).replace("\u200b", "").strip() == visible_line(text).replace("\u200b", "").strip()
    assert shown(second).strip() == (visible_line(code).strip() or "(empty)")
    assert third == ""


@pytest.mark.parametrize("escaped", [markdown_text, lambda text: markdown_code(text, in_table=True)])
@pytest.mark.parametrize("text", ["a|b", "|", "a\\|b", "`a|b`", "|||"])
def test_a_bar_is_escaped_in_a_table(escaped, text):
    html = MARKDOWN.render(f"| a | b |\n|---|---|\n| {escaped(text)} |")
    first, second = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    assert (shown(first).strip(), second) == (text, "")


def test_nobody_is_called_and_nothing_is_linked():
    text = markdown_text("@everyone see https://evil.example and www.evil.example or a@b.example")
    assert "@everyone" not in text and "https://" not in text and "www.evil" not in text and "a@b" not in text


def test_a_long_text_is_cut_in_a_code_span():
    assert markdown_code("x" * 500) == "`" + "x" * 117 + "...`"
    assert markdown_code("") == markdown_code("  ") == "(empty)"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(text):
    assert csv_cell(text).startswith("'")


@pytest.mark.parametrize("value", ["a=1", "flip_rate", "", -1.5, None, 3, "\u05d0"])
def test_other_cells_stay_as_they_are(value):
    assert csv_cell(value) == value
