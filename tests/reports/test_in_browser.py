"""The pages in a real Chromium: nothing is asked for, nothing hostile runs, filters, search, links and keys work."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from made_repair import made_judgement, made_repair
from made_run import HOSTILE, SIXTEEN, made_comparison, made_line, made_manifest, made_summary

from probe.comparison.comparison import RunComparison
from probe.record.plain import from_plain
from probe.record.summary import read_summary
from reports.compare_page import page as compare_page
from reports.history import page as history_page
from reports.html import page as page_of
from reports.repair_page import page as repair_page

SHOWN = "#flips .flip:visible"
SCREENS = Path(__file__).parent / "screens"
ATTRIBUTION = {
    "suite": "sentiment",
    "model": "pocket",
    "verdict": "61 % (48–70) of the spread is option order.",
    "num_items": 60,
    "num_runs": 16,
    "num_evaluations": 960,
    "spread": [
        {"outcome": "correct", "name": name, "share": share, "ci_low": share - 0.08, "ci_high": share + 0.08}
        for name, share in (("option-order", 0.61), ("casing", 0.2), ("residual", 0.12))
    ],
}


def page(summary, manifest, **more):
    """Return the page of a run whose summary is a JSON object."""
    return page_of(read_summary(summary), manifest, **more)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the pages: of one suite, of six suites with sixteen families, and of a comparison."""
    place = tmp_path_factory.mktemp("pages")
    made = {
        "one": page(
            made_summary(num_suites=1, samples=4, num_flips=8), made_manifest(num_suites=1), attributions=[ATTRIBUTION]
        ),
        "two": page(made_summary(), made_manifest()),
        "six": page(made_summary(num_suites=6, samples=4, num_flips=60, families=SIXTEEN), made_manifest(num_suites=6)),
        "many": page(made_summary(samples=2, num_flips=4, families=SIXTEEN), made_manifest()),
        "compared": compare_page(from_plain(RunComparison, made_comparison())),
        "history": history_page(
            [made_line(name, model) for name in ("sentiment", "facts") for model in ("pocket", "hf:other")],
            folder="runs",
        ),
        "repair": repair_page(made_repair(made_judgement())),
    }
    for name, text in made.items():
        (place / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: place / f"{name}.html" for name in made}


@pytest.mark.parametrize("name", ["two", "compared"])
def test_a_page_asks_for_nothing_and_what_a_hostile_model_wrote_does_not_run(opened, files, name):
    tab = opened(files[name])
    assert tab.asked == [files[name].as_uri()]
    assert tab.said == []
    assert tab.locator("img").count() == 0
    assert tab.locator("script").count() == 2
    shown = HOSTILE.replace("\x1b", "\u241b").replace("\u202e", "\u27e8U+202E\u27e9")
    assert shown in tab.locator("#flips").text_content()


def test_nothing_in_the_page_of_a_repair_runs_or_asks(opened, files):
    tab = opened(files["repair"])
    assert tab.asked == [files["repair"].as_uri()] and tab.said == []
    assert tab.locator("script").count() == 2
    assert tab.locator(".multiples polyline").count() > 60


def test_even_markup_that_got_into_the_page_could_not_run_or_load(opened, files, tmp_path):
    planted = '<img src="https://example.org/x.png" onerror="alert(1)"><script>alert(2)</script></body>'
    broken = tmp_path / "planted.html"
    broken.write_text(files["two"].read_text(encoding="utf-8").replace("</body>", planted), encoding="utf-8")
    tab = opened(broken)
    assert not [text for text in tab.said if text.startswith("dialog")]
    assert len([text for text in tab.said if "Content Security Policy" in text]) >= 2


