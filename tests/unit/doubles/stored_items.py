"""What is in a table."""

from typing import Any

from finops_websocket.table import Table, from_attributes


def items_in(table: Table) -> list[dict[str, Any]]:
    """Give all items of a small table."""
    return [from_attributes(item) for item in table.client.scan(TableName=table.name)["Items"]]
