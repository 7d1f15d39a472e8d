"""The way to an HTTP camera: passwords, deadlines, and errors in words."""

import contextlib
import socket
import ssl
import threading
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

from streams.reasons import Reason

BAD_CHALLENGE = (LookupError, ValueError, StopIteration, RuntimeError)
"""What httpx lets out on a challenge that it did not expect; NotImplementedError is a RuntimeError."""


class StrangeChallenge(httpx.ProtocolError):
    """The camera asks for the password in a way that nothing here knows."""


class HttpDoor:
    """Asks for one address, with the user's name and password in the way that the camera wants: Basic or Digest.

    Redirections are not followed: they would carry the password elsewhere. The certificate of https is checked against
    those that the system trusts (or SSL_CERT_FILE). `deadline_s` bounds the time until the answer's header is there,
    also where it comes a byte at a time.
    """

    def __init__(self, url: str, deadline_s: float, read_timeout_s: float) -> None:
        parts = urlsplit(url)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._deadline_s = deadline_s
        self._auth: httpx.Auth | None = None
        self._socket: socket.socket | None = None
        self._client = httpx.Client(
            timeout=httpx.Timeout(deadline_s, read=min(deadline_s, read_timeout_s)),
            verify=ssl.create_default_context(),
            trust_env=False,
            headers={"accept-encoding": "identity"},
            limits=httpx.Limits(max_connections=1),
        )

    def ask(self) -> httpx.Response:
        """The answer, its body not yet read. Raises httpx.HTTPError, httpx.InvalidURL."""
        watchdog = threading.Timer(self._deadline_s, self.shut)
        watchdog.daemon = True
        watchdog.start()
        try:
            answer = self._send(self._request())
            if answer.status_code == 401 and self._user:
                self._auth = self._choose(answer)
                answer.close()
                answer = self._send(self._request(refused=answer))
            return answer
        finally:
            watchdog.cancel()

    def shut(self) -> None:
        """End what is being read, from any thread."""
        connection = self._socket
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Free the connection; by the thread that reads."""
        self._client.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        return self._client.send(request, stream=True, auth=None)

    def _request(self, refused: httpx.Response | None = None) -> httpx.Request:
        """refused: the answer 401 to the request before, with the camera's challenge."""
        request = self._client.build_request("GET", self._url, extensions={"trace": self._trace})
        if self._auth is None:
            return request
        flow = self._auth.auth_flow(request)
        request = next(flow)
        if refused is None or "authorization" in request.headers:
            return request
        try:
            return flow.send(refused)
        except (httpx.ProtocolError, *BAD_CHALLENGE):
            raise StrangeChallenge("") from None

    def _choose(self, refused: httpx.Response) -> httpx.Auth:
        offered = " ".join(refused.headers.get_list("www-authenticate")).lower()
        kind = httpx.DigestAuth if "digest" in offered else httpx.BasicAuth
        return kind(self._user, self._password)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Keeps the socket of a connection that was made, so that another thread can shut it."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")


def reason_of(error: Exception) -> str:
    """One line in words, without the address."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for kind, code in (
        (ssl.SSLCertVerificationError, "camera_certificate"),
        (ssl.SSLError, "camera_tls"),
        (ConnectionRefusedError, "camera_closed_port"),
        (ConnectionResetError, "camera_reset"),
        (socket.gaierror, "camera_unknown_host"),
        (httpx.TimeoutException, "camera_timed_out"),
        (StrangeChallenge, "camera_challenge"),
        (httpx.RemoteProtocolError, "camera_no_http"),
        (httpx.InvalidURL, "camera_address"),
    ):
        found = next((each for each in chain if isinstance(each, kind)), None)
        if isinstance(found, ssl.SSLCertVerificationError):
            return Reason(code, detail=found.verify_message)
        if found is not None:
            return Reason(code)
    return Reason("camera_lost")