def test_filters_show_the_chosen_flips_with_and_without_a_script(opened, files):
    for options in ({}, {"java_script_enabled": False}):
        tab = opened(files["two"], **options)
        everything = tab.locator(SHOWN).count()
        tab.locator("label", has=tab.locator("#show-family-1")).click()
        typos = tab.locator(SHOWN)
        assert 0 < typos.count() < everything
        assert all("typos" in text for text in typos.locator(".tags").all_text_contents())
        tab.locator("label", has=tab.locator("#show-suite-0")).click()
        assert all("sentiment" in text for text in tab.locator(f"{SHOWN} h3").all_text_contents())
        assert tab.locator(".search").is_visible() == ("java_script_enabled" not in options)


def test_a_cause_can_be_chosen_and_the_page_says_how_many_are_shown(opened, files):
    tab = opened(files["two"])
    label = tab.locator("fieldset", has_text="Show cause").locator("label", has_text="near-tie")
    label.click()
    num = tab.locator(SHOWN).count()
    assert f"({num})" in label.text_content()
    assert tab.locator("#shown").text_content() == f"{num} of 24 shown"


def test_search_finds_items_answers_and_words_of_the_prompt(opened, files):
    tab = opened(files["two"])
    for wanted in ("s-007", "pateint", "DROP-LETTER", "onerror"):
        tab.fill("#search", wanted)
        found = tab.locator(SHOWN)
        assert 0 < found.count() < 24
        assert tab.locator("#shown").text_content() == f"{found.count()} of 24 shown"
        assert tab.locator("#where").text_content().startswith("found in: ")
    assert found.locator(".hit").first.text_content() == "found in answer, text"
    tab.locator("#search-in").select_option("answers")
    assert found.locator(".hit").first.text_content() == "found in answer"
    tab.keyboard.press("Escape")
    assert tab.locator("#where").text_content() == "" and tab.locator(SHOWN).count() == 10
    tab.fill("#search", "nowhere to be found")
    assert tab.locator(SHOWN).count() == 0


def test_keys_walk_through_the_flips_search_and_show_all_again(opened, files):
    tab = opened(files["two"])
    ids = tab.locator("#flips .flip article").evaluate_all("cards => cards.map(card => card.id)")
    at = "document.activeElement.id"
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        tab.keyboard.press(key)
        assert tab.evaluate(at) == ids[place]
        assert tab.evaluate("location.hash") == f"#{ids[place]}"
    tab.keyboard.press("/")
    assert tab.evaluate(at) == "search"
    tab.keyboard.type("jk s-004")
    assert tab.locator(SHOWN).count() == 0
    tab.fill("#search", "s-004")
    assert tab.locator(SHOWN).count() == 1
    tab.keyboard.press("Escape")
    assert tab.locator("#shown").text_content() == "10 of 24 shown"
    assert tab.evaluate(at) != "search"
    for _ in range(12):
        tab.keyboard.press("j")
    assert tab.evaluate(at) == ids[13] and tab.locator(f"#{ids[13]}").is_visible()
    assert tab.locator("#show-page-1").is_checked()
    tab.locator("label", has=tab.locator("#show-family-2")).click()
    tab.keyboard.press("j")
    assert tab.locator(f"{SHOWN}.current").count() == 1
    tab.keyboard.press("Escape")
    assert tab.locator(SHOWN).count() == 10


def test_a_link_leads_to_its_flip_even_where_a_filter_hides_it(opened, files):
    wanted = made_summary()["flips"][9]["id"].replace("/", "-")
    tab = opened(files["two"], fragment=f"#flip-{wanted}")
    card = tab.locator(f"#flip-{wanted}")
    assert card.evaluate("card => Math.abs(card.getBoundingClientRect().top) < 60")
    assert "s-009" in tab.locator(".flip.current h3").text_content()
    tab.locator("label", has=tab.locator("#show-family-0")).click()
    hidden = tab.locator("#flips .flip:not(:visible) article").first.get_attribute("id")
    tab.evaluate(f"location.hash = '#{hidden}'")
    tab.wait_for_function(f"document.getElementById('{hidden}').checkVisibility()")
    assert tab.locator(SHOWN).count() == 10


