"""Who hears of an alert that everybody is told of: nobody of more than their account may see. Pure."""

from collections.abc import Mapping

from alerts.access.accounts import Account
from alerts.access.principal import Principal
from alerts.access.roles import Permission
from alerts.alert import Alert
from alerts.registry.registry import Registry


def hears(accounts: Mapping[str, Account], account: str, alert: Alert, registry: Registry) -> bool:
    """accounts: as they are now. account: an id; "": of whoever came by a link, who has the whole site."""
    if not account:
        return True
    known = accounts.get(account)
    if known is None or not known.enabled:
        return False
    who = Principal(known.id, known.name, known.role, known.places)
    area = who.area(registry)
    return who.may(Permission.PHONE) and (area is None or area.has(alert))
