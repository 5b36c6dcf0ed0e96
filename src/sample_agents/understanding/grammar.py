"""The grammar of questions: every phrase has a place in the query, or changes nothing, or the question is refused.

A phrase's role follows from its position: an exclusion governs the list of names that comes after it, "by" the
dimensions, "account" the name beside it. What no rule takes is left over, and a word left over refuses the question.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from sample_agents.costs.charges import Costs
from sample_agents.errors import UnanswerableError
from sample_agents.query import ANY_TAG, Dimension, Direction, Field, Filter, Metric, Query, Shape, Tag, Unit
from sample_agents.understanding.meaning import Asked, Rank, complete
from sample_agents.understanding.period_words import Calendar, find_periods
from sample_agents.understanding.question_text import Word, question_words
from sample_agents.understanding.refusals import absent, ambiguous, ambiguous_field, not_understood, unknown_words
from sample_agents.understanding.vocabulary import (
    GRAMMAR,
    Named,
    Names,
    field_order,
    names_of,
    selects_the_same,
    values_selected,
)
from sample_agents.understanding.wording import in_words

_ARTICLES = frozenset({"the", "a", "an", "our", "my", "your", "any", "all"})
_PREPOSITIONS = frozenset({"in", "on", "for", "of", "at", "within", "from"})
_POLITE = frozenset({"please", "can you", "could you", "kindly", "hi", "hey"})
_BE = frozenset({"is", "are", "was", "were"})
_SUBTRACTED = frozenset({"minus", "subtracting", "deducting", "less the"})
_EVERY = frozenset({"all", "any", "across", "across all", "over all", "for all"})
_CONSUMED = frozenset(
    {
        "run",
        "ran",
        "serve",
        "served",
        "store",
        "stored",
        "process",
        "processed",
        "use",
        "used",
        "using",
        "consume",
        "consumed",
        "consumption",
        "usage",
    }
)
_CLAUSE = frozenset(
    {"where", "what", "how", "which", "show", "compare", "forecast", "give", "why", "are", "is", "can", "could"}
)
_MOST_WORDS = 400


def understand(text: str, costs: Costs, today: date, fiscal_year_start: int | None = None) -> list[Query]:
    """The parts of the question, each as a query: mostly one.

    Raises UnanswerableError, with what was understood, what was not, and questions that work.
    """
    question = question_words(text)
    if len(question) == 1 and question[0].is_quoted:
        question = question_words(question[0].text)
    if len(question) > _MOST_WORDS:
        raise UnanswerableError(f"That is more than I can take in: ask in at most {_MOST_WORDS} words.")
    coverage = costs.coverage(today)
    is_daily = all(cover.is_daily for cover in coverage.providers.values())
    calendar = Calendar(coverage.first, coverage.end, coverage.newest_complete, today, fiscal_year_start, is_daily)

    def read(words: Sequence[Word]) -> Query:
        reader = _Reader(words, names_of(costs), calendar)
        asked = reader.read()
        if not asked.is_anything and all(reader.items[at].kind == "unknown" for at in reader.left):
            raise not_understood(words)
        if not reader.left:
            return complete(asked, costs, coverage, calendar)
        try:
            understood = in_words(complete(asked, costs, coverage, calendar), costs)
        except UnanswerableError:
            understood = ""
        left = [reader.items[at] for at in sorted(set(reader.left))]
        raise unknown_words(reader.names, words, left, reader.items, understood)

    for position in _clauses(question):
        try:
            parts = [read(question[:position]), read(_without_conjunction(question[position:]))]
        except UnanswerableError:
            continue
        if _are_apart(parts):
            return parts
    return [read(question)]


def _clauses(question: Sequence[Word]) -> list[int]:
    """Where another question may begin: at "and where", and at a new sentence."""
    return [
        position
        for position, word in enumerate(question)
        if position
        and not word.is_quoted
        and (
            set(word.before) & set("?!.;\n")
            or (
                word.text in ("and", "also", "but")
                and position + 1 < len(question)
                and question[position + 1].text in (*_CLAUSE, "also")
            )
        )
    ]


def _without_conjunction(question: Sequence[Word]) -> Sequence[Word]:
    while question and question[0].text in ("and", "also", "but"):
        question = question[1:]
    return question


def _are_apart(parts: Sequence[Query]) -> bool:
    """Whether each part says all that it asks: "and in June?" leaves out of what, where to save leaves out nothing."""
    first, second = parts
    if (first.shape is Shape.SAVINGS) != (second.shape is Shape.SAVINGS):
        return True
    named = [all(period.name == "" for period in part.periods) and bool(part.periods) for part in parts]
    return all(named) and bool(first.filters) == bool(second.filters)


class _List(NamedTuple):
    """Names that belong together, and what they are of."""

    filter: Filter
    start: int  # of the items
    end: int


@dataclass
class _Entry:
    options: list[Named]
    is_qualified: bool
    text: str


class _Reader:
    """Reads one question from left to right; each rule takes what belongs together, or nothing."""

    def __init__(self, question: Sequence[Word], names: Names, calendar: Calendar) -> None:
        self.question, self.names, self.costs = question, names, names.costs
        # Which way a month without a year lies depends on whether what is to come is asked for.
        words = {word.text for word in question}
        forecast = bool(words & _FORECAST_WORDS)
        periods = find_periods(question, names.long_names(question), calendar, forecast=forecast)
        self.items = names.items(question, periods)
        shapes = {str(item.meaning).split()[0] for item in self.items if item.kind == "shape"}
        self.compares = bool(shapes & {"compare", "change", "rose", "fell", "changed"})
        self.asked = Asked(shapes=["compare"] if "compare" in shapes else [])  # in a list it is a conjunction, too
        self.lists: list[_List] = []
        self.left: list[int] = []  # items that no rule has taken
        self.counted: int | None = None  # the number in "which 3 services cost the most"
        self.at = 0

    def read(self) -> Asked:
        """What is asked; what was not understood of it is `left`."""
        while self.at < len(self.items):
            end = self._rule(self.at)
            if end is None:
                self.left.append(self.at)
                end = self.at + 1
            self.at = end
        self._settle_leftovers()
        self._refuse_unclear_category()
        self._split_share()
        return self.asked

    # The rules. Each gives the position after what it has taken, or None.

    def _rule(self, at: int) -> int | None:
        kind = self.items[at].kind if at < len(self.items) else ""
        rules: dict[str, Callable[[int], int | None]] = {
            "filler": self._filler, "metric": self._metric, "shape": self._shape, "period": self._period,
            "rank": self._rank, "number": self._rank, "time": self._time, "currency": self._currency,
            "exclude": self._exclusion, "link": self._link, "field": self._field, "name": self._included,
            "quoted": self._included, "unit name": self._unit, "refused": self._refused,
        }  # fmt: skip
        return rules[kind](at) if kind in rules else None

    def _filler(self, at: int) -> int | None:
        """ "list my services" is a wish, "list" elsewhere a price."""
        if self._text(at) == "everything":
            return at + 1 if at == 0 and self._text(1) in _PREPOSITIONS else None
        is_wish = not self._text(at).startswith("list") or at == 0 or self._text(at - 1) in _POLITE
        return at + 1 if is_wish else None

    def _metric(self, at: int) -> int:
        self.asked.metrics.append(str(self.items[at].meaning))
        return at + 1

    def _shape(self, at: int) -> int:
        self.asked.shapes.append(str(self.items[at].meaning))
        return at + 1

    def _period(self, at: int) -> int:
        self.asked.periods.append(self.items[at].meaning)
        self.asked.are_periods_apart |= self._is_apart_from_the_period_before(at)
        return at + 1

    def _is_apart_from_the_period_before(self, at: int) -> bool:
        before = [number for number in range(at) if self.items[number].kind == "period"]
        if not before:
            return False
        between = range(before[-1] + 1, at)
        is_joined = any(self._is_link(number, "and", "to") or self._is_shape(number, "compare") for number in between)
        is_near = all(self._kind(number) in ("filler", "shape", "metric", "link") for number in between)
        return not is_near or not (is_joined or any(self._has_comma(number) for number in (*between, at)))

    def _currency(self, at: int) -> int:
        code = str(self.items[at].meaning)
        if code not in self.costs.currencies:
            there = " and ".join(self.costs.currencies)
            raise UnanswerableError(f"{code} is not in the data, whose amounts are in {there}; I convert nothing.")
        self.asked.currencies.add(code)
        return at + 1

    def _unit(self, at: int) -> int:
        self.asked.units.append(self.items[at].meaning)
        return at + 1

    def _refused(self, at: int) -> int | None:
        """ "how many GB", "how many EC2 hours" is a quantity; how many of anything else is not known."""
        named = self._names(at + 1) if self._text(at) != "usage" else None
        is_unit = self._kind(named[1] if named else at + 1) == "unit name"
        if self._text(at) in ("how many", "number of", "usage") and is_unit:
            self.asked.metrics.append(Metric.QUANTITY)
            return at + 1
        return None

    def _time(self, at: int) -> int | None:
        """ "monthly" breaks down; a bare "month" says nothing."""
        unit = str(self.items[at].meaning)
        is_adjective = self._text(at).endswith("ly")
        if is_adjective or self._text(at - 1) in ("average", "averages", "mean", "avg"):
            self.asked.every.append(Unit(unit))
            return at + 1
        return None

    def _rank(self, at: int) -> int | None:
        """ "top 5 services", "5 most expensive EC2 resources", "the 3 lowest"."""
        limit, at_rank = None, at
        if self._kind(at) == "number":
            limit, at_rank = self.items[at].meaning, at + 1
            if self._kind(at_rank) != "rank":
                return None
        direction = Direction(str(self.items[at_rank].meaning))
        end = at_rank + 1
        if self._kind(end) == "number" and limit is None:
            limit, end = self.items[end].meaning, end + 1
        if limit == 0 or self._is_shape(end, "share percent"):  # "top 80 %"
            return None
        if self._kind(end) == "rank" and self.items[end].meaning == direction:
            end += 1  # "top 10 most expensive"
        look = self._skip(end, _ARTICLES | _PREPOSITIONS, metrics=True)
        named = self._names(look)
        after = self._skip(named[1] if named else look, _ARTICLES, metrics=True)
        breakdown = self._breakdown(after)
        if breakdown is None:
            if self._is_link(end, "by") and not self._text(end).endswith("by"):
                return None  # "top 3 per region": of what?
            is_one = self._kind(look) == "time" and self._text(at_rank) != "top"  # "the highest monthly bill"
            is_one |= self._text(at_rank).endswith(("driver", "spender"))
            self.asked.ranks.append(Rank(direction, limit or (1 if is_one else None)))
            return end
        if named:
            self._include(named, look)
        by, end, text = breakdown
        is_one = not text.endswith("s")
        self._break_down(by)
        self.asked.ranks.append(Rank(direction, limit or (1 if is_one else None)))
        return end

    def _link(self, at: int) -> int | None:
        meaning = self.items[at].meaning
        if meaning == "by":
            return self._by(at)
        if meaning == "which":
            return self._which(at)
        if meaning == "and":
            return self._and(at)
        if meaning == "is":
            return at + 1
        # "compared to", "more than", "between EC2 and RDS", "spend from production"
        follows = self._names(self._skip(at + 1, _ARTICLES)) is not None
        ranges = any(self._text(later) == "to" for later in range(at + 1, len(self.items)))
        self.asked.is_than |= self._text(at) == "than"
        if (self.compares and self._text(at) != "within") or (
            self._text(at) in ("from", "within") and follows and not ranges
        ):
            return at + 1
        return None

    def _by(self, at: int) -> int | None:
        """ "by region and service", "per month", "each EC2 resource"; "by cost" only says how a ranking is sorted."""
        end = self._skip(at + 1, _ARTICLES)
        if self._text(at).endswith("by") and (self._kind(end) == "metric" or self._text(end).startswith("how much")):
            return self._metric(end) if self._kind(end) == "metric" else end + 1
        named = self._names(end)
        if named and self.asked.ranks and self._kind(named[1]) == "metric" and self._text(at).endswith("by"):
            self._include(named, end)  # "top accounts by EC2 spend"
            return named[1]
        taken = 0
        while True:
            start = self._skip(end, _ARTICLES | {"each"})
            if taken and self._is_link(start, "by"):
                start = self._skip(start + 1, _ARTICLES)
            named = self._names(start)
            if named and taken == 0:
                look = self._skip(named[1], _ARTICLES)
                breakdown = self._breakdown(look)
                if breakdown:
                    self._include(named, start)
            else:
                breakdown = self._breakdown(start)
            if breakdown is None:
                return end if taken else None
            by, end, _ = breakdown
            self._break_down(by)
            taken += 1
            if self._is_link(end, "and") and self._breakdown(self._skip(self._skip_by(end + 1), _ARTICLES)):
                end += 1
            elif not (self._has_comma(end) and self._breakdown(self._skip_by(end))) and not (
                self._is_link(end, "by") and self._breakdown(end + 1)
            ):
                return end

    def _skip_by(self, at: int) -> int:
        return at + 1 if self._is_link(at, "by") else at

    def _which(self, at: int) -> int | None:
        """ "which service", "which of our EC2 resources"; before a ranking or a verb it says nothing."""
        start = self._skip(at + 1, _ARTICLES | _PREPOSITIONS)
        counted = start if self._kind(start) == "number" else None
        start += counted is not None
        named = self._names(start)
        breakdown = self._breakdown(self._skip(named[1] if named else start, _ARTICLES))
        if breakdown is None:
            return at + 1
        self.counted = counted
        if named:
            self._include(named, start)
        by, end, text = breakdown
        self._break_down(by)
        self.asked.is_one = not text.endswith("s")
        return end

    def _and(self, at: int) -> int | None:
        """ "and" before another part of the query; between names of two kinds it could mean both or either."""
        after = self._skip(at + 1, _ARTICLES | _PREPOSITIONS)
        follows = self._kind(after)
        if self.lists and self.lists[-1].end == at:
            if follows == "period" and self._kind(at + 1) == "period" and self.lists[-1].filter.excluded:
                raise UnanswerableError("A period cannot be left out: name the periods that you want.")
            if self._names(after):
                named = " ".join(self._text(number) for number in range(self.lists[-1].start, after + 1))
                raise UnanswerableError(
                    f'"{named}": "and" between names of different kinds can mean what is both, or what is either. Ask '
                    'for one of them "in" the other, or ask twice.'
                )
        is_fine = follows in ("period", "rank", "shape", "exclude", "number", "time") or self._is_link(
            after, "by", "which"
        )
        is_fine |= self.compares and follows == "link"
        return at + 1 if is_fine and self._text(at) != "nor" else None

    def _field(self, at: int) -> int | None:
        """Dimensions that no other rule has taken: what qualifies a name, tags, blanks, bare plurals."""
        if (end := self._included(at) or self._excluded_of_field(at)) is not None:
            return end
        meaning = self.items[at].meaning
        if meaning == "untagged":
            return self._untagged(at)
        if meaning in ("unit", "currency"):
            return self._measure(at)
        if meaning in ("tag", "any value"):
            return self._tagged(at)
        return self._bare_dimension(at)

    def _measure(self, at: int) -> int | None:
        """`unit "Hours"`, `currency "USD"`."""
        name = self.items[at + 1].meaning if self._kind(at + 1) == "quoted" else None
        if self.items[at].meaning == "currency" and name in self.costs.currencies:
            self.asked.currencies.add(name)
            return at + 2
        if self.items[at].meaning == "unit" and (name,) in self.names.units.values():
            self.asked.units.append((str(name),))
            return at + 2
        return None

    def _bare_dimension(self, at: int) -> int | None:
        """Dimensions alone: "services" break down, "all services" do not, and "service" says too little."""
        breakdown = self._breakdown(at)
        if breakdown is None:
            return None
        by, end, text = breakdown
        before, is_plural = self._text(at - 1), text.endswith("s")
        if before in ("what", "whats"):
            self.asked.is_one = not is_plural
        elif self._kind(at - 1) == "shape" and self.items[at - 1].meaning in ("rose", "fell", "changed"):
            self.asked.is_one = not is_plural  # "fastest growing service"
        elif text == "cloud" and self._kind(end) == "metric":
            return end  # "our cloud spend"
        elif before in _EVERY or (is_plural and self._excludes_names(end)):
            return end
        elif not is_plural and self._text(end) not in ("breakdown", "split"):
            return None
        self._break_down(by)
        return end

    def _excludes_names(self, at: int) -> bool:
        return self._kind(at) == "exclude" and self.items[at].meaning == "names"

    def _untagged(self, at: int) -> int:
        """ "untagged", "not tagged with team"."""
        after = self._skip(at + 1, _ARTICLES | _PREPOSITIONS)
        named = self._names(after) if self._text(at).startswith("not") else None
        if named and isinstance(named[0].field, Tag):  # "not tagged prod"
            self._include((replace(named[0], excluded=True), named[1]), at)
            return named[1]
        qualified = self._tag_key(after) or self._qualifier(after)
        if qualified and isinstance(qualified[0][0], Tag):
            return self._blank(at, qualified, excluded=False)
        return self._blank(at, ((ANY_TAG,), at + 1), excluded=False)

    def _tagged(self, at: int) -> int | None:
        """ "tagged with team", "with any region": whatever the value."""
        start = at if self.items[at].meaning == "tag" else self._skip(at + 1, _ARTICLES)
        qualified = self._qualifier(start)
        if qualified and self.items[start].meaning == "tag" and qualified[1] == start + 1:  # without a key
            is_any = start > at or self._text(at) in ("tagged", "labelled", "labeled", "with tags")
            qualified = ((ANY_TAG,), start + 1) if is_any else None
        return self._blank(at, qualified, excluded=True) if qualified else None

    def _blank(self, at: int, qualified: tuple[tuple[Field, ...], int], *, excluded: bool) -> int:
        """The charges without a value of the dimension, or all others."""
        self.lists.append(_List(Filter(_one_field(qualified[0]), ("",), excluded), at, qualified[1]))
        return qualified[1]

    def _included(self, at: int) -> int | None:
        named = self._names(at)
        if named is None:
            return None
        found, end = named
        if self._kind(end) == "exclude" and self.items[end].meaning == "after":
            self._include((replace(found, excluded=True), end + 1), at)
            return end + 1
        if self._text(end) in ("included", "is included", "are included"):
            return end + 1 if found.field is Dimension.CHARGE_CATEGORY else None
        if self._text(end) in _BE and self._kind(end + 1) == "exclude" and self.items[end + 1].meaning == "after":
            self._include((replace(found, excluded=True), end + 2), at)
            return end + 2
        self._include(named, at)
        return end

    def _excluded_of_field(self, at: int) -> int | None:
        """ "environment != prod", "region is not us-east-1"."""
        qualified = self._qualifier(at)
        exclusion = self._skip(qualified[1], _BE) if qualified else at
        if not qualified or self._kind(exclusion) != "exclude" or self.items[exclusion].meaning != "names":
            return None
        if (self._text(at) != "tag" and self.items[at].meaning == "tag") or self._text(exclusion).startswith("but"):
            return None  # "tagged team but not payments" leaves out what has no team, too
        named = self._names(self._skip(exclusion + 1, _ARTICLES))
        if named is None or named[0].field not in qualified[0]:
            return None
        self._include((replace(named[0], excluded=True), named[1]), at)
        return named[1]

    def _exclusion(self, at: int) -> int | None:
        """An exclusion governs the list of names that follows."""
        meaning = self.items[at].meaning
        start = self._skip(at + 1, _ARTICLES | _PREPOSITIONS, metrics=True)
        named = self._names(start)
        if meaning == "only":
            is_beside_names = named is not None or (bool(self.lists) and self.lists[-1].end == at)
            return at + 1 if is_beside_names else None
        if meaning == "include":
            return self._inclusion(at, start, named)
        if meaning == "after" or (meaning == "charges" and not _is_charges(named)):
            return None
        if named is None and self._text(start) in ("untagged", "unlabelled", "unlabeled"):
            return self._blank(at, ((ANY_TAG,), start + 1), excluded=True)
        if named is None:
            qualified = self._qualifier(start) if meaning == "without" or self._text(at) == "not" else None
            return self._blank(at, qualified, excluded=False) if qualified else None
        found, end = named
        if self._text(at) in _SUBTRACTED:
            self._refuse_unclear_subtraction(found, at, start, end)
        self._refuse_unclear_scope(found, start, end)
        self._include((replace(found, excluded=True), end), at)
        return end

    def _inclusion(self, at: int, start: int, named: tuple[Filter, int] | None) -> int | None:
        """ "including tax", which is in the cost already; "with team payments", which selects."""
        if self.compares and self._text(at) == "with":
            return at + 1
        if named and _is_charges(named):
            return named[1]
        if named and self._text(at) == "with" and self._kind(start) == "field":
            self._include(named, start)
            return named[1]
        return None

    def _refuse_unclear_subtraction(self, found: Filter, at: int, start: int, end: int) -> None:
        """ "minus credits" is the usual cost, which they lower; or the cost as if there were none; "EC2 minus RDS"."""
        if any(other.filter.field == found.field and not other.filter.excluded for other in self.lists):
            raise UnanswerableError('I subtract no costs from each other: ask for both, as in "EC2 vs RDS in May".')
        if found.field is Dimension.CHARGE_CATEGORY and {"Credit", "Refund", "Adjustment"} & set(found.values):
            raise UnanswerableError(
                f'"{self._between(at, end)}" can mean the cost that they lower, which is the usual one, or the cost '
                f'without them: ask for the cost, or for the cost "excluding {self._between(start, end)}".'
            )

    def _refuse_unclear_scope(self, excluded: Filter, start: int, end: int) -> None:
        """ "excluding EC2 in us-east-1" leaves out EC2 and asks for the region, or leaves out what is both."""
        after = self._skip(end, _ARTICLES | _PREPOSITIONS)
        if self._has_comma(end) and after > end:
            return
        following = self._names(after) if self._kind(after) in ("name", "quoted", "field") else None
        if following and following[0].field != excluded.field:
            left_out = self._between(start, end)
            other = self._between(after, following[1])
            raise UnanswerableError(
                f'What is left out? "excluding {left_out} {self._between(end, following[1])}" can mean {other} without '
                f'{left_out}, or everything except what is both. If the first is meant, ask for "{other} excluding '
                f'{left_out}".'
            )

    def _refuse_unclear_category(self) -> None:
        """ "RDS storage" is not what is billed as of the category Storage, of which RDS has nothing."""
        products = (Dimension.SERVICE, Dimension.PRODUCT)
        services = [found.filter for found in self.lists if found.filter.field in products]
        services = [filter_ for filter_ in services if not filter_.excluded]
        for found in self.lists:
            said = {self._kind(at) for at in range(found.start, found.end)}
            if not services or found.filter.field is not Dimension.SERVICE_CATEGORY or said & {"field", "quoted"}:
                continue
            there = values_selected(self.costs, Dimension.SERVICE_CATEGORY.column, services)
            if not there & set(found.filter.values):
                raise UnanswerableError(
                    f"All charges of {', '.join(services[0].values)} are of the category {' or '.join(sorted(there))}: "
                    f"which part of them is {' or '.join(found.filter.values)}, the data do not say."
                )

    # What rules are made of.

    def _names(self, at: int) -> tuple[Filter, int] | None:
        """A list of names of one field, with the dimension that qualifies them, and the position after it."""
        first = self._entry(at)
        if first is None:
            return None
        entries, end = [first[0]], first[1]
        while (following := self._next_entry(end, entries)) is not None:
            entries.append(following[0])
            end = following[1]
        qualified = next((entry for entry in entries if entry.is_qualified), None)
        fields = {named.field for named in (qualified or entries[0]).options}
        for entry in entries:
            fields &= {named.field for named in entry.options}
        values: set[str] = set()
        found = self._one_meaning(entries, fields)
        for entry in entries:
            values.update(*(named.values for named in entry.options if named.field == found))
        return Filter(found, tuple(sorted(values))), end

    def _one_meaning(self, entries: Sequence[_Entry], fields: Collection[Field]) -> Field:
        """The field that the names are of. Raises UnanswerableError for names of nothing, and of several things."""
        for entry in entries:
            if not any(named.values for named in entry.options):
                raise absent(self.names, entry.text, entry.options)
        there = [named for named in entries[0].options if named.field in fields and named.values]
        if not there:
            raise absent(self.names, entries[0].text, entries[0].options)
        first, *others = sorted(there, key=lambda named: field_order(named.field))
        different = [other for other in others if not selects_the_same(self.costs, first, other)]
        if different:
            raise ambiguous(entries[0].text, [first, *different])
        return first.field

    def _next_entry(self, end: int, entries: Sequence[_Entry]) -> tuple[_Entry, int] | None:
        """The next name of a list: after "and", a comma, or nothing at all, and of a field that the others have."""
        start = end
        is_compared = self.compares and (
            self._is_shape(start, "compare") or self._text(start) in ("to", "with", "than")
        )
        if is_compared or self._is_link(start, "and"):
            start = self._skip(start + 1, _ARTICLES | _PREPOSITIONS)
        found = self._entry(start)
        if found is None:
            return None
        self.asked.are_names_compared |= is_compared
        common = {named.field for named in found[0].options if named.values}
        for entry in entries:
            common &= {named.field for named in entry.options}
        return found if common else None

    def _entry(self, at: int) -> tuple[_Entry, int] | None:
        """A name with what qualifies it: "account production", "payments team", "tagged environment = prod"."""
        qualified = self._qualifier(at)
        start = at
        if qualified:
            start = qualified[1]
            while self._text(start) in (*_BE, "of"):
                start += 1
        if self._kind(start) not in ("name", "quoted"):
            return None
        options = self._options(start)
        end, is_qualified = start + 1, qualified is not None
        if qualified:
            options = [named for named in options if named.field in qualified[0]]
            if not options:
                if self._kind(start) == "quoted":
                    raise absent(self.names, self._text(start), [Named(option, ()) for option in qualified[0]])
                return None
        elif after := self._qualifier(end):
            fitting = [named for named in options if named.field in after[0]]
            if fitting:
                options, end, is_qualified = fitting, after[1], True
        return _Entry(options, is_qualified, self._text(start)), end

    def _options(self, at: int) -> list[Named]:
        if self._kind(at) == "quoted":
            options = self.names.quoted(str(self.items[at].meaning))
            if not options:
                raise absent(self.names, self._text(at), [])
        else:
            options = list(self.items[at].meaning)
        return options

    def _qualifier(self, at: int) -> tuple[tuple[Field, ...], int] | None:
        """What says of which field a name is: "account", "team", "tag team", "team tag", "tagged"."""
        if self._kind(at) != "field":
            return None
        fields = self.items[at].meaning
        if fields == "tag":
            return self._tag_qualifier(at)
        if not isinstance(fields, tuple):
            return None
        keys = tuple(option for option in fields if isinstance(option, Tag))
        if keys and self._text(at + 1) in ("tag", "tags", "label", "labels", "tag key"):
            return keys, at + 2
        return fields, at + 1

    def _tag_qualifier(self, at: int) -> tuple[tuple[Field, ...], int]:
        after = self._skip(at + 1, _ARTICLES)
        return self._tag_key(after) or (tuple(map(Tag, self.costs.tag_keys)), at + 1)

    def _tag_key(self, at: int) -> tuple[tuple[Field, ...], int] | None:
        """A tag's key, after a word that says so."""
        meaning = self.items[at].meaning if at < len(self.items) else None
        if self._kind(at) == "quoted" and meaning in self.costs.tag_keys:
            return (Tag(meaning),), at + 1
        keys = meaning if self._kind(at) == "field" and isinstance(meaning, tuple) else ()
        keys = tuple(option for option in keys if isinstance(option, Tag))
        return (keys, at + 1) if keys else None

    def _breakdown(self, at: int) -> tuple[Field | Unit, int, str] | None:
        """A dimension or a unit of time to break down by, the position after it, and its word."""
        if self._kind(at) == "time" and not self._text(at).endswith("ly"):
            return Unit(str(self.items[at].meaning)), at + 1, self._text(at)
        qualified = self._qualifier(at)
        if qualified is None:
            return None
        if self.items[at].meaning == "tag" and qualified[1] == at + 1 and len(qualified[0]) != 1:
            keys = ", ".join(self.costs.tag_keys)
            raise UnanswerableError(f"By which tag? {f'The data have {keys}.' if keys else 'The data have none.'}")
        return _one_field(qualified[0]), qualified[1], self._text(at)

    def _break_down(self, by: Field | Unit) -> None:
        if isinstance(by, Unit):
            self.asked.every.append(by)
        elif by not in self.asked.by:
            self.asked.by.append(by)

    def _include(self, named: tuple[Filter, int], start: int) -> None:
        self.lists.append(_List(named[0], start, named[1]))

    def _kind(self, at: int) -> str:
        return self.items[at].kind if 0 <= at < len(self.items) else ""

    def _text(self, at: int) -> str:
        if not 0 <= at < len(self.items):
            return ""
        if self.items[at].kind == "quoted":
            return f'"{self.items[at].meaning}"'
        return " ".join(word.text for word in self.question[self.items[at].start : self.items[at].end])

    def _between(self, start: int, end: int) -> str:
        return " ".join(self._text(at) for at in range(start, end))

    def _is_link(self, at: int, *meanings: str) -> bool:
        return self._kind(at) == "link" and self.items[at].meaning in meanings

    def _is_shape(self, at: int, meaning: str) -> bool:
        return self._kind(at) == "shape" and self.items[at].meaning == meaning

    def _has_comma(self, at: int) -> bool:
        """Whether a comma, or what stands for "and", is before the item."""
        return at < len(self.items) and bool(set(",&+/") & set(self.question[self.items[at].start].before))

    def _skip(self, at: int, words: Collection[str], *, metrics: bool = False) -> int:
        while ((self._kind(at) == "filler" or self._text(at) in ("from", "within")) and self._text(at) in words) or (
            metrics and self._kind(at) == "metric" and self.items[at].meaning == "cost"
        ):
            at += 1
        return at

    def _settle_leftovers(self) -> None:
        """Words that only some questions may have."""
        if self.counted is not None:
            if [rank.limit for rank in self.asked.ranks] == [None]:
                self.asked.ranks = [Rank(self.asked.ranks[0].direction, self.items[self.counted].meaning)]
            else:
                self.left.append(self.counted)
        # "EC2 hours in May", not "the second most expensive"
        is_second = "second" in map(self._text, range(len(self.items)))
        is_amount = bool(self.asked.metrics or self.asked.ranks or is_second)
        if self.asked.units and (not is_amount or any(self._text(at) in _CONSUMED for at in self.left)):
            self.asked.metrics.append(Metric.QUANTITY)
        metrics = set(self.asked.metrics)
        if Metric.QUANTITY in metrics:
            self.left = [at for at in self.left if self._text(at) not in _CONSUMED]
        if any(shape.startswith("savings") for shape in self.asked.shapes):
            self.left = [at for at in self.left if self._text(at) not in ("savings", "saving")]
        if Metric.LIST in metrics or Metric.CONTRACTED in metrics:
            self.left = [at for at in self.left if self._text(at) != "would"]
        if self.asked.units and Metric.QUANTITY not in metrics:
            self.left += [at for at in range(len(self.items)) if self._kind(at) == "unit name"]
        self.asked.is_how_much = any(
            self._text(at) in ("how much", "how much is", "how") for at in range(len(self.items))
        )

    def _split_share(self) -> None:
        """ "What share of WHOLE is PART": what stands before "is" is the whole."""
        shares = [at for at in range(len(self.items)) if self._is_shape(at, "share")]
        if set(self.asked.shapes) == {"share percent"}:
            shares = [at for at in range(len(self.items)) if self._is_shape(at, "share percent")]
        lists, whole = self.lists, list[_List]()
        if shares:
            verbs = [at for at in range(shares[0], len(self.items)) if self._text(at) in _BE or self._is_link(at, "is")]
            if verbs and any(found.start > verbs[0] for found in lists):
                whole = [found for found in lists if found.start < verbs[0]]
                lists = [found for found in lists if found.start > verbs[0]]
            elif self._text(shares[0]).startswith("as a"):
                whole = [found for found in lists if found.start > shares[0]]
                lists = [found for found in lists if found.start < shares[0]]
            elif any(found.start < shares[0] for found in lists) and any(found.start > shares[0] for found in lists):
                whole = [found for found in lists if found.start > shares[0]]  # "EC2's share of compute"
                lists = [found for found in lists if found.start < shares[0]]
            elif len(lists) > 1 or (lists and self.asked.by):
                whole, lists = lists, []
            if whole and not lists:
                raise UnanswerableError('A share of what? Ask as in "what share of the EC2 cost is in us-east-1".')
        self.asked.filters = _filters(lists)
        self.asked.whole = _filters(whole)


