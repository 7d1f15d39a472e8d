"""What comes with a step, checked at the edge: one model for each kind that brings anything."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from alerts.db.codec import plain
from alerts.line import one_line
from alerts.track.step import StepKind

MAX_TEXT = 500
MAX_REASON = 200
MAX_NAME = 120
MARK = "[0-9a-f]{12}"
MOST_TOLD = 1_000
"""People of one dispatch."""
MOST_UNTOLD = 20
"""Names of one dispatch that stand in no settings."""


def _said(text: str) -> str:
    line = one_line(text)
    if not line:
        raise ValueError("say something")
    return line


_Reason = Annotated[str, Field(max_length=MAX_REASON), AfterValidator(_said)]
_Reasoned = Annotated[str, Field(max_length=MAX_REASON), AfterValidator(one_line)]
_Name = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_said)]
_Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(one_line)]


class Detail(BaseModel):
    """Nothing but perhaps a remark."""

    model_config = ConfigDict(extra="forbid")

    note: _Text = ""


class FalseAlarm(Detail):
    """reason: a known word such as `reflection`, or one's own."""

    reason: _Reason


class Reasoned(Detail):
    """reason: why it is so although something speaks against it."""

    reason: _Reasoned = ""


class Cleared(Reasoned):
    """picture: the camera's of now goes with it, as proof that the place is clear. mark: of a photo that somebody has
    added, of a case that no camera sees. unproven: why there is none."""

    picture: bool = False
    mark: Annotated[str, Field(pattern=rf"^({MARK})?$")] = ""
    unproven: _Reasoned = ""


class Photographed(Detail):
    """mark: of the photo (`alerts.evidence.kept.mark_of`)."""

    mark: Annotated[str, Field(pattern=rf"^{MARK}$")]


class Note(BaseModel):
    """A remark is its text."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_said)]


class Dissuaded(Detail):
    """outcome: what came of it. Without success the time until it must be reported begins."""

    outcome: Literal["agreed", "refused", "absent"]


class Reminded(Detail):
    """channel: telephone, note on the door, group chat … proof: where it is kept, or in words."""

    channel: _Name
    proof: _Text = ""


class NoticeGiven(Reminded):
    """deadline: by when the thing has to be gone."""

    deadline: AwareDatetime


class Moved(Reasoned):
    """item: what it is. photo: key or number of its picture. found: where it stood. slot: where it is kept."""

    item: _Name
    slot: _Name
    found: _Text = ""
    photo: _Text = ""


class Dispatched(Detail):
    """to: who was sent, or whose business it is from now on, in words. tell: ids of the people who are told so.
    untold: those of `to` whom nothing tells, as no settings know them."""

    to: _Name
    tell: tuple[_Name, ...] = Field(default=(), max_length=MOST_TOLD)
    untold: tuple[_Name, ...] = Field(default=(), max_length=MOST_UNTOLD)


class Undone(Detail):
    """seq: of the step that is taken back."""

    seq: int = Field(ge=1)


class Claimed(Detail):
    """item: the number of the thing in store, 1 …; owner: who came forward."""

    item: int = Field(ge=1)
    owner: _Name


class HandedOver(Detail):
    """to: who has it now. proof: receipt, where it is kept."""

    item: int = Field(ge=1)
    to: _Name
    proof: _Text = ""


class Reported(Detail):
    """to: the authority. reference: its number of the report."""

    to: _Name
    reference: _Text = ""


DETAILS: Mapping[StepKind, type[BaseModel]] = {
    StepKind.FALSE_ALARM: FalseAlarm,
    StepKind.NOTE: Note,
    StepKind.PHOTO: Photographed,
    StepKind.DISSUADED: Dissuaded,
    StepKind.REMINDED: Reminded,
    StepKind.NOTICE_GIVEN: NoticeGiven,
    StepKind.MOVED: Moved,
    StepKind.CLAIMED: Claimed,
    StepKind.HANDED_OVER: HandedOver,
    StepKind.REPORTED: Reported,
    StepKind.DISPATCHED: Dispatched,
    StepKind.UNDONE: Undone,
    StepKind.INSPECTED: Cleared,
    StepKind.CLOSED: Cleared,
    StepKind.REOPENED: Reasoned,
}
"""Kind → what comes with it; all others bring a `Detail`."""


class DetailRefused(ValueError):
    """What came with a step is not in order: one line that names the key."""


def checked(kind: StepKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept with the step: plain JSON values, what is empty left out. Raises DetailRefused."""
    try:
        model = DETAILS.get(kind, Detail).model_validate(dict(given))
    except ValidationError as error:
        problems = (
            f"{'.'.join(str(part) for part in item['loc']) or 'detail'}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_url=False, include_input=False)
        )
        raise DetailRefused("; ".join(problems)) from None
    kept: dict[str, Any] = plain(model.model_dump(mode="json"))
    return {key: value for key, value in kept.items() if value not in ("", [], False)}
