"""Places as flows declare them: checked without their secrets being looked up, opened with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.declare.flow import Source
from exchange.errors import RefusedError
from exchange.flow.bound import place_of, source_of
from exchange.transports import registry

SFTP = {"at": "sftp://acme@host/out", "match": ["*.csv"], "host key": ["SHA256:" + "A" * 43]}


def test_a_declared_secret_is_not_missing(tmp_path: Path) -> None:
    assert registry.check(place_of(Source.model_validate({**SFTP, "secret": "env:NOT_SET"}), tmp_path)) == []
    (problem,) = registry.check(place_of(Source.model_validate(SFTP), tmp_path))
    assert "secret is missing" in problem


def test_it_is_looked_up_when_the_place_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = source_of(Source.model_validate({**SFTP, "secret": "env:SHOP_KEY"}), tmp_path)
    monkeypatch.delenv("SHOP_KEY", raising=False)
    with pytest.raises(RefusedError, match="SHOP_KEY is not set"):
        bound.open()
    monkeypatch.setenv("SHOP_KEY", "sesame")
    assert bound.open().where == "sftp://acme@host:22/out"
