"""Markup that shops leave in texts."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")


def unescape_html(value: str | None) -> str | None:
    """The characters that HTML entities stand for. `unescape_html("Tea &amp; coffee") → "Tea & coffee"`"""
    return None if value is None else html.unescape(value)


def strip_tags(value: str | None) -> str | None:
    """Without HTML tags, entities resolved, white space squeezed.

    `strip_tags("<b>New</b> &ndash; hot") → "New – hot"`
    """
    if value is None:
        return None
    plain = " ".join(html.unescape(_TAG.sub(" ", value)).split())
    return plain or None
