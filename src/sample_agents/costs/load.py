"""Reads cost exports into DuckDB: every row is read, or the file is refused in a sentence."""

import csv
import gzip
import json
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb

from sample_agents.costs.charges import Costs
from sample_agents.costs.dialects import COLUMNS, PRODUCTS, SERVICES, missing_columns
from sample_agents.errors import CostDataError

_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF document",
}
_AMOUNTS = ("effective", "billed", "list", "contracted", "quantity")
_MOMENTS = ("start_at", "end_at")

_MACROS = (
    # NULL in any case is an empty cell.
    r"""CREATE TEMP MACRO cell(value) AS
        CASE WHEN upper(trim(value, E' \t\r\n')) IN ('', 'NULL') THEN NULL ELSE trim(value, E' \t\r\n') END""",
    """CREATE TEMP MACRO refused(col, value, reason) AS
        error(to_json({'column': col, 'value': value, 'reason': reason})::VARCHAR)""",
    """CREATE TEMP MACRO amount(value, col) AS CASE
        WHEN value IS NULL THEN NULL
        WHEN TRY_CAST(value AS DECIMAL(38, 18)) IS NULL OR contains(value, '_')
        THEN refused(col, value, '{} is not a number.')
        WHEN abs(TRY_CAST(value AS DECIMAL(38, 18))) >= 1e15::DECIMAL(38, 18)
        THEN refused(col, value, '{} is too large to be a cost.')
        ELSE TRY_CAST(value AS DECIMAL(38, 18)) END""",
    """CREATE TEMP MACRO moment(value, col) AS CASE
        WHEN timezone('UTC', TRY_CAST(value AS TIMESTAMPTZ)) BETWEEN '2000-01-01'::TIMESTAMP AND '2100-01-01'::TIMESTAMP
        THEN timezone('UTC', TRY_CAST(value AS TIMESTAMPTZ))
        ELSE refused(col, coalesce(value, ''), '{} is not a date and time such as 2026-05-01T00:00:00Z.') END""",
    """CREATE TEMP MACRO currency(value) AS CASE
        WHEN regexp_full_match(upper(value), '[A-Z]{3}') THEN upper(value)
        ELSE refused('BillingCurrency', coalesce(value, ''), '{} is not a currency code (USD).') END""",
)


def load_costs(paths: Sequence[Path]) -> Costs:
    """Read the exports, all of them as one.

    Raises CostDataError, one sentence, for what is no FOCUS export.
    """
    folder = tempfile.TemporaryDirectory(prefix="costs-")
    connection = duckdb.connect(Path(folder.name) / "costs.duckdb", config={"temp_directory": folder.name})
    connection.execute("SET TimeZone = 'UTC'")
    for macro in _MACROS:
        connection.execute(macro)
    columns = ", ".join(
        f"{field} {'DECIMAL(38, 18)' if field in _AMOUNTS else 'TIMESTAMP' if field in _MOMENTS else 'VARCHAR'}"
        for field in COLUMNS
    )
    connection.execute(f"CREATE TABLE raw ({columns})")
    found: set[str] = set()
    for path in paths:
        found |= _read_file(connection, path)
    _build(connection, has_tags="tags" in found)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return Costs(connection, folder)


def _read_file(connection: duckdb.DuckDBPyConnection, path: Path) -> set[str]:
    """Append the file's rows to `raw`; gives the fields that it has columns for."""
    is_parquet = path.open("rb").read(4) == b"PAR1"
    if is_parquet:
        source = "read_parquet(?)"
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}", [str(path)]).fetchall()
        header = [row[0] for row in described]
        types = {row[0]: row[1] for row in described}
        cells = {
            name.strip().casefold(): f"to_json({_quoted(name)})::VARCHAR"
            if types[name].startswith(("MAP", "STRUCT")) or types[name].endswith("[]")
            else f"{_quoted(name)}::VARCHAR"
            for name in header
        }
    else:
        header = _header(path)
        columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(header)))
        compression = "gzip" if _is_gzip(path) else "none"
        source = (
            f"read_csv(?, header = false, skip = 1, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
            f"compression = '{compression}', null_padding = false, strict_mode = true, columns = {{{columns}}})"
        )
        cells = {name.strip().casefold(): f"c{number}" for number, name in enumerate(header)}
    if missing := missing_columns(header):
        raise CostDataError(
            f"{path.name}: Line 1 lacks the FOCUS column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: "
            "this is no FOCUS export, or its columns are not separated by commas."
        )
    fields = {
        field: [name for name in names if name.casefold() in cells]
        for field, names in COLUMNS.items()
        if any(name.casefold() in cells for name in names)
    }
    selected = ", ".join(_expression(field, names, cells) for field, names in fields.items())
    repeated = (
        "" if is_parquet else f"WHERE NOT coalesce(trim({cells['billingcurrency']}) ILIKE 'BillingCurrency', false)"
    )
    try:
        connection.execute(f"INSERT INTO raw BY NAME SELECT {selected} FROM {source} {repeated}", [str(path)])
    except duckdb.Error as error:
        raise CostDataError(f"{path.name}: {_reason(str(error))}") from error
    return set(fields)


