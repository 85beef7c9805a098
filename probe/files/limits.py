"""How much of a thing is taken, each with its reason. A message that refuses more names the limit.

Real work stays far below; what lies above is a slip of the pen (`--samples 1e20`) or an attack (a file that never ends).

Covered: files, what they hold, numbers that are typed. Not covered: limits of a form, such as 26 letters for options.
"""

from __future__ import annotations

MAX_FILE_BYTES = 1 << 30
"""Of a file of data: it is read whole, and its content takes several times as much memory."""
MAX_SETTINGS_BYTES = 4 << 20
"""Of a file of settings (TOML, YAML), which people write by hand; its parsers take seconds per megabyte."""
MAX_TEXT = 1_000_000
"""Characters of one text, such as a field, a cell, a prompt: about 250,000 tokens, more than a context window here."""
MAX_DEPTH = 64
"""Levels of lists and tables within one another: parsers and writers call themselves once a level."""
MAX_DIGITS = 300
"""Of a whole number in a file: as many as a float can be converted from."""
MAX_ALIASED = 100_000
"""Values that the aliases of a YAML file stand for: nine lines of aliases of aliases stand for a billion."""
MAX_ROWS = 10_000_000
"""Of a table. A run on 100,000 items is what is measured."""
MAX_COLUMNS = 10_000
"""Of a table. Data sets with thousands of columns exist; a prompt uses a few."""
MAX_CELLS = 100_000_000
"""Of a table: a file of a megabyte whose every row names a column of its own would fill the memory."""
MAX_TABLE_BYTES = 4 << 30
"""Of a Parquet file unpacked: a few kilobytes can unpack to terabytes."""

MAX_SAMPLES = 10_000
"""Variants of a family that are drawn for each item."""
MAX_COUNT = 1_000_000_000
"""Of things that are counted: items, variants asked, rows of a pass, steps."""
MAX_SHOTS = 1_000
"""Solved examples before a question; more fit no context window."""
MAX_WORKERS = 256
"""Processes at once."""
MAX_SEED = 2**63 - 1
"""Of a seed, up and down: tables hold whole numbers of 64 bits."""
MAX_TOKENS = 100_000_000
"""Of a pass or a context window, in tokens."""
