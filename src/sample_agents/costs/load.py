"""Reads cost exports into DuckDB: every row is read, or the export is refused in a sentence.

The database is a file, and memory is bounded: what does not fit is on disk. Amounts are read from their text into
decimals of 18 places (quantities, which are of bytes and seconds too, of 12), never through a double.
"""

import itertools
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from sample_agents.calendar_units import day_in_words
from sample_agents.costs.charges import Costs, ExportColumns
from sample_agents.costs.dialects import AMOUNTS, COLUMNS, PRODUCTS, column_key, services, version_of
from sample_agents.costs.export_file import SHOWN, ExportFile, Kind
from sample_agents.errors import CostDataError

# What Lambda gives a function of 1,769 MB, one vCPU's, is also enough elsewhere; Python and DuckDB's own needs lie
# outside the limit. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_MEMORY_MB = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"))
_DATABASE_SHARE = 0.55
_MOST_THREADS = 4  # each takes memory
_LONGEST_LINE = 2_000_000  # bytes; DuckDB's usual buffers of 32 MB took 100 MB more, and were slower

# Empty cells of exports, and of the databases that they went through.
_NULLS = [*("".join(letters) for letters in itertools.product("Nn", "Uu", "Ll", "Ll")), r"\N"]
_FUNCTIONS = f"""
CREATE TEMP MACRO cell(value) AS nullif(trim(value), '');
CREATE TEMP MACRO typed_cell(value) AS CASE WHEN value ILIKE 'null' THEN NULL ELSE nullif(trim(value), '') END;
CREATE TEMP MACRO refused(field, value, reason) AS
    error(to_json({{'field': field, 'value': left(coalesce(value, ''), {SHOWN}), 'reason': reason}})::VARCHAR);
CREATE TEMP MACRO quantity(value) AS CASE
    WHEN abs(TRY_CAST(value AS DECIMAL(38, 12))) < {10**21}::DECIMAL(38, 12) AND NOT contains(value, '_')
    THEN TRY_CAST(value AS DECIMAL(38, 12))
    ELSE amount('quantity', value) END;
CREATE TEMP MACRO amount(field, value) AS CASE
    WHEN value IS NULL THEN NULL
    WHEN abs(TRY_CAST(value AS DECIMAL(38, 18))) < {10**15}::DECIMAL(38, 18) AND NOT contains(value, '_')
    THEN TRY_CAST(value AS DECIMAL(38, 18))
    WHEN regexp_full_match(value, '[+-]?[0-9]+[.]?[0-9]*([eE][+-]?[0-9]+)?')
    THEN refused(field, value, '{{}} is too large.')
    ELSE refused(field, value, '{{}} is not a number.') END;
CREATE TEMP MACRO moment(field, value) AS CASE
    WHEN timezone('UTC', TRY_CAST(value AS TIMESTAMPTZ)) BETWEEN TIMESTAMP '2000-01-01' AND TIMESTAMP '2100-01-01'
    THEN timezone('UTC', TRY_CAST(value AS TIMESTAMPTZ))
    WHEN value IS NULL
    THEN refused(field, value, '{{}} is not a date and time. Lines of totals are no charges: take them out.')
    ELSE refused(field, value, '{{}} is not a date and time from 2000 to 2099 such as 2026-05-01T00:00:00Z.') END;
CREATE TEMP MACRO moment_after(start_at, value) AS CASE
    WHEN moment('end_at', value) >= start_at THEN moment('end_at', value)
    ELSE refused('end_at', value, '{{}}: the period ends before it starts.') END;
CREATE TEMP MACRO currency_code(value) AS CASE
    WHEN regexp_full_match(value, '[A-Za-z]{{3}}') THEN upper(value)
    ELSE refused('currency', value, '{{}} is not a currency code (USD).') END;
-- Oracle and Microsoft have written tags without the braces around them.
CREATE TEMP MACRO tag_text(value) AS CASE
    WHEN value IS NULL OR value IN ('{{}}', '[]') THEN NULL
    WHEN json_valid(value) AND value[1] = '['
        AND coalesce(value -> '$[0].key', value -> '$[0].Key', value -> '$[0].name') IS NULL
    THEN refused('tags', value, '{{}} is no list such as [{{"key": "team", "value": "payments"}}].')
    WHEN json_valid(value) AND value[1] IN ('{{', '[') THEN value
    WHEN json_valid('{{' || value || '}}') THEN '{{' || value || '}}'
    ELSE refused('tags', value, '{{}} is not JSON such as {{"team": "payments"}}.') END;
CREATE TEMP MACRO capital(value) AS coalesce(upper(value[1]) || lower(value[2:]), '');
-- The day that a period reaches to: an instant lies in its day, and some exports give the last second, or of a month
-- the last day, where FOCUS asks for the first moment after. What is for a day at most, also one of summer time,
-- counts on the one on which it starts.
CREATE TEMP MACRO period_end(start_at, end_at) AS CASE
    WHEN end_at = start_at THEN start_at::DATE + INTERVAL 1 DAY
    WHEN end_at::TIME >= TIME '23:59:00' THEN end_at::DATE + INTERVAL 1 DAY
    WHEN day(start_at) = 1 AND end_at = last_day(start_at::DATE) THEN end_at + INTERVAL 1 DAY
    WHEN end_at - start_at <= INTERVAL 25 HOUR THEN least(end_at, start_at::DATE + INTERVAL 1 DAY)
    ELSE end_at END;
"""
_CAPITALS = ("charge_category", "pricing_category", "commitment_status")
_TEXTS = (
    "provider",
    "service_category",
    "region",
    "account",
    "resource",
    "unit",
    "commitment_id",
    "commitment_type",
    "description",
)
# Needed for what is known of all charges, not for answers.
_SPARE = {
    "is_inclusive": "BOOLEAN",  # the end was given as the last moment
    "is_instant": "BOOLEAN",
    "billed_as": "VARCHAR",  # the service's name in the export
    "region_name": "VARCHAR",
    "resource_name": "VARCHAR",
    "account_name": "VARCHAR",
    "account_type": "VARCHAR",
    "tags": "VARCHAR",
    "shifted_from": "VARCHAR",  # the start as the export writes it, if its day is another one in UTC
    "has_no_zone": "BOOLEAN",
    "file": "UINTEGER",
}
_CHARGES = {
    "day": "DATE",
    "end_at": "TIMESTAMP",
    **dict.fromkeys(("currency", "service", "product", *_TEXTS, *_CAPITALS), "VARCHAR"),
    **dict.fromkeys(AMOUNTS, "DECIMAL(38, 18)"),
    "quantity": "DECIMAL(38, 12)",
    "tag_set": "UBIGINT",  # 0: without tags; NULL: the export has none at all
    **_SPARE,
}
# What tells a charge from others, as far as it is kept.
_CHARGE = ("day", "end_at", "currency", "service", *_TEXTS, *_CAPITALS, *AMOUNTS, "tag_set")
_COMPARED = 1_000_000  # of more charges, a part is compared
# A tag's value is text, whatever JSON has; keys and values of lists are called as Google and AWS call them.
_DESCRIPTIONS = """
CREATE TEMP TABLE tag_sets AS SELECT DISTINCT tag_set, tags FROM charges WHERE tags IS NOT NULL;
CREATE TABLE tags AS SELECT tag_set, key, min(value) AS value FROM (
    SELECT tag_set,
        CASE WHEN tags[1] = '{' THEN entry.key
             ELSE coalesce(entry.value ->> 'key', entry.value ->> 'Key', entry.value ->> 'name') END AS key,
        CASE WHEN tags[1] = '{' THEN entry.value ->> '$'
             ELSE coalesce(entry.value ->> 'value', entry.value ->> 'Value') END AS value
    FROM tag_sets, json_each(tags) AS entry)
WHERE key <> '' AND value <> '' GROUP BY ALL;
-- Purchases of commitments that cost something beside the usage that they cover: FOCUS has 0 there. An order's address
-- begins those of what was ordered, and Microsoft writes them in other capitals.
CREATE TABLE counted_twice AS SELECT DISTINCT bought.commitment_id FROM (
    SELECT DISTINCT commitment_id FROM charges
    WHERE charge_category = 'Purchase' AND commitment_id <> '' AND effective <> 0) AS bought
JOIN (
    SELECT DISTINCT commitment_id FROM charges
    WHERE charge_category <> 'Purchase' AND commitment_id <> '' AND commitment_status <> '' AND effective <> 0) AS used
ON starts_with(lower(used.commitment_id) || '/', lower(bought.commitment_id) || '/');
CREATE TABLE names AS
    SELECT DISTINCT 'account' AS field, account AS value, account_name AS name FROM charges
    WHERE account <> '' AND account_name IS NOT NULL
    UNION ALL SELECT DISTINCT 'region', region, region_name FROM charges WHERE region_name <> region
    UNION ALL SELECT DISTINCT 'resource', resource, resource_name FROM charges WHERE resource_name <> resource
    UNION ALL SELECT DISTINCT 'service', service, billed_as FROM charges WHERE billed_as <> service;
CREATE TABLE traits AS SELECT
    coalesce(bool_and(lower(coalesce(account_type, '')) = 'project') FILTER (account <> ''), false) AS is_project,
    count(*) FILTER (is_inclusive) AS inclusive_ends,
    count(*) FILTER (is_instant) AS instants,
    count(*) FILTER (has_no_zone) AS without_zone,
    count(shifted_from) AS shifted,
    min(shifted_from) AS shifted_example
FROM charges;
"""


