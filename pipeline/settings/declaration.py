"""How a setting is declared: its default, what it means, what it is there for, and what may set it.

Which settings there are is in `pipeline.settings.sections`. Tables of the documentation, `luigi.cfg` and `.env.example`
are written from these declarations.
"""

from __future__ import annotations

import functools
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Role(StrEnum):
    """What a setting is there for, and so where its value counts."""

    RESULT = "result"
    """Decides what the collection holds, or which one it is; part of `config_hash`."""
    LIMIT = "limit"
    """Decides whether a document is refused, and nothing about one that is not; part of `config_hash`."""
    SERVER = "server"
    """How a Qdrant server keeps the points, not what they are."""
    OPERATION = "operation"
    """Where files lie, how the work is spread, whether a run may go on, how the collection is searched."""


def setting(  # noqa: PLR0913
    default: Any,
    description: str,
    details: str = "",
    *,
    env: str | None = None,
    example: str | None = None,
    role: Role = Role.RESULT,
    **limits: Any,
) -> Any:
    """A field of a section.

    `description` is a phrase, for help and tables; `details` are what luigi.cfg says besides. `env` names the
    environment variable that wins over luigi.cfg, `example` is what .env.example shows of one without a default.
    """
    given = {"role": role, "details": details, "env": env, "example": example}
    extra: dict[str, Any] = {name: value for name, value in given.items() if value}
    return Field(default, description=description, json_schema_extra=extra, **limits)


limit = functools.partial(setting, role=Role.LIMIT)
server = functools.partial(setting, role=Role.SERVER)
operation = functools.partial(setting, role=Role.OPERATION)


WordList = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: tuple(value.split()) if isinstance(value, str) else value)
]
"""Written as words with blanks between."""


class Section(BaseModel):
    """One section of luigi.cfg, as plain immutable data that any process can be given."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @classmethod
    def of_role(cls, *roles: Role) -> set[str]:
        """Names of the settings of these roles."""
        extras = {name: info.json_schema_extra for name, info in cls.model_fields.items()}
        return {name for name, extra in extras.items() if isinstance(extra, dict) and extra["role"] in roles}
