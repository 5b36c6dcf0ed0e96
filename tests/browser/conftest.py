"""One real browser for all tests of this folder, and pages in it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.answer_page import AnswerPage
from finops_operations.frontend.packages import install_packages

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# Of the folder, not of the session: Playwright's event loop runs from start to end, and other folders' tests have loops
# of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Playwright starts it without its sandbox, which does not work for root.

    Without the window that nobody sees if that is installed: it opens a page with a third of the work.
    """
    executable = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if executable is None:
        raise FileNotFoundError("Chromium is missing. Run ./run_tests.sh browser, or: apt-get install chromium")
    install_packages()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def answer_page(browser: Browser) -> Iterator[AnswerPage]:
    with AnswerPage(browser) as page:
        yield page
