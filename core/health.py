"""Short checks of the parts a request needs; the doctor's long ones stand in its command."""

import os
import shutil
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import Error, connection
from django.template.loader import get_template

from core import realtime
from core.storage import asking

FULL_BYTES = 64 * 2**20  # less than this, and the next picture or the next minute's rows may fail
FULL_FILES = 100


@dataclass(frozen=True)
class Part:
    name: str
    ok: bool
    says: str


def ready_parts() -> list[Part]:
    """Database first: nothing else can be asked on behalf of a member without it."""
    return [database(), bus(), storage(), disk(), sockets()]


def database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM core_head LIMIT 1")
    except Error as error:
        return Part("database", ok=False, says=type(error).__name__)
    return Part("database", ok=True, says=connection.vendor)


def bus() -> Part:
    if not settings.REDIS_URL:
        return Part("bus", ok=True, says="in this process")
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except redis.RedisError as error:
        return Part("bus", ok=False, says=type(error).__name__)
    return Part("bus", ok=True, says="redis")


def storage() -> Part:
    """A bucket is asked by workers alone: no request waits for it, so that while it is away all else is served."""
    if settings.BUCKET_URL:
        return Part("storage", ok=True, says="a bucket, which only workers ask")
    try:
        with asking():
            default_storage.exists("readyz")
    except OSError as error:
        return Part("storage", ok=False, says=type(error).__name__)
    return Part("storage", ok=True, says=type(default_storage._wrapped).__name__)  # type: ignore[attr-defined]


def disk() -> Part:
    """Whether a row or a file can still be written in DATA_DIR. Writes nothing and waits for nothing."""
    usage, system = shutil.disk_usage(settings.DATA_DIR), os.statvfs(settings.DATA_DIR)
    says = f"{usage.free / 2**30:.1f} of {usage.total / 2**30:.0f} GiB free in DATA_DIR"
    if system.f_flag & os.ST_RDONLY:
        return Part("disk", ok=False, says="DATA_DIR can only be read")
    if system.f_files > 0 and system.f_favail < FULL_FILES:
        return Part("disk", ok=False, says=f"room for {system.f_favail} more files in DATA_DIR")
    return Part("disk", ok=usage.free >= FULL_BYTES, says=says)


def sockets() -> Part:
    """A process that ends sends its sockets elsewhere, and wants no more requests."""
    return Part("sockets", ok=not realtime.hub.ends, says="ends" if realtime.hub.ends else "taken")


def plain_page(template: str) -> str:
    """A page that needs no request, session or database."""
    return get_template(template).render({})
