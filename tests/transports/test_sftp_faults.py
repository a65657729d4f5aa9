"""What networks and servers do: a real OpenSSH, really stopped, killed, filled up, or with other keys."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko
import pytest
from paramiko import ssh_exception

from exchange.errors import RefusedError, TransportError
from exchange.secrets import Secret
from exchange.transports import registry
from exchange.transports.contract import Claim, NotStableError, Place, Presence, settle
from exchange.transports.sftp import connect, faults
from exchange.transports.sftp.connect import POOL
from exchange.transports.sftp.wire import Wire
from tests.support.sshd import SFTP_SERVER, Proxy, Sshd
from tests.transports.conftest import sftp_place

DATA = os.urandom(1 << 20) * 4
TMP, FINAL = b".x-1.part", b"out.xml"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of seconds instead of half a minute."""
    monkeypatch.setattr(connect, "CONNECT_SECONDS", 1.5)
    monkeypatch.setattr(connect, "SILENCE_SECONDS", 2.0)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    path = tmp_path / "box"
    path.mkdir()
    return path


@pytest.fixture
def own(own_server: Sshd, box: Path) -> Iterator[Sshd]:
    """A started server of the test's own; its connections are let go at the end."""
    own_server.start()
    yield own_server
    registry.source(sftp_place(own_server, box)).close()


def scanned(place: Place) -> list[bytes]:
    return sorted(entry.name for entry in registry.source(place).scan())


def claimed(place: Place, name: bytes = b"a.csv") -> Claim:
    source = registry.source(place)
    claim = source.claim(next(entry for entry in source.scan() if entry.name == name), "01A")
    assert claim is not None
    return claim


class TestHostKey:
    def test_without_a_pin_the_key_is_shown_and_nothing_is_sent(self, own: Sshd, box: Path) -> None:
        with pytest.raises(RefusedError) as caught:
            scanned(sftp_place(own, box, host_keys=()))
        assert own.fingerprint() in str(caught.value)
        assert "no `host key` is declared" in str(caught.value)
        assert "declare it as `host key`" in caught.value.advice
        assert logging.getLogger("paramiko").hasHandlers()
        assert any(isinstance(each, logging.NullHandler) for each in logging.getLogger("paramiko").handlers)
        assert "publickey" not in own.log()

    def test_a_changed_key_is_refused_before_any_secret_and_not_tried_again(
        self, own: Sshd, box: Path
    ) -> None:
        place = sftp_place(own, box)
        assert scanned(place) == []
        registry.source(place).close()
        own.stop()
        own.make_key("host_ed25519", "ed25519")
        own.start()
        accepted, before = own.log().count("Accepted publickey"), own.connections()
        with pytest.raises(RefusedError, match="is not the pinned one"):
            scanned(place)
        tried = own.connections() - before
        with pytest.raises(RefusedError, match="is not the pinned one"):
            scanned(place)
        assert own.connections() - before == tried
        assert own.log().count("Accepted publickey") == accepted
        assert own.log().count("userauth") == 0

    @pytest.mark.parametrize("name", ["host_ed25519", "host_rsa"])
    def test_any_of_the_servers_keys_may_be_pinned(self, own: Sshd, box: Path, name: str) -> None:
        line = (own.home / f"{name}.pub").read_text()
        for pin in (own.fingerprint(name), line, f"[127.0.0.1]:{own.port} {line}"):
            assert scanned(sftp_place(own, box, host_keys=(pin,))) == []

    def test_two_pins_while_a_key_changes(self, own: Sshd, box: Path) -> None:
        other = "SHA256:" + "A" * 43
        assert scanned(sftp_place(own, box, host_keys=(other, own.fingerprint()))) == []

    def test_only_weak_algorithms_are_refused_with_advice(self, own_server: Sshd, box: Path) -> None:
        own_server.start(more=("HostKeyAlgorithms ssh-rsa",))
        with pytest.raises(RefusedError, match="no safe algorithm") as caught:
            scanned(sftp_place(own_server, box))
        assert "paramiko 4" in caught.value.advice


