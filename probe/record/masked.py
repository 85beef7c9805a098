"""Tables without known secrets: the last guard before a Parquet file is written, the first where one is read (`probe.masking`).

Covered: text in columns, dictionaries, lists, maps and structs. Not covered: bytes.
"""

from __future__ import annotations

from typing import Any

from probe.masking import masked_value, pattern


def masked_table(table: Any) -> Any:
    """Return a table of arrow with each known secret in its texts masked; the same table where it holds none."""
    found = pattern()
    if found is None:
        return table
    # half a character, of a variable whose bytes are no text, is in no table
    expression = found.pattern.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
    for index, name in enumerate(table.column_names):
        column = table[name]
        if any(_holds(chunk, expression) for chunk in column.chunks):
            table = table.set_column(index, table.schema.field(index), _masked_column(column))
    return table


def _holds(array: Any, expression: str) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return bool(pc.any(pc.match_substring_regex(array, expression)).as_py())
    if pa.types.is_dictionary(kind):
        return _holds(array.dictionary, expression)
    if pa.types.is_map(kind):
        return _holds(array.keys, expression) or _holds(array.items, expression)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _holds(array.flatten(), expression)
    return pa.types.is_struct(kind) and any(_holds(one, expression) for one in array.flatten())


def _masked_column(column: Any) -> Any:
    import pyarrow as pa

    kind = column.type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    made = pa.array(masked_value(column.to_pylist()), plain)
    return made.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else made
