"""Who we become, and whose home it is; what the kernel makes of it is in ``tests/lab``."""

import os
import pwd

import pytest

from mxpath.vantage.privilege import ADVICE, Invoker, drop_privilege, go_home, invoker


@pytest.fixture
def by_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "65534")
    monkeypatch.setenv("SUDO_GID", "65534")


@pytest.mark.usefixtures("by_sudo")
def test_sudo_names_the_user_who_called_it() -> None:
    entry = pwd.getpwuid(65534)
    assert invoker() == Invoker(uid=65534, gid=65534, name=entry.pw_name, home=entry.pw_dir)


@pytest.mark.usefixtures("by_sudo")
@pytest.mark.parametrize("uid", ["0", "-5", "mail", ""])
def test_root_by_sudo_has_nobody_to_become(monkeypatch: pytest.MonkeyPatch, uid: str) -> None:
    monkeypatch.setenv("SUDO_UID", uid)
    assert invoker() is None


@pytest.mark.usefixtures("by_sudo")
def test_a_user_without_root_cannot_be_told_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert invoker() is None


@pytest.mark.usefixtures("by_sudo")
def test_the_home_is_the_users_and_a_chosen_directory_stays() -> None:
    environment = {
        "HOME": "/root",
        "USER": "root",
        "XDG_CACHE_HOME": "/root/.cache",
        "XDG_RUNTIME_DIR": "/run/user/0",
        "XDG_STATE_HOME": "/srv/state",
    }
    go_home(environment)
    entry = pwd.getpwuid(65534)
    assert environment == {
        "HOME": entry.pw_dir,
        "USER": entry.pw_name,
        "LOGNAME": entry.pw_name,
        "XDG_STATE_HOME": "/srv/state",
    }


def test_without_sudo_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    environment = {"HOME": "/root"}
    go_home(environment)
    assert environment == {"HOME": "/root"}
    before = os.getresuid(), os.getgroups()
    drop_privilege()
    assert (os.getresuid(), os.getgroups()) == before


def test_the_advice_names_the_command() -> None:
    assert "sudo setcap cap_net_raw+ep" in ADVICE
