"""`xinan tokens`: what lets programs in."""

from typing import Annotated

import typer

from alerts.terminal import ConfigFile, Overrides, plain_errors, say

tokens_app = typer.Typer(help="API tokens: what lets programs in (docs/guide/api.md).", no_args_is_help=True)


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