def chosen_cell(tab, flip):
    """Choose the cell of a flip on the first map, with the two lists."""
    figure = tab.locator("#map-0")
    figure.locator(".pick-item").select_option(flip["item"])
    figure.locator(".pick-variant").select_option(f"{flip['perturbation']}, sample {flip['sample']}")
    return figure


def test_a_cell_of_the_map_leads_to_its_flip_by_lists_keys_and_pointer(opened, files):
    flip = made_summary(num_suites=1, samples=4, num_flips=8)["flips"][1]
    card = "flip-" + flip["id"].replace("/", "-")
    tab = opened(files["one"])
    figure = chosen_cell(tab, flip)
    assert figure.locator(".said a").get_attribute("href") == f"#{card}"
    x, y = (figure.locator(".cursor").get_attribute(name) for name in "xy")
    figure.locator(".pad").focus()
    tab.keyboard.press("ArrowLeft")
    assert figure.locator(".cursor").get_attribute("x") == str(int(x) - 1)
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    tab.locator(f"#{card}:focus").wait_for()
    assert is_seen(tab.locator(f"#{card}"))
    tab.locator("#search").focus()
    box, columns = figure.locator(".heat").bounding_box(), figure.locator(".pick-variant option").count()
    rows = figure.locator(".pick-item option").count()
    at = {"x": (int(x) + 0.5) * box["width"] / columns, "y": (int(y) + 0.5) * box["height"] / rows}
    figure.locator(".pad").click(position=at)
    tab.locator(f"#{card}:focus").wait_for()


def test_a_cell_whose_flip_has_no_card_says_the_command_and_what_became_of_the_answer(opened, files):
    tab = opened(files["one"])
    table = made_summary(num_suites=1, samples=4, num_flips=8)["outcomes"][0]
    row = next(one for one in table["items"][9:] if "g" in one["cells"])
    variant = table["variants"][row["cells"].index("g")]
    figure = chosen_cell(tab, variant | {"item": row["item"]})
    said = figure.locator(".said").text_content()
    assert said.endswith(f"probe show sentiment {row['item']} --variant {variant['perturbation']}/{variant['sample']}")
    assert ": wrong to right. Not among the cards of this page" in said
    assert tab.locator("#map-0 .said a").count() == 0


@pytest.mark.parametrize("has_script", [True, False])
def test_a_link_opens_the_closed_part_that_it_leads_into(opened, files, has_script):
    last = made_summary()["flips"][23]["id"].replace("/", "-")
    for place in ("suite-1", "terms", "manifest", "not-asked", "all-suites", f"flip-{last}"):
        tab = opened(files["two"], fragment=f"#{place}", java_script_enabled=has_script)
        assert is_seen(tab.locator(f"#{place}"))
        assert tab.locator(f"#{place}").evaluate("one => one.getBoundingClientRect().top < innerHeight")
    tab = opened(files["two"], java_script_enabled=has_script)
    assert not is_seen(tab.locator("#suite-1"))
    tab.locator("nav a", has_text="entailment").click()
    assert is_seen(tab.locator("#suite-1"))


@pytest.mark.parametrize("name", ["one", "six"])
def test_a_page_is_short_as_it_opens(opened, files, name):
    assert opened(files[name]).evaluate("document.documentElement.scrollHeight") <= 6000


def test_every_closed_part_and_every_flip_can_be_reached_without_a_script(opened, files):
    tab = opened(files["six"], java_script_enabled=False)
    for number in range(6):
        tab.locator("label", has=tab.locator(f"#show-page-{number}")).click()
        assert tab.locator(SHOWN).count() == 10
    tab.locator("label", has=tab.locator("#show-page-any")).click()
    assert tab.locator(SHOWN).count() == 60
    parts = tab.locator("details")
    assert parts.count() > 100
    assert tab.evaluate(
        "[...document.querySelectorAll('details')].every(one => one.firstElementChild.matches('summary'))"
    )
    for path in (".fold", ".flip", ".fold details"):
        part = tab.locator(f"{path}:not([open])").last
        part.evaluate("one => { for (let up = one.parentElement; up; up = up.parentElement) up.open = true }")
        part.locator("> summary").click()
        assert is_seen(tab.locator(f"{path}[open]").last.locator("> :nth-child(2)"))


