import pytest

from finops_websocket.errors import UnknownAgent
from unit.finops_websocket.sample_jobs import CATALOGUE, COST, SAVINGS


def test_agents_are_found_by_name_in_the_order_asked_for() -> None:
    assert CATALOGUE.named([SAVINGS, COST]) == (CATALOGUE.optimisation, CATALOGUE.cost_analysis)


def test_an_unknown_agent_is_refused_with_the_names_that_there_are_and_not_with_its_own() -> None:
    with pytest.raises(UnknownAgent) as raised:
        CATALOGUE.named([COST, "nobody-knows-me"])
    assert COST in str(raised.value)
    assert SAVINGS in str(raised.value)
    assert "nobody-knows-me" not in str(raised.value)


def test_an_agent_s_heading_is_for_people() -> None:
    assert [CATALOGUE.title_of(name) for name in (COST, SAVINGS)] == ["Cost analysis", "Optimisation"]


def test_an_agent_that_has_left_the_deployment_is_called_by_its_name() -> None:
    assert CATALOGUE.title_of("former-agent") == "former-agent"
