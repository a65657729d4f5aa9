"""Declared places: what is wrong with them is said before anything is tried."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from exchange.errors import UnknownNameError, UseError
from exchange.secrets import Secret
from exchange.transports import registry
from exchange.transports.contract import Place, Presence, display, name_problem, settle
from exchange.transports.sftp import address

SECRET = Secret("env:X", "sesame")
PIN = "SHA256:" + "A" * 43


def sftp(at: str, **other: object) -> Place:
    return Place(at, **{"secret": SECRET, "host_keys": (PIN,), **other})  # type: ignore[arg-type]


def test_transports_are_found_by_walking() -> None:
    assert registry.names() == ("folder", "sftp")
    for name in registry.names():
        transport = registry.get(name)
        assert all(callable(getattr(transport, part)) for part in ("check", "source", "target")), name


def test_their_functions_stay_theirs_after_use(tmp_path: Path) -> None:
    for place in (Place(f"folder:{tmp_path}"), sftp("sftp://a@b/c")):
        for _ in range(2):
            registry.source(place)
            registry.target(place)


def test_an_unknown_transport_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'sftp'"):
        registry.source(Place("sfpt://a@b/c"))
    assert "Did you mean 'folder'" in registry.check(Place("foldr:in"))[0]


def test_naming_and_checking_loads_no_paramiko() -> None:
    code = (
        "import sys; from exchange.transports import registry;"
        "from exchange.transports.contract import Place;"
        "registry.check(Place('sftp://a@b/c')); registry.source(Place('folder:.'));"
        "print([n for n in ('paramiko', 'watchdog', 'cryptography') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("place", "say"),
    [
        (Place("folder:"), "not named"),
        (Place("folder:../elsewhere"), "leaves the site"),
        (Place("folder:in/../../x"), "leaves the site"),
        (Place("folder:in", options={"mod": "0640"}), "no option 'mod'"),
        (Place("folder:in", options={"mode": "rw"}), "octal"),
        (Place("folder:in", options={"mode": "7777"}), "octal"),
        (Place("folder:in", secret=SECRET), "neither"),
        (sftp("sftp://host/in"), "user is missing"),
        (sftp("sftp://acme@/in"), "server is missing"),
        (sftp("sftp://acme:pw@host/in"), "password must not stand"),
        (sftp("sftp://acme@host:99999/in"), "port"),
        (sftp("sftp://acme@host:x/in"), "port"),
        (sftp("sftp://acme@host/in/../.."), "'..'"),
        (sftp("sftp://acme@host/in/%2e%2e"), "'..'"),
        (sftp("sftp://acme@host/in?x=1"), "%3F"),
        (sftp("sftp://acme@host/in", secret=None), "secret is missing"),
        (sftp("sftp://acme@host/in", host_keys=("SHA256:abc",)), "43 characters"),
        (sftp("sftp://acme@host/in", host_keys=("yes",)), "fingerprint"),
        (sftp("sftp://acme@host/in", host_keys=("ssh-dss AAAAB3Nz",)), "not used here"),
        (sftp("sftp://acme@host/in", options={"stagin": "x"}), "no option 'stagin'"),
        (sftp("sftp://acme@host/in", options={"read back": "maybe"}), "yes or no"),
        (sftp("sftp://acme@host/in", options={"staging": "../x"}), "name of a folder"),
    ],
)
def test_wrong_places(place: Place, say: str) -> None:
    problems = registry.check(place)
    assert any(say in problem for problem in problems), problems
    for make in (registry.source, registry.target):
        with pytest.raises(UseError):
            make(place)


@pytest.mark.parametrize(
    ("at", "path", "port"),
    [
        ("sftp://acme@host/in/orders", b"/in/orders", 22),
        ("sftp://acme@host:2222/in/", b"/in", 2222),
        ("sftp://acme@host/~/in", b"in", 22),
        ("sftp://acme@host/~", b".", 22),
        ("sftp://acme@host", b"/", 22),
        ("sftp://acme@host/p%C3%A4iv%E4", b"/p\xc3\xa4iv\xe4", 22),
    ],
)
def test_addresses(at: str, path: bytes, port: int) -> None:
    place = sftp(at)
    assert registry.check(place) == []
    assert address.folder(place) == path
    assert address.address(place).port == port


def test_a_place_never_shows_its_secret() -> None:
    place = sftp("sftp://acme@host/in")
    shown = repr(place) + repr(address.address(place)) + registry.source(place).where
    assert "sesame" not in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a.csv", "a.csv"),
        ("lasku€.xml".encode(), "lasku€.xml"),
        (b"\xe4", "\\xe4"),
        (b"a\nb\x1b[31m", "a\\x0ab\\x1b[31m"),
        ("\u202egpj.exe".encode(), "\\xe2\\x80\\xaegpj.exe"),
    ],
)
def test_names_for_people(name: bytes, shown: str) -> None:
    assert display(name) == shown
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("presence", "consumes", "money", "act"),
    [
        (Presence("same", "absent"), False, True, "publish"),
        (Presence("same", "absent", atomic=False), False, False, "publish"),
        (Presence("same", "absent", atomic=False), False, True, "hold"),
        (Presence("different", "absent"), False, True, "stage"),
        (Presence("absent", "same"), False, True, "delivered"),
        (Presence("absent", "absent"), True, True, "delivered"),
        (Presence("absent", "absent"), False, False, "hold"),
        (Presence("absent", "absent", private=True), False, True, "delivered"),
        (Presence("absent", "different", private=True), False, True, "delivered"),
        (Presence("absent", "different"), True, False, "hold"),
        (Presence("same", "same"), False, True, "delivered"),
        (Presence("same", "different"), True, False, "hold"),
        (Presence("unknown", "same"), True, False, "hold"),
        (Presence("absent", "unknown"), True, False, "hold"),
    ],
)
def test_what_follows_from_a_look(presence: Presence, consumes: bool, money: bool, act: str) -> None:
    settled = settle(presence, consumes=consumes, money=money)
    assert settled.act == act
    assert settled.reason.endswith(".")
    assert settled.discard_tmp == (presence.tmp == "same" == presence.final)
