"""What is seen of an answer that has arrived, on the screen and on paper, and what is taken along of it."""

from typing import Any

from playwright.sync_api import expect

from browser.web_client.client_page import ClientPage
from browser.web_client.scenes import Stage, answer, cut_answer
from browser.web_client.stored_job import BREAKDOWN, answered, completed, started, working

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
WIDE: dict[str, Any] = {
    "title": "Findings",
    "columns": [
        *({"key": key, "label": key, "type": "text"} for key in ("finding", "resource", "service", "certainty")),
        *(
            {"key": key, "label": f"{key} in October 2026", "type": "money", "currency": "USD"}
            for key in ("cost", "saving")
        ),
    ],
    "rows": [
        {
            "finding": "On-demand usage that a commitment would cover",
            "resource": ARN,
            "service": "AmazonElasticContainerServiceForKubernetes",
            "certainty": "likely",
            "cost": "12345678.90",
            "saving": "1395.23",
        }
    ],
}


def with_figure(stage: Stage, figure: dict[str, Any]) -> ClientPage:
    page = stage.looked_at(
        working(), started, answered(0, "Some text.", data=[figure]), answered(1, "More."), completed
    )
    expect(page.main.get_by_role("figure")).to_be_visible()
    page.settle()
    return page


def test_bars_are_as_long_as_their_values(stage: Stage) -> None:
    page = with_figure(stage, BREAKDOWN)
    # A label in sight says that the bars are drawn.
    expect(page.main.get_by_text("production")).to_be_visible()
    widths = page.page.locator(".bar").evaluate_all("bars => bars.map((bar) => bar.getBoundingClientRect().width)")
    values = [abs(float(row["cost"])) for row in BREAKDOWN["rows"]]
    assert widths[0] > 200
    assert [abs(width / widths[0] - value / values[0]) < 0.02 for width, value in zip(widths, values, strict=True)] == [
        True,
        True,
        True,
    ]


def test_the_amounts_of_a_wide_table_are_in_sight(stage: Stage) -> None:
    page = with_figure(stage, WIDE)
    hidden = page.page.locator(".table-box").evaluate("box => box.scrollWidth - box.clientWidth")
    assert hidden == 0
    expect(page.main.get_by_role("cell", name="1,395.23")).to_be_in_viewport(ratio=1)


def test_on_paper_there_is_the_answer_alone_and_all_of_it(stage: Stage) -> None:
    page = answer(stage)
    how = page.main.get_by_text("Effective cost of Amazon S3, 1 to 31 May 2026.")
    expect(how).to_be_hidden()
    page.page.emulate_media(media="print")
    expect(page.heading).to_be_visible()
    expect(how).to_be_visible()
    for name in ("New question", "Copy answer", "CSV", "Copy link"):
        expect(page.page.get_by_text(name, exact=True).first).to_be_hidden()


def test_what_is_copied_of_a_cut_answer_is_the_whole(stage: Stage) -> None:
    page = cut_answer(stage)
    page.page.get_by_role("button", name="Copy answer").click()
    expect(page.main.get_by_text("Copied.")).to_be_visible()
    copied: str = page.page.evaluate("navigator.clipboard.readText()")
    assert copied.count("A line of the whole answer.") == 50
