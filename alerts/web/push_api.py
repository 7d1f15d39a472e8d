"""Phones that are told of alerts, over HTTP: which there are, one more, one less, a test.

Everybody has to do with their own; who looks after the whole site, with all.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field

from alerts.access.accounts import Account
from alerts.access.principal import Principal
from alerts.access.roles import ALLOWED, Permission
from alerts.alert import Alert
from alerts.db.push_devices import Device
from alerts.notifiers.base import Delivered, Notice
from alerts.notifiers.message import TEST
from alerts.notifiers.push import PushNotifier
from alerts.record.actor import PROGRAM
from alerts.web.access import clean_text
from alerts.web.caller import Caller, needs
from streams.clock import Clock
from vision.rule import Severity

MAX_NAME = 60
DeviceId = Annotated[str, Path(pattern=r"^[0-9a-f]{1,32}$")]


class KeysIn(BaseModel):
    """base64url, as the browser gives them."""

    model_config = ConfigDict(extra="forbid")

    p256dh: str = Field(max_length=100)
    auth: str = Field(max_length=40)


class SubscriptionIn(BaseModel):
    """`PushSubscription.toJSON()`."""

    model_config = ConfigDict(extra="ignore")

    endpoint: str = Field(min_length=1, max_length=1024)
    keys: KeysIn


class DeviceIn(BaseModel):
    """A browser that asks to be told. replaces: the endpoint that it had before, if the browser changed it itself."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=200)
    language: Literal["zh", "en"] = "zh"
    subscription: SubscriptionIn
    replaces: str = Field(default="", max_length=1024)


@dataclass(frozen=True, slots=True)
class _Told:
    """The channel of phones, or a refusal where there is none."""

    now: Callable[[], PushNotifier | None]

    def __call__(self) -> PushNotifier:
        if (notifier := self.now()) is None:
            raise HTTPException(404, 'no phones are told here: add [[channels]] with type = "push" to the settings')
        return notifier


def device_out(device: Device) -> dict[str, Any]:
    """Without endpoint and keys: whoever has them can send to the phone."""
    return {
        "id": device.id,
        "name": device.name,
        "owner": device.owner,
        "language": device.language,
        "created_at": device.created_at.isoformat(),
        "last_success_at": device.last_success_at.isoformat() if device.last_success_at else None,
        "disabled_at": device.disabled_at.isoformat() if device.disabled_at else None,
        "disabled_reason": device.disabled_reason,
    }


def is_own(device: Device, caller: Principal) -> bool:
    """Whether somebody may see, test and remove it."""
    return bool(caller.account and device.account == caller.account) or caller.may(Permission.ADMIN)


async def forget_phones(told: PushNotifier | None, accounts: Mapping[str, Account]) -> None:
    """Whoever may not be told any more, is told of nothing more. Raises StoreError."""
    for device in told.devices.all() if told is not None else ():
        account = accounts.get(device.account)
        good = account is not None and account.enabled and Permission.PHONE in ALLOWED[account.role]
        if told is not None and device.account and not good:
            await told.remove(device.id, PROGRAM)


def push_router(phones: Callable[[], PushNotifier | None], clock: Clock) -> APIRouter:
    """phones: as the settings are now; None where no phones are told: then only the question is answered."""
    router = APIRouter(prefix="/api/push", dependencies=[needs(Permission.PHONE)])
    Told = Annotated[PushNotifier, Depends(_Told(phones))]

    def own_device(device_id: DeviceId, told: Told, caller: Caller) -> Device:
        """Raises HTTPException 404."""
        device = told.devices.get(device_id)
        if device is None or not is_own(device, caller):
            raise HTTPException(404, "no such device")
        return device

    OwnDevice = Annotated[Device, Depends(own_device)]

    @router.get("")
    async def devices(caller: Caller) -> dict[str, Any]:
        """key: what a browser subscribes with, "" where no phones are told."""
        if (notifier := phones()) is None:
            return {"key": "", "devices": []}
        own = [device_out(one) for one in notifier.devices.all() if is_own(one, caller)]
        return {"key": notifier.public_key, "devices": own}

    @router.post("/devices", status_code=201)
    async def add(given: DeviceIn, caller: Caller, told: Told) -> dict[str, Any]:
        """Subscribe; the same endpoint again is the same device."""
        keys = {"p256dh": given.subscription.keys.p256dh, "auth": given.subscription.keys.auth}
        old = next((one for one in told.devices.all() if one.endpoint == given.replaces), None)
        name, language = (old.name, old.language) if old else (clean_text(given.name, MAX_NAME), given.language)
        try:
            endpoint = given.subscription.endpoint
            device = await told.add(name, caller.name, language, endpoint, keys, account=caller.account, via=caller.via)
        except ValueError as error:
            raise HTTPException(422, f"keys: {error}") from None
        if old is not None and old.id != device.id:
            await told.remove(old.id, caller.actor)
        return device_out(device)

    @router.delete("/devices/{device_id}", status_code=204)
    async def remove(device: OwnDevice, told: Told, caller: Caller) -> None:
        """Forget it; what waits for it is given up."""
        await told.remove(device.id, caller.actor)

    @router.post("/devices/{device_id}/test")
    async def test(device: OwnDevice, told: Told) -> dict[str, Any]:
        """Send a test at once, and say what became of it."""
        outcome = await told.test(device.id, _test_notice(clock))
        return {"delivered": outcome == Delivered(), "reason": getattr(outcome, "reason", "")}

    return router


def _test_notice(clock: Clock) -> Notice:
    """Of an alert that there is not."""
    now, number = clock.now(), secrets.token_hex(8)
    alert = Alert(f"test-{number}", "", "", "", "test", Severity.VIOLATION, "", "", now, now, 0.0, (0.0, 0.0, 1.0, 1.0))
    return Notice(number, TEST, now, alert)
