"""The guide's Step 9 as a person does it: testuser signs in at the page, asks, closes the tab, and finds the answer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from browser.web_client.built_page import PageHost
from browser.web_client.client_page import ClientPage
from browser.web_client.conftest import OpenPage
from browser.web_client.deployed_service import PASSWORD, USER, DeployedService
from local_cloud.conversation import ASKED
from local_cloud.running_cloud import until

QUESTION = "What was my S3 spend in May?"
# Other words for each, so that what is stored of them can be told apart.
CLOSED_AT_ONCE = "What did EC2 cost in May?"
BOTH = "What did S3 cost in May, and where can we save?"


@pytest.fixture
def page(open_page: OpenPage, deployed_host: PageHost) -> Iterator[ClientPage]:
    page = open_page(address=deployed_host.address, is_signed_in=False)
    ASKED.update([QUESTION, CLOSED_AT_ONCE, BOTH])
    sign_in(page)
    yield page
    assert [line for line in page.console if line.startswith("error")] == []


def sign_in(page: ClientPage) -> None:
    dialog = page.page.get_by_role("dialog")
    dialog.get_by_label("Username").fill(USER)
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    expect(page.page.get_by_text("Connected")).to_be_visible()


def test_step_9_from_the_sign_in_to_the_answer(page: ClientPage, deployed: DeployedService) -> None:
    page.ask(QUESTION)
    expect(page.heading).to_have_text(QUESTION)
    expect(page.main.get_by_role("progressbar", name="Progress")).to_be_attached()
    expect(page.main.get_by_text("2,414.54").first).to_be_visible(timeout=30_000)
    expect(page.main.get_by_text("Answered", exact=True)).to_be_visible(timeout=30_000)

    # Close the tab while it works, open it again: the answer comes all the same.
    page.page.get_by_role("link", name="New question").click()
    page.ask(BOTH)
    page.page.wait_for_url("**/#/jobs/*")
    page.page.close()
    page.page = page.open_tab()
    page.page.get_by_role("link", name=BOTH).click()
    expect(page.main.get_by_text("Answered", exact=True)).to_be_visible(timeout=30_000)
    assert len(deployed.jobs(BOTH)) == 1

    # Before the service has said that it has the question, too.
    page.page.get_by_role("link", name="New question").click()
    page.ask(CLOSED_AT_ONCE)
    page.page.close()
    page.page = page.open_tab()
    link = page.page.get_by_role("link", name=CLOSED_AT_ONCE)
    expect(link).to_be_visible(timeout=30_000)
    until(lambda: "jobs" in str(link.get_attribute("href")))
    link.click()
    expect(page.main.get_by_text("Answered", exact=True)).to_be_visible(timeout=30_000)
    assert len(deployed.jobs(CLOSED_AT_ONCE)) == 1

    # All three are in the history, of this tab and of others.
    page.page.get_by_role("link", name="All questions").click()
    for query in (QUESTION, BOTH, CLOSED_AT_ONCE):
        expect(page.main.get_by_role("link", name=query)).to_have_count(1)
