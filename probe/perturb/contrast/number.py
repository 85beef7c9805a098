"""Two quantities swapped, after which another answer is right.

    Anna is 17, Ali is 75. Who is older?              the second   ->  Anna is 75, Ali is 17. ...             the first
    Ida swam 400 m and Lea swam 1.2 km. Who ...?      Lea          ->  Ida swam 1.2 km and Lea swam 400 m.    Ida

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2.
The old answer
is computed and must be the item's; the new one is computed from the edited text (`probe.perturb.contrast.comparing`).

Covered: two quantities of one kind, with units, signs, halves of the day, dates and eras, of which the question compares one.
Not covered: everything else with numbers.
"""

from __future__ import annotations

from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.contrast.asking import asked_of
from probe.perturb.contrast.comparing import is_proved, proof, text_of
from probe.perturb.contrast.quantities import swapped
from probe.perturb.helpers.item_structure import with_text
from probe.perturb.helpers.language import in_english
from probe.types import Item


@item_perturbation("contrast-number", family="contrast", effect="label-altering")
@in_english
def contrast_number(item: Item, rng: Random) -> Item | None:
    """Swap the two quantities that the question compares."""
    asked = asked_of(item)
    found = proof(item, asked) if asked is not None else None
    if asked is None or found is None:
        return None
    text = text_of(item, asked) or ""
    made = with_text(item, 0, swapped(text, *found) + item.prompt.fields[0].text[len(text) :], asked.other)
    again = asked_of(made)
    return made if again is not None and is_proved(made, again) else None
