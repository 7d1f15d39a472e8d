"""The `xinan` command."""

import contextlib
import importlib
import io
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from alerts.access.users_cli import link_app, users_app
from alerts.terminal import (
    ConfigFile,
    Overrides,
    complain,
    counting_bar,
    fail,
    plain_errors,
    say,
    source_progress,
    tell,
)

if TYPE_CHECKING:
    from alerts.config import Settings
    from alerts.reload import SettingsFile
    from streams.frame import Frame
    from vision.config import CameraConfig

app = typer.Typer(
    help="Xin'an (心安): watches community cameras for e-bikes, flying leads, clutter and flames.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(
    help="The detector's weights: list, verify, and (extra `train`) make new ones.", no_args_is_help=True
)
app.add_typer(models_app, name="models")
channels_app = typer.Typer(help="The channels that tell people and machines of alerts.", no_args_is_help=True)
app.add_typer(channels_app, name="channels")
tokens_app = typer.Typer(help="API tokens: what lets programs in (docs/guide/api.md).", no_args_is_help=True)
app.add_typer(tokens_app, name="tokens")
app.add_typer(users_app, name="users")
app.add_typer(link_app)
media_app = typer.Typer(help="Pictures and clips in an object store (docs/guide/media.md).", no_args_is_help=True)
app.add_typer(media_app, name="media")

Paths = Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files and folders, mixed as you like.")]
ZoneOfAll = Annotated[
    str | None, typer.Option(metavar="TYPE", help="The whole picture is one zone of this type. Default: corridor.")
]
Hazards = Annotated[str | None, typer.Option(metavar="A,B", help="Only these hazards.")]
CameraName = Annotated[str | None, typer.Option(metavar="NAME", help="The zones of this camera in the settings.")]

NO_CAMERAS = "no cameras: name some in xinan.toml ([[cameras]]); `xinan init` writes one to begin with"