_FORECAST_WORDS = {word for words, meaning in GRAMMAR.items() if meaning == ("shape", "forecast") for word in words}
_FORECAST_WORDS -= {"of", "to", "have", "are", "is", "on", "track", "course", "going"}


def _is_charges(named: tuple[Filter, int] | None) -> bool:
    return named is not None and named[0].field is Dimension.CHARGE_CATEGORY


def _one_field(options: Sequence[Field]) -> Field:
    """The field that a dimension's word means. Raises UnanswerableError if it means several."""
    if options == (Dimension.SERVICE, Dimension.PRODUCT):
        return Dimension.SERVICE
    if len(options) != 1:
        raise ambiguous_field(options)
    return options[0]


def _filters(lists: Iterable[_List]) -> tuple[Filter, ...]:
    """The lists' filters, in a fixed order. Raises UnanswerableError for two lists of one field."""
    found: dict[tuple[Field, bool], Filter] = {}
    for given in lists:
        key = (given.filter.field, given.filter.excluded)
        if found.setdefault(key, given.filter) != given.filter:
            name = given.filter.field.key if isinstance(given.filter.field, Tag) else given.filter.field.value
            raise UnanswerableError(
                f"The question names values of {name} in two places: write them as one list, or ask twice."
            )
    return tuple(sorted(found.values(), key=lambda filter_: (field_order(filter_.field), filter_.excluded)))
