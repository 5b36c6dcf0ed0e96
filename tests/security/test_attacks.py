"""Each attack is tried on the deployed stack, over a real WebSocket, and fails."""

import pytest

from security import agent_attacks, connect_attacks, limit_attacks, ownership_attacks, token_attacks
from security.attack import Attack
from security.secured_stack import SecuredStack

ATTACKS = (
    *token_attacks.ATTACKS,
    *ownership_attacks.ATTACKS,
    *connect_attacks.ATTACKS,
    *limit_attacks.ATTACKS,
    *agent_attacks.ATTACKS,
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_attack_fails(attack: Attack, secured_stack: SecuredStack, tried: list[tuple[str, str, str]]) -> None:
    tried.append((attack.name, attack.against, await attack.run(secured_stack)))


async def test_signed_tokens_that_prove_nothing(secured_stack: SecuredStack, tried: list[tuple[str, str, str]]) -> None:
    ended = await token_attacks.signed_tokens_that_prove_nothing(secured_stack, list(token_attacks.SIGNED))
    assert ended.keys() == token_attacks.SIGNED.keys()
    tried.extend((name, "tokens", how) for name, how in ended.items())
