"""The console's cookies: what they are called, and how they are set."""

from http.cookies import CookieError, SimpleCookie

from alerts.config import ConsoleConfig


class Cookies:
    """Of one console. No page reads them, no other site sends them; where people reach the console by https, no line
    in the clear carries them and no neighbouring host can set them (`__Host-`)."""

    def __init__(self, console: ConsoleConfig) -> None:
        secure = console.public_url is not None and console.public_url.scheme == "https"
        prefix, self._more = ("__Host-", "; Secure") if secure else ("", "")
        self.session = f"{prefix}xinan_{console.port}"
        self.device = f"{prefix}xinan_known_{console.port}"

    def put(self, name: str, value: str, life_s: float) -> str:
        """A Set-Cookie value. life_s: 0 clears it."""
        return f"{name}={value}; Path=/; Max-Age={int(life_s)}; HttpOnly; SameSite=Strict{self._more}"

    @staticmethod
    def read(header: str, name: str) -> str:
        """A cookie's value in a request's Cookie header; "" if it is not there."""
        try:
            morsel = SimpleCookie(header).get(name)
        except CookieError:
            return ""
        return morsel.value if morsel else ""
