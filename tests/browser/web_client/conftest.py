"""The client built once and served, the service that plays a part, and pages in the folder's one browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser

from browser.web_client.built_page import Config, PageHost, build_page
from browser.web_client.client_page import ClientPage
from browser.web_client.deployed_service import DeployedService
from browser.web_client.scenes import Stage
from browser.web_client.scripted_aws import CLIENT, POOL, ScriptedAws
from browser.web_client.scripted_service import ScriptedService
from local_cloud.running_cloud import LocalCloud, free_port

OpenPage: TypeAlias = Callable[..., ClientPage]


@pytest.fixture(scope="package")
def service_port() -> int:
    """The port that the policy of the built page names."""
    return free_port()


@pytest.fixture(scope="package")
def aws() -> Iterator[ScriptedAws]:
    with ScriptedAws() as aws:
        yield aws


@pytest.fixture(scope="package")
def host(service_port: int, aws: ScriptedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHost]:
    """The client, for people who sign in, in front of the scripted service."""
    config = Config(f"ws://127.0.0.1:{service_port}", POOL, CLIENT)
    folder = tmp_path_factory.mktemp("web-client")
    with PageHost(build_page(config.text(), folder, VITE_COGNITO_ENDPOINT=aws.address)) as host:
        yield host


@pytest.fixture(scope="package")
def legacy_host(aws: ScriptedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHost]:
    """The client of an installation that has no WebSocket API yet."""
    config = Config("wss://none.invalid/prod", POOL, CLIENT, f"{aws.address}/query", use_websocket=False)
    folder = tmp_path_factory.mktemp("legacy-client")
    with PageHost(build_page(config.text(), folder, VITE_COGNITO_ENDPOINT=aws.address)) as host:
        yield host


@pytest.fixture
def service(service_port: int, aws: ScriptedAws) -> Iterator[ScriptedService]:
    aws.asked.clear()
    aws.whole_answers.clear()
    aws.refuses = False
    with ScriptedService(service_port) as service:
        yield service
        assert service.failures == []


@pytest.fixture
def open_page(browser: Browser, host: PageHost) -> Iterator[OpenPage]:
    """Opens the client as somebody who is signed in. Whatever happens, no policy is violated and no script fails."""
    with ExitStack() as pages:
        opened: list[ClientPage] = []

        def open_page(**options: Any) -> ClientPage:
            page = ClientPage(browser, **{"address": host.address, "is_signed_in": True, **options})
            opened.append(pages.enter_context(page))
            return page

        yield open_page
        for page in opened:
            assert page.errors == []
            for tab in page.context.pages:
                assert page.seen(tab)["violations"] == []
                assert page.seen(tab)["canaryCalls"] == 0
            assert [line for line in page.console if "Content Security Policy" in line] == []


@pytest.fixture(scope="package")
def deployed(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> DeployedService:
    return DeployedService(local_cloud, packages, tmp_path_factory.mktemp("deployed"))


@pytest.fixture(scope="package")
def deployed_host(deployed: DeployedService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHost]:
    """The client in front of the deployed stack."""
    folder = tmp_path_factory.mktemp("deployed-client")
    endpoint = deployed.cloud.endpoint_url
    with PageHost(build_page(deployed.config().text(), folder, VITE_COGNITO_ENDPOINT=endpoint)) as host:
        yield host


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest) -> Path | None:
    """Where a run puts a picture of each state, if it is to."""
    if (folder := request.config.getoption("--screenshots")) is None:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest.fixture
def stage(service: ScriptedService, aws: ScriptedAws, open_page: OpenPage) -> Stage:
    return Stage(service, aws, open_page)


@pytest.fixture
def page(open_page: OpenPage, service: ScriptedService) -> ClientPage:
    return open_page()