class TestSecret:
    def test_a_refused_key_is_not_tried_again(self, own: Sshd, box: Path) -> None:
        own.make_key("other", "ed25519")
        text = (own.home / "other").read_text()
        place = sftp_place(own, box, secret=Secret("env:KEY", text))
        before = own.connections()
        for _ in range(5):
            with pytest.raises(RefusedError, match="does not accept our user name or secret") as caught:
                scanned(place)
            assert text.splitlines()[1] not in repr(caught.value) + str(caught.value.__cause__)
        assert own.connections() - before == 1
        assert scanned(sftp_place(own, box)) == []

    @pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
    def test_kinds_of_keys(self, own: Sshd, box: Path, kind: str) -> None:
        own.make_key("other", kind)
        with (own.home / "authorized").open("a") as stream:
            stream.write((own.home / "other.pub").read_text())
        assert scanned(sftp_place(own, box, secret=Secret("env:KEY", (own.home / "other").read_text()))) == []

    @pytest.mark.parametrize("text", ["-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n", "-----BEGIN"])
    def test_a_broken_key_is_named_as_such(self, server: Sshd, box: Path, text: str) -> None:
        with pytest.raises(RefusedError, match="none that can be read") as caught:
            scanned(sftp_place(server, box, secret=Secret("env:KEY", text)))
        assert "nonsense" not in str(caught.value)

    def test_a_key_with_a_passphrase(self, server: Sshd, box: Path, tmp_path: Path) -> None:
        key = paramiko.RSAKey.generate(2048)
        key.write_private_key_file(str(tmp_path / "k"), password="sesame")
        with pytest.raises(RefusedError, match="passphrase"):
            scanned(sftp_place(server, box, secret=Secret("env:KEY", (tmp_path / "k").read_text())))


class _Stub(paramiko.ServerInterface):
    """A server that takes one password, and may leave a request for SFTP without any answer."""

    def __init__(self, mute: bool) -> None:
        self.mute = mute
        self.offered: list[str] = []

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.offered.append(password)
        return paramiko.AUTH_SUCCESSFUL if password == "sesame" else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        if self.mute:
            time.sleep(6)
        return super().check_channel_subsystem_request(channel, name)


@pytest.fixture
def stub() -> Iterator[Callable[[_Stub], Place]]:
    opened: list[paramiko.Transport] = []
    listeners: list[socket.socket] = []

    def serve(interface: _Stub) -> Place:
        key = paramiko.ECDSAKey.generate()
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            try:
                transport = paramiko.Transport(listener.accept()[0])
            except OSError:
                return
            opened.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, paramiko.SFTPServerInterface)
            transport.start_server(server=interface)

        threading.Thread(target=accept, daemon=True).start()
        at = f"sftp://acme@127.0.0.1:{listener.getsockname()[1]}/out"
        return Place(
            at, secret=Secret("env:P", "sesame"), host_keys=(f"{key.get_name()} {key.get_base64()}",)
        )

    yield serve
    for transport in opened:
        transport.close()
    for listener in listeners:
        listener.close()


class TestPassword:
    def test_a_password_opens_a_session(self, stub: Callable[[_Stub], Place]) -> None:
        interface = _Stub(mute=False)
        place = stub(interface)
        with pytest.raises(TransportError, match="Operation unsupported"):  # the stub has no folders
            scanned(place)
        assert interface.offered == ["sesame"]
        registry.source(place).close()

    @pytest.mark.usefixtures("quick")
    def test_a_server_that_never_answers_the_request_for_sftp(self, stub: Callable[[_Stub], Place]) -> None:
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            scanned(stub(_Stub(mute=True)))
        assert not isinstance(caught.value, RefusedError)
        assert time.monotonic() - began < 5


