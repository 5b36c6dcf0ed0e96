"""The table says that none succeeded only if all were tried and each was stopped."""

import pytest

from security.attack import AttackSucceeded, Inconclusive
from security.attack_table import AttackTable


async def stopped() -> str:
    return "INVALID_TOKEN"


async def succeeding() -> str:
    raise AttackSucceeded("It is connected.")


async def broken() -> str:
    raise Inconclusive("It is broken.")


async def test_all_were_stopped() -> None:
    table = AttackTable(collected=1)
    await table.note("a forged token", "tokens", stopped())
    assert table.lines()[-1] == "1 attacks, none succeeded"
    assert "INVALID_TOKEN" in "".join(table.lines())


async def test_one_that_succeeds_is_in_the_table_and_fails_its_test() -> None:
    table = AttackTable(collected=2)
    await table.note("a forged token", "tokens", stopped())
    with pytest.raises(AttackSucceeded):
        await table.note("connecting from elsewhere", "origins", succeeding())
    assert table.rows[-1] == ("connecting from elsewhere", "origins", "SUCCEEDED")
    assert table.lines()[-1] == "2 attacks, 1 succeeded"


async def test_what_broke_and_what_did_not_run_is_no_success_of_ours() -> None:
    table = AttackTable(collected=3)
    with pytest.raises(Inconclusive):
        await table.note("a forged token", "tokens", broken())
    assert table.lines()[-1] == "3 attacks, 1 could not be judged, 2 did not run"
