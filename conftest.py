"""How the tests run. `make test` calls pytest twice, and both runs must pass:

1. on SQLite: every test but those marked `postgres`;
2. on PostgreSQL (DATABASE_URL is set): the tests marked `postgres`, and those marked `both`.

So a test is deselected where it says nothing, and never skipped. Alone, `.venv/bin/pytest chat` is the first run for
one room; for the second: `make test ARGS=chat`, or DATABASE_URL=postgres://... .venv/bin/pytest chat. Tests marked
`redis` take the fixture `redis_url` (or `redis_server`, to stop it in the middle): the one `make test` started, else
one started for them; tests marked `s3` take `bucket`, for which the first of them starts Ceph's gateway. What is
missing on the machine is a failure that says so.

Every process of a run has a folder and a database file of its own. Nothing of the developer's environment reaches the
tests.
"""

import fcntl
import gc
import importlib.util
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoDbBlocker

# Before Django reads its settings: the environment of the tests, whole.
DATABASE_URL = os.environ.get("DATABASE_URL", "")
ON_POSTGRES = DATABASE_URL.startswith("postgres")
SCRATCH = Path(tempfile.mkdtemp(prefix=f"socialsite-test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-"))
HOUSE = Path(__file__).parent / "socialsite"
TEMPLATE = "socialsite_migrated"
OURS = {
    name
    for file in ("settings.py", "env.py")
    for name in re.findall(r'\w\(\s*"([A-Z][A-Z0-9_]+)"', (HOUSE / file).read_text())
}
for name in OURS:
    os.environ.pop(name, None)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "socialsite.settings",
    "SOCIALSITE_TESTING": "1",
    "DATABASE_URL": DATABASE_URL if ON_POSTGRES else "",
    "DATA_DIR": str(SCRATCH),
    "SECRET_KEY": "only-for-tests-" * 4,
}

import django  # noqa: E402

django.setup()

# The cast (alice writes, bob follows her, carol is a stranger, dan is her friend, mallory is blocked by alice, mod
# moderates) lives with the accounts; the modules named here are plugins, so their fixtures are known everywhere.
CAST = ["accounts.tests.factories", "e2e.fixtures"]


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


pytest_plugins = [module for module in CAST if _exists(module)]


# Which tests, in which order


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what belongs to the other run. Groups, which keep one worker busy for long, begin; browser tests come
    last: Playwright's loop stays in the process."""

    def belongs(item: pytest.Item) -> bool:
        marks = {mark.name for mark in item.iter_markers()}
        return bool(marks & {"postgres", "both"}) if ON_POSTGRES else "postgres" not in marks

    elsewhere = [item for item in items if not belongs(item)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)

    def turn(item: pytest.Item) -> int:
        if item.get_closest_marker("browser"):
            return 1
        return -bool(item.get_closest_marker("xdist_group"))

    items[:] = sorted((item for item in items if belongs(item)), key=turn)


def pytest_collection_finish() -> None:
    """What is there now stays to the end: it need not be looked at for rubbish again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_xdist_setupnodes() -> None:
    """Workers inherit our environment: without this pytest-django would read the settings, with our folder, before
    this file has given each worker its own."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_report_header() -> str:
    return "database: PostgreSQL (tests marked postgres or both)" if ON_POSTGRES else "database: SQLite"


def pytest_unconfigure() -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)