@pytest.mark.usefixtures("quick")
class TestSilence:
    def test_a_server_that_takes_the_connection_and_says_nothing(self, server: Sshd, box: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            began = time.monotonic()
            with pytest.raises(TransportError) as caught:
                scanned(sftp_place(server, box, at=f"sftp://root@127.0.0.1:{port}/"))
        assert time.monotonic() - began < 6
        assert not isinstance(caught.value, RefusedError)

    @pytest.mark.parametrize(
        "babble", [b"220 FTP ready\r\n" * 2000, os.urandom(100_000), b"SSH-2.0-" + b"x" * 90_000]
    )
    def test_a_server_that_talks_nonsense(self, server: Sshd, box: Path, babble: bytes) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

            def talk() -> None:
                caller, _ = listener.accept()
                with caller:
                    try:
                        caller.sendall(babble)
                        time.sleep(0.2)
                    except OSError:
                        pass

            threading.Thread(target=talk, daemon=True).start()
            with pytest.raises(TransportError) as caught:
                scanned(sftp_place(server, box, at=f"sftp://root@127.0.0.1:{port}/"))
        assert not isinstance(caught.value, RefusedError)

    def test_nobody_listens(self, server: Sshd, box: Path) -> None:
        with pytest.raises(TransportError, match="does not take connections"):
            scanned(sftp_place(server, box, at="sftp://root@127.0.0.1:1/"))

    def test_stopped_while_idle(self, own: Sshd, box: Path) -> None:
        place = sftp_place(own, box)
        assert scanned(place) == []
        own.signal_children(signal.SIGSTOP)
        self.expect_noticed(lambda: scanned(place))
        own.signal_children(signal.SIGCONT)
        assert scanned(place) == []

    def test_stopped_in_an_upload(self, own: Sshd, box: Path) -> None:
        target = registry.target(sftp_place(own, box))
        stream = _Acting(DATA, 1 << 20, lambda: own.signal_children(signal.SIGSTOP))
        self.expect_noticed(lambda: target.stage(TMP, stream, len(DATA)))
        own.signal_children(signal.SIGCONT)
        assert target.discard(TMP)
        target.stage(TMP, io.BytesIO(DATA), len(DATA))

    def test_stopped_in_a_download(self, own: Sshd, box: Path) -> None:
        (box / "a.csv").write_bytes(DATA * 4)
        place = sftp_place(own, box)
        source, claim = registry.source(place), claimed(place)
        sink = _Acting(b"", 1, lambda: own.signal_children(signal.SIGSTOP))
        self.expect_noticed(lambda: source.fetch(claim, sink))
        own.signal_children(signal.SIGCONT)
        assert source.fetch(claim, io.BytesIO()).size == len(DATA) * 4

    def expect_noticed(self, act: Callable[[], object]) -> None:
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            act()
        assert not isinstance(caught.value, RefusedError)
        assert time.monotonic() - began < 8


class _Acting(io.BytesIO):
    """Does something once so many bytes went through it."""

    def __init__(self, data: bytes, after: int, act: Callable[[], object]) -> None:
        super().__init__(data)
        self.left, self.act = after, act

    def _moved(self, count: int) -> None:
        if self.left > 0 >= self.left - count:
            self.act()
        self.left -= count

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._moved(len(data))
        return data

    def write(self, data: object, /) -> int:
        count = super().write(data)  # type: ignore[arg-type]
        self._moved(count)
        return count


class TestBrokenConnections:
    def test_killed_in_an_upload_then_sent_again(self, own: Sshd, box: Path) -> None:
        target = registry.target(sftp_place(own, box))
        stream = _Acting(DATA, 1 << 20, lambda: own.signal_children(signal.SIGKILL))
        with pytest.raises(TransportError):
            target.stage(TMP, stream, len(DATA))
        assert not (box / "out.xml").exists()
        target.discard(TMP)
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        target.publish(TMP, FINAL)
        assert (box / "out.xml").read_bytes() == DATA

    def test_killed_in_a_download(self, own: Sshd, box: Path) -> None:
        (box / "a.csv").write_bytes(DATA)
        place = sftp_place(own, box)
        source, claim = registry.source(place), claimed(place)
        with pytest.raises(TransportError):
            source.fetch(claim, _Acting(b"", 1, lambda: own.signal_children(signal.SIGKILL)))
        out = io.BytesIO()
        source.fetch(claim, out)
        assert out.getvalue() == DATA

    def test_a_session_that_died_while_idle_is_replaced(self, own: Sshd, box: Path) -> None:
        place = sftp_place(own, box)
        assert scanned(place) == []
        own.signal_children(signal.SIGKILL)
        time.sleep(0.5)
        assert scanned(place) == []

    @pytest.mark.usefixtures("quick")
    def test_renamed_but_the_answer_is_lost(
        self, own: Sshd, box: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sha = hashlib.sha256(DATA).hexdigest()
        proxy = Proxy(own.port)
        target = registry.target(sftp_place(own, box, at=f"sftp://root@127.0.0.1:{proxy.port}{box}"))
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        with monkeypatch.context() as patch:
            rename = Wire.rename
            patch.setattr(Wire, "rename", lambda *told: (proxy.swallow.set(), rename(*told)))
            with pytest.raises(TransportError) as caught:
                target.publish(TMP, FINAL)
        assert not isinstance(caught.value, RefusedError)
        proxy.swallow.clear()
        presence = target.look(TMP, FINAL, len(DATA), sha)
        assert presence == Presence("absent", "same", atomic=True)
        assert settle(presence, consumes=False, money=True).act == "delivered"
        (box / "out.xml").unlink()
        presence = target.look(TMP, FINAL, len(DATA), sha)
        assert settle(presence, consumes=True, money=True).act == "delivered"
        assert settle(presence, consumes=False, money=True).act == "hold"
        target.close()
        proxy.close()

    def test_cut_between_stage_and_publish(self, own: Sshd, box: Path) -> None:
        proxy = Proxy(own.port)
        place = sftp_place(own, box, at=f"sftp://root@127.0.0.1:{proxy.port}{box}")
        target = registry.target(place)
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        proxy.cut()
        try:
            target.publish(TMP, FINAL)
        except TransportError:
            presence = target.look(TMP, FINAL, len(DATA), "0" * 64)
            assert (presence.tmp, presence.final) == ("different", "absent")
            target.publish(TMP, FINAL)
        assert (box / "out.xml").read_bytes() == DATA
        target.close()
        proxy.close()


def script(server: Sshd, *lines: str) -> str:
    path = server.home / "subsystem"
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o755)
    return str(path)


class TestServersWithLimits:
    def test_a_full_disk_names_how_far_it_came_and_leaves_nothing(self, own_server: Sshd, box: Path) -> None:
        own_server.start(
            subsystem=script(own_server, "trap '' XFSZ", "ulimit -f 4000", f"exec {SFTP_SERVER}")
        )
        target = registry.target(sftp_place(own_server, box))
        with pytest.raises(TransportError, match=r"'Failure, after \d+ bytes'") as caught:
            target.stage(TMP, io.BytesIO(DATA), len(DATA))
        assert "disk may be full" in caught.value.advice
        assert not isinstance(caught.value, RefusedError)
        assert list(box.iterdir()) == []
        target.stage(TMP, io.BytesIO(b"small"), 5)
        target.close()

    def test_a_read_only_server_is_claimed_in_place(self, own_server: Sshd, box: Path) -> None:
        own_server.start(subsystem=f"{SFTP_SERVER} -R")
        (box / "a.csv").write_bytes(DATA)
        place = sftp_place(own_server, box)
        source, claim = registry.source(place), claimed(place)
        assert not claim.moved
        out = io.BytesIO()
        facts = source.fetch(claim, out)
        assert out.getvalue() == DATA
        with pytest.raises(RefusedError, match="denies permission"):
            source.finish(claim, facts, "delete")
        source.finish(claim, facts, "keep")
        assert [line.ok for line in source.probe()] == [True, False]
        with pytest.raises(RefusedError):
            registry.target(place).stage(TMP, io.BytesIO(b""), 0)
        assert [line.ok for line in registry.target(place).probe()] == [False]
        source.close()

    def test_no_right_to_rename(self, own_server: Sshd, box: Path) -> None:
        own_server.start(subsystem=f"{SFTP_SERVER} -P rename,posix-rename")
        (box / "a.csv").write_bytes(DATA)
        place = sftp_place(own_server, box)
        assert not claimed(place).moved
        assert [path.name for path in (box / ".claim").iterdir()] == []
        target = registry.target(place)
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        with pytest.raises(RefusedError):
            target.publish(TMP, FINAL)
        assert [line.ok for line in target.probe()] == [False]
        target.close()

    def test_plain_rename_never_overwrites_and_is_known_for_its_gap(
        self, own_server: Sshd, box: Path
    ) -> None:
        own_server.start(subsystem=f"{SFTP_SERVER} -P posix-rename")
        target = registry.target(sftp_place(own_server, box))
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        presence = target.look(TMP, FINAL, len(DATA), "0" * 64)
        assert not presence.atomic
        (box / "out.xml").write_bytes(b"theirs")
        with pytest.raises(RefusedError, match="already used"):
            target.publish(TMP, FINAL)
        (box / "out.xml").unlink()
        target.publish(TMP, FINAL)
        assert (box / "out.xml").read_bytes() == DATA
        assert [line.what for line in target.probe() if not line.ok] == ["rename"]
        target.close()

    def test_a_drop_box_that_shows_nothing(self, own_server: Sshd, box: Path) -> None:
        own_server.start()
        target = registry.target(sftp_place(own_server, box))
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        target.close()
        own_server.stop()
        own_server.start(subsystem=f"{SFTP_SERVER} -P lstat,stat,fstat,open")
        presence = target.look(TMP, FINAL, len(DATA), "0" * 64)
        assert (presence.tmp, presence.final) == ("unknown", "unknown")
        assert settle(presence, consumes=True, money=False).act == "hold"
        target.close()

    @pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
    @pytest.mark.parametrize(
        ("call", "tmp", "act"), [("link,linkat", "same", "hold"), ("unlink,unlinkat", "same", "delivered")]
    )
    def test_killed_within_a_plain_rename(
        self, own_server: Sshd, box: Path, call: str, tmp: str, act: str
    ) -> None:
        own_server.start()
        target = registry.target(sftp_place(own_server, box))
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        target.close()
        own_server.stop()
        line = f"exec strace -f -qq -o /dev/null -e trace={call} -e inject={call}:signal=KILL {SFTP_SERVER}"
        own_server.start(subsystem=script(own_server, f"{line} -P posix-rename"))
        with pytest.raises(TransportError):
            target.publish(TMP, FINAL)
        own_server.stop()
        own_server.start(subsystem=f"{SFTP_SERVER} -P posix-rename")
        presence = target.look(TMP, FINAL, len(DATA), hashlib.sha256(DATA).hexdigest())
        settled = settle(presence, consumes=False, money=True)
        assert (presence.tmp, settled.act, settled.discard_tmp) == (tmp, act, act == "delivered")
        target.close()

    def test_rekeying_in_the_middle(self, own_server: Sshd, box: Path) -> None:
        own_server.start(more=("RekeyLimit 1M",))
        target = registry.target(sftp_place(own_server, box))
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        assert (box / TMP.decode()).read_bytes() == DATA
        target.close()

    def test_read_back_and_a_staging_folder(self, own_server: Sshd, box: Path) -> None:
        own_server.start()
        place = sftp_place(own_server, box, options={"read back": "yes", "staging": "tmp"})
        target = registry.target(place)
        target.stage(TMP, io.BytesIO(DATA), len(DATA))
        assert [path.name for path in (box / "tmp").iterdir()] == [TMP.decode()]
        target.publish(TMP, FINAL)
        assert (box / "out.xml").read_bytes() == DATA
        target.close()

    def test_many_at_once_use_few_connections(self, own: Sshd, box: Path) -> None:
        for number in range(40):
            (box / f"{number}.csv").write_bytes(b"x" * number)
        place = sftp_place(own, box)
        with ThreadPoolExecutor(40) as threads:
            found = list(threads.map(lambda _: len(scanned(place)), range(80)))
        assert set(found) == {40}
        assert own.connections() <= connect.PER_SERVER + 1  # one more: the look whether the server is up

    def test_a_long_listing(self, server: Sshd, box: Path) -> None:
        for number in range(5000):
            (box / f"{number:05}.csv").touch()
        began = time.monotonic()
        assert len(scanned(sftp_place(server, box))) == 5000
        assert time.monotonic() - began < 10


def test_a_link_swapped_in_after_the_look(
    server: Sshd, box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (box / "a.csv").write_bytes(b"order")
    (tmp_path / "secret").write_bytes(b"not for you")
    place = sftp_place(server, box)
    source, claim = registry.source(place), claimed(place)
    path, opened = box / ".claim" / "site.01A" / "a.csv", Wire.open_reading

    def swapped(wire: Wire, name: bytes) -> bytes:
        path.unlink()
        path.symlink_to(tmp_path / "secret")
        return opened(wire, name)

    monkeypatch.setattr(Wire, "open_reading", swapped)
    with pytest.raises(NotStableError):
        source.fetch(claim, io.BytesIO())


class TestTranslation:
    def test_no_exception_of_paramiko_gets_past(self) -> None:
        theirs = [
            each
            for each in vars(ssh_exception).values()
            if isinstance(each, type) and issubclass(each, Exception)
        ]
        assert len(theirs) > 10
        assert [each for each in theirs if not issubclass(each, faults.BROKEN)] == []

    @pytest.mark.parametrize(
        "text",
        ["Authentication timeout.", "Authentication failed: transport shut down or saw EOF"],
    )
    def test_a_connection_that_broke_while_logging_in_is_no_refusal(self, text: str) -> None:
        error = faults.of_connection(ssh_exception.AuthenticationException(text), "list", "there")
        assert not isinstance(error, RefusedError)

    def test_a_refusal_is_one(self) -> None:
        error = faults.of_connection(
            ssh_exception.AuthenticationException("Authentication failed."), "list", "there"
        )
        assert isinstance(error, RefusedError)

    def test_a_refusal_is_forgotten_when_asked(self, own: Sshd, box: Path) -> None:
        place = sftp_place(own, box, host_keys=("SHA256:" + "A" * 43,))
        with pytest.raises(RefusedError):
            scanned(place)
        before = own.connections()
        POOL.forget_refusals()
        with pytest.raises(RefusedError):
            scanned(place)
        assert own.connections() > before
