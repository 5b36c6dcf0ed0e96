"""The page in which a real browser shows answers, and what it then holds."""

from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Self

from playwright.sync_api import Browser, ConsoleMessage, Dialog, ProxySettings

from browser.only_server import OnlyServer

# What an answer may be made of; the tests' own list, so that the sanitizer's cannot grow by mistake.
ELEMENTS = frozenset(
    [
        *["a", "bdi", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"],
        *["pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"],
    ]
)
ATTRIBUTES = frozenset({"align", "href", "rel", "start", "target"})

LONGEST_RENDERING_SECONDS = 20  # then the page has hung: the slowest answer takes about one


class Controls(StrEnum):
    """Which of the two controls stand between an answer and the page."""

    BOTH = "both"
    PARSER = "parser"  # the sanitizer is out
    SANITIZER = "sanitizer"  # the parser lets HTML and any address through
    NEITHER = "neither"


@dataclass(frozen=True)
class ShownAnswer:
    """What the page holds after an answer was shown and all of it was touched."""

    seconds: float
    text: str
    elements: frozenset[str]
    attributes: frozenset[str]
    links: tuple[SimpleNamespace, ...]  # each as the browser resolved it: see page/answer.js
    harm: tuple[str, ...]  # what no answer may do; empty for a safe one


class AnswerPage:
    """A page that shows one answer after another, on a network that holds nothing but its own server."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._server = OnlyServer()
        self._events: list[str] = []

    def __enter__(self) -> Self:
        self._server.__enter__()
        # The bypass list is for loopback addresses: they too go to the one server.
        proxy: ProxySettings = {"server": self._server.address, "bypass": "<-loopback>"}
        self._context = self._browser.new_context(proxy=proxy, viewport={"width": 900, "height": 1100})
        self.page = self._context.new_page()
        self.page.set_default_timeout(LONGEST_RENDERING_SECONDS * 1000)
        self.page.goto(f"http://{OnlyServer.PAGE_HOST}/answer.html")
        self.page.wait_for_function("window.isReady")
        self.page.on("dialog", self._dismiss)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self._events.append(f"script failed: {error}"))
        self.page.on("popup", lambda popup: self._events.append(f"window opened: {popup.url}"))
        self.page.on("framenavigated", lambda frame: self._events.append(f"navigated to {frame.url}"))
        return self

    def __exit__(self, *raised: object) -> None:
        self._context.close()
        self._server.__exit__(None, None, None)

    def show(self, markdown: str, controls: Controls = Controls.BOTH) -> ShownAnswer:
        """Show an answer and return what came of it."""
        held = self.page.evaluate("([markdown, controls]) => show(markdown, controls)", [markdown, controls])
        links = tuple(SimpleNamespace(**link) for link in held["links"])
        elements, attributes = frozenset(held["elements"]), frozenset(held["attributes"])
        harm = [
            *(f"element {name}" for name in sorted(elements - ELEMENTS)),
            *(f"attribute {name}" for name in sorted(attributes - ATTRIBUTES)),
            *(f"link to {link.address!r}" for link in links if not _is_safe(link)),
            # It is the sanitizer alone that names the hosts.
            *(
                f"link to {link.host} as {link.text!r}"
                for link in links
                if controls is not Controls.PARSER and not _shows_host(link)
            ),
            *("script ran" for _ in held["canaryCalls"]),
            *(["page changed"] if held["pageChanged"] else []),
            *self._events,
            *(f"request {request}" for request in self._server.take_strange_requests()),
        ]
        self._events.clear()
        return ShownAnswer(held["milliseconds"] / 1000, held["text"], elements, attributes, links, tuple(harm))

    def _dismiss(self, dialog: Dialog) -> None:
        self._events.append(f"dialog {dialog.message!r}")
        dialog.dismiss()

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._events.append(f"console error: {message.text}")


def _is_safe(link: SimpleNamespace) -> bool:
    # A browser shows what stands before an @ where a reader looks for the host.
    return link.protocol == "https:" and link.address.lower().startswith("https://") and "@" not in link.address


def _shows_host(link: SimpleNamespace) -> bool:
    return f"{link.text}/".startswith(f"{link.origin}/") or link.text.endswith(f" ({link.host})")
