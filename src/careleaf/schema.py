"""JSON Schema of what authors write, so that an editor completes keys and marks faults while they type."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from careleaf.model import (
    Claim,
    Clinic,
    Format,
    Language,
    Locale,
    Rendering,
    Short,
    Slug,
    Source,
    SourceKey,
    Term,
    Topic,
    Trail,
    UiText,
    Waivers,
    Warned,
)

FILES: Final[Mapping[str, Any]] = {
    "topic": Topic,
    "clinic": Clinic,
    "locale": Locale,
    "format": Format,
    "sources": dict[SourceKey, Source],
    "ui": dict[Slug, UiText],
    "glossary": dict[Short, Term],
    "claims": dict[Slug, Claim],
    "warnings": dict[Slug, Warned],
    "approvals": Trail,
    "language": Language,
    "renderings": dict[Short, Rendering],
    "waivers": Waivers,
}
"""The kinds of YAML file that a library has, and what each holds."""


def schema(kind: str) -> str:
    """Give the JSON Schema of one kind of file as text."""
    described = TypeAdapter(FILES[kind]).json_schema(by_alias=True, mode="validation")
    return (
        json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | described, indent=1) + "\n"
    )
