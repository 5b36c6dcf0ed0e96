"""The words that questions about costs are made of, and what each means. Pure."""

from enum import StrEnum

from sample_agents.costs import Dimension
from sample_agents.period_words import NUMBER_WORDS
from sample_agents.service_names import Words, words_of


class Kind(StrEnum):
    """What a question asks for."""

    COST = "cost"
    COMPARISON = "comparison"
    FORECAST = "forecast"
    SAVINGS = "savings"


_KINDS = {
    Kind.SAVINGS: """save, saves, saving, savings, optimise, optimize, optimisation, optimization, optimising,
        optimizing, reduce, reducing, reduction, cut, cutting, waste, wasted, wasting, idle, unused, cheaper,
        recommend, recommendation, recommendations, advice, rightsize, rightsizing, untagged, unattached,
        commitment, commitments, savings plan, savings plans, reserved instances, trusted advisor""",
    Kind.FORECAST: """forecast, forecasts, forecasted, predict, predicted, prediction, project, projected,
        projection, projections, expect, expected, outlook, estimate, estimated, will, going to""",
    Kind.COMPARISON: """compare, compared, comparing, comparison, versus, vs, against, difference, change,
        changed, changes, increase, increased, decrease, decreased, grew, grow, growing, growth, rise, rose,
        rising, went up, go up, gone up, went down, go down, dropped, fell, higher, lower, why,
        month over month, mom""",
    Kind.COST: """cost, costs, costing, spend, spends, spent, spending, bill, bills, billed, billing, charge,
        charges, charged, expense, expenses, pay, paid, paying, price, prices, invoice, invoices, total,
        totals, how much, amount, amounts, money, expensive, breakdown, usage""",
}
# The first of these that a question has decides: "how much money could I save" is about savings.
KIND_PRECEDENCE = tuple(_KINDS)
KIND_WORDS: dict[Words, Kind] = {
    words_of(phrase): kind for kind, phrases in _KINDS.items() for phrase in phrases.split(",")
}

MONTHLY = "month"
_DIMENSIONS = {
    Dimension.SERVICE.value: "service services product products",
    Dimension.REGION.value: "region regions location locations",
    Dimension.ACCOUNT.value: "account accounts subscription subscriptions subaccount subaccounts",
    Dimension.PROVIDER.value: "provider providers cloud clouds vendor vendors",
    MONTHLY: "month months monthly trend trends history timeline",
}
DIMENSION_WORDS: dict[Words, str] = {
    (word,): dimension for dimension, words in _DIMENSIONS.items() for word in words.split()
}

_RANKINGS = ("top", "biggest", "largest", "highest", "most expensive", "most", "costliest", "priciest")
_USUAL_TOP = 5
_NUMBERS = {str(number): number for number in range(1, 101)} | NUMBER_WORDS
# "top", "top 5", "5 biggest": how many are asked for.
RANKING_WORDS: dict[Words, int] = {
    **{words_of(ranking): _USUAL_TOP for ranking in _RANKINGS},
    **{(*words_of(ranking), word): number for ranking in _RANKINGS for word, number in _NUMBERS.items()},
    **{(word, *words_of(ranking)): number for ranking in _RANKINGS for word, number in _NUMBERS.items()},
}

# Words that change nothing about what is asked.
_FILLERS = """
    a about across all along also am an and any are as at be been between break broken by can could current
    currently d data detail details did display do does doing done down during each entire every explain find
    for from full get give going had has have having hello help hi how i if in instance instances instead into
    is it its just know last let like list ll look m many me more much my need next now of on one only or our
    out over overall overview per place please previous question re report resource resources right s see show
    showing since so some split sum summarise summarize summary t table tell than thank thanks that the their
    them then there these they this those through thru till time to together until up us use used using ve
    want was we were what when where which while who whole with within would year you your
"""
FILLER_WORDS: dict[Words, str] = {(word,): word for word in _FILLERS.split()}

RESERVED_WORDS = frozenset(
    " ".join(phrase) for table in (KIND_WORDS, DIMENSION_WORDS, RANKING_WORDS, FILLER_WORDS) for phrase in table
)
