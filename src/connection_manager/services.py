"""What the connection manager works with."""

from dataclasses import dataclass

from connection_manager.origins import OriginPolicy
from connection_manager.tokens import PoolKeys, TokenVerifier
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.connections.slots import ConnectionSlots
from finops_websocket.services import FrameServices, services_of
from finops_websocket.settings import ConnectionManagerSettings


@dataclass(frozen=True, kw_only=True)
class ConnectionManagerServices(FrameServices):
    """The shared services, and what only signing in needs."""

    slots: ConnectionSlots
    origins: OriginPolicy
    tokens: TokenVerifier

    @classmethod
    def of_stack(cls, settings: ConnectionManagerSettings) -> "ConnectionManagerServices":
        """Make them for a function with these settings; raise SettingsError if its origins are none."""
        shared = services_of(settings)
        return cls(
            **vars(shared),
            auth_mode=settings.auth_mode,
            rate_limiter=RateLimiter(settings.auth_mode, shared.connections),
            slots=ConnectionSlots(shared.connections, shared.channel.is_open, settings.max_connections_per_user),
            origins=OriginPolicy.read(settings.allowed_origins, settings.missing_origin),
            tokens=TokenVerifier(settings.token_issuer, settings.token_client_id, PoolKeys(settings.token_keys_url)),
        )
