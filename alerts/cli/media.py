"""`xinan media`: pictures and clips in an object store."""

import contextlib

import typer

from alerts.terminal import ConfigFile, Overrides, complain, counting_bar, fail, plain_errors, say

media_app = typer.Typer(help="Pictures and clips in an object store (docs/guide/media.md).", no_args_is_help=True)


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
