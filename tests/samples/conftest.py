"""What the tests of samples and shops share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exchange.findings import Finding
from exchange.operations import looking
from exchange.outcome import Gathered

Documents = Callable[..., tuple[list[dict[str, Any]], list[Finding]]]


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    """Writes a JSON file and reads it as documents: these, and the findings. country: that of the site, if there is one."""

    def read(
        content: object, name: str = "export.json", country: str | None = None
    ) -> tuple[list[dict[str, Any]], list[Finding]]:
        path = tmp_path / name
        if country is not None:
            declared = f"site: shop\ntime zone: Europe/Helsinki\nvalues: {{country: {country}}}\n"
            (tmp_path / "exchange.yaml").write_text(declared, encoding="utf-8")
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        found = Gathered()
        made = list(looking.read(path, tmp_path, None, as_common=True, found=found))
        return made, list(found.kept)

    return read