def load_costs(paths: Sequence[Path]) -> Costs:
    """Read files that are exports, all of them as one: CSV, gzip of it, or Parquet.

    Raises CostDataError, one sentence, for what is no FOCUS export; OSError for what cannot be opened.
    """
    folder = tempfile.TemporaryDirectory(prefix="costs-")
    try:
        connection = _database(Path(folder.name))
        versions: dict[str, None] = {}
        columns: set[str] = set()
        files = list(dict.fromkeys(paths))
        for number, path in enumerate(files):
            found = _read(connection, ExportFile.of(path), Path(folder.name), number)
            versions[version_of(found)] = None
            columns.update(map(column_key, found))
        if len(files) > 1:
            _check_repetition(connection, files)
        if connection.execute("SELECT count(*) FROM charges").fetchone() == (0,):
            raise CostDataError("The export has a header but no rows.")
        _describe(connection)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return Costs(connection, folder, ExportColumns(tuple(versions), frozenset(columns)))
    except BaseException:
        folder.cleanup()
        raise


def _check_repetition(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Refuse files that have charges in common: a copy, an export of the month to date, or times that overlap.

    Few charges may be alike by chance: they must be a tenth of a file's, and on their days most of them.
    """
    columns = ", ".join(_CHARGE)
    found = connection.execute(
        f"""WITH charge AS (
            SELECT DISTINCT file, day, hash({columns}) AS id FROM charges
            WHERE coalesce(effective, billed) <> 0
            AND hash({columns}) % (SELECT 1 + count(*) // {_COMPARED} FROM charges) = 0
        ), by_day AS (SELECT file, day, count(*) AS charges FROM charge GROUP BY ALL),
        size AS (SELECT file, sum(charges) AS charges FROM by_day GROUP BY file),
        common AS (
            SELECT one.file AS one, other.file AS other, one.day, count(*) AS charges
            FROM charge AS one JOIN charge AS other ON one.id = other.id AND one.file < other.file GROUP BY ALL)
        SELECT one, other, min(common.day), max(common.day), sum(common.charges) = greatest(any_value(one_size.charges),
            any_value(other_size.charges)) FROM common
        JOIN by_day AS one_day ON one_day.file = one AND one_day.day = common.day
        JOIN by_day AS other_day ON other_day.file = other AND other_day.day = common.day
        JOIN size AS one_size ON one_size.file = one JOIN size AS other_size ON other_size.file = other
        GROUP BY one, other
        HAVING 2 * sum(common.charges) > sum(least(one_day.charges, other_day.charges))
            AND 10 * sum(common.charges) > least(any_value(one_size.charges), any_value(other_size.charges))
        ORDER BY ALL LIMIT 1"""
    ).fetchone()
    if found:
        one, other, first, last, is_copy = found
        names = [files[one].name, files[other].name]
        if names[0] == names[1]:
            names = [str(files[one]), str(files[other])]
        if is_copy:
            raise CostDataError(f"{names[1]} is a copy of {names[0]}: its charges would count twice.")
        raise CostDataError(
            f"{names[0]} and {names[1]} have the same charges from {day_in_words(first)} to {day_in_words(last)}, "
            "which would count twice. Give only one of them, the newer, or two whose times do not overlap."
        )


def _database(folder: Path) -> duckdb.DuckDBPyConnection:
    """An empty database in the folder."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{int(_MEMORY_MB * _DATABASE_SHARE)}MB",
        "threads": min(_MOST_THREADS, os.cpu_count() or 1),
        "temp_directory": str(folder),
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(folder / "costs.duckdb", config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    # Where Python is interactive, or only looks so, it is written to stdout: a function's log.
    connection.execute("SET enable_progress_bar = false")
    connection.execute(_FUNCTIONS)
    connection.execute(f"CREATE TABLE charges ({', '.join(f'{name} {kind}' for name, kind in _CHARGES.items())})")
    connection.execute("CREATE TEMP TABLE services AS SELECT unnest(?) AS code, unnest(?) AS name", _pairs(services()))
    return connection


def _pairs(mapping: Mapping[str, str]) -> list[list[str]]:
    return [list(mapping), list(mapping.values())]


def _read(connection: duckdb.DuckDBPyConnection, file: ExportFile, folder: Path, number: int) -> list[str]:
    """Append the file's rows to `charges`, each with the file's number; gives its columns."""
    # Under a name of ours: in others, stars and brackets would be patterns.
    link = folder / "source"
    link.unlink(missing_ok=True)
    link.symlink_to(file.path.resolve())
    if file.kind is Kind.PARQUET:
        source = f"read_parquet('{link}', binary_as_string = true, hive_partitioning = false)"
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        except duckdb.Error as error:
            raise _refusal(file, [], error) from error
        columns = [str(name) for name, *_ in described]
        values = [_parquet_text(str(name), str(kind)) for name, kind, *_ in described]
    else:
        columns = file.columns()
        nulls = ", ".join(f"'{null}'" for null in _NULLS)
        names = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(columns)))
        source = f"""read_csv('{link}', header = true, auto_detect = false, strict_mode = true,
            delim = ',', quote = '"', escape = '"', nullstr = [{nulls}], compression = '{file.kind}',
            max_line_size = {_LONGEST_LINE}, buffer_size = {2 * _LONGEST_LINE}, columns = {{{names}}})"""
        values = [f"cell(c{number})" for number in range(len(columns))]
    file.check(columns)
    texts = dict(zip(map(column_key, columns), values, strict=True))
    rows, has_tags = f"SELECT {_fields(texts)} FROM {source}", "tags" in texts
    try:
        _insert(connection, rows, number, has_tags=has_tags)
        return columns
    except duckdb.Error as error:
        if column_key(_refused(error).get("value", "")) not in texts:
            raise _refusal(file, columns, error) from error
    # Parts that were joined have the header in the middle. Only then: DuckDB's filters take memory for each row.
    is_header = f"{texts['billingcurrency']} ILIKE 'BillingCurrency' AND {texts['chargeperiodstart']} ILIKE 'Charge%'"
    try:
        _insert(connection, f"{rows} WHERE NOT coalesce({is_header}, false)", number, has_tags=has_tags)
        return columns
    except duckdb.Error as error:
        raise _refusal(file, columns, error) from error


def _insert(connection: duckdb.DuckDBPyConnection, rows: str, number: int, *, has_tags: bool) -> None:
    """Make charges of the rows of an export's file."""
    connection.execute(f"INSERT INTO charges BY NAME {_charges_of(rows, number, has_tags=has_tags)}")


def _parquet_text(name: str, kind: str) -> str:
    """A column's value as the text that CSV would have."""
    quoted = '"' + name.replace('"', '""') + '"'
    nested = kind.startswith(("MAP", "STRUCT")) or kind.endswith("[]")
    return f"typed_cell({f'to_json({quoted})' if nested else quoted}::VARCHAR)"


def _fields(texts: Mapping[str, str]) -> str:
    """Each field as the text of the first of its columns that has a value."""
    fields = []
    for field, names in COLUMNS.items():
        there = [texts[column_key(name)] for name in names if column_key(name) in texts]
        fields.append(f"coalesce({', '.join([*there, 'NULL::VARCHAR'])}) AS {field}")
    return ", ".join(fields)


def _charges_of(rows: str, number: int, *, has_tags: bool) -> str:
    """The statement that makes charges of the rows of an export's file."""
    products = " ".join(
        f"WHEN regexp_matches(concat_ws(' ', usage_type, description), '{pattern}')"
        f"{f' AND service IN {names}' if names else ''} THEN '{product}'"
        for product, pattern, names in PRODUCTS
    )
    columns = [
        "starts::DATE AS day",
        "period_end(starts, ends) AS end_at",
        "ends <> starts AND period_end(starts, ends) > ends AS is_inclusive",
        "ends = starts AS is_instant",
        "currency_code(currency) AS currency",
        "service, billed_as",
        f"CASE {products} ELSE '' END AS product",
        *(f"coalesce({name}, '') AS {name}" for name in _TEXTS),
        *(f"capital({name}) AS {name}" for name in _CAPITALS),
        *(f"amount('{name}', {name}) AS {name}" for name in AMOUNTS if name != "quantity"),
        "quantity(quantity) AS quantity",
        # DuckDB's hash() gives texts that are alike the same number too often.
        "CASE WHEN tag_text(tags) IS NOT NULL THEN md5_number_lower(tag_text(tags)) "
        f"{'ELSE 0' if has_tags else ''} END AS tag_set",
        "tag_text(tags) AS tags",
        "region_name, resource_name, account_type",
        """CASE WHEN starts::DATE = coalesce(TRY_CAST(start_at[:10] AS DATE), starts::DATE) THEN NULL
            WHEN ends - starts < INTERVAL 23 HOUR THEN start_at
            ELSE refused('start_at', start_at, '{} is another day in UTC, of which days and months are: export in UTC.')
            END AS shifted_from""",
        "NOT (start_at[-1] BETWEEN 'A' AND 'z' OR start_at[-3] IN ('+', '-') OR start_at[-5] IN ('+', '-')"
        " OR start_at[-6] IN ('+', '-')) AS has_no_zone",
        f"{number} AS file",
        "CASE WHEN sub_account IS NULL THEN billing_account_name ELSE sub_account_name END AS account_name",
    ]
    return f"""SELECT {", ".join(columns)} FROM (
        SELECT export.* EXCLUDE (service), moment('start_at', start_at) AS starts,
            moment_after(moment('start_at', start_at), end_at) AS ends,
            coalesce(name, service, '') AS service, coalesce(service, '') AS billed_as
        FROM ({rows}) AS export LEFT JOIN services ON services.code = lower(export.service))"""


def _refused(error: duckdb.Error) -> dict[str, str]:
    """What the macro `refused` says; empty if the error is another one."""
    try:
        return dict(json.loads(str(error).partition("Error: ")[2]))
    except (TypeError, ValueError):
        return {}


def _refusal(file: ExportFile, columns: Sequence[str], error: duckdb.Error) -> CostDataError:
    """What is wrong with the file, of which DuckDB says `error`."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return file.error(f"It is too large for a function of {_MEMORY_MB:,} MB: give the function more memory.")
    if "No space left" in str(error):
        return file.error("There is no room for it in the temporary folder: a function needs more ephemeral storage.")
    if refused := _refused(error):
        return file.refusal(columns, refused["field"], refused["value"], refused["reason"])
    # DuckDB knows the file by a name of ours.
    return file.structural_refusal(columns, re.sub(r"'?\S*/source'?", file.path.name, str(error)))


def _describe(connection: duckdb.DuckDBPyConnection) -> None:
    """Make of `charges` the tables of what is known of all of them."""
    connection.execute(_DESCRIPTIONS)
    collisions = connection.execute("SELECT count(*) - count(DISTINCT tag_set) FROM tag_sets").fetchone()
    if collisions != (0,):  # of 64 bits: it does not happen in the life of this code
        raise CostDataError("Two sets of tags cannot be told apart.")
    # A tag without a value is none.
    connection.execute(
        """UPDATE charges SET tag_set = 0 WHERE tag_set IN
            (SELECT tag_set FROM tag_sets WHERE tag_set NOT IN (SELECT tag_set FROM tags))"""
    )
    for column in _SPARE:
        connection.execute(f"ALTER TABLE charges DROP COLUMN {column}")
    connection.execute("CHECKPOINT")
