"""Personal tokens, and those of bots: what a script shows instead of a login."""

import hashlib
import secrets
import string
import zlib

from django.db import models

from accounts.models.logins import Device
from accounts.models.people import User

PREFIX = "sst_"
LETTERS = string.digits + string.ascii_letters
RANDOM, SUM = 32, 6  # letters of chance (190 bits) and of the checksum


class ApiToken(models.Model):
    """The token itself is shown once; only its digest is kept. When it was made, last used and from where, and whether
    it was revoked, says its login: a token is one Device row, so whatever ends logins ends it and its sockets."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, related_name="token")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=60)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="api_tokens_of")]
        permissions = [("manage_bots", "Can make and manage bots")]

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"


def mint() -> str:
    """A fresh token: sst_ and 38 letters and digits, the last 6 a checksum, by which scanners of secrets know it."""
    chance = "".join(secrets.choice(LETTERS) for _turn in range(RANDOM))
    return f"{PREFIX}{chance}{_checksum(chance)}"


def digest_of(raw: str) -> str | None:
    """What is kept of a token; None for what was never one, without asking the database."""
    chance, sum = raw[len(PREFIX) : -SUM], raw[-SUM:]
    whole = raw.isascii() and raw.startswith(PREFIX) and len(raw) == len(PREFIX) + RANDOM + SUM
    return digest(raw) if whole and _checksum(chance) == sum else None


def digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def _checksum(chance: str) -> str:
    number, letters = zlib.crc32(chance.encode()), ""
    for _turn in range(SUM):
        number, place = divmod(number, len(LETTERS))
        letters = LETTERS[place] + letters
    return letters
