"""Stickers: two packs of the house, and what staff add."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class StickerPack(models.Model):
    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    is_ours = models.BooleanField(default=False, help_text="Drawn for the house; its pictures are static files.")
    is_offered = models.BooleanField(default=True, help_text="Stands in the picker; what was sent stays seen.")
    position = models.PositiveSmallIntegerField(default=100)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Sticker(models.Model):
    pack = models.ForeignKey(StickerPack, on_delete=models.CASCADE, related_name="stickers", db_index=False)
    key = models.SlugField(max_length=40, help_text="In its pack.")
    words = models.CharField(max_length=200, help_text="What it shows: read aloud, and what is searched.")
    upload = models.OneToOneField(
        "uploads.Upload", on_delete=models.SET_NULL, null=True, related_name="+", help_text="Empty for ours."
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_offered = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pack", "key"], name="sticker_once")]

    def __str__(self) -> str:
        return self.key
