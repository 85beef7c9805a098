"""Damage to files of JSON, for the tests of what reads them."""


def put(value, path, to):
    """Set the value at a path of keys; `...` takes the key out."""
    for key in path[:-1]:
        value = value[key]
    if to is ...:
        del value[path[-1]]
    else:
        value[path[-1]] = to
