"""The web client as it is deployed: built from a config.js, and served on loopback with the headers of its build."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from browser.only_server import WEB_CLIENT
from finops_operations.frontend.serving import page_handler
from loopback_server import LoopbackServer


@dataclass(frozen=True)
class Config:
    """What the guide's Step 7 has a person type; empty where there is none."""

    websocket_endpoint: str
    user_pool_id: str = ""
    user_pool_web_client_id: str = ""
    legacy_endpoint: str = ""
    use_websocket: bool = True

    def text(self) -> str:
        """Give the file byte for byte as Step 7 shows it, but for the values."""
        return f"""\
const config = {{
    region: 'us-east-1',
    cognito: {{
        userPoolId: '{self.user_pool_id}',
        userPoolWebClientId: '{self.user_pool_web_client_id}',
        identityPoolId: 'us-east-1:dd3fed4d-d712-440a-af16-b16bf5b9c2ef',
    }},
    api: {{
        websocketEndpoint: '{self.websocket_endpoint}',
        privateEndpoint: 'https://bybfgjmve5b5m4baexntp62d3e0dqjty.lambda-url.us-east-1.on.aws/',
        legacyEndpoint: '{self.legacy_endpoint}',
        useWebSocket: {str(self.use_websocket).lower()}
    }}
}};
export default config;
"""


def build_page(config: str, folder: Path, **environment: str) -> Path:
    """Build the client with a config.js of this text, as `npm run build` does, and give where it is."""
    file = folder / "config.js"
    file.write_text(config, encoding="utf-8")
    built = subprocess.run(
        ["npm", "run", "build", "--", "--outDir", folder / "build"],
        cwd=WEB_CLIENT,
        env={**os.environ, "FINOPS_UI_CONFIG": str(file), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "build"


class PageHost(LoopbackServer):
    """Serves a build as Amplify does: with the headers that its customHttp.yml names."""

    def __init__(self, build: Path) -> None:
        super().__init__(page_handler(build))
