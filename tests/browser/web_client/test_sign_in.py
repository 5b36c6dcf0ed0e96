"""Signing in at a real user pool by its password proof (SRP): the local cloud's Cognito, and the dialog over the page.

What the service says beyond that is scripted: it takes the pool's tokens as they are.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from browser.web_client.built_page import Config, PageHost, build_page
from browser.web_client.client_page import ClientPage
from browser.web_client.scenes import QUESTION
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import WHOLE
from browser.web_client.totp import totp_code
from local_cloud.running_cloud import LocalCloud

PASSWORD, NEW_PASSWORD = "SecurePassword123!", "Another-Password-456"
# What the emulator always sends: `_forgot_password` of ministack/services/cognito.py.
RESET_CODE = "654321"
WRONG = "The username or the password is not correct."


class Pool:
    """A user pool of the template's kind on the local cloud."""

    def __init__(self, cloud: LocalCloud, access_token_minutes: int = 60) -> None:
        self.cognito = cloud.client("cognito-idp")
        self.endpoint = cloud.endpoint_url
        pool = self.cognito.create_user_pool(
            PoolName="sign-in",
            MfaConfiguration="OPTIONAL",
            Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": True}},
            AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        )
        self.id: str = pool["UserPool"]["Id"]
        client = self.cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="page",
            GenerateSecret=False,
            PreventUserExistenceErrors="ENABLED",
            ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            EnableTokenRevocation=True,
            AccessTokenValidity=access_token_minutes,
            IdTokenValidity=access_token_minutes,
            TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        )
        self.client_id: str = client["UserPoolClient"]["ClientId"]

    def add(self, name: str, *, permanent: bool = True) -> str:
        """Make a user with PASSWORD, and give its id; if not permanent, it must be changed at the first sign-in."""
        email = [{"Name": "email", "Value": f"{name}@example.com"}, {"Name": "email_verified", "Value": "true"}]
        made = self.cognito.admin_create_user(
            UserPoolId=self.id, Username=name, MessageAction="SUPPRESS", UserAttributes=email
        )
        self.cognito.admin_set_user_password(UserPoolId=self.id, Username=name, Password=PASSWORD, Permanent=permanent)
        return str(next(each["Value"] for each in made["User"]["Attributes"] if each["Name"] == "sub"))

    def add_authenticator(self, name: str) -> str:
        """Give a user an authenticator app, and give its key."""
        tokens = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        key: str = self.cognito.associate_software_token(AccessToken=tokens["AccessToken"])["SecretCode"]
        self.cognito.verify_software_token(AccessToken=tokens["AccessToken"], UserCode=totp_code(key))
        return key


@pytest.fixture(scope="module")
def pool(local_cloud: LocalCloud) -> Pool:
    return Pool(local_cloud)


@pytest.fixture(scope="module")
def pool_host(pool: Pool, service_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHost]:
    config = Config(f"ws://127.0.0.1:{service_port}", pool.id, pool.client_id)
    folder = tmp_path_factory.mktemp("sign-in")
    with PageHost(build_page(config.text(), folder, VITE_COGNITO_ENDPOINT=pool.endpoint)) as host:
        yield host


@pytest.fixture
def page(browser: Browser, pool_host: PageHost, service: ScriptedService) -> Iterator[ClientPage]:
    """The client, of somebody who has not signed in."""
    with ClientPage(browser, pool_host.address) as page:
        yield page
        assert page.errors == []
        assert [line for line in page.console if "Content Security Policy" in line] == []
        assert page.seen()["violations"] == []


def dialog(page: ClientPage | Page) -> Locator:
    return (page.page if isinstance(page, ClientPage) else page).get_by_role("dialog")


def press(page: ClientPage, name: str) -> None:
    dialog(page).get_by_role("button", name=name, exact=True).click()


def sign_in(page: ClientPage, name: str, password: str = PASSWORD) -> None:
    dialog(page).get_by_label("Username").fill(name)
    dialog(page).get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def expect_signed_in(page: ClientPage | Page, name: str) -> None:
    tab = page.page if isinstance(page, ClientPage) else page
    expect(dialog(tab)).to_have_count(0)
    expect(tab.get_by_role("button", name=name)).to_be_visible()
    expect(tab.get_by_text("Connected")).to_be_visible()


