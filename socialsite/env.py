"""Reads settings from the environment; a broken one becomes one plain sentence that names the variable."""

import ipaddress
import json
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import maxminddb

from accounts import providers


class BrokenSetting(Exception):
    """A setting that cannot be used; str() is one sentence for the operator."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise BrokenSetting(f"{name} must be a whole number, not {raw!r}.") from None
    if not low <= value <= high:
        raise BrokenSetting(f"{name} must lie between {low} and {high}, not {raw}.")
    return value


def boolean(name: str, *, default: bool = False) -> bool:
    raw = text(name).lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise BrokenSetting(f"{name} must be yes or no, not {raw!r}.")


def words(name: str, default: str = "") -> list[str]:
    return [word for word in text(name, default).replace(",", " ").split() if word]


def choice(name: str, default: str, among: Collection[str]) -> str:
    raw = text(name, default)
    if raw not in among:
        raise BrokenSetting(f"{name} must be one of {', '.join(among)}, not {raw!r}.")
    return raw


def networks(name: str) -> list[str]:
    """Addresses (10.0.0.7) or networks (10.0.0.0/8). A name would never match, and nobody would notice."""
    found = words(name)
    for one in found:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError:
            raise BrokenSetting(f"{name} must be addresses such as 10.0.0.7 or 10.0.0.0/8, not {one!r}.") from None
    return found


def address_ranges(name: str) -> str:
    """A file of places by address range (.mmdb), or none. Looked into once, so that a broken one is seen now."""
    path = text(name)
    try:
        if path:
            with maxminddb.open_database(path) as found:
                found.get("192.0.2.1")
    except (OSError, ValueError, maxminddb.InvalidDatabaseError):
        raise BrokenSetting(f"{name} is {path}, which cannot be read as a file of address ranges (.mmdb).") from None
    return path


def oidc_providers(name: str) -> list[providers.Provider]:
    """A JSON list of OpenID Connect providers (docs/sso.md)."""
    try:
        given = json.loads(text(name) or "[]")
    except json.JSONDecodeError as error:
        raise BrokenSetting(f"{name} is no JSON: {error.msg} at character {error.pos}.") from None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BrokenSetting(f'{name} must be a list such as [{{"key": "google", "issuer": "https://..."}}].')
    found: list[providers.Provider] = []
    for number, one in enumerate(given, 1):
        try:
            found.append(providers.clean(one))
        except providers.Broken as error:
            raise BrokenSetting(f"{name}, provider {number}, {error.field!r}: {error.words}") from None
    if len({one.key for one in found}) < len(found):
        raise BrokenSetting(f"{name} has two providers with the same key.")
    return found


def app_redirects(name: str) -> list[str]:
    """Where apps are called back after a login in the system browser (RFC 8252): a scheme of their own, or https."""
    found = words(name)
    for one in found:
        try:
            parts = urlsplit(one)
        except ValueError:
            parts = urlsplit("")
        if not (parts.hostname if parts.scheme == "https" else "." in parts.scheme):
            raise BrokenSetting(f"{name} must look like org.example.app:/signed-in, not {one!r}.")
    return found


def site_url(default: str) -> str:
    """The base of mail links, passkeys' RP id, CSRF and socket origins: scheme and host, without a path."""
    raw = text("SITE_URL", default).rstrip("/")
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise BrokenSetting(f"SITE_URL must look like https://example.org, not {raw!r}.")
    return raw


def realtime_url() -> str:
    raw = text("REALTIME_URL")
    if raw and urlsplit(raw).scheme not in {"ws", "wss"}:
        raise BrokenSetting(f"REALTIME_URL must look like wss://example.org/ws/, not {raw!r}.")
    return raw


def folder(name: str, default: Path) -> Path:
    """A folder that exists afterwards and can be written to."""
    path = Path(text(name) or default).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BrokenSetting(
            f"{name} is {path}, which cannot be written to ({error.strerror}). Choose another folder."
        ) from None
    return path


