"""Sticker packs, as staff makes and minds them. Nothing is deleted: what was sent is shown on."""

import secrets
from collections.abc import Iterable, Sequence
from typing import IO, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import doors
from accounts.models.people import User
from chat.access import stickers as sticker_access
from chat.models.stickers import DRAWN, NAME_LIMIT, PACKS_LIMIT, STICKERS_LIMIT, Sticker, StickerPack
from core import audit, errors, text
from uploads import magic
from uploads.actions import receiving as uploads_receiving
from uploads.actions import troubles as uploads_troubles
from uploads.actions import using as uploads_using
from uploads.models import Upload

TYPES = {"image/png", "image/webp", "image/avif"}
MAX_BYTES = 2 * 1024 * 1024
Row = TypeVar("Row", StickerPack, Sticker)


@transaction.atomic
def make_pack(*, actor: User, name: str) -> StickerPack:
    """One more at the end, shown once it has a sticker."""
    packs = _packs(actor)
    if len(packs) >= PACKS_LIMIT:
        raise errors.Conflict(_("There are so many packs already."), field="name")
    place = max(pack.place for pack in packs) + 1
    pack = StickerPack.objects.create(key=secrets.token_hex(4), name=_name(name), place=place)
    _told("chat.make_sticker_pack", actor, pack)
    return pack


@transaction.atomic
def rename_pack(*, actor: User, key: str, name: str) -> None:
    pack = _one(_packs(actor), key)
    if key in DRAWN:
        raise errors.Conflict(_("This pack has its name in every language."), field="name")
    pack.name = _name(name)
    pack.save(update_fields=["name"])
    _told("chat.rename_sticker_pack", actor, pack)


@transaction.atomic
def set_pack_shown(*, actor: User, key: str, shown: bool) -> None:
    """Hidden, nobody can send its stickers; those that were sent stay."""
    pack = _one(_packs(actor), key)
    if pack.is_shown != shown:
        pack.is_shown = shown
        pack.save(update_fields=["is_shown"])
        _told("chat.show_sticker_pack" if shown else "chat.hide_sticker_pack", actor, pack)


@transaction.atomic
def move_pack_up(*, actor: User, key: str) -> None:
    """One place nearer to the front; the first stays."""
    packs = _packs(actor)
    pack = _one(packs, key)
    StickerPack.objects.bulk_update(_moved_up(packs, pack), ["place"])
    _told("chat.move_sticker_pack", actor, pack)


def receive_sticker(*, actor: User, key: str, file: IO[bytes], name: str, file_name: str = "") -> Sticker:
    """A picture becomes a sticker of this pack, made anew from what is decoded. Invalid and TooLarge name "file" or
    "name". The file is the site's and nobody's: it stays when who brought it leaves."""
    doors.access_office(actor, sticker_access.CHANGE)
    words = _name(name)
    _refuse_full(StickerPack.objects.filter(key=key).first(), key)
    kind = magic.type_of(file.read(magic.HEAD))
    file.seek(0)
    if kind not in TYPES:
        raise errors.Invalid(_("PNG, WebP and AVIF pictures work."), field="file")
    with uploads_troubles.told():
        made = uploads_receiving.receive_ready_upload(
            actor=None, purpose="sticker", file=file, name=file_name, max_bytes=MAX_BYTES
        )
    if made.animated:
        uploads_using.delete_found_uploads(actor=None, upload_ids=[made.pk])
        raise errors.Invalid(_("Pictures that move do not work as stickers."), field="file")
    return add_sticker(actor=actor, key=key, upload=made, name=words)


@transaction.atomic
def add_sticker(*, actor: User, key: str, upload: Upload, name: str) -> Sticker:
    """The site's own ready picture, at the end of the pack."""
    pack = _one(_packs(actor), key)
    _refuse_full(pack, key)
    if not uploads_using.attach_found_upload(actor=None, upload_id=upload.pk):
        raise errors.NotFound(field="file")
    last = Sticker.objects.filter(pack=pack).order_by("-place").values_list("place", flat=True).first()
    made = Sticker.objects.create(
        pack=pack, key=secrets.token_hex(4), name=_name(name), upload=upload, place=(last or 0) + 1
    )
    _told("chat.add_sticker", actor, pack, made)
    return made


