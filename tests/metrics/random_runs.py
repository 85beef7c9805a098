"""Runs at random, as scores and as the plain answers of which the references make their figures."""

from dataclasses import replace
from random import Random

from probe.metrics import tabulate
from probe.prompt.render import symbols_of
from probe.selftest.reference import Answer, Family
from probe.types import Field, Item, Layout, Prompt, Score, Variant

OPTIONS = ("yes", "no", "maybe", "never")
COLUMNS = (
    *(("clean", "clean", 0), ("format", "layout", 0), ("format", "layout", 1), ("typos", "typo-swap", 0)),
    *(
        ("order", "order", 0),
        ("order", "order", 1),
        ("labels", "label-shift", 0),
        ("null", "null", 0),
        ("null", "null", 1),
    ),
    *(("contrast", "contrast", 0), ("contrast", "contrast", 1), ("format", "negated", 0)),
)
ALTERING = ("contrast", "negated")


def random_run(seed):
    """Return the cells of a run and its families by name."""
    rng = Random(seed)
    kind, is_listed = rng.choice(["shared", "shared", "own", "free"]), rng.random() < 0.7
    how_often, names = rng.choice([1.0, 0.8, 0.6]), rng.sample(COLUMNS[1:], rng.randint(0, len(COLUMNS) - 1))
    items = [_item(rng, n, kind, is_listed) for n in range(rng.randint(2, 8))]
    rows = []
    for item in items:
        asked = [column for column in COLUMNS if column in names and rng.random() < how_often]
        rows.append([_score(rng, item, column) for column in [COLUMNS[0], *asked]])
    posix = {item.id: rng.random() for item in items if rng.random() < 0.5} if rng.random() < 0.5 else None
    cells = tabulate([score for row in rows for score in row], posix=posix)
    answers = [[_answer(score) for score in row] for row in rows]
    indices = [(posix or {}).get(item.id) for item in items]
    families = dict.fromkeys(column.family for column in cells.columns)
    return cells, {name: Family(name, answers, indices) for name in (*families, "all")}


def _item(rng, number, kind, is_listed):
    options = {"shared": OPTIONS[:3], "own": tuple(rng.sample(OPTIONS, rng.randint(1, 4))), "free": ()}[kind]
    prompt = Prompt(
        "Say.", (Field("Text", "?"),), options, list_choices=is_listed and bool(options), answer_with="symbol"
    )
    return Item(f"item-{number}", prompt, rng.choice(options or ("cat",)))


def _score(rng, item, column):
    family, perturbation, number = column
    prompt, target = item.prompt, item.target
    if family == "order" and rng.random() < 0.8:
        prompt = replace(prompt, choices=tuple(rng.sample(prompt.choices, len(prompt.choices))))
    if family in ("labels", "order") and rng.random() < 0.5:
        prompt = replace(prompt, symbol_shift=rng.randint(0, 3))
    if perturbation == "layout" and rng.random() < 0.5:
        prompt = replace(prompt, layout=Layout(numbering="digit"))
    if perturbation in ALTERING:
        target = rng.choice(prompt.choices or ("dog",))
    effect = "label-altering" if perturbation in ALTERING else "label-preserving"
    variant = Variant(item, replace(item, prompt=prompt, target=target), family, perturbation, number, effect, "text")
    return _read(rng, variant) if prompt.choices else _written(rng, variant)


def _read(rng, variant):
    choices, reading = variant.asked.prompt.choices, rng.choices(["ranked", "other", "unreadable"], [8, 1, 1])[0]
    text = {"ranked": rng.choice(choices), "other": rng.choice(["perhaps", "well"]), "unreadable": ""}[reading]
    weights = [rng.random() for _ in choices]
    known = tuple(weight / sum(weights) for weight in weights) if rng.random() < 0.8 else ()
    margin, sure = rng.choice([0.05, 0.1, 0.4, 1.0]), rng.choice([0.2, 0.4, 0.8, None])
    is_right = text == variant.asked.target
    return Score(variant, text, is_right, reading, known, margin, sure, rng.random() < 0.1)


def _written(rng, variant):
    text = rng.choice(["cat", "Cat", "dog", "cow", ""])
    is_right = text.lower() == variant.asked.target
    reading = "unreadable" if not text else "exact" if is_right else "other"
    return Score(variant, text, is_right, reading, (), None, rng.choice([0.3, 0.9, None]), rng.random() < 0.1)


def _answer(score):
    variant, prompt = score.variant, score.variant.asked.prompt
    listed = prompt.choices if prompt.list_choices else ()
    return Answer(
        (variant.family, variant.perturbation, variant.draw),
        variant.effect == "label-altering",
        None if score.reading == "unreadable" else score.prediction,
        score.correct,
        listed,
        symbols_of(prompt, len(listed)),
        score.margin,
        score.is_truncated,
        variant.asked.target,
        variant.item.prompt.choices,
        dict(zip(prompt.choices, score.probabilities, strict=True)) if score.probabilities else {},
        score.confidence,
    )
