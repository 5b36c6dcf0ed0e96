"""What answers of several shapes have in common: a section for each measure, and what to say where there is none."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sample_agents.answering.asked import METRICS, Asked, Body, Covered, Measure
from sample_agents.answering.sql import Group
from sample_agents.query import Dimension, Metric
from sample_agents.writing import count


def by_measure(asked: Asked, groups: Sequence[Group]) -> list[tuple[Measure, list[Group]]]:
    """The groups of each currency, or of each unit of a quantity: those are never added to each other."""
    parts: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        parts[group.measure].append(group)
    return [(asked.measure(name), parts[name]) for name in sorted(parts)]


def or_zero(asked: Asked, groups: list[Group]) -> list[Group]:
    """The groups; if there are none of a category of charges, a zero in each currency: nothing was charged."""
    is_category = any(one.field is Dimension.CHARGE_CATEGORY and not one.excluded for one in asked.query.filters)
    if groups or not is_category or asked.query.by or asked.query.every or asked.query.metric is Metric.QUANTITY:
        return groups
    zero = Decimal(0)
    return [Group(0, currency, None, (), zero, zero, 0, 0, 0) for currency in asked.currencies]


def nothing(covered: Sequence[Covered]) -> Body:
    """The answer where no charge is selected, though the data have the period."""
    when = " and ".join(part.when for part in covered)
    return Body([f"**There is no charge** for this selection {when}."], covered=covered)


def reservations(asked: Asked, measure: Measure, groups: Sequence[Group]) -> str:
    """What a headline says of rows that lack the metric, and of cost that the export has twice."""
    blank = sum(group.blank for group in groups)
    said = (
        f", without {count(blank, 'row')} that {'has' if blank == 1 else 'have'} no {METRICS[asked.query.metric][0]}"
        if blank
        else ""
    )
    if asked.query.metric is Metric.EFFECTIVE and (twice := sum((group.base for group in groups), Decimal(0))):
        said += f", with {measure.say(twice)} of purchases counted beside the usage that they cover"
    return said
