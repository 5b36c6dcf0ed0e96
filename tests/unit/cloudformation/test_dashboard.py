"""The dashboard: CloudWatch takes it, and whoever looks at it at night finds their way."""

from itertools import combinations

from cloudformation_template import load, resources
from monitoring_template import MONITORING, PROJECT, REGION, alarms, dashboard, default, drawn_by, widgets

TIMES = {"TimeToFirstProgress", "TimeToAnswer", "AgentTime"}


def test_it_is_there_unless_it_is_not_wanted_and_an_output_says_where() -> None:
    (found,) = resources("AWS::CloudWatch::Dashboard", MONITORING).values()
    assert found["Condition"] == "HasDashboard"
    assert found["Properties"]["DashboardName"] == {"Ref": "ProjectName"}
    output = load(MONITORING)["Outputs"]["DashboardUrl"]
    assert output["Condition"] == "HasDashboard"
    address, given = output["Value"]["Fn::Sub"]
    assert address.endswith("#dashboards/dashboard/${ProjectName}")
    assert given == {"Domain": {"Fn::FindInMap": ["Console", {"Ref": "AWS::Partition"}, "Domain"]}}


def test_widgets_lie_side_by_side_on_24_columns() -> None:
    places = [(w["x"], w["y"], w["width"], w["height"]) for w in dashboard()["widgets"]]
    for x, y, width, height in places:
        assert x >= 0 <= y
        assert height > 0
        assert 0 < width <= 24 - x
    for (x, y, width, height), (other_x, other_y, other_width, other_height) in combinations(places, 2):
        beside = x + width <= other_x or other_x + other_width <= x
        below = y + height <= other_y or other_y + other_height <= y
        assert beside or below


def test_rows_are_full() -> None:
    taken = sum(widget["width"] * widget["height"] for widget in dashboard()["widgets"])
    assert taken == 24 * max(widget["y"] + widget["height"] for widget in dashboard()["widgets"])


def test_its_top_shows_every_alarm_and_says_where_to_begin() -> None:
    text, states = (widget["properties"] for widget in dashboard()["widgets"] if widget["y"] == 0)
    for place in ("ops/health_check.sh", "ops/rollback.sh --to previous", "docs/troubleshooting_notes.md"):
        assert f"`{place}`" in text["markdown"]
    rung = [arn.partition(f":alarm:{PROJECT}-")[2] for arn in states["alarms"]]
    assert sorted(rung) == sorted(alarms())


def test_every_graph_is_of_the_stacks_own_region() -> None:
    assert {widget["region"] for widget in widgets("metric")} == {REGION}


def test_times_are_shown_as_most_people_meet_them_and_counts_as_sums() -> None:
    for widget in widgets("metric"):
        statistics = {metric[-1].get("stat", widget["stat"]) for metric in widget["metrics"]}
        if {name for _, name, _ in drawn_by(widget)} & TIMES:
            assert {"p50", "p90"} <= statistics <= {"p50", "p90", "Maximum"}, widget["title"]
        else:
            assert len(statistics) == 1, widget["title"]
            assert statistics <= {"Sum", "Maximum"}, widget["title"]


def test_a_limit_that_is_drawn_is_the_alarms() -> None:
    lines = [line for widget in widgets("metric") for line in widget.get("annotations", {}).get("horizontal", ())]
    assert [line["value"] for line in lines] == [
        default(name) for name in ("QueueAgeSeconds", "ApiFunctionMilliseconds", "ProcessorMilliseconds")
    ]