def sign_out(page: ClientPage, name: str) -> None:
    page.page.get_by_role("button", name=name).click()
    page.page.get_by_role("button", name="Sign out").click()


def end_sign_in(page: ClientPage, pool: Pool, service: ScriptedService, name: str) -> None:
    """Have the pool and the service take no token of a user any more, until the next sign-in."""
    # The emulator compares whole seconds of the token and of the end.
    time.sleep(1)
    pool.cognito.admin_user_global_sign_out(UserPoolId=pool.id, Username=name)
    service.refuse("authenticate", "INVALID_TOKEN")
    service.cut()
    expect(dialog(page)).to_be_visible()


def expect_fault(page: ClientPage, sentence: str) -> None:
    expect(dialog(page).get_by_role("alert")).to_have_text(sentence)


def enter_code(page: ClientPage, code: str, button: str = "Sign in") -> None:
    dialog(page).get_by_label("Code", exact=True).fill(code)
    press(page, button)


@contextmanager
def answered(page: ClientPage, action: str, answer: dict[str, Any], status: int = 200) -> Iterator[None]:
    """Answer calls of an action of Cognito's as AWS documents it, where the emulator does not do so."""

    def fulfil(route: Route) -> None:
        if route.request.headers.get("x-amz-target", "").endswith(f".{action}"):
            route.fulfill(status=status, body=json.dumps(answer), headers={"access-control-allow-origin": "*"})
        else:
            route.fallback()

    page.page.route("**/*", fulfil)
    yield
    page.page.unroute("**/*", fulfil)


def test_a_person_signs_in_and_a_reload_does_not_ask_again(
    page: ClientPage, pool: Pool, service: ScriptedService
) -> None:
    user_id = pool.add("anna")
    sign_in(page, "anna")
    expect_signed_in(page, "anna")
    page.page.reload()
    expect_signed_in(page, "anna")
    assert {len(message["token"].split(".")) for message in service.got("authenticate", 2)} == {3}
    assert {line.user for line in service._lines} == {user_id}


def test_a_wrong_password_and_an_unknown_user_are_told_alike(page: ClientPage, pool: Pool) -> None:
    pool.add("ben")
    for name in ("ben", "nobody-of-this-name"):
        sign_in(page, name, "Wrong-Password-789")
        expect_fault(page, WRONG)
    # There is no way around it.
    for _ in range(3):
        page.page.keyboard.press("Escape")
    expect(dialog(page)).to_be_visible()
    # What is wrong is ready to be typed over.
    expect(dialog(page).get_by_label("Password", exact=True)).to_be_focused()
    sign_in(page, "ben")
    expect_signed_in(page, "ben")


def test_a_temporary_password_is_changed_at_the_first_sign_in(page: ClientPage, pool: Pool) -> None:
    pool.add("cleo", permanent=False)
    sign_in(page, "cleo")
    dialog(page).get_by_label("New password").fill("weak")
    refusal = {
        "__type": "InvalidPasswordException",
        "message": "Password did not conform with policy: Password must have symbol characters",
    }
    with answered(page, "RespondToAuthChallenge", refusal, 400):
        press(page, "Set the password and sign in")
        expect_fault(page, "The new password must have symbol characters.")
    dialog(page).get_by_label("New password").fill(NEW_PASSWORD)
    press(page, "Set the password and sign in")
    expect_signed_in(page, "cleo")
    sign_out(page, "cleo")
    sign_in(page, "cleo", NEW_PASSWORD)
    expect_signed_in(page, "cleo")


def test_an_authenticator_code_is_asked_for(page: ClientPage, pool: Pool) -> None:
    pool.add("dora")
    key = pool.add_authenticator("dora")
    sign_in(page, "dora")
    enter_code(page, f"{(int(totp_code(key)) + 1) % 1_000_000:06}")
    expect_fault(page, "The code is not correct. Check it, or wait for the next one.")
    code = totp_code(key)
    enter_code(page, f"{code[:3]} {code[3:]}")
    expect_signed_in(page, "dora")


