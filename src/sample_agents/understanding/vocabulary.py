"""What phrases mean: `words.toml`, and the names in the data."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sample_agents.costs.charges import Costs, column_of
from sample_agents.query import Dimension, Field, Filter, Period, Tag
from sample_agents.understanding.period_words import NUMBERS, Mention
from sample_agents.understanding.question_text import MONTHS, Word, Words, words_of

Key = TypeVar("Key")


class Item(NamedTuple):
    """A phrase of a question, and what it is to the grammar."""

    start: int
    end: int  # excluded
    kind: str  # a table of words.toml, or: name, period, number, quoted, unit name, tag key, unknown
    meaning: Any


class Named(NamedTuple):
    """What a name in the data can mean: values of a field."""

    field: Field
    values: tuple[str, ...]  # none if the name is a usual one that these data lack


def listed(phrases: str) -> list[Words]:
    """The words of each phrase in a list that is separated by commas."""
    return [words_of(phrase) for phrase in phrases.split(",")]


_TABLES: Mapping[str, Mapping[str, str]] = {
    kind: table if isinstance(table, dict) else {kind: table}
    for kind, table in tomllib.loads(
        (resources.files(__package__) / "words.toml").read_text(encoding="utf-8")
    ).items()
}  # fmt: skip
_NAMES_OF_VALUES = {
    "provider": Dimension.PROVIDER, "services": Dimension.SERVICE, "product": Dimension.PRODUCT,
    "charge_category": Dimension.CHARGE_CATEGORY, "pricing_category": Dimension.PRICING_CATEGORY,
}  # fmt: skip
_REFUSALS = _TABLES["refused"]
# The words of the grammar, each phrase with what it is. What cannot be answered comes last: a name in the data may
# be called so.
GRAMMAR: Mapping[Words, tuple[str, str]] = {
    words: (kind, meaning)
    for kind in ("filler", "metric", "shape", "rank", "exclude", "link", "field", "time", "currency")
    for meaning, phrases in _TABLES[kind].items()
    for words in listed(phrases)
}
UNANSWERABLE: Mapping[Words, str] = {
    words: reason for reason, phrases in _REFUSALS.items() for words in listed(phrases)
}  # fmt: skip
_USUAL = {
    dimension: {label: {words_of(label), *listed(phrases)} for label, phrases in _TABLES[table].items()}
    for table, dimension in _NAMES_OF_VALUES.items()
}
_FIXED = (Dimension.CHARGE_CATEGORY, Dimension.PRICING_CATEGORY)  # FOCUS says which values there are
_KEY_SPELLINGS = [{words_of(key), *listed(phrases)} for key, phrases in _TABLES["tag_key"].items()]
_FIELDS: Mapping[str, tuple[Field, ...]] = {
    **{dimension.value: (dimension,) for dimension in Dimension},
    "product": (Dimension.SERVICE, Dimension.PRODUCT),
    "category": (Dimension.SERVICE_CATEGORY, Dimension.CHARGE_CATEGORY, Dimension.PRICING_CATEGORY),
}
_VENDORS = frozenset({"amazon", "aws", "azure", "microsoft", "google", "oracle"})
_IN_PARENTHESES = re.compile(r"\(([^)]*)\)")
_LIKE_A_PERIOD = re.compile(rf"(?:{'|'.join(MONTHS)}|q[1-4]|h[12]|20\d\d|20\d\d-\d\d|20\d\d-\d\d-\d\d)")
_NOUN = ("filler", "noun")  # of nouns that change nothing, unless the data have a name like it
_SHORT = frozenset({"in", "at", "is", "do", "me", "am", "be"})  # and the codes of countries
_MOST_RESOURCES = 50_000  # more have to be named in quotation marks
_MOST_WORDS = 40  # of a name that is not in quotation marks; an ARN has about 20


class Names:
    """The names in the data, by their words."""

    def __init__(self, costs: Costs) -> None:
        """Index them, once for each Costs."""
        self.costs = costs
        self.free: dict[Words, list[Named]] = {}  # what can stand anywhere
        self.qualified: dict[Words, list[Named]] = {}  # what must stand beside "account", "team", ...
        self.written: dict[str, list[Named]] = {}  # in quotation marks
        self.resources: dict[Words, list[Named]] = {}
        self.keys: dict[Words, tuple[Field, ...]] = {}
        self.units: dict[Words, tuple[str, ...]] = {}
        self.fields: dict[Words, tuple[Field, ...]] = {
            words: _FIELDS[meaning]
            for words, (kind, meaning) in GRAMMAR.items()
            if kind == "field" and meaning in _FIELDS
        }
        self._index_keys()
        self._index_units()
        for field in (*Dimension, *map(Tag, costs.tag_keys)):
            if field is not Dimension.RESOURCE:
                self._index_values(field)
        self._index_resources()
        longest = max(map(len, (*GRAMMAR, *UNANSWERABLE, *self.free, *self.resources, *self.keys)))
        self.longest = min(longest, _MOST_WORDS)

    def quoted(self, name: str) -> list[Named]:
        """What a name in quotation marks can mean."""
        words = words_of(name)
        resources = []
        if name not in self.written and name in self.costs.values(Dimension.RESOURCE):
            resources = [Named(Dimension.RESOURCE, (name,))]
        exact = self.written.get(name, [])
        return exact + [
            named for named in self.qualified.get(words, []) + resources if named.field not in {e.field for e in exact}
        ]

    def _index_keys(self) -> None:
        """Tag keys as people write them: `CostCenter` as cost center, `user:team` as team."""
        keys: dict[Words, set[Tag]] = {}
        for key in self.costs.tag_keys:
            spellings = {
                words_of(key),
                words_of(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key)),
                words_of(re.split("[:/]", key)[-1]),
            }
            spellings |= {("".join(words),) for words in spellings}
            for alike in _KEY_SPELLINGS:
                if spellings & alike and not any(
                    words_of(other) in alike for other in self.costs.tag_keys if other != key
                ):
                    spellings |= alike
            for words in spellings - {()}:
                for spelling in (words, _plural(words)):
                    keys.setdefault(spelling, set()).add(Tag(key))
        for words, tags in keys.items():
            self.keys[words] = tuple(Tag(key) for key in sorted(tag.key for tag in tags))
            if words in self.fields or words not in GRAMMAR:
                self.fields[words] = (*self.fields.get(words, ()), *self.keys[words])
        is_project = self.costs.is_project
        for words, (kind, meaning) in GRAMMAR.items():
            if kind == "field" and meaning == "project":
                of_tags = self.keys.get(words, ())
                self.fields[words] = (Dimension.ACCOUNT, *of_tags) if is_project or not of_tags else of_tags

    def _index_units(self) -> None:
        """Units that are consumed: `GB-Months` is called GB too."""
        rows = self.costs.connection.cursor().execute("SELECT DISTINCT unit FROM charges WHERE unit <> '' ORDER BY ALL")
        exact: dict[Words, tuple[str, ...]] = {}
        parts: dict[Words, tuple[str, ...]] = {}
        for (unit,) in rows.fetchall():
            words = words_of(unit)
            for part in {words, words[:1], words[-1:], *(("gigabytes",) for word in words if word == "gb")}:
                table = exact if part == words else parts
                for spelling in {part, _plural(part), (*part[:-1], part[-1].removesuffix("s"))} if part else ():
                    table[spelling] = (*table.get(spelling, ()), unit)
        for words, units in exact.items():
            parts[words] = tuple(dict.fromkeys((*units, *parts.get(words, ()))))
        self.units = {words: units for words, units in parts.items() if words not in GRAMMAR}

    def _index_values(self, field: Field) -> None:
        aliases = {} if isinstance(field, Tag) else {name: {value} for name, value in self.costs.aliases(field).items()}
        usual = {} if isinstance(field, Tag) else _USUAL.get(field, {})
        values = [value for value in self.costs.values(field) if value]
        names: dict[Words, set[str]] = {}
        for value in values:
            spellings = _spellings(value, field)
            label = self.costs.label(field, value)
            for written in {value, label}:
                _add(self.written, written, field, (value,))
            if label != value:  # an account's name, which several may have
                aliases.setdefault(label.removesuffix(f" ({value})"), set()).add(value)
            for phrases in usual.values():
                if spellings & phrases:
                    spellings |= phrases
            for words in spellings:
                names.setdefault(words, set()).add(value)
        for alias, called in aliases.items():
            _add(self.written, alias, field, tuple(sorted(called)))
            for words in _spellings(alias, field):
                names.setdefault(words, set()).update(called)
        for usual_name, called_so in usual.items():
            for words in called_so - names.keys():
                # A usual name that the data lack; a category of FOCUS is known all the same, and sums to nothing.
                names[words] = {usual_name} if field in _FIXED else set()
        self._index_names(field, names, usual)

    def _index_names(self, field: Field, names: Mapping[Words, set[str]], usual: Mapping[str, set[Words]]) -> None:
        for words, found in names.items():
            named = tuple(sorted(found))
            is_short = any(words_of(value) != words for value in named) and not any(
                words in of for of in usual.values()
            )
            if field is Dimension.SERVICE and len(named) > 1 and is_short:
                continue  # "backup" may be short for services of two vendors
            _add(self.qualified, words, field, named)
            is_said = field in _FIXED and words not in usual.get(named[0] if named else "", ())
            # "the EU" and "the US" are more than the regions of one provider that are called so.
            is_part_of_world = field is Dimension.REGION and len(words) == 1 and len(words[0]) < 3
            if not is_said and not is_part_of_world and not _is_common(words):
                _add(self.free, words, field, named)

    def _index_resources(self) -> None:
        values = [value for value in self.costs.values(Dimension.RESOURCE) if value]
        if len(values) > _MOST_RESOURCES:
            return
        names = {value: {value} for value in values}
        for alias, value in self.costs.aliases(Dimension.RESOURCE).items():
            names.setdefault(alias, set()).add(value)
        for name, called in names.items():
            words, named = words_of(name), tuple(sorted(called))
            _add(self.qualified, words, Dimension.RESOURCE, named)
            if not _is_common(words) and not (len(words) == 1 and words[0].isalpha()):  # "logs" is any word
                _add(self.resources, words, Dimension.RESOURCE, named)
            _add(self.written, name, Dimension.RESOURCE, named)

    def items(self, question: Sequence[Word], periods: Sequence[Mention]) -> list[Item]:
        """The question as phrases, the longest first; each word is in one."""
        starts = {mention.start: mention for mention in periods}
        found: list[Item] = []
        position = 0
        while position < len(question):
            if mention := starts.get(position):
                item = Item(position, mention.end, "period", mention)
            elif question[position].is_quoted:
                item = Item(position, position + 1, "quoted", question[position].text)
            else:
                ends = [start for start in starts if start > position]
                ends += [number for number, word in enumerate(question) if word.is_quoted and number > position]
                item = self._item(question, position, min([*ends, len(question)]), found)
            found.append(item)
            position = item.end
        return found

    def long_names(self, question: Sequence[Word]) -> set[int]:
        """The positions of names of several words, in which no period is looked for."""
        taken: set[int] = set()
        position = 0
        while position < len(question):
            texts = tuple(word.text for word in question[position : position + self.longest])
            end = next(
                (n for n in range(len(texts), 1, -1) if texts[:n] in self.free or texts[:n] in self.resources), 1
            )
            if end > 1:
                taken.update(range(position, position + end))
            position += end
        return taken

    def _item(self, question: Sequence[Word], start: int, stop: int, before: Sequence[Item]) -> Item:
        texts = tuple(word.text for word in question[start : min(stop, start + self.longest)])
        wanted = None if "," in question[start].before else _qualified_fields(before)
        tables: list[tuple[str, Mapping[Words, object]]] = [
            ("grammar", GRAMMAR), ("field", self.fields), ("name", self.free), ("unit name", self.units),
            ("resource", self.resources), ("refused", UNANSWERABLE),
        ]  # fmt: skip
        for length in range(len(texts), 0, -1):
            words, end = texts[:length], start + length
            if wanted is not None and any(named.field in wanted for named in self.qualified.get(words, ())):
                return Item(start, end, "name", self.qualified[words])
            if words not in self.free and self._is_named_after(words, question, end):
                return Item(start, end, "name", self.qualified[words])  # "the data team"
            if _is_tag_word(before) and words in self.keys:
                return Item(start, end, "field", self.keys[words])
            for kind, table in tables:
                if words in table and kind == "grammar" and self._is_name_too(words, question, start):
                    return Item(start, end, "unknown", words[0])
                if words in table:
                    return self._of_kind(kind, table[words], words, start, end)
        word = question[start].text
        number = int(word) if word.isdecimal() else NUMBERS.get(word)
        return Item(start, start + 1, "unknown" if number is None else "number", word if number is None else number)

    def _is_named_after(self, words: Words, question: Sequence[Word], at: int) -> bool:
        """Whether the next word says of which tag these are a value; or, for plain nouns, of which dimension."""
        named = self.qualified.get(words, ())
        after = question[at].text if at < len(question) and named else ""
        is_noun = GRAMMAR.get(words, _NOUN) == _NOUN and words not in UNANSWERABLE
        keys = self.keys.get((after,), ()) + (self.fields.get((after,), ()) if is_noun else ())
        return any(one.field in keys for one in named)

    def _is_name_too(self, words: Words, question: Sequence[Word], start: int) -> bool:
        """Whether a word that mostly changes nothing could be a name here: "data" of an account called so, "IN"."""
        is_capital = words[0] in _SHORT and question[start].written.isupper()
        if is_capital and any(word.written.islower() for word in question):
            return True
        return GRAMMAR[words] == _NOUN and words in self.qualified

    def _of_kind(self, kind: str, meaning: object, words: Words, start: int, end: int) -> Item:
        if kind == "grammar":
            kind, meaning = GRAMMAR[words]
            if kind == "field":
                meaning = self.fields.get(words, meaning)
        if kind == "resource":
            kind = "name"
        return Item(start, end, kind, meaning)


def _is_tag_word(before: Sequence[Item]) -> bool:
    return bool(before) and before[-1].kind == "field" and before[-1].meaning in ("tag", "untagged")


def _qualified_fields(before: Sequence[Item]) -> tuple[Field, ...] | None:
    """The fields whose values may come next, whatever else their words mean: after "account", not "by account"."""
    if not before or before[-1].kind != "field" or not isinstance(before[-1].meaning, tuple):
        return None
    opening = next((item for item in reversed(before[:-1]) if item.kind != "filler"), None)
    if opening and (
        opening.kind in ("rank", "number") or opening.meaning in ("by", "which", "without", "any value", "untagged")
    ):
        return None
    fields: tuple[Field, ...] = before[-1].meaning
    return fields


def _add(table: dict[Key, list[Named]], key: Key, field: Field, values: tuple[str, ...]) -> None:
    table.setdefault(key, []).append(Named(field, values))


def _plural(words: Words) -> Words:
    if not words:
        return words
    *others, last = words
    return (*others, last[:-1] + "ies" if last.endswith("y") else last + "s")


def _is_common(words: Words) -> bool:
    """Whether words are too common for a name, unless they stand beside what they are a name of."""
    if words in GRAMMAR or words in UNANSWERABLE:
        return True
    return all(
        (word,) in GRAMMAR or len(word) < 2 or _LIKE_A_PERIOD.fullmatch(word) or (word.isdigit() and len(word) < 4)
        for word in words
    )


def _spellings(name: str, field: Field) -> set[Words]:
    """The name's words; of a service also without the vendor, of it and a region without and only the parentheses."""
    spellings = {words_of(name)}
    if field is Dimension.SERVICE_CATEGORY:
        spellings.add(words_of(name.removesuffix("s")))
    if field in (Dimension.SERVICE, Dimension.REGION):
        words = words_of(_IN_PARENTHESES.sub(" ", name))
        is_of_vendor = field is Dimension.SERVICE and words[:1] and words[0] in _VENDORS
        spellings |= {words, words[1:] if is_of_vendor else words}
        for inside in map(words_of, _IN_PARENTHESES.findall(name)):
            # "US West (N. California)" is asked for as California.
            spellings |= {inside, tuple(word for word in inside if len(word) > 1)}
    return spellings - {()}


