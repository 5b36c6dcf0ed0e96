import pytest
from hypothesis import given
from hypothesis import strategies as st

from connection_manager.origin_policy import OriginPolicy
from finops_websocket.errors import SettingsError

PAGE, OTHER_PAGE = "https://finops.example.com", "http://localhost:5173"
LISTED = OriginPolicy.read(f"{PAGE},{OTHER_PAGE}", "refuse")
ANY = OriginPolicy.read("*", "refuse")
ORIGINS = st.lists(st.sampled_from([PAGE, OTHER_PAGE, "null", "*", ""]) | st.text(), max_size=3).map(tuple)


@pytest.mark.parametrize("origin", [PAGE, OTHER_PAGE])
def test_a_listed_origin_may_connect(origin: str) -> None:
    assert LISTED.allows((origin,))


@pytest.mark.parametrize(
    "origin",
    [
        "https://attacker.example",
        "http://finops.example.com",
        "https://finops.example.com:443",
        "https://finops.example.com:8443",
        "https://finops.example.com/",
        "https://finops.example.com.attacker.example",
        "https://attacker.example/https://finops.example.com",
        "https://attacker-finops.example.com",
        "https://sub.finops.example.com",
        "https://example.com",
        "https://finops.example.co",
        "https://FINOPS.example.com",
        "HTTPS://finops.example.com",
        "https://finopsXexample.com",
        "https://user@finops.example.com",
        " https://finops.example.com",
        "https://finops.example.com ",
        "https://finops.example.com\n",
        "https://finops.example.com\x00",
        "https://f\u0456nops.example.com",
        f"{PAGE},{OTHER_PAGE}",
        f"{PAGE} {OTHER_PAGE}",
        "finops.example.com",
        "null",
        "*",
        "",
    ],
)
def test_an_origin_that_differs_in_a_character_may_not(origin: str) -> None:
    assert not LISTED.allows((origin,))
    assert ANY.allows((origin,))


@pytest.mark.parametrize("origins", [(PAGE, PAGE), (PAGE, OTHER_PAGE), (PAGE, "https://attacker.example")])
def test_several_origins_are_one_too_many_for_a_list(origins: tuple[str, ...]) -> None:
    assert not LISTED.allows(origins)
    assert ANY.allows(origins)


@pytest.mark.parametrize("allowed", ["*", f"{PAGE},*", f"* , {PAGE}"])
def test_a_star_among_origins_allows_any(allowed: str) -> None:
    assert OriginPolicy.read(allowed, "allow").allows(("https://attacker.example",))


@pytest.mark.parametrize("allowed", ["*", PAGE])
def test_a_missing_origin_has_its_own_policy(allowed: str) -> None:
    assert OriginPolicy.read(allowed, "allow").allows(())
    assert not OriginPolicy.read(allowed, "refuse").allows(())


@pytest.mark.parametrize(
    "allowed",
    [
        PAGE,
        f" {PAGE} , {OTHER_PAGE} ",
        "https://10.0.0.1",
        "http://[::1]:3000",
        "https://xn--bcher-kva.example",
        "chrome-extension://abcdefghijklmnop",
    ],
)
def test_origins_are_listed_with_commas_between_them(allowed: str) -> None:
    policy = OriginPolicy.read(allowed, "allow")
    assert policy.allowed == {origin.strip() for origin in allowed.split(",")}


@pytest.mark.parametrize(
    "allowed",
    [
        "",
        " ",
        ",",
        f"{PAGE},",
        f"{PAGE},,{OTHER_PAGE}",
        f"{PAGE} {OTHER_PAGE}",
        "null",
        "https://*.example.com",
        "https://",
        "finops.example.com",
        "//finops.example.com",
        "https://finops.example.com/",
        "https://finops.example.com/app",
        "https://finops.example.com?",
        "https://Finops.example.com",
        "https://user@finops.example.com",
        "https://finops.example.com:",
        "https://finops.example.com:https",
        "https://b\u00fccher.example",
        "https://finops.example.com\nhttps://other.example",
    ],
)
def test_what_no_browser_would_send_cannot_be_listed(allowed: str) -> None:
    with pytest.raises(SettingsError):
        OriginPolicy.read(allowed, "allow")


@pytest.mark.parametrize("missing", ["", "Allow", "allow ", "deny", "true"])
def test_a_missing_origin_is_allowed_by_one_word_alone(missing: str) -> None:
    assert not OriginPolicy.read("*", missing).allows(())


@given(origins=ORIGINS)
def test_nothing_but_a_listed_origin_alone_is_allowed(origins: tuple[str, ...]) -> None:
    assert LISTED.allows(origins) == (origins in {(PAGE,), (OTHER_PAGE,)})


@given(allowed=st.text() | st.lists(st.from_regex(r"https?://[a-z.]{1,9}/?", fullmatch=True)).map(",".join))
def test_any_list_is_read_or_refused(allowed: str) -> None:
    try:
        policy = OriginPolicy.read(allowed, "refuse")
    except SettingsError:
        return
    assert policy.allowed is None or all(policy.allows((origin,)) for origin in policy.allowed)