def is_seen(place):
    """Return whether an element is laid out, outside of any closed part."""
    return place.evaluate("one => one.checkVisibility({ contentVisibilityAuto: true })")


def test_every_link_of_the_page_leads_to_a_place_on_it(opened, files):
    for name in ("six", "compared", "repair"):
        tab = opened(files[name])
        lost = tab.evaluate(
            "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
            ".filter(h => !h.startsWith('#') || !document.getElementById(h.slice(1)))"
        )
        assert lost == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["one", "many", "compared", "history"])
def test_axe_finds_nothing_serious(opened, files, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tab = opened(files[name], color_scheme=scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = axe.Axe().run(tab).response["violations"]
    worst = ("serious", "critical")
    assert [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found
        if one["impact"] in worst or one["id"] == "landmark-unique"
    ] == []


def test_behind_every_chart_stands_a_table(opened, files):
    tab = opened(files["one"])
    charts = tab.locator("main svg[role=img]")
    assert charts.count() == 6
    assert charts.evaluate_all(
        "all => all.every(svg => svg.closest('figure').nextElementSibling.matches('details:has(table)'))"
    )
    assert charts.evaluate_all("all => all.every(svg => svg.getAttribute('aria-label').length > 20)")


@pytest.mark.parametrize("name", ["one", "six", "compared", "history", "repair"])
def test_a_phone_shows_the_page_without_scrolling_sideways(opened, files, name):
    tab = opened(files[name], width=390, height=844)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    cut = "[...document.querySelectorAll('.cards, section table[role=table]')].filter(t => t.offsetParent"
    assert tab.evaluate(f"{cut} && t.scrollWidth > t.closest('.scroll').clientWidth).length") == 0


@pytest.mark.parametrize("name", ["many", "history"])
def test_a_screen_of_usual_width_cuts_no_table_and_breaks_no_name(opened, files, name):
    tab = opened(files[name])
    tables = "[...document.querySelectorAll('.cards, section table[role=table]')].filter(t => t.offsetParent"
    assert tab.evaluate(f"{tables} && t.scrollWidth > t.closest('.scroll').clientWidth).length") == 0
    if name == "many":
        heads = tab.locator("section .cards tbody th bdi").evaluate_all(
            "all => all.map(one => one.getClientRects().length)"
        )
        assert len(heads) > 60 and set(heads) <= {0, 1}


def test_sixteen_families_have_sixteen_marks(opened, files):
    tab = opened(files["many"])
    lines = "[...document.querySelector('#suite-0 .plot .names').querySelectorAll('g')]"
    looks = tab.evaluate(
        f"{lines}.map(g => getComputedStyle(g).color + (k => k % 8)(+g.querySelector('use').getAttribute('href').slice(6)))"
    )
    assert len(looks) > 12 and len(set(looks)) == len(looks)


def test_on_paper_there_are_no_controls_and_every_flip_is_there(opened, files):
    tab = opened(files["two"])
    tab.fill("#search", "s-004")
    tab.emulate_media(media="print")
    assert tab.locator(SHOWN).count() == 24
    assert tab.evaluate("[...document.querySelectorAll('details > *')].every(one => one.checkVisibility())")
    for control in (".filter", ".pages", ".search", "nav"):
        assert tab.locator(control).first.is_hidden()
    assert len(tab.pdf()) > 10_000


SMALL = """
async ([images, width, far]) => {
  const small = [];
  for (const source of images) {
    const image = new Image();
    image.src = "data:image/png;base64," + source;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = Math.round(image.height * width / image.width);
    const draw = canvas.getContext("2d");
    draw.imageSmoothingQuality = "high";
    draw.drawImage(image, 0, 0, canvas.width, canvas.height);
    small.push({ png: canvas.toDataURL("image/png").split(",")[1],
                 pixels: draw.getImageData(0, 0, canvas.width, canvas.height).data });
  }
  const [one, other] = [small[0].pixels, small[small.length - 1].pixels];
  if (one.length !== other.length) return { png: small[0].png, mean: 255, far: 1 };
  let [sum, many] = [0, 0];
  one.forEach((value, k) => { const gap = Math.abs(value - other[k]); sum += gap; many += gap > far; });
  return { png: small[0].png, mean: sum / one.length, far: many / one.length };
}
"""
CELL, MEAN, FAR, FEW = 64, 5.0, 48.0, 0.03
"""Cells that a picture is compared in, in its width; the largest mean difference, and the share that may be `FAR` away."""


def shrunk(browser, pictures, width):
    """Return the first picture scaled down by the browser itself, and how far the last one is from it."""
    context = browser.new_context()
    made = context.new_page().evaluate(SMALL, [[base64.b64encode(one).decode() for one in pictures], width, FAR])
    context.close()
    return made


def distance(browser, first, second):
    """Return the mean difference of two pictures in small cells (0 to 255), and the share of cells that are far apart."""
    made = shrunk(browser, [first, second], CELL)
    return made["mean"], made["far"]


def photographed(opened, path, width, scheme):
    """Return a picture of the top of a page in the one font that is everywhere alike."""
    tab = opened(path, width=width, height=1500, color_scheme=scheme, bypass_csp=True)
    tab.add_style_tag(
        content="* { font-family: 'DejaVu Sans' !important } code, pre { font-family: 'DejaVu Sans Mono' !important }"
    )
    return tab.screenshot()


LOOKS = [("one", width, scheme) for scheme in ("light", "dark") for width in (1280, 390)]
LOOKS += [(name, width, "light") for name in ("many", "compared", "history") for width in (1280, 390)]


@pytest.mark.parametrize(("name", "width", "scheme"), LOOKS)
def test_the_page_looks_as_it_was_last_looked_at(browser, opened, files, name, width, scheme):
    picture = photographed(opened, files[name], width, scheme)
    kept = SCREENS / f"{name}-{width}-{scheme}.png"
    if os.environ.get("PROBE_UPDATE_SCREENS"):
        SCREENS.mkdir(exist_ok=True)
        small = (256 if width > 400 else 130) if name == "one" else (200 if width > 400 else 110)
        kept.write_bytes(base64.b64decode(shrunk(browser, [picture], small)["png"]))
    mean, far = distance(browser, picture, kept.read_bytes())
    assert mean < MEAN and far < FEW, f"mean difference {mean:.1f} of 255, {100 * far:.1f} % of the cells far apart"


def test_the_comparison_of_pictures_notices_what_is_gone_or_of_another_scheme(browser, opened, files):
    kept = (SCREENS / "one-1280-light.png").read_bytes()
    dark = photographed(opened, files["one"], 1280, "dark")
    assert distance(browser, dark, kept)[0] > MEAN
    tab = opened(files["one"], height=1500, bypass_csp=True)
    tab.add_style_tag(content="* { font-family: 'DejaVu Sans' !important } .headline { display: none !important }")
    mean, far = distance(browser, tab.screenshot(), kept)
    assert mean > MEAN or far > FEW


def test_the_kept_pictures_are_small():
    assert sum(path.stat().st_size for path in SCREENS.glob("*.png")) < 500_000
    assert {path.stem for path in SCREENS.glob("*.png")} == {
        f"{name}-{width}-{scheme}" for name, width, scheme in LOOKS
    }
