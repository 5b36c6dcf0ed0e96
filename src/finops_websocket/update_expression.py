"""Update expressions of DynamoDB, with every attribute's name and value behind a placeholder. Pure.

More than 500 words are reserved and may not stand in an expression, `status` and `partial` among them:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
"""

from collections.abc import Mapping, Sequence
from typing import Any


def update_arguments(
    assign: Mapping[str, Any] | None = None,
    add: Mapping[str, Any] | None = None,
    delete: Mapping[str, Any] | None = None,
    assign_if_missing: Mapping[str, Any] | None = None,
    remove: Sequence[str] = (),
) -> dict[str, Any]:
    """Give the arguments of UpdateItem that assign attributes, add to numbers and sets, and delete from sets.

    `remove` names attributes that are taken away whole.
    """
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def placeholders(attribute: str, value: Any) -> tuple[str, str]:
        names[f"#{attribute}"] = attribute
        values[f":{attribute}"] = value
        return f"#{attribute}", f":{attribute}"

    settings = []
    for attribute, value in (assign or {}).items():
        name, placeholder = placeholders(attribute, value)
        settings.append(f"{name} = {placeholder}")
    for attribute, value in (assign_if_missing or {}).items():
        name, placeholder = placeholders(attribute, value)
        settings.append(f"{name} = if_not_exists({name}, {placeholder})")
    clauses = [f"SET {', '.join(settings)}"] if settings else []
    for verb, changes in (("ADD", add), ("DELETE", delete)):
        if changes:
            clauses.append(f"{verb} " + ", ".join(" ".join(placeholders(*change)) for change in changes.items()))
    if remove:
        names |= {f"#{attribute}": attribute for attribute in remove}
        clauses.append("REMOVE " + ", ".join(f"#{attribute}" for attribute in remove))
    arguments = {"UpdateExpression": " ".join(clauses), "ExpressionAttributeNames": names}
    # DynamoDB refuses an empty map.
    return {**arguments, "ExpressionAttributeValues": values} if values else arguments
