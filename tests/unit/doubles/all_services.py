"""One value of services for the actions of all functions."""

from dataclasses import dataclass

from background_processor.services import BackgroundProcessorServices
from connection_manager.services import ConnectionManagerServices
from message_handler.services import MessageHandlerServices


@dataclass(frozen=True, kw_only=True)
class AllServices(ConnectionManagerServices, MessageHandlerServices, BackgroundProcessorServices):
    """What the three functions work with."""