def field_order(field: Field) -> tuple[int, str]:
    """In which order fields are listed: dimensions, then tags."""
    return (len(Dimension), field.key) if isinstance(field, Tag) else (list(Dimension).index(field), "")


def selects_the_same(costs: Costs, first: Named, second: Named) -> bool:
    """Whether both meanings of a name select the same charges, so that it does not matter which is meant."""
    parameters: list[object] = []
    conditions = [_condition(Filter(named.field, named.values), parameters) for named in (first, second)]
    return not _rows(costs, f"SELECT 1 FROM charges WHERE {' <> '.join(conditions)} LIMIT 1", parameters)


def values_selected(costs: Costs, column: str, filters: Sequence[Filter]) -> set[str]:
    """What the charges that the filters select have in a column."""
    parameters: list[object] = []
    conditions = " AND ".join(["TRUE", *(_condition(filter_, parameters) for filter_ in filters)])
    return {row[0] for row in _rows(costs, f"SELECT DISTINCT {column} FROM charges WHERE {conditions}", parameters)}


def is_billed_as_it_counts(costs: Costs, filters: Sequence[Filter], periods: Sequence[Period]) -> bool:
    """Whether each charge that is selected has the same billed and effective cost."""
    parameters: list[object] = []
    conditions = " AND ".join(["TRUE", *(_condition(filter_, parameters) for filter_ in filters)])
    days = " OR ".join("day >= ? AND day < ?" for _ in periods) or "TRUE"
    parameters += [day for period in periods for day in (period.first, period.end)]
    sql = f"SELECT 1 FROM charges WHERE {conditions} AND ({days}) AND billed IS DISTINCT FROM effective LIMIT 1"
    return not _rows(costs, sql, parameters)


def _condition(filter_: Filter, parameters: list[object]) -> str:
    column = column_of(filter_.field, parameters)
    parameters += filter_.values
    return f"({column} {'NOT ' * filter_.excluded}IN ({', '.join('?' * len(filter_.values))}))"


def _rows(costs: Costs, sql: str, parameters: Sequence[object]) -> list[tuple[str, ...]]:
    return costs.connection.cursor().execute(sql, list(parameters)).fetchall()


_INDEXED: WeakKeyDictionary[Costs, Names] = WeakKeyDictionary()


def names_of(costs: Costs) -> Names:
    """The names in the data, indexed once for each Costs."""
    if costs not in _INDEXED:
        _INDEXED[costs] = Names(costs)
    return _INDEXED[costs]
