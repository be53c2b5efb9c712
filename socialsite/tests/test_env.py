"""A broken setting is one plain sentence that names it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from socialsite import env


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("PORT", "eighty", lambda: env.number("PORT", 8000, low=1, high=65535)),
        ("PORT", "70000", lambda: env.number("PORT", 8000, low=1, high=65535)),
        ("DEBUG", "maybe", lambda: env.boolean("DEBUG")),
        ("SITE_URL", "example.org", lambda: env.site_url("http://localhost:8000")),
        ("SITE_URL", "https://example.org/path", lambda: env.site_url("http://localhost:8000")),
        ("REALTIME_URL", "http://example.org", env.realtime_url),
        ("DATABASE_URL", "mysql://x/y", lambda: env.database(Path("/tmp"))),
        ("DATABASE_URL", "postgresql://host:port/x", lambda: env.database(Path("/tmp"))),
        ("REDIS_URL", "localhost:6379", lambda: env.redis("REDIS_URL")),
        ("EMAIL_URL", "me@example.org", lambda: env.email(Path("/tmp"))),
        ("STORAGE_URL", "https://bucket", lambda: env.storage(Path("/tmp"))),
        ("LOG_LEVEL", "chatty", lambda: env.choice("LOG_LEVEL", "INFO", ["INFO", "ERROR"])),
        ("TRUSTED_PROXIES", "10.0.0.1 nginx", lambda: env.networks("TRUSTED_PROXIES")),
        ("TRUSTED_PROXIES", "10.0.0.0/33", lambda: env.networks("TRUSTED_PROXIES")),
        ("APP_REDIRECTS", "org.example.app:/in javascript:alert(1)", lambda: env.app_redirects("APP_REDIRECTS")),
        ("APP_REDIRECTS", "http://example.org/", lambda: env.app_redirects("APP_REDIRECTS")),
        ("SECRET_KEY", "short", lambda: env.secret_key(Path("/tmp"), required=True)),
        ("SECRET_KEY", "", lambda: env.secret_key(Path("/tmp"), required=True)),
    ],
)
def test_a_broken_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, read) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv(name, value)
    with pytest.raises(env.BrokenSetting) as raised:
        read()
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_networks_are_read_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.7, 172.16.0.0/12 ::1")
    assert env.networks("TRUSTED_PROXIES") == ["10.0.0.7", "172.16.0.0/12", "::1"]


def test_the_secret_key_is_made_once_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = env.secret_key(tmp_path, required=False)
    assert len(first) >= 64
    assert env.secret_key(tmp_path, required=False) == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_damaged_secret_key_is_not_replaced_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    (tmp_path / "secret_key").write_text("x")
    with pytest.raises(env.BrokenSetting, match="damaged"):
        env.secret_key(tmp_path, required=False)


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "below"))
    with pytest.raises(env.BrokenSetting, match="DATA_DIR"):
        env.folder("DATA_DIR", tmp_path)


def test_databases_by_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://us%40er:p%3Aw@db.example:6432/social?sslmode=require")
    made = env.database(tmp_path)
    assert (made["USER"], made["PASSWORD"], made["HOST"], made["PORT"], made["NAME"]) == (
        "us@er",
        "p:w",
        "db.example",
        "6432",
        "social",
    )
    assert made["OPTIONS"]["sslmode"] == "require"
    assert made["OPTIONS"]["pool"]["max_size"] == 8
    monkeypatch.setenv("DATABASE_URL", "")
    assert env.database(tmp_path)["NAME"] == str(tmp_path / "db.sqlite3")
    assert os.path.isdir(tmp_path)


@pytest.mark.parametrize(("size", "fits"), [(5 * 2**30, True), (5 * 2**30 + 1, False)])
def test_no_video_may_be_larger_than_a_bucket_copies(tmp_path: Path, size: int, fits: bool) -> None:
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "MAX_VIDEO_BYTES": str(size)}
    command = [sys.executable, "-c", "import socialsite.settings"]
    ran = subprocess.run(command, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=False)
    assert (ran.returncode == 0, "MAX_VIDEO_BYTES must lie between" in ran.stderr) == (fits, not fits), ran.stderr
