"""`xinan outbox` and `xinan channels`: who is told, and whether it arrives."""

import contextlib
from typing import Annotated

import typer

from alerts.terminal import ConfigFile, Overrides, complain, plain_errors, say

app = typer.Typer()

channels_app = typer.Typer(help="The channels that tell people and machines of alerts.", no_args_is_help=True)


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
