from finops_operations.health_checks.api_stage import ROUTES, look_at_stage
from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.remedies import Remedies
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService

REMEDIES = Remedies(sample_stack(), "eu-west-1")


def look(api: StubbedService) -> Finding:
    return look_at_stage(api.client, REMEDIES)


def api_with(*routes: str) -> StubbedService:
    """An API whose routes come on two pages."""
    api = StubbedService("apigatewayv2")
    first, rest = [{"RouteKey": route} for route in routes[:2]], [{"RouteKey": route} for route in routes[2:]]
    api.answers("get_routes", {"Items": first, "NextToken": "more"}, {"ApiId": "abc"})
    api.answers("get_routes", {"Items": rest}, {"ApiId": "abc", "NextToken": "more"})
    return api


def test_a_stage_with_its_routes() -> None:
    api = api_with(*ROUTES)
    api.answers("get_stage", {"StageName": "prod"}, {"ApiId": "abc", "StageName": "prod"})
    assert look(api).state is State.OK


def test_missing_routes_are_named() -> None:
    api = api_with("$connect", "$disconnect", "authenticate")
    api.answers("get_stage", {"StageName": "prod"})
    finding = look(api)
    assert (finding.state, finding.found) == (State.RED, "Stage prod lacks the routes ping, $default.")


def test_a_stage_that_is_gone() -> None:
    api = api_with(*ROUTES)
    api.refuses("get_stage", "NotFoundException", status=404)
    finding = look(api)
    assert (finding.state, finding.found) == (State.RED, "API abc has no stage prod: nobody can connect.")


def test_an_api_that_is_gone() -> None:
    api = StubbedService("apigatewayv2")
    api.refuses("get_routes", "NotFoundException", status=404)
    finding = look(api)
    assert finding.found == "There is no API abc."
    assert finding.remedy.splitlines()[-1] == (
        "A new API has a new endpoint:"
        " then ops/write_frontend_config.sh --stack-name production --region eu-west-1 (config.js)."
    )
