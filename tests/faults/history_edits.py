"""Small histories made by hand, and changes of them, to see what the checker's invariants accept and reject."""

from dataclasses import replace

from faults.checker import verdict
from faults.flawless_service import FlawlessService
from faults.history import Event, History, Received, Stored


def one_job() -> FlawlessService:
    """Ann asks on two connections, Bob watches his own; Ann's job is claimed and half answered."""
    service = FlawlessService()
    service.open("ann-1", "ann")
    service.open("bob-1", "bob")
    service.ask("ann-1", "first")
    service.open("ann-2", "ann")
    service.claim("job-1", "worker-1")
    service.answer("job-1")
    return service


def completed_job() -> FlawlessService:
    service = one_job()
    service.answer("job-1")
    service.end("job-1", "completed")
    return service


def broken_invariants(history: History) -> set[str]:
    return {name for name, found in verdict(history).items() if found}


def last(history: History, kind: type[Event], **wanted: object) -> int:
    """Give the place of the last event of a kind whose item or message has these fields."""
    return max(
        place
        for place, event in enumerate(history.events)
        if isinstance(event, kind) and wanted.items() <= content(event).items()
    )


def content(event: Event) -> dict[str, object]:
    match event:
        case Stored(_, item):
            return item
        case Received(_, _, connection, message):
            return {"connection": connection, **message}
        case _:
            return {}


def change_item(history: History, place: int, **changes: object) -> Stored:
    """Change a stored item, and give it as it was."""
    stored = history.events[place]
    assert isinstance(stored, Stored)
    history.events[place] = replace(stored, item={**stored.item, **changes})
    return stored


def change_message(history: History, place: int, **changes: object) -> None:
    received = history.events[place]
    assert isinstance(received, Received)
    history.events[place] = replace(received, message={**received.message, **changes})


def receive(service: FlawlessService, connection: str, like: str, **changes: object) -> None:
    """Let a connection receive a message like the last one of a type, with changes, after everything else."""
    history = service.history
    model = history.events[last(history, Received, type=like)]
    assert isinstance(model, Received)
    message = {**model.message, **changes}
    history.add(Received(history.events[-1].at + 1, service.user_of[connection], connection, message))