@transaction.atomic
def rename_sticker(*, actor: User, key: str, sticker: str, name: str) -> None:
    pack, found = _sticker(actor, key, sticker)
    if found.upload_id is None:
        raise errors.Conflict(_("This sticker has its name in every language."), field="name")
    found.name = _name(name)
    found.save(update_fields=["name"])
    _told("chat.rename_sticker", actor, pack, found)


@transaction.atomic
def set_withdrawn(*, actor: User, key: str, sticker: str, withdrawn: bool) -> None:
    """Nobody can send it any more; messages that carry it show it on."""
    pack, found = _sticker(actor, key, sticker)
    if found.is_withdrawn != withdrawn:
        found.is_withdrawn = withdrawn
        found.save(update_fields=["is_withdrawn"])
        _told("chat.withdraw_sticker" if withdrawn else "chat.give_sticker", actor, pack, found)


@transaction.atomic
def move_sticker_up(*, actor: User, key: str, sticker: str) -> None:
    pack, found = _sticker(actor, key, sticker)
    rows = list(Sticker.objects.filter(pack=pack).order_by("place", "pk"))
    Sticker.objects.bulk_update(_moved_up(rows, found), ["place"])
    _told("chat.move_sticker", actor, pack, found)


def _packs(actor: User) -> list[StickerPack]:
    """All packs in their order and locked, those drawn for us too: what is decided about them needs rows."""
    doors.access_office(actor, sticker_access.CHANGE)
    StickerPack.objects.bulk_create(
        [StickerPack(key=key, place=place) for place, key in enumerate(DRAWN)], ignore_conflicts=True
    )
    locked = list(StickerPack.objects.select_for_update().order_by("pk"))
    return sorted(locked, key=lambda pack: (pack.place, pack.pk))


def _one(packs: Iterable[StickerPack], key: str) -> StickerPack:
    found = next((pack for pack in packs if pack.key == key), None)
    if found is None:
        raise errors.NotFound
    return found


def _sticker(actor: User, key: str, sticker: str) -> tuple[StickerPack, Sticker]:
    pack = _one(_packs(actor), key)
    if key in DRAWN:
        drawn = [Sticker(pack=pack, key=one, place=place) for place, one in enumerate(DRAWN[key][1])]
        Sticker.objects.bulk_create(drawn, ignore_conflicts=True)
    found = Sticker.objects.filter(pack=pack, key=sticker.replace("\x00", "")).first()
    if found is None:
        raise errors.NotFound
    return pack, found


def _moved_up(rows: Sequence[Row], one: Row) -> list[Row]:
    """The same rows with new places."""
    order = list(rows)
    place = next(place for place, row in enumerate(order) if row.pk == one.pk)
    if place:
        order[place - 1 : place + 1] = [order[place], order[place - 1]]
    for place, row in enumerate(order):
        row.place = place
    return order


def _refuse_full(pack: StickerPack | None, key: str) -> None:
    if key in DRAWN:
        raise errors.Conflict(_("This pack is complete. Make one of your own."), field="file")
    if pack is None:
        raise errors.NotFound
    if Sticker.objects.filter(pack=pack).count() >= STICKERS_LIMIT:
        raise errors.Conflict(_("This pack is full. Begin another one."), field="file")


def _name(given: str) -> str:
    words = " ".join(text.clean(given, limit=NAME_LIMIT, field="name").split())
    if not words:
        raise errors.Invalid(_("Give it a name: not everybody can see it."), field="name")
    return words


def _told(deed: str, actor: User, pack: StickerPack, sticker: Sticker | None = None) -> None:
    """Who did what; and the next that asks finds it so."""
    more = {"sticker": sticker.pk} if sticker else {}
    audit.record(deed, subject=f"sticker_pack:{pack.pk}", actor_id=actor.pk, **more)
    transaction.on_commit(sticker_access.forget)