def test_where_everybody_must_have_an_authenticator_it_is_set_up(page: ClientPage, pool: Pool) -> None:
    """The emulator lets people in without one: its answer to the password is AWS's here, the rest is its own."""
    pool.add("emil")
    challenge = {
        "ChallengeName": "MFA_SETUP",
        "Session": "a-session-of-at-least-twenty-characters",
        "ChallengeParameters": {"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]', "USER_ID_FOR_SRP": "emil"},
    }
    with answered(page, "RespondToAuthChallenge", challenge):
        sign_in(page, "emil")
        expect(dialog(page).get_by_role("img", name="QR code")).to_be_visible()
    key = dialog(page).locator("code").inner_text().replace(" ", "")
    enter_code(page, totp_code(key))
    expect_signed_in(page, "emil")


def test_a_forgotten_password_is_set_anew_by_a_code(page: ClientPage, pool: Pool) -> None:
    pool.add("finn")
    press(page, "Forgotten your password?")
    dialog(page).get_by_label("Username").fill("finn")
    press(page, "Send the code")
    dialog(page).get_by_label("Code").fill("000000")
    dialog(page).get_by_label("New password").fill(NEW_PASSWORD)
    press(page, "Set the password and sign in")
    expect_fault(page, "The code is not correct. Check it, or wait for the next one.")
    dialog(page).get_by_label("New password").fill("weak")
    enter_code(page, RESET_CODE, "Set the password and sign in")
    expect(dialog(page).get_by_role("alert")).to_contain_text("The new password must have ")
    expect(dialog(page).get_by_role("alert")).to_contain_text("symbol characters")
    dialog(page).get_by_label("New password").fill(NEW_PASSWORD)
    press(page, "Set the password and sign in")
    expect_signed_in(page, "finn")


def test_a_reset_does_not_tell_whether_there_is_such_a_user(page: ClientPage) -> None:
    for refusal in (None, "InvalidParameterException", "UserNotFoundException", "NotAuthorizedException"):
        press(page, "Forgotten your password?")
        dialog(page).get_by_label("Username").fill("nobody-of-this-name")
        if refusal is None:
            press(page, "Send the code")
        else:
            # What Cognito says of a user without an address, for one.
            with answered(page, "ForgotPassword", {"__type": refusal, "message": "Cannot reset."}, 400):
                press(page, "Send the code")
                expect(dialog(page).get_by_label("Code")).to_be_visible()
        expect(dialog(page).get_by_text("If nobody-of-this-name is an account with a verified email")).to_be_visible()
        press(page, "Back to sign in")


def test_a_token_is_renewed_without_a_dialog(page: ClientPage, pool: Pool, service: ScriptedService) -> None:
    pool.add("gina")
    sign_in(page, "gina")
    expect_signed_in(page, "gina")
    first = service.got("authenticate")[0]["token"]
    # The server does not take it any more: the page may not ask anybody before it has tried a new one.
    service.refuse("authenticate", "INVALID_TOKEN")
    service.cut()
    tokens = [message["token"] for message in service.got("authenticate", 3)]
    assert len({first, *tokens}) == 2
    expect_signed_in(page, "gina")


def test_an_ended_sign_in_asks_again_over_the_page_and_keeps_what_is_on_it(
    page: ClientPage, pool: Pool, service: ScriptedService
) -> None:
    pool.add("hugo")
    sign_in(page, "hugo")
    expect_signed_in(page, "hugo")
    page.box.fill("What did S3 cost in")
    end_sign_in(page, pool, service, "hugo")
    expect(dialog(page).get_by_role("heading", name="Sign in again")).to_be_visible()
    expect(dialog(page).get_by_label("Username")).to_have_value("hugo")
    expect(dialog(page).get_by_label("Password", exact=True)).to_be_focused()
    dialog(page).get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")
    expect_signed_in(page, "hugo")
    expect(page.box).to_have_value("What did S3 cost in")
    expect(page.box).to_be_focused()


def test_another_user_finds_nothing_of_the_one_before(page: ClientPage, pool: Pool, service: ScriptedService) -> None:
    pool.add("ines")
    pool.add("ivo")
    service.plays = WHOLE
    sign_in(page, "ines")
    expect_signed_in(page, "ines")
    page.ask(QUESTION)
    expect(page.heading).to_have_text(QUESTION)
    page.page.get_by_role("link", name="New question").click()
    page.box.fill("What else")
    end_sign_in(page, pool, service, "ines")
    sign_in(page, "ivo")
    expect_signed_in(page, "ivo")
    expect(page.page.get_by_text(QUESTION)).to_have_count(0)
    expect(page.box).to_have_value("")


def test_nobody_is_signed_out_because_the_pool_is_out_of_reach(
    page: ClientPage, pool: Pool, service: ScriptedService
) -> None:
    pool.add("iris")
    sign_in(page, "iris")
    expect_signed_in(page, "iris")

    def cut_off(route: Route) -> None:
        if "x-amz-target" in route.request.headers:
            route.abort()
        else:
            route.fallback()

    page.page.route("**/*", cut_off)
    with page.page.expect_event("requestfailed"):
        service.refuse("authenticate", "INVALID_TOKEN")
        service.cut()
    expect(dialog(page)).to_have_count(0)
    page.page.unroute("**/*", cut_off)
    expect(page.page.get_by_text("Connected")).to_be_visible(timeout=30_000)
    expect_signed_in(page, "iris")


def test_two_tabs_share_a_sign_in_and_its_end(page: ClientPage, pool: Pool) -> None:
    pool.add("jana")
    second = page.open_tab()
    expect(dialog(second)).to_be_visible()
    sign_in(page, "jana")
    expect_signed_in(page, "jana")
    expect_signed_in(second, "jana")
    second.get_by_role("main").get_by_role("textbox").fill("What did S3 cost in")
    sign_out(page, "jana")
    expect(dialog(page)).to_be_visible()
    expect(dialog(second).get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    assert "What did S3" not in second.evaluate("document.querySelector('textarea').value")
    second.reload()
    expect(dialog(second)).to_be_visible()


def test_signing_out_takes_the_sign_in_back_at_the_pool(page: ClientPage, pool: Pool) -> None:
    pool.add("kim")
    sign_in(page, "kim")
    expect_signed_in(page, "kim")
    with page.page.expect_request(
        lambda request: request.headers.get("x-amz-target", "").endswith(".RevokeToken")
    ) as revoked:
        sign_out(page, "kim")
    token = json.loads(revoked.value.post_data or "")["Token"]
    response = revoked.value.response()
    assert response is not None
    assert response.ok
    with pytest.raises(pool.cognito.exceptions.NotAuthorizedException):
        pool.cognito.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=token)
    assert page.page.evaluate("Object.keys(localStorage)") == []


def test_each_step_can_be_read_and_used_by_everybody(page: ClientPage, pool: Pool, screenshots: Path | None) -> None:
    name = "lena"
    pool.add(name, permanent=False)

    def judge(step: str) -> None:
        for scheme in ("light", "dark"):
            for width in (1280, 360) if screenshots else (360,):
                page.look(width, scheme)
                page.settle()
                if screenshots:
                    page.page.screenshot(path=screenshots / f"sign-in-{step}-{scheme}-{width}.png")
            assert page.accessibility_findings() == []
            assert page.width_of_all <= width

    judge("first")
    sign_in(page, name, "wrong")
    expect_fault(page, WRONG)
    judge("wrong")
    press(page, "Forgotten your password?")
    judge("forgotten")
    press(page, "Send the code")
    expect(dialog(page).get_by_label("Code")).to_be_visible()
    judge("reset")
    press(page, "Back to sign in")
    sign_in(page, name)
    expect(dialog(page).get_by_label("New password")).to_be_visible()
    judge("new-password")
    press(page, "Back to sign in")
    challenge: dict[str, Any] = {
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": "a-session-of-at-least-twenty-characters",
        "ChallengeParameters": {"USER_ID_FOR_SRP": name},
    }
    with answered(page, "RespondToAuthChallenge", challenge):
        sign_in(page, name)
        expect(dialog(page).get_by_label("Code")).to_be_visible()
    judge("code")
    press(page, "Back to sign in")
    challenge |= {
        "ChallengeName": "MFA_SETUP",
        "ChallengeParameters": {"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]'},
    }
    with answered(page, "RespondToAuthChallenge", challenge):
        sign_in(page, name)
        expect(dialog(page).get_by_role("img", name="QR code")).to_be_visible()
    judge("set-up")
    press(page, "Back to sign in")
    challenge |= {
        "ChallengeName": "SELECT_MFA_TYPE",
        "ChallengeParameters": {"MFAS_CAN_CHOOSE": '["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]'},
    }
    with answered(page, "RespondToAuthChallenge", challenge):
        sign_in(page, name)
        expect(dialog(page).get_by_role("radio")).to_have_count(2)
    judge("method")