def _say_version(wanted: bool) -> None:
    if wanted:
        from alerts.installed import version

        say(f"xinan {version()}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """What every command takes."""


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to.")] = Path("xinan.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a settings file in which every key is explained, to be made your own."""
    with plain_errors():
        from alerts.installed import write_example

        write_example(file, force=force)
    say(f"{file}: name your cameras in it, then `xinan check`, then `xinan watch`")


@app.command()
def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Console port. Default: 8800, or a free one.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the console in the browser.")] = True,
    seconds: Annotated[float | None, typer.Option(help="End by itself after this long.")] = None,
) -> None:
    """Watch a bundled clip: real detections, real alerts, nothing to set up."""
    with plain_errors():
        from alerts.demo import demo_settings

        folder = Path(tempfile.mkdtemp(prefix="xinan-demo-"))
        try:
            _watch(demo_settings(folder, port), browser=browser, seconds=seconds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@app.command()
def watch(
    config: ConfigFile = None,
    overrides: Overrides = None,
    browser: Annotated[bool, typer.Option(help="Open the console in the browser.")] = False,
    seconds: Annotated[float | None, typer.Option(help="End by itself after this long.")] = None,
) -> None:
    """Watch the configured cameras, raise alerts, serve the console.

    Site, cameras, places, people, routing, channels, deadlines and retention follow the settings file while it runs.
    """
    with plain_errors():
        from alerts.chosen import chosen_file, chosen_settings
        from alerts.reload import SettingsFile

        settings = chosen_settings(config, overrides)
        if not settings.cameras:
            fail(NO_CAMERAS, 2)
        file = chosen_file(config)
        followed = SettingsFile(file, overrides or ()) if file else None
        _watch(settings, browser=browser, seconds=seconds, file=followed)


def _watch(settings: "Settings", *, browser: bool, seconds: float | None, file: "SettingsFile | None" = None) -> None:
    from alerts.watch import run_watch

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    run_watch(
        settings,
        announce=say,
        on_change=tell,
        on_ready=open_browser if browser else lambda link: None,
        seconds=seconds,
        file=file,
    )


def open_browser(link: str) -> None:
    """In the desktop's browser. Without a desktop nothing is opened: a text browser would take the terminal."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(link)


@app.command()
def audit(
    paths: Paths,
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where events and the report are written.")],
    config: ConfigFile = None,
    overrides: Overrides = None,
    zone: ZoneOfAll = None,
    hazards: Hazards = None,
    camera: CameraName = None,
) -> None:
    """Run recordings through the rules; writes events.jsonl, summary.json and report.html."""
    with plain_errors():
        from alerts.audit.audit import audit as run_audit
        from alerts.audit.folder import counts
        from alerts.chosen import chosen_settings, chosen_view
        from vision.detector import Detector

        settings = chosen_settings(config, overrides, hazards)
        view = chosen_view(settings, zone, camera)
        detector = Detector.configured(settings.detector)
        with source_progress() as on_source:
            result = run_audit(
                paths,
                settings,
                out_folder,
                view=view,
                detector=detector,
                progress=on_source,
            )
    for source in result.sources:
        if source.error:
            complain(f"{source.path}: {source.error}")
    found = ", ".join(f"{kind} {number}" for kind, number in counts(result.events, settings).items())
    readable = sum(source.readable for source in result.sources)
    say(f"{readable} of {len(result.sources)} recordings read; {found}. Report: {out_folder / 'report.html'}")
    if result.interrupted:
        fail("interrupted; what was seen so far is written", 1)
    if result.failed:
        raise typer.Exit(1)


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


@app.command()
def verdicts(
    out_folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder; it holds private pictures.")],
    most: Annotated[int, typer.Option(min=1, help="Pictures of one camera, hazard and verdict: the newest.")] = 50,
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Export what operators said of alerts, for a site model (docs/guide/site-learning.md)."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.db.store import Store
        from alerts.evidence.media_setup import media_of
        from alerts.verdicts import export
        from vision.detector import Detector

        settings = chosen_settings(config, overrides)
        names = Detector.configured(settings.detector).names
        with contextlib.closing(Store.read(settings.store.path, settings.store.url)) as store, counting_bar() as bar:
            judged, media = store.judged(), media_of(settings.store, store)
            done = export(judged, media, names, out_folder, most=most, progress=bar.track)
    for why, number in done.left_out.items():
        complain(f"left out {number}: {why}")
    if not done.real + done.false:
        fail(f"no verdict that teaches the detector anything, of {len(judged)}; nothing written")
    say(f"{done.false} false alarms, {done.real} acknowledged alerts: {out_folder}")


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
) -> None:
    """Check that alerts, pictures, clips and the record are as they were put down; also while `xinan watch` runs."""
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


@app.command()
def check(
    config: ConfigFile = None,
    overrides: Overrides = None,
    connect: Annotated[bool, typer.Option(help="Open every camera and fetch one picture.")] = True,
) -> None:
    """Check the settings and every camera in them."""
    with plain_errors():
        from alerts.audit.still import still_of_camera
        from alerts.chosen import chosen_settings
        from alerts.notifiers.channel_trial import require_channels
        from alerts.routing.rota import rota_words
        from streams.clock import SystemClock
        from streams.errors import StreamError
        from vision.detector import Detector
        from vision.errors import ConfigError
        from vision.footage import main_stream
        from vision.pipeline import require_classes
        from vision.view import view_of

        settings = chosen_settings(config, overrides)
        detector = Detector.configured(settings.detector)
        require_classes(settings.hazards, detector.names)
        require_channels(settings)
        if not settings.cameras:
            fail(NO_CAMERAS, 2)
        views = {camera.name: view_of(camera) for camera in settings.cameras}
        counts = f"{len(settings.cameras)} cameras, {len(settings.expiry_s)} channels"
        say(f"settings: fine; {counts}; detector on {detector.engine}")
        for gap in settings.registry().misspelt():
            complain(f"{gap.where}: its place is no registered one; did you mean {gap.hint}?")
        if settings.people:
            say(f"people: {len(settings.people)}; {', '.join(rota_words(settings.duty(), SystemClock().now()))}")
        failed = False
        for camera in settings.cameras if connect else ():
            if camera.is_pushed:
                say(f"{camera.name}: a phone sends, by /patrol#{camera.name}/TOKEN")
                continue
            for stream in filter(None, (camera, main_stream(camera))):
                try:
                    width, height = still_of_camera(stream, 0.0).size
                    say(f"{stream.name}: {width}x{height}")
                    if stream is camera and (route := views[camera.name].clear):
                        route.require_shape((width, height))
                except (StreamError, ConfigError) as error:
                    failed = True
                    complain(f"{stream.name}: {error}")
    if failed:
        raise typer.Exit(1)


@app.command()
def places(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Show what lies where: places, cameras, zones, what is at hand in an emergency, and what is missing."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.registry.tree import print_places

        print_places(chosen_settings(config, overrides).registry())


@app.command()
def outbox(
    config: ConfigFile = None,
    overrides: Overrides = None,
    alert: Annotated[str | None, typer.Option(metavar="ID", help="All notices of this alert.")] = None,
    resend: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Send this dead letter again, or `all`; not beside a watch.")
    ] = None,
) -> None:
    """Show who was told, when and why; what was given up; and send that again."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.db.store import Store
        from alerts.delivery import outbox_text
        from streams.clock import SystemClock

        settings = chosen_settings(config, overrides)
        if resend:
            found = outbox_text.resend(settings, resend, SystemClock())
            say(f"{found} dead letters are sent again once xinan watch runs")
            return
        with contextlib.closing(Store.read(settings.store.path, settings.store.url)) as store:
            for line in outbox_text.outbox_lines(store, alert):
                say(line)


@app.command()
def zones(
    target: Annotated[str, typer.Argument(metavar="CAMERA|FILE", help="A camera of the settings, or a recording.")],
    config: ConfigFile = None,
    overrides: Overrides = None,
    camera: CameraName = None,
    at: Annotated[float, typer.Option(min=0.0, metavar="S", help="The picture at this second.")] = 0.0,
    out_file: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the page saves.")] = Path("zones.toml"),
    still: Annotated[
        Path | None, typer.Option(metavar="PNG", help="No page: write the picture with a grid and the zones.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page. 0: a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Draw zones on a still of a camera or recording; prints them for the settings."""
    with plain_errors():
        from alerts.audit.still import still_of_camera, still_of_file, write_still
        from alerts.chosen import chosen_camera, chosen_settings

        settings = chosen_settings(config, overrides)
        known = {one.name: one for one in settings.cameras}
        named = known.get(target)
        if named is None and not Path(target).exists():
            fail(f"{target}: neither a camera of the settings ({', '.join(known) or 'they name none'}) nor a file", 2)
        frame = still_of_camera(named, at) if named else still_of_file(Path(target), at)
        chosen = named
        if chosen is None and (camera is not None or len(known) == 1):
            chosen = chosen_camera(settings, camera)
        if frame.pts_s < at - 1:
            complain(f"{target}: ends before second {at:g}; this is its last picture, of second {frame.pts_s:.1f}")
        if still is not None:
            write_still(still, frame.image, chosen)
            say(f"{frame.size[0]}x{frame.size[1]}, second {frame.pts_s:.1f}: {still}")
        else:
            draw_zones(frame, chosen, out_file, port, browser=browser)


def draw_zones(frame: "Frame", camera: "CameraConfig | None", out_file: Path, port: int, *, browser: bool) -> None:
    """Serve the page until it is done or Ctrl-C, and print what was drawn."""
    from alerts.errors import SettingsError
    from alerts.watch import bind
    from alerts.web.zones_app import HOST, Drawing, serve_drawing
    from streams.clock import SystemClock
    from vision.jpeg import encode_jpeg

    if out_file.exists():
        raise SettingsError(f"--out {out_file}: is there already; name a new file, or move that one away")
    drawing = Drawing(frame.camera, encode_jpeg(frame.image, 92), frame.size, camera, out_file)

    def announce(link: str) -> None:
        say(f"Zones: {link}")
        if browser:
            open_browser(link)

    with contextlib.closing(bind(HOST, port)) as listener:
        serve_drawing(drawing, listener, SystemClock(), announce)
    if drawing.toml:
        say(f"\n# below the camera's own keys\n{drawing.toml}")


@app.command()
def discover(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="[HOST…]", help="Ask these, not the local network; host:port will do."),
    ] = None,
    user: Annotated[str, typer.Option(help="A user of the cameras. Without one, cameras are only listed.")] = "",
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="Wait for answers this long.")] = 3.0,
) -> None:
    """Find ONVIF cameras and print them as settings.

    The password is asked for, or taken from XINAN_ONVIF_PASSWORD; it is part of what is printed.
    """
    with plain_errors():
        from alerts.discover import ask
        from streams.clock import SystemClock
        from streams.onvif import DEVICE_PATH, Found
        from streams.onvif import discover as probe

        clock = SystemClock()
        if addresses:
            found = [Found(f"http://{address}{DEVICE_PATH}") for address in addresses]
        else:
            found = probe(clock, seconds)
        if not found:
            fail(f"no ONVIF camera answered within {seconds:g} s; cameras behind a router are asked by HOST")
        if not user:
            for one in found:
                say(f"{one.address}  {one.name}".rstrip())
            return
        password = os.environ.get("XINAN_ONVIF_PASSWORD") or typer.prompt("Password", hide_input=True, err=True)
        taken: set[str] = set()
        answers = [ask(one, user, password, clock, taken) for one in found]
        say("\n\n".join(text for text, _ in answers))
    if silent := [one.address for one, (_, fine) in zip(found, answers, strict=True) if not fine]:
        fail(f"no settings from {', '.join(silent)}; above is why")


