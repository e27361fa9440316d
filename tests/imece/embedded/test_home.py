"""What lies where, and who may enter."""

import os
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from imece.embedded import home
from imece.errors import Misconfigured


def test_sockets_lie_under_home_where_the_path_is_short() -> None:
    with tempfile.TemporaryDirectory() as short:
        assert home.run_folder(Path(short)) == Path(short) / "run"


def test_a_long_home_gets_a_short_folder_of_its_own_for_its_sockets(tmp_path: Path) -> None:
    one, other = (home.run_folder(tmp_path / (letter * 120)) for letter in "ab")

    assert one != other
    assert len(os.fsencode(one / "postgres/.s.PGSQL.5432")) <= home.SOCKET_PATH_LIMIT
    assert home.run_folder(tmp_path / ("a" * 120)) == one, "every process finds the same one"
    for folder in (one, other):
        folder.rmdir()


def test_nobody_else_may_look_into_the_run_folder(tmp_path: Path) -> None:
    mode = stat.S_IMODE(home.run_folder(tmp_path / "h").stat().st_mode)

    assert mode == (0o711 if os.geteuid() == 0 else 0o700)


def test_a_run_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Misconfigured, match="another user"):
        home.run_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its servers to somebody else")
def test_root_hands_folders_to_the_servers_account_and_lets_it_pass(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)

    data = home.own(tmp_path / "closed" / "data")

    user = home.account()
    assert user is not None
    assert (data.stat().st_uid, stat.S_IMODE(data.stat().st_mode)) == (user.pw_uid, 0o700)
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o701, "search only: the account passes, nobody lists"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its servers to somebody else")
def test_what_roots_umask_hid_can_be_used_by_the_servers_account(tmp_path: Path) -> None:
    program = tmp_path / "wheel" / "bin" / "server"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho runs\n")
    for path, mode in ((program, 0o700), (program.parent, 0o700), (tmp_path / "wheel", 0o700)):
        path.chmod(mode)
    user = home.account()
    assert user is not None

    home.let_use(tmp_path / "wheel")

    said = subprocess.run([program], user=user.pw_uid, group=user.pw_gid, extra_groups=[], check=True, capture_output=True)
    assert said.stdout == b"runs\n"
    assert stat.S_IMODE(program.stat().st_mode) == 0o705, "to be read and run, not to be written"
