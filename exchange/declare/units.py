"""Durations, sizes, places and secrets as people write them; each is refused with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from exchange.declare.declared import Wrong
from exchange.declare.places import PlacedText
from exchange.declare.problems import did_you_mean

SECONDS = {"s": 1, "min": 60, "h": 3600}
BYTES = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


SecretKind = Literal["env", "file", "credentials"]


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is kept: `env:NAME`, `file:PATH` or systemd's `credentials:NAME`."""

    kind: SecretKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def seconds(text: str) -> int:
    """Seconds of `30s`, `5 min`, `2h`. Raises Wrong; a number without a unit is refused, not guessed."""
    match = re.fullmatch(r"([0-9]+) ?([A-Za-z]*)", text)
    if match and match[2] in SECONDS:
        return int(match[1]) * SECONDS[match[2]]
    advice = (
        f"Write {match[1]}s, {match[1]}min or {match[1]}h." if match else "Write such as 30s, 5min or 2h."
    )
    raise Wrong(f'"{text}" is not a duration with its unit', advice=advice)


def _bank_days(text: Any) -> int:
    match = re.fullmatch(r"([0-9]{1,2}) bank days?", str(text))
    if match:
        return int(match[1])
    raise Wrong(f'"{text}" is not a number of bank days', advice="Write such as 1 bank day or 2 bank days.")


def _bytes(text: Any) -> int:
    match = re.fullmatch(r"([0-9]+) ?([A-Za-z]*)", str(text))
    if match and match[2] in BYTES:
        return int(match[1]) * BYTES[match[2]]
    raise Wrong(f'"{text}" is not a size', advice="Write such as 1, 500kB, 20MB or 2GB.")


def _secret(text: Any) -> SecretRef:
    kind, colon, name = str(text).partition(":")
    if colon and name and kind in get_args(SecretKind):
        return SecretRef(cast(SecretKind, kind), name)
    raise Wrong(
        "A secret never stands in a declared file, only where to find it",
        advice="Write env:NAME for an environment variable, file:PATH for a file or credentials:NAME for systemd's.",
    )


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, outside of the folder of zones, or a folder in it
        known = available_timezones()  # looks into every file of the system's zones: only for the advice
        raise Wrong(f'"{name}" is not a time zone', advice=did_you_mean(name, known)) from None
    return name


def _place(text: PlacedText) -> PlacedText:
    scheme, colon, rest = text.partition(":")
    if not colon or not rest or not re.fullmatch(r"[a-z][a-z0-9]*", scheme):
        raise Wrong(
            f'"{text}" is not a place',
            advice="Write folder:PATH, or sftp://user@host:port/path.",
        )
    if re.match(r"//[^/@]*:[^/@]*@", rest):
        raise Wrong(
            "A password never stands in a declared file",
            advice="Take it out of the address and write `secret: env:NAME` or `secret: file:PATH`.",
        )
    return text


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Size = Annotated[int, BeforeValidator(_bytes), WithJsonSchema({"type": ["string", "integer"]})]
"""A number of bytes, written such as 20MB (decimal) or 20MiB (binary)."""
BankDayCount = Annotated[
    int,
    BeforeValidator(_bank_days),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,2} bank days?$"}),
]
"""A number of bank days, written such as `2 bank days`; 0 is the day itself."""
Secret = Annotated[SecretRef, BeforeValidator(_secret), WithJsonSchema({"type": "string"})]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
PlaceText = Annotated[PlacedText, AfterValidator(_place)]
"""`scheme:rest`; which schemes there are, and what the rest may be, the transports know."""
Texts = Annotated[
    list[str],
    BeforeValidator(_many),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
"""One text or a list of texts."""
