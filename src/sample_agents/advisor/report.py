"""A query for savings answered: the findings of one complete month, in words and as figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sample_agents.advisor.findings import ASSUMED_DISCOUNT, FAST_GROWTH, NOTABLE, Found, Part, find, possible_savings
from sample_agents.answering.asked import Asked, Body
from sample_agents.answering.figures import Answer, Column, Figure, Row
from sample_agents.calendar_units import in_words, unit_of
from sample_agents.costs.charges import Costs
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Direction, Finding, Metric, Period, Query, Tag, Unit
from sample_agents.writing import count, money, paragraphs, plain

_NAMED_PARTS = 3  # resources that a finding names, among others
_LISTED_PARTS = 20  # resources that are listed, where the question is about one kind of finding
_SUBJECTS = {
    Finding.IDLE: "What the bill calls idle or unattached",
    Finding.UNUSED_COMMITMENT: "What commitments cost without being used",
    Finding.ON_DEMAND: "On-demand usage that a commitment would cover",
    Finding.PREVIOUS_GENERATION: "What runs on previous generations",
    Finding.GROWTH: "What grew fast",
    Finding.UNTAGGED: "What has no tag",
    Finding.SNAPSHOTS: "Snapshots",
    Finding.DATA_TRANSFER: "Traffic between zones and through NAT gateways",
}
_GIVEN = (Dimension.SERVICE, Dimension.RESOURCE)  # what every finding is broken down by
# What a reader must not take an answer for.
_LIMITS = {
    Finding.IDLE: "A cost export does not show utilisation: idle is only what the charge's own description calls so.",
    Finding.PREVIOUS_GENERATION: "Generations are found by what descriptions say; many charges name none.",
    Finding.ON_DEMAND: "Only hours of services with Savings Plans, reservations or committed use are looked at.",
    Finding.GROWTH: "Fast growth: an average day costs at least "
    f"{100 * (FAST_GROWTH - 1):.0f} % more in each of the two newest months, and the increase is at least "
    f"{100 * NOTABLE:.0f} % of the whole.",
}


def answer(query: Query, costs: Costs, today: date) -> Answer:
    """The ranked findings, a section for each currency. Raises UnanswerableError for what it cannot honour."""
    _refuse_what_has_no_place(query)
    asked = Asked(query, costs, today)
    asked.check_metric()
    asked.query = query = replace(query, periods=(_month(asked),))
    findings = find(costs, query, asked.coverage)
    sections, figures = [], list[Figure]()
    for currency in sorted(findings.selected):
        if found := [finding for finding in findings.found if finding.currency == currency]:
            text, tables = _section(query, costs, found, currency)
            sections.append(text)
            figures += tables
    notes = [
        "Of that, only charges of usage are looked through: no taxes, credits and purchases.",
        "A saving assumes months like this one.",
        *(limit for kind, limit in _LIMITS.items() if query.finding in (kind, None)),
        *findings.not_looked_for,
    ]
    covered = [asked.cover(query.periods[0])]
    if sections:
        return asked.compose(Body(sections, figures, findings.groups, covered, notes))
    return asked.compose(Body([_nothing(query, findings.selected)], covered=covered, notes=notes))


def _refuse_what_has_no_place(query: Query) -> None:
    """Refuse a part of the query that findings have no place for; nothing of it is dropped."""
    by = [field.key if isinstance(field, Tag) else field.value for field in query.by if field not in _GIVEN]
    refused = [f"by {name}" for name in by]
    refused += [f"by {query.every}"] if query.every else []
    refused += [str(query.metric)] if query.metric is not Metric.EFFECTIVE else []
    refused += [str(query.direction)] if query.direction not in (None, Direction.HIGHEST) else []
    refused += ["year on year"] if query.year_on_year else []
    if refused:
        raise UnanswerableError(
            f"I give findings of one month, in effective cost, by service and resource; not {', '.join(refused)}. "
            "What works is a question about one service, region, account or tag: where can we save in EC2?"
        )


def _month(asked: Asked) -> Period:
    """The month that is asked about: a complete one, the newest unless the question names another."""
    complete = {
        month
        for name, cover in asked.providers.items()
        for month in cover.months
        if asked.coverage.is_complete(month, [name])
    }
    newest = max(complete, default=None)
    if newest is None:
        raise UnanswerableError("I need a complete month to find savings, and the data have none.")
    if not asked.query.periods:
        return replace(unit_of(Unit.MONTH, newest), name="the newest complete month")
    period = asked.query.periods[0]
    works = f"The newest complete month is {newest:%B %Y}: where can we save in {newest:%B %Y}?"
    if len(asked.query.periods) > 1 or period != unit_of(Unit.MONTH, period.first):
        words = " and ".join(in_words(one) for one in asked.query.periods)
        raise UnanswerableError(f"I find savings in one complete month at a time, not in {words}. {works}")
    asked.cover(period)  # refuses what is not in the data
    if period.first not in complete:
        raise UnanswerableError(
            f"{in_words(period)} is not complete in the data, so what it shows of savings would be too little. {works}"
        )
    return period


def _section(query: Query, costs: Costs, found: Sequence[Found], currency: str) -> tuple[str, list[Figure]]:
    """The findings of one currency: headline, table, and what to do about each."""
    cost = sum((finding.cost for finding in found), Decimal(0))
    savings, twice = possible_savings(found)
    if query.finding:
        headline = f"**{_SUBJECTS[query.finding]}: {money(cost, currency)} in {in_words(query.periods[0])}.**"
        headline += f" Possible saving: {money(savings, currency)} a month." if savings else ""
    elif savings:
        headline = f"**Possible savings: {money(savings, currency)} a month**, from {count(len(found), 'finding')}."
    else:
        number = count(len(found), "finding")
        headline = f"**No saving that the data can put a number on**, but {number} to look at ({currency})."
    assumed = sum((finding.saving or Decimal(0) for finding in found if finding.is_assumed), Decimal(0))
    added = [
        f"Of it, {money(assumed, currency)} rests on an assumed discount of {100 * ASSUMED_DISCOUNT:.0f} %."
        if assumed and not (query.finding and len(found) == 1)
        else "",
        f"{money(twice, currency)} is not counted twice: usage that moves under an unused commitment needs no new one."
        if twice
        else "",
    ]
    shown = found[: query.limit] if query.limit and not query.finding else found
    figures = [_findings_figure(query, costs, shown, currency)]
    if query.finding and any(finding.parts for finding in shown):
        figures.append(_parts_figure(query, costs, shown, currency))
    advice = "\n".join(
        f"{number}. {_advice(costs, finding, 0 if query.finding else _NAMED_PARTS)}"
        for number, finding in enumerate(shown, start=1)
    )
    text = paragraphs(" ".join([headline, *filter(None, added)]), *(figure.markdown() for figure in figures), advice)
    return text, figures


def _findings_figure(query: Query, costs: Costs, found: Sequence[Found], currency: str) -> Figure:
    month = in_words(query.periods[0])
    columns = (
        Column("finding", "Finding"),
        Column("where", "Where"),
        Column("sure", "How sure"),
        Column("cost", f"Cost in {month}", "money", currency),
        Column("saving", "Possible saving a month", "money", currency, blank="not in the data"),
    )
    rows: list[Row] = [
        {
            "finding": finding.check.title,
            "where": _where(costs, finding),
            "sure": finding.check.sure.value,
            "cost": finding.cost,
            "saving": finding.saving,
        }
        for finding in found
    ]
    return Figure(f"Findings of {month} ({currency})", columns, tuple(rows))


def _parts_figure(query: Query, costs: Costs, found: Sequence[Found], currency: str) -> Figure:
    """The resources of all findings of the kind that the question is about; of commitments, each of them."""
    is_commitment = query.finding is Finding.UNUSED_COMMITMENT
    rows: list[Row] = [
        {
            "part": part.name,
            "where": costs.label(Dimension.SERVICE, part.service),
            "cost": part.cost,
            "used": part.used,
            "utilisation": part.utilisation,
        }
        for part in sorted((part for one in found for part in one.parts), key=lambda part: (-part.cost, part.name))
    ]
    what = "Commitment" if is_commitment else "Resource"
    columns = [Column("part", what), Column("where", "Where")]
    columns += [Column("used", "Used", "money", currency)] if is_commitment else []
    columns += [Column("cost", "Unused" if is_commitment else "Cost", "money", currency)]
    columns += [Column("utilisation", "Utilisation", "percent")] if is_commitment else []
    title = f"{what}s in {in_words(query.periods[0])}, the dearest first ({currency})"
    chart = {"kind": "bar", "x": "part", "y": "cost"}
    return Figure(title, tuple(columns), tuple(rows), chart=chart).cut(
        query.limit + 1 if query.limit else _LISTED_PARTS
    )


def _where(costs: Costs, finding: Found) -> str:
    """The finding's services, the dearest first; the provider's name where the data have several."""
    services = [costs.label(Dimension.SERVICE, service) for service in finding.services[:3]]
    more = len(finding.services) - len(services)
    where = ", ".join(services) + (f" and {more} more" if more else "")
    return where if len(costs.values(Dimension.PROVIDER)) < 2 else f"{finding.provider}: {where}"


def _advice(costs: Costs, finding: Found, named: int) -> str:
    """What to do, how sure that is and why, and the dearest resources by name."""
    sure = f"{finding.check.sure.value.capitalize()}: {finding.why}."
    text = f"{finding.check.title}, {plain(_where(costs, finding))}: {finding.action} {sure}"
    if names := [_named(part, finding.currency) for part in finding.parts[:named]]:
        more = len(finding.parts) - len(names)
        text += f" Most of it: {'; '.join(names)}" + (f"; and {more:,} more." if more else ".")
    return text


def _named(part: Part, currency: str) -> str:
    note = "" if part.utilisation is None else f", {part.utilisation:,.1f} % of it used"
    return f"{plain(part.name)} ({money(part.cost, currency)}{note})"


def _nothing(query: Query, selected: Mapping[str, Decimal]) -> str:
    """That nothing was found, and what was looked through."""
    month = in_words(query.periods[0])
    through = " and ".join(money(cost, currency) for currency, cost in sorted(selected.items()))
    looked = f"I looked through usage of {through}." if through else "The data have no usage there."
    if query.finding:
        return f"**{_SUBJECTS[query.finding]}: nothing that the data show in {month}.** {looked}"
    return f"**I found nothing to save in {month}.** {looked}"
