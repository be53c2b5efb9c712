"""Stickers: two packs drawn for this project, and those that staff brings."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_noop as _

PACKS_LIMIT = 50
STICKERS_LIMIT = 60  # in one pack
NAME_LIMIT = 60
KEY_LENGTH = 24
ID_LENGTH = 2 * KEY_LENGTH + 1  # "pack/sticker": what messages and clients know a sticker by, for ever

# Pack -> what it is called, and its drawings with their names: static/img/stickers/<pack>/<sticker>.svg. They need no
# rows; rows say only what staff has decided about them.
DRAWN: dict[str, tuple[str, dict[str, str]]] = {
    "pip": (
        _("Pip"),
        {
            "hello": _("Pip waves hello"),
            "love": _("Pip holds a heart"),
            "laugh": _("Pip laughs out loud"),
            "yes": _("Pip says yes"),
            "no": _("Pip shakes its head"),
            "wow": _("Pip is amazed"),
            "thinking": _("Pip is thinking"),
            "sad": _("Pip is sad"),
            "cross": _("Pip is cross"),
            "hug": _("Two Pips hug"),
            "party": _("Pip throws a party"),
            "sleep": _("Pip is asleep"),
        },
    ),
    "things": (
        _("Little things"),
        {
            "sun": _("A sun that says good morning"),
            "moon": _("A moon that says good night"),
            "tea": _("A cup of tea"),
            "noodles": _("A bowl of noodles"),
            "bread": _("A fresh loaf of bread"),
            "cake": _("A birthday cake"),
            "flower": _("A flower in a pot"),
            "heart": _("A warm heart"),
            "letter": _("A letter for you"),
            "lantern": _("A paper lantern"),
            "balloon": _("A balloon on its way"),
            "cloud": _("A cloud that cries"),
        },
    ),
}


class StickerPack(models.Model):
    """A pack that staff made, or has decided something about: those of DRAWN have no name here."""

    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    name = models.CharField(max_length=NAME_LIMIT, blank=True)
    is_shown = models.BooleanField(default=True, help_text="Hidden: nobody sends them; what was sent stays.")
    place = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sticker pack {self.key}"


class Sticker(models.Model):
    """One of a pack. It is never deleted: messages that carry it show it on."""

    pack = models.ForeignKey(StickerPack, on_delete=models.CASCADE, related_name="stickers", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)
    name = models.CharField(max_length=NAME_LIMIT, blank=True, help_text="For those who do not see it.")
    upload = models.ForeignKey(
        "uploads.Upload", on_delete=models.SET_NULL, null=True, related_name="+", help_text="Empty: drawn, or gone."
    )
    place = models.PositiveIntegerField(default=0)
    is_withdrawn = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pack", "key"], name="sticker_once")]

    def __str__(self) -> str:
        return f"sticker {self.key} of pack {self.pack_id}"
