"""Tables for notebooks, in HTML that is inert: text of a ledger that somebody sent stays text."""

from collections.abc import Iterable, Sequence
from html import escape

from sweep.inert import printable


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]], more: str = "") -> str:
    """A table with a caption above and an optional line below; numbers are aligned to the right."""
    heads = "".join(f"<th>{text(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    below = f"<p>{text(more)}</p>" if more else ""
    top = f'<caption style="text-align: left">{text(caption)}</caption>'
    return f"<div><table>{top}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{below}</div>"


def text(value: object) -> str:
    """A value as text of HTML."""
    return escape(printable(str(value)))


def _cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td style="text-align: right">{value:,}</td>'
    return f'<td style="text-align: left">{"" if value is None else text(value)}</td>'
