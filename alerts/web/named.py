"""Whoever orders something has a name: it goes on record."""

from dataclasses import replace

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.principal import Principal
from alerts.record.actor import Actor
from alerts.web.access import MAX_NAME, clean_text
from alerts.web.caller import Caller
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


async def own_word(request: Request, caller: Caller) -> None:
    """Raises Coded 409 where somebody else said it, by the body's `by`: it waited on a phone, and another person has
    logged in there meanwhile. The phone keeps it for whoever said it."""
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return  # the route says what is wrong with it
    by = body.get("by") if isinstance(body, dict) else None
    if isinstance(by, str) and by and caller.name and by != caller.name:
        raise Coded(409, "other_person", "somebody else said it, who was logged in on this phone then")


OWN_WORD = Depends(own_word)
"""For `dependencies=[OWN_WORD, needs(...)]` of what a phone keeps until there is a line. It comes first: nobody else's
word is judged by what the caller may; and it goes by what was sent alone, so that it gives nothing away."""