@channels_app.command("test")
def channels_test(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this channel.")] = None,
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Send a marked test notice through every channel, and say what became of it."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.notifiers.channel_trial import Tried, run_trial
        from streams.clock import SystemClock

        def tell_trial(tried: Tried) -> None:
            if tried.problem:
                complain(f"{tried.channel}: not delivered: {tried.problem}")
            else:
                say(f"{tried.channel}: {tried.note or 'delivered'}")

        fine = run_trial(chosen_settings(config, overrides), name, SystemClock(), tell_trial)
    if not fine:
        raise typer.Exit(1)


@tokens_app.command("add")
def tokens_add(
    name: Annotated[str, typer.Argument(help="What it is for: so it is called in the records.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help="Whose work it does: operator, auditor and so on.")],
    scope: Annotated[list[str], typer.Option(metavar="SCOPE", help="What it may do, of what the role allows.")],
    place: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this place or camera. Default: the whole site.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it lives.")] = 365,
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Make a token; its secret is shown this once. Also beside a running watch."""
    with plain_errors():
        from alerts.access import tokens_text
        from alerts.chosen import chosen_settings
        from streams.clock import SystemClock

        order = tokens_text.order_of(name, role, scope, place or (), days)
        tokens_text.add(chosen_settings(config, overrides), order, SystemClock(), say)


@tokens_app.command("list")
def tokens_list(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """All tokens, those that are over too, without their secrets."""
    with plain_errors():
        from alerts.access import tokens_text
        from alerts.chosen import chosen_settings
        from streams.clock import SystemClock

        for line in tokens_text.token_lines(chosen_settings(config, overrides), SystemClock()):
            say(line)


@tokens_app.command("revoke")
def tokens_revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `xinan tokens list` shows it.")],
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """End a token. Also beside a running watch."""
    with plain_errors():
        from alerts.access import tokens_text
        from alerts.chosen import chosen_settings
        from streams.clock import SystemClock

        tokens_text.revoke(chosen_settings(config, overrides), token_id, SystemClock(), say)


@media_app.command("status")
def media_status(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Does the object store answer, what is there, and what waits; also while `xinan watch` runs."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.db.store import Store
        from alerts.evidence.media_work import Parts, status_lines

        settings = chosen_settings(config, overrides)
        with contextlib.closing(Store.read(settings.store.path, settings.store.url)) as store:
            for line in status_lines(Parts.of(settings, store)):
                say(line)


@media_app.command("sync")
def media_sync(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Send everything that is not there yet, such as an archive of before; goes on where it was interrupted.

    Not beside a running watch, which does it itself.
    """
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.db.store import Store
        from alerts.evidence.media_work import Parts, Sync
        from streams.clock import SystemClock

        settings = chosen_settings(config, overrides)
        with contextlib.closing(Store.open(settings.store.path, settings.store.url)) as store:
            work = Sync(Parts.of(settings, store), SystemClock())
            sent = 0
            with counting_bar() as bar:
                task = bar.add_task("", total=work.size())
                for done in work.steps():
                    bar.advance(task, done)
                    sent += done
    say(f"{sent - work.refused} files sent")
    if work.refused:
        fail(f"{work.refused} files were not taken; the lines above say why")


@media_app.command("check")
def media_check(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Look for every file in the object store, without reading it (`xinan verify` reads them); also beside a watch."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.db.store import Store
        from alerts.evidence.media_work import Check, Parts

        settings = chosen_settings(config, overrides)
        with contextlib.closing(Store.read(settings.store.path, settings.store.url)) as store:
            work = Check(Parts.of(settings, store))
            with counting_bar() as bar:
                task = bar.add_task("", total=work.size())
                for done in work.steps():
                    bar.advance(task, done)
    for problem in work.problems:
        complain(problem)
    say(f"{work.seen} files looked for: {len(work.problems) or 'no'} problems")
    if work.strays:
        complain(f"{work.strays} objects with this prefix are of no file here: of another watch?")
    if work.problems:
        raise typer.Exit(1)


@app.command()
def doctor(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Check this installation: libraries, weights, name clashes; and the object store, where the settings name one."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from alerts.doctor import examine, examine_media

        problems = 0
        for look in (examine, lambda: examine_media(chosen_settings(config, overrides))):
            for item in look():
                mark, style = ("ok  ", "green") if item.fine else ("BAD ", "red")
                problems += not item.fine
                say(f"{mark} {item.name}: {item.detail}", style)
    if problems:
        fail(f"{problems} of these are not as they should be")


@models_app.command("list")
def models_list(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """The configured detector (default: the shipped one): version, input size, engine, thresholds; verifies the
    file."""
    with plain_errors():
        from alerts.chosen import chosen_settings
        from vision.detector import Detector, find_model

        wanted = chosen_settings(config, overrides).detector
        detector = Detector.configured(wanted)
        info = detector.info
        verified = "sha256 verified" if wanted.model is None or wanted.sha256 else "sha256 not checked"
        file = find_model(wanted.model).name
        say(f"{file}  version {info.version}  input {info.input_size}  engine {detector.engine}  {verified}")
        for name in info.names:
            say(f"  {name:<10} threshold {info.thresholds[name]:.2f}")


WORKSHOP = {
    "data": "Make a training set of gathered, rendered and your own pictures.",
    "mine": "Find the pictures of a set that a detector gets wrong, to draw them more often.",
    "train": "Train the detector (extra `train`).",
    "soup": "Average the weights of several runs (extra `train`).",
    "export": "Export trained weights to ONNX (extra `train`).",
    "evaluate": "Measure a detector by source.",
    "quantize": "Make an int8 copy of a detector and say whether it is worth keeping (extra `train`).",
    "site": "Teach the detector what a site's operators said (extra `train`).",
    "synth": "Render labelled stills and scenarios of the synthetic world (extra `synth`).",
}
"""Commands that are modules of `models`, run with the arguments as they stand."""

WORKSHOP_MODULES = {"data": "build"}
"""Where the module is not called as the command is."""


def _workshop(context: typer.Context) -> None:
    name = str(context.info_name)
    sys.argv = [f"xinan models {name}", *context.args]
    try:
        importlib.import_module(f"models.{WORKSHOP_MODULES.get(name, name)}").main()
    except ModuleNotFoundError as error:
        extra = "synth" if name == "synth" else "train"
        fail(f"models {name}: {error.name} is missing; install it with: pip install 'xinan[{extra}]'")


for _name, _help in WORKSHOP.items():
    models_app.command(
        _name,
        help=_help,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )(_workshop)


def main() -> None:
    """Entry point of the `xinan` command."""
    # A name or an alert that the terminal's encoding lacks must not end the program.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        importlib.import_module("cv2")
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except ImportError as error:
        if error.name and not error.name.startswith("cv2"):
            raise
        sys.exit(
            f"xinan: OpenCV does not load ({error}); on a machine without graphics libraries install the variant that "
            "needs none: pip install --force-reinstall --no-deps opencv-python-headless"
        )


def _interrupt(number: int, frame: object) -> NoReturn:
    """SIGTERM ends a command as Ctrl-C does: valid files, nothing left behind."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
