"""Short checks of the parts a request needs; the doctor's long ones stand in its command."""

from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.template.loader import get_template


@dataclass(frozen=True)
class Part:
    name: str
    ok: bool
    says: str


def ready_parts() -> list[Part]:
    """Database first: nothing else can be asked on behalf of a member without it."""
    return [database(), bus(), storage()]


def database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM core_head LIMIT 1")
    except DatabaseError as error:
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
    try:
        default_storage.exists("readyz")
    except OSError as error:
        return Part("storage", ok=False, says=type(error).__name__)
    return Part("storage", ok=True, says=type(default_storage._wrapped).__name__)  # type: ignore[attr-defined]


def plain_page(template: str) -> str:
    """A page that needs no request, session or database."""
    return get_template(template).render({})
