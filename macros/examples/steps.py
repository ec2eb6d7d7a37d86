"""The HTML of a worked example: one table a step, in a group that the keyboard can reach and scroll."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from macros.text import escape


def numbers(rows: Iterable[Iterable[float]], places: int = 2) -> list[list[str]]:
    """Write a matrix with `places` decimals; the minus is the sign of print, and zero has none."""
    return [[number(x, places) for x in row] for row in rows]


def number(x: float, places: int = 2) -> str:
    """Write one number: 3.14159 → '3.14', -0.001 → '0.00', -2 → '−2.00'."""
    return f"{x:z.{places}f}".replace("-", "−")


def step(
    caption: str,
    heads: Sequence[str],
    names: Iterable[str],
    rows: Iterable[Sequence[str]],
    markup: bool = False,
) -> str:
    """One table: `heads` names the first column and the others, `names` heads the rows.

    Cells are text; with `markup=True` they are HTML that their maker has escaped. A head that is empty would
    leave its column without a name for whoever hears the table.
    """
    if not all(heads):
        raise ValueError(f"{caption}: give every column a head, the first one too")
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = ""
    for name, row in zip(names, rows, strict=True):
        cells = "".join(f"<td>{cell if markup else escape(cell)}</td>" for cell in row)
        body += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    top = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f'<table class="data-table worked" data-search-exclude>{top}<tbody>{body}</tbody></table>'


def worked(label: str, *tables: str) -> str:
    """Put the steps of one example into a named group, which the search passes over: it holds digits."""
    attributes = f'role="group" tabindex="0" aria-label="{escape(label)}" data-search-exclude'
    opening = f'<div class="worked-example" {attributes}>'
    return "\n".join([opening, *tables, "</div>"])
