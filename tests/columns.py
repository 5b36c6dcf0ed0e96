"""Rows of cells as lines of a table. Pure."""

from collections.abc import Sequence


def laid_out(rows: Sequence[Sequence[str]]) -> list[str]:
    """Give one line for each row, with the cells of a column below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
