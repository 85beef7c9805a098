"""Words that several grammars share: people, jobs, places, days.

Covered: names and common nouns, each a single written word where possible.
Not covered: words of one suite only.
"""

from __future__ import annotations

from pocket.grammar import words

NAMES = words(
    "Anna Ben Clara David Emma Felix Grace Henry Ivy Jack Kate Leo Maria Nina Oscar Paul Rosa Sam Tara Victor "
    "Wendy Yusuf Zoe Omar Lucy Ravi Mina Hugo Elsa Ivan Laura Peter Sofia Tom Alice Bruno Carmen Diego Edith "
    "Frank Helen Ian Julia Karl Linda Martin Nora Otto Priya Ruth Simon Tina Vera Walter Mark Sara Ali Mei "
    "Jonas Irene"
)

JOBS = words(
    "doctor lawyer teacher farmer baker painter singer driver nurse judge pilot sailor writer actor banker "
    "waiter plumber dancer butcher tailor artist chef guard clerk coach student soldier librarian gardener "
    "engineer scientist senator manager editor author reporter tourist dentist barber carpenter neighbour poet "
    "miner fisherman director captain secretary architect cashier musician"
)

CITIES = words(
    "Paris London Rome Madrid Berlin Vienna Lisbon Athens Dublin Oslo Cairo Delhi Tokyo Lima Boston Chicago "
    "Denver Toronto Sydney Munich Milan Geneva Prague Warsaw Seoul Hanoi Havana Nairobi Bogota Quito"
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MONTHS = words("January February March April May June July August September October November December")

PLACES = words(
    "market station library museum park beach hospital school airport theatre harbour castle bakery garden "
    "stadium village factory bank church zoo cinema hotel office farm lake forest bridge square gallery "
    "pharmacy"
)
