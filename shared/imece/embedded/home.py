"""What lies where under `IMECE_HOME`, and which account owns the servers' part of it."""

import hashlib
import os
import pwd
import stat
from functools import cache
from pathlib import Path

from imece.errors import Misconfigured

#: Bytes that Linux allows for the path of a unix socket, without its closing NUL.
SOCKET_PATH_LIMIT = 107

#: The longest path below the run folder: supervisord binds under its pid first.
_LONGEST_SOCKET = "/supervisor.sock.4194304"


@cache
def account() -> pwd.struct_passwd | None:
    """
    The account the servers run as, or None for the present one.

    PostgreSQL refuses to run as root, so root (a container, a CI machine) hands its servers to `postgres` where the system has it, else to
    `nobody`. Raises Misconfigured where neither exists.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Misconfigured("Run imece as an ordinary user: PostgreSQL does not run as root, and neither postgres nor nobody exists here.")


def own(folder: Path) -> Path:
    """Make `folder`, for its owner only, belonging to the servers' account and reachable by it. Its name comes back."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if user := account():
        os.chown(folder, user.pw_uid, user.pw_gid)
        let_through(folder)
    return folder


def let_through(path: Path) -> None:
    """Let the servers' account pass through the folders above `path`: search permission alone, nobody can list or read them by it."""
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def let_use(folder: Path) -> None:
    """Let the servers' account read and run what was installed in `folder`, where root's umask hid it."""
    let_through(folder)
    if folder.stat().st_mode & stat.S_IXOTH:
        return
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | (mode & 0o500) >> 6)


def run_folder(home: Path) -> Path:
    """
    Where the sockets and the state of the running stack lie: `<home>/run`, made if need be.

    Where a socket's path would be longer than Linux allows, a folder under /tmp instead, named by a hash of `home`. Raises Misconfigured when
    the folder is somebody else's.
    """
    folder = home.absolute() / "run"
    if len(os.fsencode(folder)) + len(_LONGEST_SOCKET) > SOCKET_PATH_LIMIT:
        name = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:16]
        folder = Path("/tmp") / f"imece-{name}"  # noqa: S108 (checked below; $TMPDIR may differ between the processes that meet here)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Misconfigured(
            f"{folder} belongs to another user: run imece as that one, or set IMECE_HOME to a folder of your own.",
            f"{folder} başka bir kullanıcının: imece'yi o kullanıcıyla çalıştırın ya da IMECE_HOME ile kendi klasörünüzü gösterin.",
        )
    folder.chmod(0o711 if account() else 0o700)
    return folder
