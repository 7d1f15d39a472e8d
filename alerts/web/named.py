"""Whoever orders something has a name: it goes on record."""

from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from alerts.access.principal import Principal
from alerts.record.actor import Actor
from alerts.web.access import MAX_NAME, clean_text
from alerts.web.refused import Coded


class Named(BaseModel):
    """by: who it is, where the console asks nobody to log in; else the name of who is signed in counts."""

    model_config = ConfigDict(extra="forbid")

    by: str = Field(default="", max_length=MAX_NAME)


def actor_of(caller: Principal, given: Named | None) -> Actor:
    """The same, with the account and the door."""
    return replace(caller.actor, name=name_of(caller, given))


def name_of(caller: Principal, given: Named | None) -> str:
    """For the records. Raises HTTPException 422 where nobody says it."""
    name = caller.name or clean_text(given.by if given else "", MAX_NAME)
    if not name:
        raise Coded(422, "name_needed", "say who you are")
    return name