# The frame of every test


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[..., Path]:
    """once("demo", make) -> the folder in which `make(folder)` was called once for all processes of the run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / f"{name}-once"
        with (shared / f"{name}-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return once


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """SQLite: the copy of a database that has all migrations. It lies in SCRATCH, which goes as a whole."""
    return not ON_POSTGRES


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, once: Callable[..., Path], django_db_blocker: DjangoDbBlocker
) -> None:
    """All migrations run once for all processes. SQLite as a file, as on the real site: threads and live servers see
    what others committed."""
    from django.db import connections

    def migrate(folder: Path) -> None:
        if ON_POSTGRES:
            with django_db_blocker.unblock(), connections["default"]._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
                cursor.execute(f"CREATE DATABASE {TEMPLATE}")
        place = {"DATA_DIR": str(folder), "DATABASE_URL": urlsplit(DATABASE_URL)._replace(path=TEMPLATE).geturl()}
        place |= {} if ON_POSTGRES else {"DATABASE_URL": ""}
        command = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(command, cwd=HOUSE.parent, env=os.environ | place, check=True)

    migrated = once("migrated", migrate)
    settings = connections["default"].settings_dict
    if ON_POSTGRES:
        settings["TEST"]["TEMPLATE"] = TEMPLATE
        return
    settings["TEST"]["NAME"] = str(SCRATCH / "test.sqlite3")
    shutil.copy(migrated / "db.sqlite3", SCRATCH / "test.sqlite3")
    # Nothing of a test has to survive a power cut.
    settings["OPTIONS"]["init_command"] = settings["OPTIONS"]["init_command"].replace(
        "synchronous=FULL", "synchronous=OFF"
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """At the end nobody is left in PostgreSQL: a pool that has just mended itself would keep the database there."""
    yield
    if ON_POSTGRES:
        from django.db import connection

        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Limits and throttles count in the cache; one test's counting is not another's. What the owner has decided counts
    as just read (nothing), so that a page costs as much the first time as later."""
    from django.core.cache import caches

    from chat.access import stickers
    from core import limits, options

    options._known = (math.inf, {})  # never old, until somebody decides
    yield
    limits.memory.clear()
    options.forget()
    stickers.forget()
    for cache in caches.all(initialized_only=True):
        if "locmem" in type(cache).__module__ or "dummy" in type(cache).__module__:
            cache.clear()


# Services


@pytest.fixture(scope="session")
def services_module():
    """deploy/services.py, which is a script and not a package."""
    spec = importlib.util.spec_from_file_location("services", Path(__file__).parent / "deploy" / "services.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def redis_url(services_module, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Redis. Its databases are shared within the run: use keys of your own."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    pair = services_module.Services(tmp_path_factory.mktemp("redis"), throwaway=True)
    try:
        yield pair.start_redis()
    finally:
        pair.stop_redis()


@pytest.fixture
def redis_server(services_module, tmp_path: Path) -> Iterator:
    """A Redis for one test, to be stopped and started: redis_server.redis_url, .stop_redis(), .start_redis()."""
    pair = services_module.Services(tmp_path, throwaway=True)
    pair.start_redis()
    try:
        yield pair
    finally:
        pair.stop_redis()


@pytest.fixture(scope="module")
def s3_gateway() -> Iterator:
    """A real S3, for the tests of one file: what comes after them has the machine to itself."""
    from deploy import rgw

    if endpoint := os.environ.get("TEST_S3_ENDPOINT"):
        yield rgw.Gateway(Path(os.environ["TEST_S3_FOLDER"]), endpoint)
        return
    with rgw.gateway() as gateway:
        yield gateway


@pytest.fixture
def bucket(s3_gateway, settings, monkeypatch: pytest.MonkeyPatch):
    """The site's files lie in a new and empty bucket. Its lifecycle is not set: a day lasts seconds there."""
    import uuid

    from deploy import rgw
    from socialsite import env
    from uploads import links
    from uploads.bucket import Bucket

    host = s3_gateway.endpoint
    name = f"b{uuid.uuid4().hex}"
    address = f"s3://{rgw.KEY}:{rgw.SECRET}@{name}?region=us-east-1&endpoint={host}"
    monkeypatch.setenv("STORAGE_URL", address)
    settings.STORAGES = {**settings.STORAGES, "default": env.storage(SCRATCH)}
    settings.BUCKET_URL = env.bucket_url()
    links._signed.cache_clear()
    from django.core.files.storage import storages

    found = Bucket(storages["default"])
    found.address = address
    found.client.create_bucket(Bucket=name)
    found.client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [found.cors_rule()]})
    yield found
    links._signed.cache_clear()


# Browsers: Debian's Chromium, driven by Playwright


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, services_module) -> dict:
    services_module.ensure("chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop runs in this thread while the test asks the database
    )
    words = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    return {**browser_type_launch_args, "executable_path": services_module.find("chromium"), "args": words}
