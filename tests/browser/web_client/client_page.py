"""The web client open in a browser tab, and what is to be seen, heard and found out about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

from browser.only_server import WEB_CLIENT
from browser.web_client.scripted_aws import CLIENT, USER, stored_tokens

Theme: TypeAlias = Literal["light", "dark"]

LONGEST_WAIT_MILLISECONDS = 10_000
OBSERVERS = Path(__file__).with_name("observers.js")
SEAL = Path(__file__).with_name("seal_session.js")
# The item of local storage that holds a sign-in.
SESSION = f"finops.session.{CLIENT}"


class ClientPage:
    """A browser that nobody has used before, with the client open in a tab."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        *,
        is_signed_in: bool = False,
        width: int = 1280,
        scheme: Theme = "light",
        stops_clock: bool = False,
        route: str = "",
        observer: str = "",
    ) -> None:
        self._browser = browser
        self.address = address
        self._is_signed_in = is_signed_in
        self._width = width
        self._scheme = scheme
        self._stops_clock = stops_clock
        self._route = route
        self._observer = observer
        self.console: list[str] = []
        self.errors: list[str] = []

    def __enter__(self) -> Self:
        self.context = self._browser.new_context(
            viewport={"width": self._width, "height": 900},
            color_scheme=self._scheme,
            # What fades in has no contrast yet.
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
            accept_downloads=True,
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.address)
        self.context.add_init_script(path=OBSERVERS)
        if self._observer:
            self.context.add_init_script(self._observer)
        self.page = self.open_tab(self._route)
        return self

    def __exit__(self, *raised: object) -> None:
        self.context.close()

    def open_tab(self, route: str = "") -> Page:
        """Open the client in one more tab of this browser, at a route such as `#/history`."""
        page = self.context.new_page()
        page.set_default_timeout(LONGEST_WAIT_MILLISECONDS)
        if self._is_signed_in:
            self._sign_in(page)
            self._is_signed_in = False
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        if self._stops_clock:
            page.clock.install()
        page.goto(f"{self.address}/{route}")
        if self._stops_clock:
            # Who is signed in is read within a time of the page's own, which a test would let run out.
            page.get_by_role("button", name=USER).wait_for()
        return page

    def seen(self, page: Page | None = None) -> dict[str, Any]:
        """What the observers have noted since the tab was loaded last."""
        seen: dict[str, Any] = (page or self.page).evaluate("seen")
        return seen

    def all_that_is_kept(self) -> str:
        """All that scripts can leave in this browser, and in the tab's address and history, as text."""
        kept: str = self.page.evaluate(
            """async () => JSON.stringify([location.href, history.state, {...localStorage}, {...sessionStorage},
                document.cookie, document.title, await indexedDB.databases(), await caches.keys()])"""
        )
        return kept

    def ask(self, query: str) -> None:
        """Ask as a person does."""
        self.box.fill(query)
        self.box.press("Enter")

    @property
    def box(self) -> Locator:
        """Where questions are typed."""
        return self.main.get_by_role("textbox")

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def heading(self) -> Locator:
        return self.main.get_by_role("heading", level=1).first

    def sign_out(self) -> None:
        self.page.get_by_role("button", name=USER).click()
        self.page.get_by_role("button", name="Sign out").click()

    def look(self, width: int, scheme: Theme) -> None:
        """Give the window another width, and have the system ask for a theme."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)

    def draw(self) -> None:
        """Let the page draw what it has been told, and wait until it has."""
        self.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def settle(self) -> None:
        """Wait until nothing that is laid out changes any more, from one look to another."""
        layout = "document.body.innerText.length + ' ' + document.body.scrollHeight"
        before = ""
        for _ in range(50):
            self.draw()
            if (now := self.page.evaluate(layout)) == before:
                return
            before = now
            self.page.wait_for_timeout(50)
        raise AssertionError("The page does not come to rest.")

    @property
    def width_of_all(self) -> int:
        """How wide the page is, in CSS pixels: wider than its window means that it scrolls sideways."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width

    def accessibility_findings(self) -> list[str]:
        """What axe-core finds serious against WCAG 2.2 AA, and against what is known to work."""
        self.page.evaluate(f"if (!window.axe) {{ {_axe()} }}")
        found: list[dict[str, Any]] = self.page.evaluate(
            "values => axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] })"
            ".then(({ violations }) => violations)",
            ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        )
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in found
            if each["impact"] in {"serious", "critical"}
            for node in each["nodes"]
        ]

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Take the network away meanwhile. Open sockets stay, as the browser's own switch leaves them."""
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)

    def _sign_in(self, page: Page) -> None:
        page.goto(f"{self.address}/favicon.svg")
        page.evaluate(SEAL.read_text(encoding="utf-8"), [SESSION, list(stored_tokens().items())])

    def _note_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")


@cache
def _axe() -> str:
    return (WEB_CLIENT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
