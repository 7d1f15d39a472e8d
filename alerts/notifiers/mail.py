"""Mail by SMTP: plain text, and HTML with the snapshot in it.

A notice has one Message-ID for ever, so that a second copy can be known; all notices of an alert refer to one that is
never sent, which makes them a thread.
"""

import asyncio
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from alerts.notifiers.base import Delivered, Missed, Notice, Outcome, Rejected, Retry
from alerts.notifiers.context import TextContext
from alerts.notifiers.markup import clean, cut
from alerts.notifiers.message import Message, as_html, as_text, is_urgent
from alerts.routing.people_channels import EmailChannel
from alerts.routing.recipient import Recipient

PORTS = {"starttls": 587, "tls": 465, "none": 25}
SETUP_RETRY_S = 60.0
MOST_SUBJECT = 150
_PICTURE_ID = "snapshot@xinan"


class MailNotifier:
    """One mail server and those who are told through it; a recipient with an address is told alone."""

    def __init__(self, config: EmailChannel, context: TextContext) -> None:
        """Raises OSError when the certificates cannot be read."""
        self._config, self._context = config, context
        self._port = config.port or PORTS[config.security]
        self._where = f"smtp://{config.host}"
        self._tls = ssl.create_default_context(cafile=config.ca_file)

    async def send(self, notice: Notice) -> Outcome:
        """One mail, handed over in one session."""
        to = self._to(notice.recipient)
        if not to:
            return Rejected(f"{self._where}: there is no receiver {notice.recipient.number} any more")
        message = await self._context.word(notice, self._config.language)
        picture = await self._context.picture(notice, wanted=self._config.picture)
        try:
            mail = compose(notice, message, self._config.sender, to, self._context.site, picture)
        except ValueError:  # the header parser of the library: an address that it cannot write
            return Rejected(f"{self._where}: the recipient's address is none")
        try:
            async with asyncio.timeout(self._config.timeout_s):
                refused = await self._hand_over(mail, to)
        except (TimeoutError, aiosmtplib.SMTPException, OSError, ValueError) as error:
            return self._judge(error)
        return Delivered({number: self._missed(refused[one]) for number, one in enumerate(to, 1) if one in refused})

    async def close(self) -> None:
        """Nothing is held between two mails."""

    def _to(self, whom: Recipient) -> list[str]:
        """None where it is for one of the list alone who is no longer in it."""
        if whom.number is not None:
            return list(self._config.to[whom.number - 1 : whom.number])
        return [whom.address] if whom.address else list(self._config.to)

    async def _hand_over(self, mail: EmailMessage, to: list[str]) -> dict[str, aiosmtplib.SMTPResponse]:
        """The server's answers of those whom it refuses, if it takes the mail for any."""
        config = self._config
        refused, _ = await aiosmtplib.send(
            mail,
            sender=config.sender,
            recipients=to,
            hostname=config.host,
            port=self._port,
            username=config.username,
            password=config.password.get_secret_value() if config.password else None,
            use_tls=config.security == "tls",
            start_tls=config.security == "starttls",
            tls_context=None if config.security == "none" else self._tls,
            timeout=config.timeout_s,
        )
        return refused

    def _missed(self, answer: aiosmtplib.SMTPResponse) -> Missed:
        return Missed(f"{self._where}: {answer.code}: the receiver is refused", for_good=answer.code >= 500)

    def _judge(self, error: Exception) -> Outcome:
        """What a failure means. The server's own words are not repeated: they hold people's addresses."""
        where = self._where
        match error:
            case TimeoutError() | aiosmtplib.SMTPTimeoutError():
                return Retry(f"{where}: no answer within {self._config.timeout_s:g} s")
            case aiosmtplib.SMTPAuthenticationError():
                return Retry(f"{where}: {error.code}: name or password is refused", SETUP_RETRY_S)
            case aiosmtplib.SMTPSenderRefused():
                return Retry(f"{where}: {error.code}: the sender is refused", SETUP_RETRY_S)
            case aiosmtplib.SMTPRecipientsRefused(recipients=refused):
                for_good = bool(refused) and all(one.code >= 500 for one in refused)
                code = refused[0].code if refused else 0
                said = f"{where}: {code}: every recipient is refused"
                return Rejected(said) if for_good else Retry(said)
            case aiosmtplib.SMTPDataError() if error.code >= 500:
                return Rejected(f"{where}: {error.code}: the mail is refused")
            case aiosmtplib.SMTPResponseException():
                return Retry(f"{where}: answered {error.code}")
            case ssl.SSLCertVerificationError():
                return Retry(f"{where}: its certificate is not trusted", SETUP_RETRY_S)
        if "STARTTLS" in str(error):
            return Retry(f"{where}: does not offer encryption (STARTTLS)", SETUP_RETRY_S)
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            return Retry(f"{where}: its certificate is not trusted", SETUP_RETRY_S)
        return Retry(f"{where}: {type(error).__name__}")


def compose(
    notice: Notice, message: Message, sender: str, to: list[str], site: str, picture: bytes | None
) -> EmailMessage:
    """The mail. Raises ValueError for addresses that cannot be written."""
    domain = sender.rpartition("@")[2]
    mail = EmailMessage()
    mail["Subject"] = cut(message.head, MOST_SUBJECT)
    mail["From"] = Address(clean(site, 60), addr_spec=sender)
    # Several do not see each other.
    mail["To"] = Address(addr_spec=to[0]) if len(to) == 1 else "undisclosed-recipients:;"
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = f"<{notice.id}@{domain}>"
    thread = f"<alert.{notice.alert.id}@{domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    if is_urgent(notice) and not message.update:
        mail["X-Priority"] = "1"
        mail["Importance"] = "high"
    mail.set_content(f"{message.head}\n\n{as_text(message)}\n")
    mail.add_alternative(as_html(message, f"cid:{_PICTURE_ID}" if picture else ""), subtype="html")
    if picture:
        page = mail.get_payload(1)
        assert isinstance(page, EmailMessage)
        page.add_related(picture, "image", "jpeg", cid=f"<{_PICTURE_ID}>", filename=f"{notice.alert.id}.jpg")
    return mail
