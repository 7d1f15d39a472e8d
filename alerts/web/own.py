"""Loads what somebody asks for by an id or a name. What is not theirs is not there: the very same answer, so that no id
and no name is given away."""

import asyncio
from typing import Annotated

from fastapi import HTTPException, Path

from alerts.access.principal import Area, Principal
from alerts.alert import Alert
from alerts.desk import Desk
from alerts.live import LiveCameras
from alerts.registry.config import SITE
from alerts.web.caller import Caller

AlertId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


PlaceId = Annotated[str, Path(min_length=1, max_length=64)]


class Own:
    """`alert`, `camera`, `place` and `area` are for `Depends`: no route finds any of them in another way."""

    def __init__(self, desk: Desk, live: LiveCameras) -> None:
        self._desk, self._live = desk, live

    def area(self, caller: Caller) -> Area | None:
        """The part of the site that is theirs, as it is registered now; None: all."""
        return caller.area(self._desk.registry)

    async def alert(self, alert_id: AlertId, caller: Caller) -> Alert:
        """The newest state of one alert. Raises AlertNotFound."""
        return await asyncio.to_thread(self._desk.alert, alert_id, self.area(caller))

    def camera(self, name: str, caller: Caller) -> str:
        """The name of a watched camera. Raises HTTPException 404."""
        if not self.has_camera(name, caller):
            raise HTTPException(404, "no such camera")
        return name

    def place(self, place: PlaceId, caller: Caller) -> str:
        """The id of a place, or of the site. Raises HTTPException 404."""
        if not self.has_place(place, self.area(caller)):
            raise HTTPException(404, "no such place")
        return place

    def has_place(self, place: str, area: Area | None) -> bool:
        """Whether it is registered, and wholly within the area."""
        return (place == SITE or place in self._desk.registry.places) and (area is None or place in area.places)

    def has_camera(self, name: str, caller: Principal) -> bool:
        """Whether it is watched, and theirs; to be asked again for as long as they look."""
        area = self.area(caller)
        return name in self._live.cameras and (area is None or name in area.cameras)