def secret_key(data_dir: Path, *, required: bool) -> str:
    """The key that signs everything: from the environment, else made once in the data folder (mode 0600)."""
    value = text("SECRET_KEY")
    if value:
        if len(value) < 32:
            raise BrokenSetting("SECRET_KEY is too short; use at least 32 random characters.")
        return value
    if required:
        raise BrokenSetting(
            "SECRET_KEY must come from the environment as soon as DATABASE_URL or REDIS_URL is set, "
            "because every process needs the same one."
        )
    path = data_dir / "secret_key"
    fresh = secrets.token_urlsafe(64)
    temporary = data_dir / f".secret_key-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        if not path.exists():
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(fresh)
                file.flush()
                os.fsync(file.fileno())
            # A link is made whole or not at all, and never replaces the key of another process that was faster.
            try:
                os.link(temporary, path)
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        value = path.read_text().strip()
    except OSError as error:
        raise BrokenSetting(f"The secret key at {path} cannot be read or made ({error.strerror}).") from None
    if len(value) < 32:
        raise BrokenSetting(
            f"The secret key at {path} is damaged. Put the old one back, or delete it to make a new one."
        )
    return value


# Statements are many, and short: no compiling of one, and one plan for all values of a prepared one.
SESSION = "-c jit=off -c plan_cache_mode=force_generic_plan"


def database(data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES["default"]: PostgreSQL from DATABASE_URL, else SQLite in the data folder."""
    raw = text("DATABASE_URL")
    if not raw:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data_dir / "db.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA busy_timeout=20000;"
                    "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-20000;"
                    "PRAGMA temp_store=MEMORY;"
                ),
            },
        }
    parts = urlsplit(raw)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/") or port == -1:
        raise BrokenSetting("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "core.postgres",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 0,  # core.postgres looks whether what the pool gives is still alive
        "OPTIONS": {
            "connect_timeout": 5,
            "tcp_user_timeout": 15_000,
            "prepare_threshold": 0,  # for the statements of core.prepared alone
            **query,
            "options": f"{SESSION} {query.get('options', '')}".strip(),
            **pool(),
        },
    }


def pool() -> dict[str, Any]:
    """Connections kept by one process; DATABASE_POOL=0: none, which suits workers that do one task at a time."""
    size = number("DATABASE_POOL", 8, low=0, high=100)
    if not size:
        return {}
    return {
        "pool": {
            "min_size": min(2, size),
            "max_size": size,
            "timeout": 5,
            "max_lifetime": 1800,
            "max_idle": 300,
            "reconnect_timeout": 1,  # after that the next request tries, instead of nobody for as long as it was away
        }
    }


def redis(name: str) -> str:
    raw = text(name)
    if raw and urlsplit(raw).scheme not in {"redis", "rediss", "unix"}:
        raise BrokenSetting(f"{name} must look like redis://host:6379/0, not {raw!r}.")
    return raw


def email(data_dir: Path) -> dict[str, Any]:
    """Mail settings from EMAIL_URL: smtp(s)://, an anymail service such as sendgrid://KEY, else printed and kept."""
    raw = text("EMAIL_URL")
    if not raw:
        return {"EMAIL_BACKEND": "core.mail.KeptBackend", "EMAIL_FILE_PATH": str(data_dir / "mail")}
    parts = urlsplit(raw)
    if parts.scheme in {"smtp", "smtps", "smtp+tls"} and parts.hostname:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname,
            "EMAIL_PORT": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
            "EMAIL_TIMEOUT": 10,
        }
    if parts.scheme == "sendgrid" and parts.netloc:
        # netloc, not hostname: a key is case-sensitive.
        return {
            "EMAIL_BACKEND": "anymail.backends.sendgrid.EmailBackend",
            "ANYMAIL": {"SENDGRID_API_KEY": unquote(parts.netloc), "REQUESTS_TIMEOUT": 10},
        }
    if parts.scheme == "ses":
        return {
            "EMAIL_BACKEND": "anymail.backends.amazon_ses.EmailBackend",
            "ANYMAIL": {"AMAZON_SES_CLIENT_PARAMS": {"region_name": parts.hostname} if parts.hostname else {}},
        }
    raise BrokenSetting(
        "EMAIL_URL must look like smtp+tls://user:password@host:587, smtps://..., smtp://..., sendgrid://KEY or ses://REGION."
    )


