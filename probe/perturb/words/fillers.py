"""Sentences that have nothing to do with any question: written by hand, and put together from parts, English.

    The kettle stood near the window.       subject + what was done with it + when or how

They state no number, name nobody, judge nothing, speak of no question, answer or text, and hold no word that could turn a
meaning (not, before, left, all, ...), nor a letter that could be an option's.

Covered: single sentences, short paragraphs, as many made sentences as one likes. Not covered: other languages.
"""

from __future__ import annotations

from random import Random

SENTENCES: tuple[str, ...] = (
    "The kettle stands near the kitchen window.",
    "The wooden bench in the garden was painted in spring.",
    "The path behind the mill leads down to the pond.",
    "Rain was falling on the roof of the shed.",
    "The curtains in the hall are made of linen.",
    "The neighbours keep their ladder in the barn.",
    "The clock in the hallway ticks softly.",
    "The baskets are stacked beside the stairs.",
    "The gravel in the yard was raked in the morning.",
    "The old bicycle leans against the fence.",
    "The drawer of the kitchen cupboard holds string and buttons.",
    "The ferry crosses the bay in the afternoon.",
    "The blankets are kept in the chest near the bed.",
    "The lanterns along the canal are lit at dusk.",
    "The stove in the cabin burns dry wood.",
    "The pigeons sleep near the bridge.",
    "The carpet in the corridor was rolled up.",
    "The watering can stands next to the tomatoes.",
    "The hedge around the orchard grows slowly.",
    "The mailbox at the corner is made of metal.",
    "The dishes are drying on the rack.",
    "The wind moved the leaves across the square.",
    "The gate of the meadow creaks in the evening.",
    "The pillows were put on the sofa.",
    "The rowing boat lies on the shore.",
    "The jars on the shelf hold dried beans.",
    "The tiles in the bathroom were cleaned with warm water.",
    "The mirror hangs across from the wardrobe.",
    "The well behind the cottage is covered with boards.",
    "The sewing box is stored in the attic.",
    "The snow on the porch was swept away.",
    "The barrel beside the greenhouse collects rain.",
    "The radiator in the study hums quietly.",
    "The swallows built their nest in the stable.",
    "The postcards are pinned to the kitchen wall.",
    "The moss grows on the stones near the brook.",
    "The doormat was shaken out in the yard.",
    "The shutters were closed in the evening.",
    "The candlestick was moved to the windowsill.",
    "The fog lifted from the valley around noon.",
    "The rope is coiled up on the deck.",
    "The bread was cooling on the counter.",
    "The sheets were hung up to dry behind the house.",
    "The squirrels buried acorns in the lawn.",
    "The toolbox is kept in the cellar.",
    "The trough in the pasture was filled with water.",
    "The lamp posts along the lane were repainted.",
    "The vines climb up the wall of the chapel.",
)
"""For one irrelevant sentence beside the instruction."""

PARAGRAPHS: tuple[str, ...] = (
    "The cottage stands at the edge of the village. Its walls are made of stone, and its roof is covered with reed. In the "
    "morning the smoke rises from the chimney, and the hens walk about in the yard.",
    "Pottery begins with wet clay. The potter throws it on the wheel, opens it with the thumbs and pulls up the wall. The "
    "pot dries on the shelf for days and is then fired in the kiln.",
    "The tide was out, and the harbour lay dry. Ropes and nets were spread on the quay. Gulls walked across the mud and "
    "looked for shells, and the boats leaned on their keels.",
    "To bake bread at home, mix flour, water, salt and yeast in the bowl. Knead the dough and cover it with the cloth. Let "
    "it rise near the stove, shape it, and bake it in the hot oven.",
    "The attic was full of old things. There were trunks with linen, the frame of the cradle, boxes of letters tied up with "
    "string, and the rocking horse with its worn saddle.",
    "In autumn the orchard smells of apples. The ladders stand against the trees, and the baskets fill slowly. The fruit is "
    "stored in the cellar on straw, where it keeps through the winter.",
    "The weaver sets up the loom with linen thread. The shuttle goes back and forth, and the cloth grows by the width of the "
    "thread. In the evening it is cut from the loom and folded.",
    "The lane winds through the fields to the mill. Poplars line it, and the ditch beside it carries water to the pond. In "
    "spring the frogs call there in the night.",
    "Knitting needs wool and needles. The stitches are cast on, and the rows are worked to and fro. The sleeves are knitted "
    "on their own and sewn on when the body is done.",
    "The railway station of the little town has the waiting room with the tiled stove. The timetable hangs beside the "
    "door. Pigeons sit on the beams, and the porter sweeps the platform.",
    "Bees fly out when the morning sun warms the hive. They bring nectar home and fan it with their wings. In summer the "
    "keeper lifts out the combs and lets the honey run into jars.",
    "The greenhouse is heated with the iron stove. Seedlings stand in trays along the glass, and the hose lies coiled near "
    "the door. In spring they are planted out in the beds behind the house.",
)
"""For unrelated context."""

_SUBJECTS = (
    "kettle,ladder,wheelbarrow,carpet,wardrobe,bookcase,doormat,garden hose,mailbox,blanket,mirror,"
    "bench,cupboard,radiator,sewing machine,stool,watering can,picture frame,washing line,bucket,toolbox,hammock,armchair,"
    "tray,sofa,rowing boat,barrel,rocking horse,wicker chest,coat rack,fruit bowl,fire screen,bread bin,"
    "clay pot,letter opener,plant stand,bird cage,flower box,stepladder,spinning wheel"
)
_DEEDS = (
    "stood in the hall,was kept in the cellar,was carried up to the attic,was cleaned with warm water,was covered with thin "
    "cloth,was brought back from the workshop,was placed beside the fence,was mended with strong thread,was moved closer to "
    "the window,was wiped with the damp rag,was put next to the stairs,was borrowed by the neighbours,was drying on the "
    "porch,was set down near the stove,was wrapped in paper,was stored in the shed,was turned towards the wall,leaned "
    "against the wall,was taken out to the yard,was polished with wax,gathered dust in the corner,was pushed across the "
    "floor,was hung up behind the door,was seen from the lane"
)
_TIMES = (
    "in the morning,in the evening,around noon,for the rest of the week,throughout the winter,in early spring,on the way to "
    "the market,when the rain stopped,as the bells were ringing,at the end of the day,in the quiet of the afternoon,for "
    "the whole summer,when the guests had gone,as it grew dark,on the day of the fair,in the course of the week,when the "
    "wind turned,at sunrise,in late autumn,at dusk"
)
SUBJECTS, DEEDS, TIMES = (tuple(part.split(",")) for part in (_SUBJECTS, _DEEDS, _TIMES))


def made_sentence(rng: Random) -> str:
    """Return one of the sentences that can be put together."""
    return f"The {rng.choice(SUBJECTS)} {rng.choice(DEEDS)} {rng.choice(TIMES)}."
