"""Pages that run the client of docs/WEBSOCKET_API_GUIDE.md, and its example of use, as they stand in the document."""

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from playwright.sync_api import Browser

from loopback_server import LoopbackServer
from unit.docs.markdown_document import MarkdownDocument

GUIDE = MarkdownDocument("docs/WEBSOCKET_API_GUIDE.md")
# A test waits in the page for what the server makes happen.
LONGEST_WAIT_MILLISECONDS = 15_000

PAGE = """<!doctype html>
<title>The guide's client</title>
<link rel="icon" href="data:,">
<script type="module">
  import { FinopsClient, fold } from './finopsClient.js';
  Object.assign(window, { fold, jobs: {}, refusals: [], signIns: [], tokens: [] });
  window.connect = (url) => {
    const getToken = async (renew) => {
      tokens.push(renew);
      return renew ? 'renewed' : 'first';
    };
    window.client = new FinopsClient(url, getToken, {
      job: (job) => { jobs[job.jobId] = job; },
      refused: (message, question) => refusals.push({ ...message, query: question.query }),
      signIn: (sentence) => signIns.push(sentence),
    });
  };
  window.isReady = true;
</script>
"""
# What the document's example of use leaves to a page.
PAGE_OF_THE_EXAMPLE = """<!doctype html>
<title>The guide's example of use</title>
<link rel="icon" href="data:,">
<script>
  Object.assign(window, { jobs: {}, draw: (job) => { jobs[job.jobId] = job; }, accessToken: async () => 'first' });
</script>
<script type="module" src="./example.js"></script>
"""


def client_source() -> str:
    """The document's one module of JavaScript."""
    (block,) = [block for block in GUIDE.blocks("javascript") if "export class FinopsClient" in block.text]
    return block.text


def example_source() -> str:
    """The document's example of how a page uses the client."""
    (block,) = [block for block in GUIDE.blocks("js") if "new FinopsClient" in block.text]
    return block.text


class ApiGuidePage:
    """The page, on loopback: there a browser gives what it otherwise keeps for pages that come over TLS."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._files = {
            "/": ("text/html", PAGE),
            "/finopsClient.js": ("text/javascript", client_source()),
            "/example": ("text/html", PAGE_OF_THE_EXAMPLE),
            "/example.js": ("text/javascript", example_source()),
        }
        self._server = LoopbackServer(_handler(self._files))

    def __enter__(self) -> Self:
        self._server.__enter__()
        self._context = self._browser.new_context()
        self.page = self._context.new_page()
        self.page.set_default_timeout(LONGEST_WAIT_MILLISECONDS)
        # The client's timers are the test's, so that a silence of minutes takes no time.
        self.page.clock.install()
        self.errors: list[str] = []
        self._sockets = 0
        self.page.on("websocket", lambda _: self._count_socket())
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(self._server.address)
        self.page.wait_for_function("window.isReady")
        return self

    def __exit__(self, *raised: object) -> None:
        self._context.close()
        self._server.__exit__(None, None, None)

    def connect(self, url: str) -> None:
        """Make the page's client, which connects to a server."""
        self.page.evaluate("url => connect(url)", url)

    def run_example(self, config: str) -> None:
        """Go to a page that is the document's example of use, beside a config.js of this text."""
        self._files["/config.js"] = ("text/javascript", config)
        self.page.goto(f"{self._server.address}/example")

    def ask(self, query: str) -> str:
        """Ask, and give the question's requestId."""
        request_id: str = self.page.evaluate("query => client.ask(query)", query)
        return request_id

    def sockets(self) -> int:
        """How many WebSockets the page has opened so far."""
        # What has happened in the page is told in its order, so before this call's end.
        self.page.evaluate("0")
        return self._sockets

    def until(self, condition: str) -> None:
        """Wait until the page says that something is true."""
        self.page.wait_for_function(condition)

    def job(self, job_id: str = "job-1") -> dict[str, Any]:
        """The job as the client showed it last."""
        job: dict[str, Any] = self.page.evaluate("jobId => jobs[jobId]", job_id)
        return job

    def fold(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        """What the client's fold makes of messages, beginning with a job of which nothing is known."""
        made: dict[str, Any] = self.page.evaluate(
            """messages => messages.reduce(fold,
                { status: 'queued', seq: 0, progress: 0, message: '', agents: [], titles: {}, answers: {} })""",
            messages,
        )
        return made

    def _count_socket(self) -> None:
        self._sockets += 1


def _handler(files: Mapping[str, tuple[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = files[self.path]
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
            """Write nothing."""

    return Handler
