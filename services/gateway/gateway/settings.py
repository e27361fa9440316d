"""Settings of the gateway (`GATEWAY_...`). The defaults serve one laptop; what is unsafe beyond it is refused at the start."""

from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ByteSize, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from imece import config
from imece.errors import Misconfigured

_SHORTEST_SECRET = 32


class Settings(BaseSettings):
    """The gateway's settings."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on; anything but loopback needs GATEWAY_SESSION_SECRET")
    port: int = Field(8300, ge=0, le=65535)
    public_url: str = Field("", description="The address people use, e.g. https://imece.example.com; empty: http://<host>:<port>")
    session_secret: SecretStr = Field(SecretStr(""), description="At least 32 random characters; a new one signs everybody out")
    cookie_secure: bool | None = Field(None, description="Send cookies over https only; empty: if the public address is https")
    trusted_proxies: str = Field("127.0.0.1", description="Whose X-Forwarded-For and -Proto are believed: addresses, comma-separated")
    max_upload: ByteSize = Field(
        ByteSize(2 * 1024**3), ge=1, description="Largest body that is accepted, of files and for the faces of services, e.g. 2GiB"
    )
    public_rate: float = Field(
        100, gt=0, description="Requests a second that one network address may make for what is anybody's; ten seconds' worth at once"
    )
    spool: Path | None = Field(None, description="Folder on a disk where uploads wait until they are whole; empty: the system's own")
    session_hours: float = Field(12, gt=0, description="A console session ends after this long without use")
    faces: str = Field(
        "", description="Faces of services elsewhere: pricing=http://pricing-web:8310, comma-separated; empty: the installed ones"
    )
    grace: int = Field(20, ge=0, description="Seconds that requests under way get when the gateway is stopped")

    @property
    def url(self) -> str:
        """The address people use, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def known_faces(self) -> dict[str, str]:
        """Name to address of every face that is named here. Raises Misconfigured for what is not `name=http://host:port`."""
        found = {}
        for part in filter(None, map(str.strip, self.faces.split(","))):
            name, _, address = part.partition("=")
            parts = urlsplit(address)
            if not name.isidentifier() or parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
                raise Misconfigured(
                    f"GATEWAY_FACES: {part} is not like pricing=http://pricing-web:8310.",
                    f"GATEWAY_FACES: {part}, pricing=http://pricing-web:8310 biçiminde değil.",
                )
            found[name] = address.rstrip("/")
        return found

    @property
    def secure(self) -> bool:
        """Whether cookies travel over https only."""
        return self.url.startswith("https://") if self.cookie_secure is None else self.cookie_secure


@cache
def settings() -> Settings:
    """The gateway's settings of this process, read once. Raises Misconfigured for a bind that would not be safe."""
    found = config.load(Settings)
    found.known_faces  # noqa: B018 (raises for what it cannot read)
    secret = found.session_secret.get_secret_value()
    if secret and (len(secret) < _SHORTEST_SECRET or len(set(secret)) < 10):
        raise Misconfigured(
            f"GATEWAY_SESSION_SECRET: give at least {_SHORTEST_SECRET} random characters, for example from `openssl rand -hex 32`.",
            f"GATEWAY_SESSION_SECRET: en az {_SHORTEST_SECRET} rastgele karakter verin, örneğin `openssl rand -hex 32` çıktısı.",
        )
    if not secret and not _loopback(found.host):
        raise Misconfigured(
            f"GATEWAY_HOST is {found.host}, which others can reach: set GATEWAY_SESSION_SECRET first, or listen on 127.0.0.1.",
            f"GATEWAY_HOST {found.host}, yani başkaları erişebilir: önce GATEWAY_SESSION_SECRET verin ya da 127.0.0.1 dinleyin.",
        )
    return found


@cache
def secret() -> bytes:
    """What sessions and form tokens are signed with: `GATEWAY_SESSION_SECRET`, or on a laptop one made once and kept under `IMECE_HOME`."""
    given = settings().session_secret.get_secret_value()
    if given:
        return given.encode()
    return config.kept_secret("gateway-session-secret")


def forget() -> None:
    """Read the environment again at the next use. For tests."""
    settings.cache_clear()
    secret.cache_clear()


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