def storage(data_dir: Path, name: str = "STORAGE_URL") -> dict[str, Any]:
    """One of Django's STORAGES: s3://bucket?region=&endpoint=, else ("" or "local") the data folder."""
    raw = text(name)
    if raw in ("", "local"):
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": str(data_dir / "media"),
                "file_permissions_mode": 0o640,
                "directory_permissions_mode": 0o750,
            },
        }
    parts = urlsplit(raw)
    if parts.scheme != "s3" or not parts.hostname:
        raise BrokenSetting(f"{name} must look like s3://bucket?region=eu-central-1&endpoint=https://host.")
    query = dict(parse_qsl(parts.query))
    options: dict[str, Any] = {
        "bucket_name": parts.hostname,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": True,
        "max_memory_size": 256 * 1024,  # larger ones are read through a temporary file
        "object_parameters": {"CacheControl": "max-age=1800"},  # no longer than the shortest link
    }
    if parts.username:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password or "")}
    if query.get("region"):
        options["region_name"] = query["region"]
    if query.get("endpoint"):
        options["endpoint_url"] = query["endpoint"]
    from botocore.config import Config  # which takes a while to load, and is for those who have it

    # Whoever waits for a storage that is away (a worker, doctor) hears of it soon.
    options["client_config"] = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if query.get("endpoint") else None},
        connect_timeout=3,
        read_timeout=20,
        retries={"total_max_attempts": 2, "mode": "standard"},
        # Anything that speaks S3 knows MD5; not all of it knows what AWS' client adds by itself nowadays.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def old_storage(data_dir: Path, new: dict[str, Any]) -> dict[str, Any]:
    """Where files lay before; never the place where they are to go, for there they are deleted once they are moved."""
    old = storage(data_dir, "STORAGE_OLD_URL")

    def place(one: dict[str, Any]) -> list[Any]:
        return [one["OPTIONS"].get(name) for name in ("location", "bucket_name", "endpoint_url")]

    if place(old) == place(new):
        raise BrokenSetting("STORAGE_OLD_URL and STORAGE_URL are the same place. Take STORAGE_OLD_URL away.")
    return old


def bucket_url() -> str:
    """Where browsers reach the bucket of STORAGE_URL; empty for the data folder."""
    parts = urlsplit(text("STORAGE_URL"))
    if parts.scheme != "s3":
        return ""
    query = dict(parse_qsl(parts.query))
    endpoint = query.get("public") or query.get("endpoint")
    if endpoint:
        if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname:
            raise BrokenSetting("STORAGE_URL: endpoint and public are addresses like https://host.")
        return f"{endpoint.rstrip('/')}/{parts.hostname}"
    if not query.get("region"):
        raise BrokenSetting("STORAGE_URL needs a region (s3://bucket?region=eu-central-1), or an endpoint.")
    return f"https://{parts.hostname}.s3.{query['region']}.amazonaws.com"


def origins(*urls: str) -> list[str]:
    """What a content security policy names, of the addresses that are there."""
    return [f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, filter(None, urls))]


def cdn() -> dict[str, str]:
    """CloudFront before the bucket: its address, the id of its key and the key itself; empty without."""
    found = {"url": text("CLOUDFRONT_URL").rstrip("/"), "key_id": text("CLOUDFRONT_KEY_ID")}
    path = text("CLOUDFRONT_KEY")
    if not any((*found.values(), path)):
        return {}
    if not all((*found.values(), path)) or urlsplit(found["url"]).scheme != "https":
        raise BrokenSetting("CLOUDFRONT_URL (https://...), CLOUDFRONT_KEY_ID and CLOUDFRONT_KEY (a file) go together.")
    try:
        return found | {"key": Path(path).read_text()}
    except OSError as error:
        raise BrokenSetting(f"CLOUDFRONT_KEY: {path} cannot be read ({error.strerror}).") from None
