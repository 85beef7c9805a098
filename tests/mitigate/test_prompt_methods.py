"""Choosing another prompt: planted best ones are found, on training items alone, and the run is asked again under them."""

from dataclasses import replace

import pytest
from readers import SHIPPED, Reader, bench_of

from probe.mitigate import prompt_search, prompt_selection, rewrite  # noqa: F401  # they register themselves
from probe.mitigate.base import Asker, NotApplicable, keyed, methods
from probe.mitigate.prompts.candidates import space_of, suite_by
from probe.mitigate.prompts.trials import standing, trial_of
from probe.perturb.helpers.format_grammar import signature, skeleton

PLANTED = "Would you call the review positive or negative?"


def outcome(name, bench):
    return methods.get(name).apply(bench)


def planted(context):
    return 0.95 if PLANTED in context else 0.55


@pytest.fixture(scope="module")
def selected():
    bench = bench_of(Reader(SHIPPED["sentiment"], planted))
    return bench, outcome("prompt-selection", bench)


def test_the_instruction_that_is_right_is_selected_and_every_variant_is_asked_again_under_it(selected):
    bench, found = selected
    assert found.details["chosen"]["parts"] == {"instruction": PLANTED}
    assert set(keyed(found.scores)) == set(keyed(bench.before))
    assert not found.keeps
    assert bench.asker.cost.calls == len(found.scores)
    before, after = (sum(one.correct for one in rows if one.variant.family != "paraphrase") for rows in
                     (bench.before, found.scores))  # fmt: skip
    assert after > before


def test_the_family_paraphrase_asks_the_other_wordings_with_the_suites_own_among_them(selected):
    bench, found = selected
    own = bench.suite.items[0].prompt.instruction
    before, after = keyed(bench.before), keyed(found.scores)
    pairs = [(before[key], after[key]) for key in after if key[1] == "paraphrase"]
    assert pairs
    for old, new in pairs:
        wanted = old.variant.perturbed.prompt.instruction
        assert new.variant.perturbed.prompt.instruction == (own if wanted == PLANTED else wanted)
        assert new.variant.item.prompt.instruction == PLANTED


def test_choosing_asks_training_items_alone_and_nothing_that_an_evaluation_item_asks():
    shipped = SHIPPED["sentiment"]
    copy = shipped.items[3].prompt.fields[0]
    twin = replace(
        shipped.train[0],
        prompt=replace(shipped.train[0].prompt, fields=(replace(copy, text=f" {copy.text.upper()} "),)),
    )
    suite = replace(shipped, train=(twin, *shipped.train[:11]))
    model = Reader(suite, planted)
    bench = bench_of(model, suite=suite)
    model.contexts.clear()
    trial = trial_of(bench, space_of(bench).own, num_items=24)
    assert len(trial.items) == 11
    assert twin not in trial.items
    trial.answers(space_of(bench).own)
    assert model.contexts
    assert not [c for c in model.contexts if any(item.prompt.fields[0].text in c for item in bench.suite.items)]


@pytest.mark.parametrize("name", ["prompt-selection", "prompt-search"])
def test_no_target_of_an_evaluation_item_is_read_while_choosing(name):
    model = Reader(SHIPPED["sentiment"], planted)
    bench = bench_of(model, budget=700)
    other = {"positive": "negative", "negative": "positive"}
    turned = tuple(replace(item, target=other[item.target]) for item in bench.suite.items)
    wrong = tuple(replace(one, correct=not one.correct, prediction="x") for one in bench.before)
    suite = replace(bench.suite, items=turned)
    blind = replace(bench, suite=suite, before=wrong, asker=Asker(model, suite), trying=Asker(model, suite))
    first, second = outcome(name, bench), outcome(name, blind)
    assert (first.chose, first.details, first.files) == (second.chose, second.details, second.files)


@pytest.mark.parametrize("name", ["prompt-selection", "prompt-search"])
def test_a_choice_depends_on_the_seed_alone(name):
    def chosen(seed):
        return outcome(name, bench_of(Reader(SHIPPED["sentiment"], lambda context: 0.6), seed=seed, budget=500))

    first, again, other = chosen(0), chosen(0), chosen(1)
    assert (first.chose, first.details, first.files) == (again.chose, again.details, again.files)
    assert first.details != other.details


@pytest.mark.parametrize("name", ["prompt-selection", "prompt-search"])
@pytest.mark.parametrize("budget", [200, 501])
def test_a_budget_is_never_passed_and_what_it_leaves_untried_is_said(name, budget):
    bench = bench_of(Reader(SHIPPED["sentiment"], planted), budget=budget)
    found = outcome(name, bench)
    assert bench.trying.cost.calls == found.details["calls"] <= budget
    said = [one for one in found.warnings if "were" in one and "tried" in one]
    assert said
    assert str(budget) in said[0]


@pytest.mark.parametrize("name", ["prompt-selection", "prompt-search"])
def test_a_budget_without_room_for_two_prompts_is_said(name):
    with pytest.raises(NotApplicable, match="7 calls are too few"):
        outcome(name, bench_of(Reader(SHIPPED["sentiment"], planted), budget=7))


