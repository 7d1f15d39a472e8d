"""`xinan audit`, `replay` and `detect`: what the rules and the detector say of recordings and pictures."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import typer

from alerts.cli.options import CameraName, CameraOfOthers, Hazards, Language, Paths, ZoneOfAll, ZoneOfOthers
from alerts.cli.progress import audit_progress
from alerts.terminal import (
    ConfigFile,
    Overrides,
    complain,
    counting_bar,
    fail,
    plain_errors,
    say,
    source_progress,
)

app = typer.Typer()


@app.command()
def audit(
    paths: Paths,
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where events and the report are written.")],
    config: ConfigFile = None,
    overrides: Overrides = None,
    zone: ZoneOfOthers = None,
    hazards: Hazards = None,
    camera: CameraOfOthers = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes that look. Default: one for each core.")
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="On a Ray cluster: auto, HOST:PORT, ray://HOST:PORT, or local."),
    ] = None,
    near: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR=MACHINE", help="With --ray: the folder lies on this machine, which is to take it."),
    ] = None,
    full_hash: Annotated[
        bool, typer.Option("--full-hash", help="Read every byte to say whether a recording is the one that was done.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete what was found in recordings that are not among these.")
    ] = False,
    language: Annotated[
        Language | None, typer.Option("--lang", help="In which the report opens. Default: archive.language.")
    ] = None,
    join: Annotated[
        bool, typer.Option("--join", help="Set what is found beside what the live watch found: the configured store.")
    ] = False,
    clips: Annotated[bool, typer.Option("--clips", help="Cut clips of the events that the report shows.")] = False,
    clips_gb: Annotated[
        float | None,
        typer.Option(
            "--clips-gb", min=0.0, metavar="N", help="Cut clips of all events, these first; at most N GB in all."
        ),
    ] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Also events.parquet (extra `parquet`).")] = False,
) -> None:
    """Run recordings through the rules; writes events.jsonl, summary.json and report.html.

    Run again with the same DIR it goes on: only what is new or changed is looked through.
    """
    with plain_errors():
        from alerts.audit import words
        from alerts.audit.extras import Extras
        from alerts.audit.live_store import LivePlace
        from alerts.audit.run import audit as run_audit
        from alerts.audit.short import short_words
        from alerts.audit.summary import read_summary
        from alerts.audit.views import Basis, doubts
        from alerts.chosen import chosen_cluster, chosen_settings, given_view

        settings = chosen_settings(config, overrides, hazards)
        view = given_view(settings, zone, camera)
        on_ray = chosen_cluster(ray, near or ())
        option = f"--zone {zone}" if zone else f"--camera {camera}" if camera else ""

        def on_views(bases: Mapping[str, Basis]) -> None:
            for line in doubts(bases, option) if settings.cameras else ():
                complain(line)

        with audit_progress() as on_tally:
            result = run_audit(
                paths,
                settings,
                out_folder,
                view=view,
                jobs=jobs,
                on_ray=on_ray,
                full_hash=full_hash,
                forget=forget,
                extras=Extras(
                    camera or "", language, LivePlace.of(settings) if join else None, parquet, clips, clips_gb
                ),
                progress=on_tally,
                on_views=on_views,
            )
    if result.absent:
        kept = "deleted" if forget else "kept (--forget deletes it)"
        say(f"{len(result.absent)} recordings done before are not there any more: what was found in them is {kept}")
    if result.hidden:
        few = ", ".join(result.hidden[:3]) + (" …" if len(result.hidden) > 3 else "")
        number = f"{len(result.hidden)} recordings done before are left out of the report"
        why = "a folder with files of theirs cannot be listed, or the recording that has their files could not be read"
        complain(f"{number}, as {why}; what was found is kept: {few}")
    if result.untimed:
        complain("--join: no name of a recording tells its time (archive.name_pattern): nothing could be compared")
    for source in result.sources:
        if source.error:
            complain(f"{source.path}: {source.error}")
    found = ", ".join(f"{kind} {number}" for kind, number in result.counts.items())
    summary = read_summary(out_folder)
    for short in short_words(summary):
        say(short.en)
    if full_hash and (unproven := summary["unproven"]):
        say(words.say("unproven", n=unproven, all=summary["recordings"]).en)
    report = f"{found}. Report: {out_folder / 'report.html'}"
    if result.interrupted:
        total, waiting = summary["recordings"], summary["waiting"]
        say(f"{total - waiting} of {total} recordings read; {report}")
        fail(f"interrupted: {waiting} recordings wait; what was seen so far is written, run it again to go on", 1)
    readable = sum(source.readable for source in result.sources)
    say(f"{readable} of {len(result.sources)} recordings read; {report}")
    if result.failed:
        raise typer.Exit(1)


@app.command("audit-compare")
def audit_compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The folder of a report.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The folder of a later one.")],
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where compare.html is written.")],
    language: Annotated[Language, typer.Option("--lang", help="In which the page opens.")] = "zh",
) -> None:
    """Set two reports beside each other: how many times as often, and what of it may be chance or the tool."""
    with plain_errors():
        from alerts.audit.compare import compare, read_period
        from alerts.audit.report_compare import PAGE, write_comparison

        found = compare(read_period(before), read_period(after))
        write_comparison(found, out_folder, language)
    for line in found.lines:
        if line.place == "*":
            high = "" if line.ratio.high is None else f"{line.ratio.high:.3g}"
            ratio = "–" if line.ratio.value is None else f"{line.ratio.value:.3g}"
            numbers = f"{line.before.events} → {line.after.events}"
            say(f"{line.hazard}: {numbers}, ratio {ratio} ({line.ratio.low:.3g}–{high})")
    for doubt, about in found.doubts:
        say(f"differs: {doubt} {about}".rstrip())
    say(f"Report: {out_folder / PAGE}")


@app.command()
def replay(
    recording: Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")],
    out_file: Annotated[Path, typer.Option("--out", metavar="OUT.mp4", help="The film; its steps go beside it.")],
    config: ConfigFile = None,
    overrides: Overrides = None,
    zone: ZoneOfAll = None,
    hazards: Hazards = None,
    camera: CameraName = None,
    every: Annotated[float, typer.Option(min=0.0, metavar="S", help="One picture of the film each S seconds.")] = 0.0,
) -> None:
    """Show step by step what the rules would have done over a recording, as a film."""
    with plain_errors():
        from alerts.audit.replay import Step
        from alerts.audit.replay import replay as run_replay
        from alerts.chosen import chosen_settings, chosen_view
        from vision.detector import Detector

        settings = chosen_settings(config, overrides, hazards)
        view = chosen_view(settings, zone, camera)
        detector = Detector.configured(settings.detector)
        with source_progress() as on_source:
            source = SimpleNamespace(path=str(recording), source=recording.name, duration_s=0.0)

            def progress(done_s: float, duration_s: float) -> None:
                source.duration_s = duration_s
                on_source(source, done_s)

            def tell_step(step: Step) -> None:
                say(step.line())

            done = run_replay(
                recording,
                settings,
                out_file,
                view=view,
                detector=detector,
                every_s=every,
                on_step=tell_step,
                progress=progress,
            )
    if done.looks:
        say(
            f"{done.looks} looks, {done.steps} steps, {done.fired} alerts: {out_file}, {out_file.with_suffix('.jsonl')}"
        )
    if done.interrupted:
        fail("interrupted; what was seen so far is written" if done.looks else "interrupted; nothing is written")
    if done.error:
        fail(f"{recording}: {done.error}")


@app.command()
def detect(
    paths: Paths,
    out_file: Annotated[Path, typer.Option("--out", metavar="FILE", help="COCO-style results, JSON.")],
    min_score: Annotated[float, typer.Option(min=0.0, max=1.0, help="Keep everything from this score on.")] = 0.01,
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Detect in still pictures; writes a JSON list of boxes."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from vision.stills import detect_stills, find_stills, require_writable, write_results

        settings = chosen_settings(config, overrides)
        files = find_stills(paths)
        require_writable(out_file, files)
        if not files:
            fail(f"{paths[0]}: no picture found")
        with counting_bar() as bar:
            task = bar.add_task("detect", total=len(files))
            results, problems, interrupted = detect_stills(
                files, settings.detector, min_score, lambda: bar.advance(task)
            )
        write_results(out_file, results)
    for problem in problems:
        complain(problem)
    say(f"{len(files) - len(problems)} of {len(files)} pictures, {len(results)} boxes: {out_file}")
    if interrupted:
        fail("interrupted; what was seen so far is written", 1)
    if problems:
        raise typer.Exit(1)
