"""Each attack is tried on the deployed stack, over a real WebSocket, and fails."""

from collections.abc import Iterator
from typing import Any

import pytest

from security import agent_attacks, connect_attacks, limit_attacks, ownership_attacks, signed_tokens, token_attacks
from security.attack import Attack
from security.secured_stack import SecuredStack
from security.signed_tokens import Signer

ATTACKS: dict[str, Attack] = {
    **token_attacks.ATTACKS,
    **ownership_attacks.ATTACKS,
    **connect_attacks.ATTACKS,
    **limit_attacks.ATTACKS,
    **agent_attacks.ATTACKS,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_attack_fails(attack: Attack, secured_stack: SecuredStack) -> None:
    await attack(secured_stack)


@pytest.fixture(scope="class")
def signer(secured_stack: SecuredStack) -> Iterator[Signer]:
    """Signs as the pool does: meanwhile the function takes a key of the test's for the pool's."""
    with signed_tokens.own_keys(secured_stack) as signer:
        yield signer


class TestSignedTokens:
    """All with the same key, so that the function starts anew once."""

    @pytest.mark.parametrize(("header", "changes"), signed_tokens.WRONG.values(), ids=signed_tokens.WRONG)
    async def test_attack_fails(
        self, header: dict[str, Any], changes: dict[str, Any], secured_stack: SecuredStack, signer: Signer
    ) -> None:
        await signed_tokens.tried(secured_stack, signer, header, changes)