def _expression(field: str, names: Sequence[str], cells: dict[str, str]) -> str:
    value = f"coalesce({', '.join(f'cell({cells[name.casefold()]})' for name in names)})"
    if field in _AMOUNTS:
        value = f"amount({value}, '{names[0]}')"
    elif field in _MOMENTS:
        value = f"moment({value}, '{names[0]}')"
    elif field == "currency":
        value = f"currency({value})"
    return f"{value} AS {field}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _build(connection: duckdb.DuckDBPyConnection, *, has_tags: bool) -> None:
    """Make `charges` and `tags` of `raw`."""
    if connection.execute("SELECT count(*) FROM raw").fetchone() == (0,):
        raise CostDataError("The export has a header but no rows.")
    connection.execute("CREATE TEMP TABLE services (code VARCHAR, name VARCHAR)")
    connection.executemany("INSERT INTO services VALUES (?, ?)", list(SERVICES.items()))
    product = (
        "CASE "
        + " ".join(f"WHEN regexp_matches(description, '{pattern}') THEN '{name}'" for name, pattern in PRODUCTS.items())
        + " ELSE '' END"
    )
    connection.execute(
        f"CREATE TEMP TABLE products AS SELECT description, {product} AS product "
        "FROM (SELECT DISTINCT description FROM raw WHERE description IS NOT NULL)"
    )
    connection.execute(
        "CREATE TEMP TABLE tag_sets AS SELECT tags, row_number() OVER ()::INTEGER AS tag_set "
        "FROM (SELECT DISTINCT tags FROM raw WHERE tags IS NOT NULL)"
    )
    connection.execute(
        """CREATE TABLE tags AS SELECT DISTINCT tag_set, key, coalesce(value ->> '$', '') AS value FROM (
            SELECT tag_set, entry.key, entry.value FROM tag_sets, json_each(TRY_CAST(tags AS JSON)) AS entry
            WHERE json_type(TRY_CAST(tags AS JSON)) = 'OBJECT')"""
    )
    untagged = "0" if has_tags else "NULL"
    connection.execute(
        f"""CREATE TABLE charges AS SELECT
            start_at::DATE AS day,
            CASE WHEN raw.end_at = start_at THEN start_at::DATE + INTERVAL 1 DAY
                 WHEN raw.end_at::TIME >= TIME '23:59:00' THEN raw.end_at::DATE + INTERVAL 1 DAY
                 ELSE raw.end_at END AS end_at,
            raw.end_at - start_at <= INTERVAL 1 DAY AS is_short,
            currency,
            coalesce(provider, '') AS provider,
            coalesce(services.name, service, '') AS service,
            coalesce(product, '') AS product,
            coalesce(service_category, '') AS service_category,
            coalesce(region, '') AS region,
            coalesce(account, '') AS account,
            coalesce(resource, '') AS resource,
            {_capital("charge_category")} AS charge_category,
            {_capital("pricing_category")} AS pricing_category,
            effective, billed, list, contracted, quantity,
            coalesce(unit, '') AS unit,
            coalesce(commitment_id, '') AS commitment_id,
            {_capital("commitment_status")} AS commitment_status,
            coalesce(commitment_type, '') AS commitment_type,
            coalesce(description, '') AS description,
            CASE WHEN raw.tags IS NULL THEN {untagged} ELSE coalesce(tagged.tag_set, 0) END AS tag_set
        FROM raw
        LEFT JOIN services ON services.code = raw.service
        LEFT JOIN products USING (description)
        LEFT JOIN tag_sets USING (tags)
        LEFT JOIN (SELECT DISTINCT tag_set FROM tags) AS tagged USING (tag_set)
        ORDER BY day"""
    )
    connection.execute(
        """CREATE TABLE names AS
            SELECT DISTINCT 'account' AS field, account AS value,
                CASE WHEN sub_account IS NULL THEN billing_account_name ELSE sub_account_name END AS name
            FROM raw WHERE name IS NOT NULL AND value IS NOT NULL
            UNION SELECT DISTINCT 'region', region, region_name FROM raw WHERE region_name <> region
            UNION SELECT DISTINCT 'resource', resource, resource_name FROM raw WHERE resource_name <> resource"""
    )
    connection.execute(
        "CREATE TABLE traits AS SELECT coalesce(bool_or(lower(account_type) = 'project'), false) AS is_project FROM raw"
    )
    connection.execute("DROP TABLE raw")


def _capital(field: str) -> str:
    return f"coalesce(upper({field}[1]) || lower({field}[2:]), '')"


def _is_gzip(path: Path) -> bool:
    return path.open("rb").read(2) == b"\x1f\x8b"


def _header(path: Path) -> list[str]:
    try:
        rows = csv.reader(_lines(path), strict=True)
        header = [name.strip() for name in next(rows, [])]
    except csv.Error as error:
        raise CostDataError(f"{path.name}: Line 1: not valid CSV ({error}).") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CostDataError(
            f"{path.name}: The gzip file is damaged or cut off: download or compress it again."
        ) from error
    except CostDataError as error:
        raise CostDataError(f"{path.name}: {error}") from error
    if not header:
        raise CostDataError(f"{path.name}: The file is empty, or its line 1 is: it must name the FOCUS columns.")
    return header


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path) if _is_gzip(path) else path.open("rb") as stream:
        yield from _decoded(stream)


def _decoded(stream: Iterable[bytes]) -> Iterator[str]:
    for number, raw in enumerate(stream, start=1):
        if number == 1:
            known = (name for signature, name in _SIGNATURES.items() if raw.startswith(signature))
            if name := next(known, "a binary file" if b"\0" in raw else ""):
                raise CostDataError(f"This is {name}, not a FOCUS export: give CSV, gzip of CSV in UTF-8, or Parquet.")
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise CostDataError(f"Line {number}: byte {error.start + 1} is not UTF-8 text.") from error


def _reason(message: str) -> str:
    """Why DuckDB could not read the file, in a sentence."""
    refusal = re.search(r"\{.*\}", message, re.DOTALL)
    try:
        told = json.loads(refusal[0]) if refusal else {}
    except ValueError:
        told = {}
    if not told:
        return " ".join(message.split())[:200]
    shown = repr(told["value"] if len(told["value"]) <= 40 else told["value"][:39] + "…")
    return f"Column {told['column']}: {told['reason'].format(shown)}"
