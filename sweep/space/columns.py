"""Names of columns in tables that have axes beside other columns.

A user's own network may have parameters of any name, even `seed`, `error` or `point`. So an axis of such a network is
the column `network.NAME` in computations: no other column and no setting of a recipe begins with `network.`. Files drop
the prefix if no other column has the name.
"""

from collections.abc import Collection, Sequence

#: The prefix of the column of an axis of the user's own network.
_MARK = "network."


def own_axis(name: str) -> str:
    """The column of an axis of the user's own network."""
    return f"{_MARK}{name}"


def axis_name(column: str) -> str:
    """The name of an axis as space.yaml has it, by its column; any other column is its own name."""
    return column.removeprefix(_MARK)


def names_in_files(columns: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The columns of a table as a file names them: axes by their name, unless another column has it.

    Args:
        columns: of the table, each once.
        taken: further names that an axis must not have.

    Returns:
        A name for each column, each once.
    """
    all_names = {*columns, *taken}
    bare = [axis_name(column) for column in columns]
    return [column if name in all_names else name for column, name in zip(columns, bare, strict=True)]
