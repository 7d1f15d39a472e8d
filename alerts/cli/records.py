"""`xinan verify` and `verdicts`: what is on record, and what people said of alerts."""

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from alerts.terminal import ConfigFile, Overrides, complain, counting_bar, fail, plain_errors, say

app = typer.Typer()


@app.command()
def verify(
    config: ConfigFile = None,
    overrides: Overrides = None,
    heads: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="NUMBER:HASH", help="A head that an earlier run printed: is it still there?"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for other programs.")] = False,
    local: Annotated[bool, typer.Option("--local", help="Read nothing from the object store.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="ZIP", help="Check an alert that was exported instead; needs nothing else.")
    ] = None,
) -> None:
    """Check that alerts, pictures, clips and the record are as they were put down; also while `xinan watch` runs."""
    if export is not None:
        _verify_export(export, as_json=as_json)
        return
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.db.store import Store
        from alerts.evidence.media_setup import media_of
        from alerts.record import anchor
        from alerts.record.verify import Verifier

        settings = chosen_settings(config, overrides)
        noted = anchor.parse(heads or ())
        store = Store.read(settings.store.path, settings.store.url)
        try:
            daily = anchor.Anchor(settings.store.path).heads()
            verifier = Verifier(store, media_of(settings.store, store), (*daily, *noted), remote=not local)
            with counting_bar() as bar:
                task = bar.add_task("", total=verifier.size())
                for done in verifier.steps():
                    bar.advance(task, done)
        finally:
            store.close()
    found = verifier.result
    for fault in found.faults:
        complain(fault)
    for line in (json.dumps(found.as_json(), ensure_ascii=False),) if as_json else found.lines():
        say(line)
    if not daily and found.records:
        complain(f"no {anchor.FILE} beside the database: an end that was cut off could not be found")
    if not as_json:
        head = anchor.text(found.head)
        say(f"head {head}  (kept elsewhere, `xinan verify --head` proves the record up to here by it)")
    if found.faults:
        raise typer.Exit(1)


def _verify_export(path: Path, *, as_json: bool) -> None:
    with plain_errors():
        from alerts.dossier.check import check

        found = check(path)
    for fault in found.faults:
        complain(fault)
    for line in (json.dumps(asdict(found), ensure_ascii=False),) if as_json else found.lines():
        say(line)
    if found.heads and not as_json:
        say("are its rows part of the whole record? where it was made: xinan verify --head " + found.heads[-1])
    if found.faults:
        raise typer.Exit(1)


@app.command()
def verdicts(
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder; it holds private pictures.")],
    most: Annotated[int, typer.Option(min=1, help="Pictures of one camera, hazard and verdict: the newest.")] = 50,
    listed: Annotated[
        Path | None,
        typer.Option("--false-alarms", metavar="JSONL", help="Of the false alarms only those of the console's list."),
    ] = None,
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Export what operators said of alerts, for a site model (docs/guide/site-learning.md)."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.db.store import Store
        from alerts.evidence.media_setup import media_of
        from alerts.verdicts import export, on_list
        from vision.detector import Detector

        settings = chosen_settings(config, overrides)
        names = Detector.configured(settings.detector).names
        with contextlib.closing(Store.read(settings.store.path, settings.store.url)) as store, counting_bar() as bar:
            judged, media = store.judged(), media_of(settings.store, store)
            judged, unknown = (judged, 0) if listed is None else on_list(judged, listed)
            done = export(judged, media, names, out_folder, most=most, progress=bar.track)
    if unknown:
        complain(f"of the list {unknown} are no false alarms of this store, or not any more")
    for why, number in done.left_out.items():
        complain(f"left out {number}: {why}")
    if not done.real + done.false:
        fail(f"no verdict that teaches the detector anything, of {len(judged)}; nothing written")
    say(f"{done.false} false alarms, {done.real} acknowledged alerts: {out_folder}")
