"""What lets a program in: made, used, ended, on record, never shown twice. On both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import xinan
from alerts.access.at_terminal import at_terminal
from alerts.access.roles import Permission, Role
from alerts.access.tokens import DEFAULT_DAYS, PREFIX, ApiTokens, TokenOrder, digest
from alerts.access.tokens_text import order_of
from alerts.config import Settings
from alerts.db.store import Store
from alerts.errors import SettingsError, StoreError, TokenRefused
from alerts.record.actor import Actor
from alerts.record.records import newest
from streams.clock import SimulatedClock

SEE = TokenOrder("panel", Role.OPERATOR, frozenset({Permission.SEE, Permission.ANSWER}))
REGISTRY = Settings.model_validate(
    {
        "places": [{"id": "b3", "kind": "building", "name": "3"}],
        "cameras": [{"name": "gate", "url": "rtsp://camera/1"}],
    }
).registry()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


def test_a_secret_is_kept_nowhere_and_finds_its_token(store: Store, clock: SimulatedClock) -> None:
    tokens = ApiTokens(store, clock)
    token, secret = tokens.add(SEE, Actor("Wang", "console"))
    assert secret.startswith(PREFIX) and len(secret) == len(PREFIX) + 64
    assert tokens.find(secret) == token and token.sha256 == digest(secret)
    assert secret not in repr(token) and token.sha256 not in repr(token) and token.sha256 not in repr(token.principal)
    assert ApiTokens(store, clock).find(secret) == token  # read from the database
    caller = token.principal
    assert (caller.name, caller.via) == ("panel (API)", "api")
    assert caller.may(Permission.ANSWER) and not caller.may(Permission.JUDGE) and not caller.may(Permission.ADMIN)
    for wrong in ("", PREFIX, secret[:-1], secret.upper(), secret + "0", "\ud800"):
        assert tokens.find(wrong) is None


def test_every_secret_is_another(store: Store, clock: SimulatedClock) -> None:
    tokens = ApiTokens(store, clock)
    assert len({tokens.add(SEE, Actor("Wang", "console"))[1] for _ in range(5)}) == 5


def test_it_ends_by_itself_and_by_hand(store: Store, clock: SimulatedClock) -> None:
    tokens = ApiTokens(store, clock)
    (kept, lasting), (gone, revoked) = (tokens.add(SEE, Actor("Wang", "console")) for _ in range(2))
    assert tokens.revoke(gone.id, Actor("Li", "console")).revoked_at == clock.now()
    assert tokens.find(revoked) is None and tokens.find(lasting) == kept
    clock.step(timedelta(days=DEFAULT_DAYS).total_seconds())
    again = ApiTokens(store, clock)
    assert tokens.find(lasting) is None and again.find(lasting) is None and again.find(revoked) is None
    assert {token.id for token in again.all()} == {kept.id, gone.id}
    with pytest.raises(TokenRefused, match="no token has the id"):
        tokens.revoke("f" * 16, Actor("Li", "console"))


def test_who_made_and_ended_it_is_on_record_without_the_secret(store: Store, clock: SimulatedClock) -> None:
    tokens = ApiTokens(store, clock)
    token, secret = tokens.add(SEE, Actor("Wang", "console"))
    for _ in range(2):
        tokens.revoke(token.id, Actor("Li", "terminal"))
    ended, made, _ = newest(store)
    assert [(one.kind, one.subject, one.by, one.via) for one in (made, ended)] == [
        ("made_token", token.id, "Wang", "console"),
        ("revoked_token", token.id, "Li", "terminal"),
    ]
    assert made.detail["scopes"] == ["answer", "see"] and made.detail["places"] is None
    assert secret not in repr((made, ended)) and token.sha256 not in repr((made, ended))


def test_its_last_use_is_written_down_once_an_hour(store: Store, clock: SimulatedClock) -> None:
    tokens = ApiTokens(store, clock)
    token, secret = tokens.add(SEE, Actor("Wang", "console"))
    written = []
    for _ in range(7):
        if tokens.used(token):
            tokens.note_use(token.sha256)
            written.append(clock.now())
        clock.step(20 * 60)
    assert len(written) == 3
    assert ApiTokens(store, clock).find(secret).last_used_at == written[-1]  # type: ignore[union-attr]


def test_a_store_that_fails_keeps_nobody_out(
    store: Store, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> None:
        raise StoreError("gone")

    tokens = ApiTokens(store, clock)
    token, secret = tokens.add(SEE, Actor("Wang", "console"))
    monkeypatch.setattr(store, "writing", failing)
    assert tokens.used(token)
    tokens.note_use(token.sha256)
    assert "not written down: gone" in caplog.text
    assert tokens.find(secret) is not None


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"name": "  "}, "needs a name"),
        ({"scopes": frozenset()}, "needs a scope; those of operator: answer, clear"),
        ({"role": Role.VOLUNTEER, "scopes": frozenset({Permission.LIVE})}, "volunteer does not allow live; it allows"),
        ({"scopes": frozenset({Permission.ADMIN})}, "operator does not allow admin"),
        ({"places": frozenset({"b3", "gone"})}, "no camera the name, gone"),
        ({"places": frozenset()}, "no place is left"),
        ({"places": frozenset({"b3"}), "scopes": frozenset({Permission.METRICS})}, "metrics are of the whole site"),
        ({"days": 0}, "3650 days at most"),
        ({"days": 3651}, "3650 days at most"),
    ],
)
def test_a_token_that_may_not_be(wanted: dict[str, Any], said: str) -> None:
    values = {"name": "x", "role": Role.OPERATOR, "scopes": frozenset({Permission.SEE})} | wanted
    with pytest.raises(TokenRefused, match=said):
        TokenOrder(**values).check(REGISTRY)


@pytest.mark.parametrize("places", [None, {"b3"}, {"gate"}, {"site"}, {"b3", "gate"}])
def test_a_place_or_a_camera_may_limit_it(places: set[str] | None) -> None:
    chosen = None if places is None else frozenset(places)
    TokenOrder("x", Role.OPERATOR, frozenset({Permission.SEE}), chosen).check(REGISTRY)


@pytest.mark.parametrize(
    ("role", "scope", "said"), [("boss", "see", "--role: unknown boss"), ("admin", "all", "--scope: unknown all")]
)
def test_words_of_the_command_line_that_are_none(role: str, scope: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        order_of("x", role, [scope], [], 9)


def test_the_command(tmp_path: Path) -> None:
    Store.open(tmp_path).close()

    def run(*words: str) -> list[str]:
        result = CliRunner().invoke(xinan.app, ["tokens", *words, "--set", f"store.path={tmp_path}"])
        assert result.exit_code == 0, result.output
        return result.output.splitlines()

    made = run("add", "Prometheus", "--role", "auditor", "--scope", "metrics", "--days", "30")
    assert "Prometheus: auditor, metrics; the whole site; until" in made[0] and made[-1].startswith(PREFIX)
    everything = run("add", "cron", "--role", "admin", "--scope", "admin")[-1]
    shown = run("list")
    assert len(shown) == 2 and f"never used; made by {at_terminal().name}" in shown[0]
    assert made[-1] not in "".join(shown) and everything not in "".join(shown)
    token_id = shown[0].split()[0]
    assert "; revoked " in run("revoke", token_id)[0]
    assert "; revoked " in run("list")[0]
    refused = CliRunner().invoke(xinan.app, ["tokens", "revoke", "0" * 16, "--set", f"store.path={tmp_path}"])
    assert refused.exit_code == 1 and "no token has the id" in refused.output
