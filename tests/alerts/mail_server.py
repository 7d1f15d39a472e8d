"""A real mail server on loopback (aiosmtpd), which keeps what it takes."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

PASSWORD = "5ecret-of-mail"


@dataclass
class Mailbox:
    """taken: mails with those they went to. recipients, data: address or mail → the answer, where it is not 250."""

    recipients: dict[str, str] = field(default_factory=dict)
    data: str = "250 OK"
    taken: list[tuple[EmailMessage, list[str]]] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.taken.append((mail, list(envelope.rcpt_tos)))
        return self.data


@asynccontextmanager
async def mail_server(
    box: Mailbox, tls: ssl.SSLContext | None = None, *, starttls: bool = False, login: bool = False
) -> AsyncIterator[int]:
    """Its port. tls: with it from the start, or (starttls) once it is asked for. login: a name and `PASSWORD` are
    wanted."""

    def check(server: Server, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=right, handled=False)

    given: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if starttls else {}
    if login:
        given |= {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    loop = asyncio.get_running_loop()

    def talk() -> Server:
        with warnings.catch_warnings():  # that it asks for a password without TLS is what is tested
            warnings.simplefilter("ignore")
            return Server(box, loop=loop, **given)

    from_start = None if starttls else tls
    server = await loop.create_server(talk, "127.0.0.1", 0, ssl=from_start)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
