"""What the columns of a table are called in which axes stand beside columns of ours.

A network of one's own may call its parameters anything, `seed`, `error` or `point` included. So an axis of such a
network is the column `network.NAME` wherever tables are computed with: no column of ours and no setting of a recipe
begins with that. Files drop the mark where nothing else has the name.
"""

from collections.abc import Collection, Sequence

#: What the column of an axis of a network of one's own begins with.
_MARK = "network."


def own_axis(name: str) -> str:
    """The column of an axis of a network of one's own."""
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
