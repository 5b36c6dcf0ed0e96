"""What rose or fell most between two periods, and why."""

from collections.abc import Sequence
from decimal import Decimal

from sample_agents.answering.asked import Asked, Body, Measure
from sample_agents.answering.changes import (
    change_cells,
    change_columns,
    changes_table,
    is_wanted,
    like_for_like,
    unlikeness,
)
from sample_agents.answering.figures import Column, Figure, Row
from sample_agents.answering.sections import by_measure, nothing, reservations
from sample_agents.answering.sql import Group
from sample_agents.answering.tables import Sums, Values, field_name, period_buckets, value_cells
from sample_agents.calendar_units import unit_of
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Direction, Field, Filter
from sample_agents.writing import change, plain

_EXPLAINED = 3  # movers whose reasons are shown
_REASONS = 3  # reasons of each
# What can explain a change, the first that does so best.
_CAUSES = (Dimension.RESOURCE, Dimension.REGION, Dimension.ACCOUNT, Dimension.CHARGE_CATEGORY)


def movers(asked: Asked) -> Body:
    """The values that changed most from the first period to the last, and what in them did."""
    query = asked.query
    if len(query.periods) != 2:
        raise UnanswerableError("What rose or fell needs two periods to compare.")
    if query.every and any(unit_of(query.every, one.first) != one for one in query.periods):
        raise UnanswerableError(f"I tell what changed between two periods, not by {query.every.value}.")
    covered = [asked.cover(period) for period in query.periods]
    fields = query.by or (_usual_field(asked),)
    groups = asked.sums(query.periods, by=fields)
    if not groups:
        return nothing(covered)
    unlike = unlikeness(covered)
    sections, figures = [], []
    names = " and ".join(field_name(asked, one) for one in fields)
    for measure, part in by_measure(asked, groups):
        sums = Sums(asked, measure, part, period_buckets(covered))
        columns = [
            measure.column(f"b{number}", f"{bucket.label} {bucket.mark}".strip())
            for number, bucket in enumerate(sums.buckets)
        ]
        before, after = (sums.of(buckets=[number]) for number in (0, 1))
        way = "is unchanged" if before == after else "rose" if after > before else "fell"
        by = f" by {measure.say(abs(after - before))}" if before != after else ""
        whole = (
            f"{asked.metric}{asked.subject} {way}{by} from {covered[0].words} with {measure.say(before)} to "
            f"{covered[1].words} with {measure.say(after)} "
            f"({change(before, after)}{f'; {unlike}' if unlike else ''}){reservations(asked, measure, part)}"
        )
        figure = changes_table(sums, f"What changed, by {names}", fields, columns, most=10)
        first = _first_movers(sums)
        most = _most(asked, measure, sums, fields, first)
        # What was asked comes first, in bold: who rose or fell most, or how the whole changed.
        is_ranking = query.direction in (Direction.ROSE, Direction.FELL)
        sections += [f"**{most}** {whole}." if is_ranking else f"**{whole}**. {most}", figure.markdown()]
        figures.append(figure)
        if first and len(fields) == 1 and (why := _why(asked, measure, fields[0], first)):
            sections += [
                f"Why, {'of the first ' + str(len(first)) if len(first) > 1 else 'of the first'}:",
                why.markdown(),
            ]
            figures.append(why)
    return Body(sections, figures, groups, covered, like_for_like(covered) if unlike else [])


def _usual_field(asked: Asked) -> Field:
    """By service; within one service, by resource, or by region if the data name no resources."""
    one_service = any(
        one.field is Dimension.SERVICE and not one.excluded and len(one.values) == 1 for one in asked.query.filters
    )
    if not one_service:
        return Dimension.SERVICE
    return Dimension.RESOURCE if any(asked.costs.values(Dimension.RESOURCE)) else Dimension.REGION


def _difference(sums: Sums, values: Values) -> Decimal:
    return sums.of([values], [1]) - sums.of([values], [0])