def test_a_search_finds_parts_that_only_together_are_right():
    def chance(context):
        return 0.45 + 0.25 * ("judge whether its tone" in context) + 0.25 * ("unfavourable" in context)

    bench = bench_of(Reader(SHIPPED["sentiment"], chance), perturb=("format",), budget=2500)
    found = outcome("prompt-search", bench)
    parts = found.details["chosen"]["parts"]
    assert "judge whether its tone is favourable or unfavourable" in parts["instruction"]
    assert parts["label words"] == {"positive": "favourable", "negative": "unfavourable"}
    assert found.details["phases"][0]["prompts"] > 60
    assert sum(one["calls"] for one in found.details["phases"]) == found.details["calls"]
    assert {one.variant.perturbed.target for one in found.scores} == {"positive", "negative"}


def test_where_no_prompt_is_better_the_answers_and_the_files_stay():
    bench = bench_of(Reader(SHIPPED["sentiment"], lambda context: 1.0))
    found = outcome("prompt-selection", bench)
    assert found.keeps
    assert found.scores == bench.before
    assert not found.files
    assert bench.asker.cost.calls == 0


@pytest.mark.parametrize("train", [0, 7])
def test_too_few_training_items_are_said(train):
    suite = replace(SHIPPED["sentiment"], train=SHIPPED["sentiment"].train[:train])
    bench = bench_of(Reader(SHIPPED["sentiment"], planted), suite=suite)
    for name in ("prompt-selection", "prompt-search", "rewrite"):
        with pytest.raises(NotApplicable, match="training items"):
            outcome(name, replace(bench, options={"rewriter": "pocket"}))


def test_items_that_do_not_share_a_prompt_are_left_alone():
    shipped = SHIPPED["sentiment"]
    odd = replace(shipped.items[0], prompt=replace(shipped.items[0].prompt, instruction="Positive or negative?"))
    bench = bench_of(Reader(shipped, planted), suite=replace(shipped, items=(odd, *shipped.items[1:])))
    with pytest.raises(NotApplicable, match="do not share one prompt"):
        outcome("prompt-selection", bench)


@pytest.mark.parametrize("name", ["sentiment", "facts"])
def test_no_layout_or_wording_that_the_run_was_judged_on_is_chosen_or_tried(name):
    bench = bench_of(Reader(SHIPPED[name], planted), name, perturb=("format", "grammar"))
    shape = skeleton(bench.suite.items[0].prompt)
    asked = [one.variant.perturbed.prompt for one in bench.before if one.variant.family != "original"]
    own = bench.suite.items[0].prompt
    layouts = {signature(one.layout, shape) for one in asked if one.layout != own.layout}
    wordings = {one.instruction for one in asked if one.instruction != own.instruction}
    assert layouts
    assert wordings
    space = space_of(bench)
    assert len(space.layouts) > 4
    assert not layouts & {signature(layout, shape) for layout in space.layouts}
    trial = trial_of(bench, space.own, num_items=8)
    tried = [one.variant for one in trial.answers(space.own) if one.variant.family != "original"]
    assert "format" in {one.family for one in tried}
    assert not layouts & {signature(one.perturbed.prompt.layout, shape) for one in tried}
    assert not wordings & {one.perturbed.prompt.instruction for one in tried}
    # the same draw would be in both if the trial's seed were the run's
    same = replace(trial, seed=bench.plan.seed, judged=frozenset())
    again = [one.variant.perturbed.prompt for one in same.answers(space.own)]
    assert layouts & {signature(one.layout, shape) for one in again}
    assert wordings & {one.instruction for one in again}


def test_any_two_candidates_are_asked_the_same_cells_in_the_same_order():
    bench = bench_of(Reader(SHIPPED["sentiment"], planted), perturb=("format", "typos"))
    candidates = list(space_of(bench).single())[:3]
    trial = trial_of(bench, candidates[0], num_items=8)
    first = trial.pull(candidates, {0: 5, 2: 5})
    assert [label for label, _ in first[0]] == [label for label, _ in first[2]] == list(trial.labels[:5])
    rest = trial.pull(candidates, {0: 999, 2: 999})
    assert len(first[0]) + len(rest[0]) == trial.size
    assert trial.pull(candidates, {0: 1}) == {0: []}


def test_a_standing_is_the_worst_columns_and_then_the_accuracy():
    worse = standing([(("a", 0), True)] * 10 + [(("b", 0), True)] * 2 + [(("b", 0), False)] * 8)
    assert standing([(("a", 0), True)] * 10 + [(("b", 0), False)] * 4).worst == 1.0, "a few answers are no worst case"
    better = standing(
        [(("a", 0), True)] * 4 + [(("a", 0), False)] * 6 + [(("b", 0), False)] * 7 + [(("b", 0), True)] * 3
    )
    assert worse < better
    assert (worse.worst, worse.column, worse.accuracy) == (0.2, "b 0", 0.6)
    assert standing([(("a", 0), True)]) < standing([(("a", 0), True)] * 2)
    assert standing([]) < worse


def test_label_words_keep_every_family_in_the_comparison():
    model = Reader(SHIPPED["sentiment"], lambda context: 0.9 if "unapprec" in context else 0.5)
    bench = bench_of(model, perturb=("labels", "paraphrase", "format"))
    words = next(one for one in space_of(bench).single() if one.changed == ("label words",))
    asked = suite_by(bench.suite, words)
    assert asked.items[0].prompt.verbalizer == (("positive", "favourable"), ("negative", "unfavourable"))
    assert all("favourable" in text and "positive" not in text for text in asked.items[0].paraphrases)
    found = outcome("prompt-selection", replace(bench, options={"budget": 1200}))
    assert {one.variant.family for one in found.scores} == {one.variant.family for one in bench.before}
