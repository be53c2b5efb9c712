"""What is said in a film, in words: one file a language, by its owner, before it is used and afterwards."""

import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import errors
from uploads import access, captions, languages
from uploads.models import Caption, Upload

LANGUAGES = 20  # of one film

SENTENCES = {
    "encoding": gettext_lazy("This file is not in UTF-8. Please save it so."),
    "large": gettext_lazy("This file is too large for captions."),
    "header": gettext_lazy("This is not a WebVTT file: it begins with the word WEBVTT."),
    "timing": gettext_lazy("Something is wrong with the times in line %(line)d."),
    "empty": gettext_lazy("There are no captions in this file."),
}


@transaction.atomic
def set_captions(*, actor: Any, key: str | uuid.UUID, language: str, file: bytes) -> Upload:
    """In place of those of this language. Invalid names the field "file" or "language"."""
    upload = _film(actor, key)
    tag = languages.clean(language)
    if not tag:
        raise errors.Invalid(_("Which language is this? Like en, or pt-br."), field="language")
    try:
        text = captions.clean(file)
    except captions.Refused as refused:
        raise errors.Invalid(str(SENTENCES[str(refused)]) % {"line": refused.line}, field="file") from None
    Caption.objects.filter(upload=upload, language=tag).delete()
    if len(upload.captions) - (tag in {one["language"] for one in upload.captions}) >= LANGUAGES:
        raise errors.Invalid(_("Captions in twenty languages are enough."), field="language")
    Caption.objects.create(upload=upload, language=tag, text=text)
    return _told(upload)


@transaction.atomic
def delete_captions(*, actor: Any, key: str | uuid.UUID, language: str) -> Upload:
    upload = _film(actor, key)
    gone, _rows = Caption.objects.filter(upload=upload, language=language).delete()
    if not gone:
        raise errors.NotFound(field="language")
    return _told(upload)


def _film(actor: Any, key: str | uuid.UUID) -> Upload:
    upload = access.access_upload(actor, key, lock=True)
    if not upload.is_film:
        raise errors.Invalid(_("Only videos and sounds have captions."), field="file")
    return upload


def _told(upload: Upload) -> Upload:
    """The row says which there are, under its lock."""
    rows = Caption.objects.filter(upload=upload).order_by("language").values("id", "language")
    upload.captions = list(rows)
    upload.save(update_fields=["captions"])
    return upload