def _first_movers(sums: Sums) -> list[Values]:
    """The values that changed most, the way that is asked for."""
    moved = [
        values
        for values in sums.values
        if (_difference(sums, values) and is_wanted(_difference(sums, values), sums.asked.query.direction))
    ]
    # Charges without a tag are none of the so many teams that are asked for.
    is_last = sums.asked.query.limit is not None
    moved.sort(key=lambda values: (is_last and not all(values), -abs(_difference(sums, values)), values))
    return moved[: min(_EXPLAINED, sums.asked.query.limit or _EXPLAINED)]


def _most(asked: Asked, measure: Measure, sums: Sums, fields: Sequence[Field], first: Sequence[Values]) -> str:
    direction = asked.query.direction
    if not first:
        return f"Nothing {direction.value if direction in (Direction.ROSE, Direction.FELL) else 'changed'}."
    name = " / ".join(plain(str(cell)) for cell in value_cells(asked, fields, first[0]).values())
    difference = _difference(sums, first[0])
    return f"Most: {name} {'rose' if difference > 0 else 'fell'} by {measure.say(abs(difference))}."


def _why(asked: Asked, measure: Measure, field: Field, first: Sequence[Values]) -> Figure | None:
    """What changed within the first movers; None if nothing tells them apart."""
    values = tuple(sorted(value for (value,) in first))
    causes = [one for one in _CAUSES if one is not field]
    groups = [
        group
        for group in asked.sums(
            asked.query.periods, by=(field, *causes), filters=(*asked.query.filters, Filter(field, values))
        )
        if group.measure == measure.name
    ]
    rows: list[Row] = []
    for (mover,) in first:
        of_it = [group for group in groups if group.values[0] == mover]
        rows += _reasons(asked, field, mover, causes, of_it)
    if not rows:
        return None
    name = "by0"
    columns = (
        Column(name, field_name(asked, field).capitalize()),
        Column("what", "What"),
        Column("cause", "Which"),
        measure.column("before", "Before"),
        measure.column("after", "After"),
        *change_columns(measure),
    )
    return Figure("Why", columns, tuple(rows))


def _reasons(asked: Asked, field: Field, mover: str, causes: Sequence[Dimension], groups: Sequence[Group]) -> list[Row]:
    """The parts of a mover that changed most, with the others as one row: they add up to its change."""
    for number, cause in enumerate(causes, start=1):
        amounts: dict[str, list[Decimal]] = {}
        for group in groups:
            amounts.setdefault(group.values[number], [Decimal(0), Decimal(0)])[group.period] += group.amount
        changes = {value: after - before for value, (before, after) in amounts.items()}
        moved = sum(map(abs, changes.values()), Decimal(0))
        # Charges without a value explain nothing; half of what moved must have one.
        if (
            (len(amounts) < 2 and cause is not Dimension.RESOURCE)
            or not moved
            or 2 * abs(changes.get("", Decimal(0))) > moved
        ):
            continue
        sign = 1 if sum(changes.values(), Decimal(0)) >= 0 else -1
        order = sorted(amounts, key=lambda value: (-sign * changes[value], value))
        rows = [
            _reason(asked, field, mover, cause, asked.costs.label(cause, value), *amounts[value])
            for value in order[:_REASONS]
        ]
        if others := order[_REASONS:]:
            before, after = (sum((amounts[value][place] for value in others), Decimal(0)) for place in (0, 1))
            rows.append(_reason(asked, field, mover, cause, f"{len(others)} more", before, after))
        return rows
    return []


def _reason(
    asked: Asked, field: Field, mover: str, cause: Dimension, which: str, before: Decimal, after: Decimal
) -> Row:
    row: Row = {"by0": asked.costs.label(field, mover), "what": field_name(asked, cause), "cause": which}
    return row | {"before": before, "after": after} | change_cells(before, after)
