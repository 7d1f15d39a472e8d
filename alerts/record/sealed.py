"""What of an alert goes on record: its settled state and the fingerprints of its files. No I/O.

Settled is what stays when nobody does anything and the hazard merely burns on: a newer peak or last sight (box,
confidence, time, version) comes every few seconds and is not put on record.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from alerts.alert import Alert
from alerts.db.codec import time_text, to_json
from alerts.evidence.names import CLIP_SUFFIX, CLIPS, PICTURE_SUFFIX, SNAPSHOTS
from alerts.lifecycle import Change, ChangeKind
from alerts.record.chain import Entry, digest
from alerts.track.step import Step

_PASSING = frozenset({"seen_at", "confidence", "box", "version", "state"})


def on_record(alert: Alert) -> bool:
    """Whether its state is kept on record: it fired, or somebody judged it."""
    return alert.fired_at is not None or alert.false_alarm_at is not None


def state_hash(alert: Alert) -> str:
    """Hex SHA-256 of its settled state. What is empty is left out, so that a field which a later version adds leaves
    the seals of earlier alerts as they are."""
    return digest({name: value for name, value in to_json(alert).items() if name not in _PASSING and value})


def files_of(alert: Alert) -> dict[str, str]:
    """Its pictures and its clip, in the store's folder: name → hex SHA-256."""
    return dict(_files(alert.evidence))


def _files(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    snapshot = evidence.get("snapshot") or {}
    others = (evidence.get("snapshot_after") or {}, *evidence.get("film", ()), *evidence.get("photos", ()))
    for picture in (snapshot, *snapshot.get("earlier", ()), *others):
        for name, value in picture.items():
            if name.startswith("sha256_"):
                yield f"{SNAPSHOTS}/{picture['key']}.{name.removeprefix('sha256_')}{PICTURE_SUFFIX}", str(value)
    clip = evidence.get("clip") or {}
    if clip.get("key"):
        yield f"{CLIPS}/{clip['key']}{CLIP_SUFFIX}", str(clip["sha256"])


def entry_of(change: Change, before: Alert | None) -> Entry | None:
    """What a change puts on record. before: the alert as it was stored. None: nothing settled has changed.

    The kind is the change's, but "filed" where only evidence came in. Files are named when they first come. Whatever a
    person did is on record, with the fingerprint of the step.
    """
    alert, step = change.alert, change.step
    if step is None and not on_record(alert):
        return None
    state = state_hash(alert)
    was = state_hash(before) if before is not None and on_record(before) else ""
    if step is None and state == was:
        return None
    old = files_of(before) if was and before is not None else {}
    files = {name: value for name, value in files_of(alert).items() if old.get(name) != value}
    detail: dict[str, Any] = {"state": state} | ({"files": files} if files else {})
    if step is not None:
        detail["step"] = {"kind": step.kind.value, "seq": step.seq, "sha256": step_hash(step)}
        return Entry(change.kind.value, alert.id, step.by, step.via, detail, account=step.account)
    filed = change.kind is ChangeKind.UPDATED and before is not None and _only_filed(alert, before)
    return Entry("filed" if filed else change.kind.value, alert.id, detail=detail)


def step_hash(step: Step) -> str:
    """Hex SHA-256 of all that it says. No account is left out, as it was before steps knew of accounts."""
    said = {**asdict(step), "at": time_text(step.at), "kind": step.kind.value}
    if not step.account:
        del said["account"]
    return digest(said)


def _only_filed(alert: Alert, before: Alert) -> bool:
    return state_hash(replace(alert, evidence=before.evidence)) == state_hash(before)
