"""The commands `xinan users …` and `xinan link`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from alerts.terminal import ConfigFile, Overrides, plain_errors, say

# `xinan --help` must not wait for the packages that do the work.
if TYPE_CHECKING:
    from alerts.config import Settings
    from alerts.db.accounts import Accounts

users_app = typer.Typer(
    help="Accounts: who may log in, and what they may do (docs/guide/accounts.md). Also beside a running watch.",
    no_args_is_help=True,
)
app = typer.Typer()

PASSWORD_VARIABLE = "XINAN_USER_PASSWORD"

Who = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its short name, as typed at the log-in.")]
ROLES = "operator, volunteer, building_lead, auditor or admin"
Limits = Annotated[
    list[str] | None, typer.Option("--place", metavar="ID", help="Only this place or camera; repeat it.")
]


@contextmanager
def _open(config: ConfigFile, overrides: Overrides) -> "Iterator[tuple[Settings, Accounts]]":
    with plain_errors():
        from alerts.access.users_text import accounts_of
        from alerts.chosen import chosen_settings
        from streams.clock import SystemClock

        settings = chosen_settings(config, overrides)
        with accounts_of(settings, SystemClock()) as accounts:
            yield settings, accounts


@app.command("link")
def link(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Print a new one-time link to the console, for an admin without an account. Also beside a running watch.

    It ends the one before, works once, and for a day.
    """
    with _open(config, overrides) as (settings, accounts):
        from alerts.access.users_text import new_link

        say(f"Console: {new_link(settings, accounts)}")


@users_app.command("list")
def users_list(config: ConfigFile = None, overrides: Overrides = None) -> None:
    """All accounts, without their secrets."""
    with _open(config, overrides) as (_, accounts):
        from alerts.access.users_text import account_lines

        for line in account_lines(accounts):
            say(line)


@users_app.command("add")
def users_add(
    account: Who,
    role: Annotated[str, typer.Option(metavar="ROLE", help=ROLES)],
    name: Annotated[str, typer.Option(help="For the records. Default: the short name.")] = "",
    place: Limits = None,
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Make an account, and print a one-time link by which its owner enters and chooses a password."""
    with _open(config, overrides) as (settings, accounts):
        from alerts.access import users_text as text

        limits, known = text.places_of(place), text.known_places(settings)
        made = accounts.add(account, name, text.role_of(role), limits, known, text.by())
        say(text.line(made))
        if settings.console.login:
            say(text.new_link(settings, accounts, made.id))


@users_app.command("password")
def users_password(account: Who, config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Set a password, asked for or taken from XINAN_USER_PASSWORD; its owner is signed out everywhere."""
    given = os.environ.get(PASSWORD_VARIABLE) or typer.prompt(
        "New password", hide_input=True, confirmation_prompt=True, err=True
    )
    with _open(config, overrides) as (_, accounts):
        from alerts.access import users_text as text

        say(text.line(text.set_password(accounts, account, given)))


@users_app.command("link")
def users_link(account: Who, config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Print a one-time link to enter by, and to choose a new password. It works once, and for a day."""
    with _open(config, overrides) as (settings, accounts):
        from alerts.access.users_text import new_link

        say(new_link(settings, accounts, account))


@users_app.command("role")
def users_role(
    account: Who,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=ROLES)],
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Give an account another role; it holds at once. An admin has the whole site."""
    with _open(config, overrides) as (_, accounts):
        from alerts.access import users_text as text

        say(text.line(accounts.change(account, {"role": text.role_of(role)}, None, text.by())))


@users_app.command("places")
def users_places(
    account: Who,
    place: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help="Places and cameras. None: the whole site.")
    ] = None,
    config: ConfigFile = None,
    overrides: Overrides = None,
) -> None:
    """Limit an account to places and cameras, or to nothing; it holds at once."""
    with _open(config, overrides) as (settings, accounts):
        from alerts.access import users_text as text

        limits, known = text.places_of(place), text.known_places(settings)
        say(text.line(accounts.change(account, {"places": limits}, known, text.by())))


@users_app.command("disable")
def users_disable(account: Who, config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Let nobody in by an account for now; its owner is signed out at once."""
    _enable(account, config, overrides, enabled=False)


@users_app.command("enable")
def users_enable(account: Who, config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Undo `disable`."""
    _enable(account, config, overrides, enabled=True)


def _enable(account: str, config: ConfigFile, overrides: Overrides, *, enabled: bool) -> None:
    with _open(config, overrides) as (_, accounts):
        from alerts.access import users_text as text

        say(text.line(accounts.change(account, {"enabled": enabled}, None, text.by())))


@users_app.command("remove")
def users_remove(account: Who, config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Remove an account; its owner is signed out at once. The record keeps the name."""
    with _open(config, overrides) as (_, accounts):
        from alerts.access.users_text import by

        accounts.remove(account, by())
        say(f"{account}: removed")


@users_app.command("totp-off")
def users_totp_off(account: Who, config: ConfigFile = None, overrides: Overrides = None) -> None:
    """Ask for no code any more, for whoever lost the phone; its owner is signed out everywhere."""
    with _open(config, overrides) as (_, accounts):
        from alerts.access import users_text as text

        say(text.line(accounts.set_totp(account, None, None, text.by())))
