"""Typed queries about some costs, as hypothesis makes them: what can be asked, and is not refused by itself."""

from datetime import date, timedelta

from hypothesis import strategies as st

from sample_agents.calendar_units import month_after, months_in, unit_of
from sample_agents.query import ANY_TAG, Dimension, Direction, Filter, Finding, Metric, Period, Query, Shape, Tag, Unit

DAY = timedelta(days=1)
RATIOS = (Metric.UTILISATION, Metric.COVERAGE)


def queries(costs, today):
    """Queries that the data can answer, in the form in which questions are understood."""
    cover = costs.coverage(today)
    complete = [month for month in months_in(cover.first, cover.end) if cover.is_complete(month)]
    fields = [*Dimension, *map(Tag, costs.tag_keys)]
    fields = [field for field in fields if any(costs.values(field)) and field is not Dimension.PRODUCT]
    metrics = [metric for metric in Metric if costs.has(metric)]
    sums = [metric for metric in metrics if metric not in RATIOS]
    months = st.sampled_from(complete).map(lambda month: unit_of(Unit.MONTH, month))
    days = st.integers(0, (cover.end - cover.first).days - 1).map(lambda number: cover.first + number * DAY)
    ranges = st.tuples(days, days).map(lambda pair: Period(min(pair), max(pair) + DAY))
    quarters = months.map(lambda month: unit_of(Unit.QUARTER, month.first))
    periods = st.one_of(months, ranges, quarters, st.just(unit_of(Unit.YEAR, complete[-1])))
    pairs = st.lists(st.sampled_from(complete), min_size=2, max_size=2, unique=True).map(
        lambda found: tuple(unit_of(Unit.MONTH, month) for month in sorted(found))
    )
    by = st.lists(st.sampled_from(fields), max_size=2, unique=True).map(tuple)
    one = st.lists(st.sampled_from(fields), max_size=1).map(tuple)

    @st.composite
    def filters(draw):
        found = []
        for field in draw(st.lists(st.sampled_from(fields), max_size=3, unique=True)):
            values = [value for value in costs.values(field) if value]
            some = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)
            chosen = ("",) if draw(st.integers(0, 5)) == 0 else tuple(sorted(draw(some)))
            found.append(Filter(field, chosen, draw(st.booleans())))
        tagged = st.sampled_from([(), (), (), (Filter(ANY_TAG, ("",)),), (Filter(ANY_TAG, ("",), excluded=True),)])
        found.sort(key=lambda filter_: fields.index(filter_.field))
        tags = [filter_ for filter_ in found if isinstance(filter_.field, Tag)]
        return (*[filter_ for filter_ in found if filter_ not in tags], *draw(tagged), *tags)

    def query(shape, **parts):
        parts = {"filters": filters(), "metric": st.sampled_from(sums)} | parts
        return st.builds(Query, shape=st.just(shape), **parts)

    some_currency = st.sampled_from([None, *costs.currencies])
    year_later = [month for month in complete if month_after(month, -12) >= cover.first]
    single = periods.map(lambda period: (period,))
    shapes = [
        query(Shape.TOTAL, periods=single, by=by, metric=st.sampled_from(metrics), currency=some_currency),
        query(Shape.TOTAL, periods=pairs, by=one),
        query(Shape.TOTAL, periods=single, by=one, every=st.sampled_from(Unit)),
        query(Shape.TOTAL, periods=single, by=st.sampled_from(fields).map(lambda field: (field,)),
              limit=st.integers(1, 30), direction=st.sampled_from([Direction.HIGHEST, Direction.LOWEST])),
        query(Shape.AVERAGE, periods=single, by=one, every=st.sampled_from(Unit)),
        query(Shape.COMPARISON, periods=pairs, by=by, currency=some_currency),
        query(Shape.GROWTH, periods=months.filter(lambda month: month.first > complete[0]).map(lambda month: (month,)),
              by=one, every=st.just(Unit.MONTH)),
        query(Shape.MOVERS, periods=pairs, by=one, direction=st.sampled_from([None, Direction.ROSE, Direction.FELL]),
              limit=st.sampled_from([None, 1, 7])),
        query(Shape.FORECAST, periods=st.integers(1, 12).map(
            lambda count: (Period(unit_of(Unit.MONTH, cover.end).first, month_after(cover.end, count)),)
        ), by=one),
        query(Shape.ANOMALIES, periods=single),
        query(Shape.SAVINGS, metric=st.just(Metric.EFFECTIVE), finding=st.sampled_from([None, *Finding])),
    ]  # fmt: skip
    if year_later:
        later = st.sampled_from(year_later).map(lambda month: (unit_of(Unit.MONTH, month),))
        shapes.append(query(Shape.GROWTH, periods=later, every=st.just(Unit.MONTH), year_on_year=st.just(True)))
    shares = query(Shape.SHARE, whole=filters(), periods=single).filter(lambda made: made.filters)
    return st.one_of(*shapes, shares)


TODAY = date(2026, 11, 30)
