"""What was found in a recording stands until a newer look at it has been finished, or somebody tells it to go.

So that neither a file that cannot be read for a night, nor a look that was killed, costs what an earlier one found: see
docs/design/audit.md.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.audit.find import Job
from alerts.audit.found import State
from streams.chain import Fault

Head = dict[str, Any]
"""The first line of a part: what is known of the recording as a whole."""

SHORT_S, SHORT = 10.0, 0.01
"""A look that ends by more than this before the one before it, seconds and share, was broken off."""
UNREAD = "unread"
"""Of a head: which files could be read when it was written and cannot be read now, and why. Else it is not there."""
STUCK = "stuck"
"""Of a head: why a newer look came to nothing though its files can be read. Else it is not there."""
UNPROVEN = "unproven"
"""Of a head: true where its full hash was first taken after the look, so that nobody knows whether a bit had changed in
between. Else it is not there."""


def holds(head: Mapping[str, Any]) -> bool:
    """Whether anything would be lost with it."""
    summary = head["summary"]
    found = (*summary["events"].values(), *summary["notices"].values())
    return head["state"] == State.DONE or any(found)


def gives_way(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the second may take the first one's place: a finished look, or one that is as far as an unfinished.

    A look that its disk broke off is none: some of its files cannot be read any more, or it saw less of the same files
    than the earlier one did.
    """
    if not holds(before):
        return True
    if now["state"] == State.DONE and UNREAD not in now:
        return not same_content(before.get("content") or {}, now.get("content") or {}) or not _saw_less(before, now)
    if (before["state"] == State.DONE and not _broke_off(before)) or not now["summary"]["frames_analysed"]:
        return False
    return _looked_s(now) >= _looked_s(before)


def same_content(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """By all bytes where they were read both times, else by the samples."""
    how = "whole" if "whole" in before and "whole" in now else "sampled"
    return bool(now) and before.get(how) == now[how]


def keeping_whole(identity: Head, known: Head | None) -> Head:
    """What is known of a recording now, with the full hash that an earlier run took, where this one took none and the
    samples say that it is the same.
    """
    before, now = (known or {}).get("content") or {}, identity["content"]
    if "whole" in now or "whole" not in before or not same_content(before, now):
        return identity
    return identity | {"content": now | {"whole": before["whole"]}}


def renewed(known: Head, identity: Head) -> Head:
    """Of a recording that is the same as when it was looked through, with what is known of it now."""
    late = "whole" in identity["content"] and "whole" not in known["content"]
    return known | identity | ({UNPROVEN: True} if late else {})


def _saw_less(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """It ended well before the other one, or could not open or read on a file of which that one saw more."""
    if _looked_s(now) + max(SHORT_S, SHORT * _looked_s(before)) < _looked_s(before):
        return True
    then, since = faults_of(before), faults_of(now)
    return bool(_lost(since) - _lost(then) or _broken(since) - _broken(then))


def faults_of(head: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was wrong with its files. Of an only one that was not read to its end that may be told of the whole."""
    summary = head["summary"]
    faults: list[dict[str, Any]] = summary["faults"]
    if faults or summary["complete"] or not summary["error"] or head["state"] != State.DONE:
        return faults
    return [{"index": 0, "reason": summary["error"], "lost": False}]


def _lost(faults: Iterable[Mapping[str, Any]]) -> set[int]:
    return {fault["index"] for fault in faults if fault["lost"]}


def _broken(faults: Iterable[Mapping[str, Any]]) -> set[int]:
    """Those that could not be opened or read on. An earlier version did not tell these from files that are cut off."""
    return {
        fault["index"]
        for fault in faults
        if fault["lost"] or fault.get("refused", fault["reason"].startswith("truncated"))
    }


def _broke_off(head: Mapping[str, Any]) -> bool:
    """Whether it is a first look that its disk broke off: nothing says what the files hold."""
    return UNREAD in head and not head.get("content")


def _looked_s(head: Mapping[str, Any]) -> float:
    return float(head["summary"].get("looked_s") or 0.0)


def lies_so(head: Mapping[str, Any], job: Job) -> bool:
    """Whether the files still lie in time as they did: what was found tells of them by number."""
    return bool(head.get("line") == job.line)


def marked(head: Head, unread: Iterable[tuple[int, str]]) -> Head:
    """The same, and that these files cannot be read now: number and reason of each."""
    return unmarked(head) | {UNREAD: [{"index": index, "reason": _line(reason)} for index, reason in unread]}


def broken_off(head: Head, unread: Iterable[tuple[int, str]]) -> Head:
    """Of a look during which these files went. What was read of them is not known, so that it is done again."""
    return marked(head | {"content": {}}, unread)


def stuck(head: Head, reason: str) -> Head:
    """The same, and that it could not be looked through again, for no fault of a file of it."""
    return unmarked(head) | {STUCK: _line(reason)}


def marked_by(before: Head, now: Mapping[str, Any]) -> Head:
    """The same, with what the head of a look that came to nothing says."""
    if now["state"] == State.FAILED:
        return stuck(before, now["summary"]["error"])
    if UNREAD in now:
        return unmarked(before) | {UNREAD: now[UNREAD]}
    faults = [fault for fault in now["summary"]["faults"] if not fault.get("overlap")]
    lost = [(fault["index"], fault["reason"]) for fault in faults if fault["lost"] or now["state"] == State.DONE]
    return marked(before, lost or [(0, now["summary"]["error"])])


def unmarked(head: Head) -> Head:
    """As it was before a file could not be read, or a newer look came to nothing."""
    return {key: value for key, value in head.items() if key not in (UNREAD, STUCK)}


def is_marked(head: Mapping[str, Any]) -> bool:
    """Whether it is to be tried again whatever else is known of it."""
    return UNREAD in head or STUCK in head


def unread_of(head: Mapping[str, Any]) -> tuple[Fault, ...]:
    """() where all is as it was."""
    return tuple(Fault(entry["index"], entry["reason"], lost=True) for entry in head.get(UNREAD, ()))


def stuck_of(head: Mapping[str, Any]) -> str:
    """Why a newer look came to nothing; "" where none did."""
    return str(head.get(STUCK, ""))


def readable_then(head: Mapping[str, Any], names: list[str], *, same_line: bool) -> list[bool]:
    """Whether each of the files, by name, gave something to what was found."""
    files = head["files"]
    if not files:  # it is not known
        return [True] * len(names)
    lost = {fault["index"] for fault in head["summary"]["faults"] if fault["lost"]}
    gave = [index not in lost and any(said) for index, (_, *said) in enumerate(files)]
    if same_line and len(files) == len(names):
        return gave
    among = {file[0] for file, one in zip(files, gave, strict=True) if one}
    return [name in among for name in names]


def _line(reason: str) -> str:
    return " ".join(reason.split())
