"""Whatever members see of each other can be reported, or there is a reason why not; a new table with words or files of
members, and a new kind of upload, fails here until somebody has decided."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import CharField, Model, TextField

from accounts import personal
from accounts.models.people import User
from moderation import registry
from uploads import registry as uploads_registry
from uploads.models import Upload

FORM = """{missing}: a member who is hurt by it cannot report it. In moderation/apps.py:
    registry.register(registry.Reportable(key="story", label=_("Story"), find=..., url=..., shows=(Story,)))
or in {here} the reason why nobody but its owner (or a moderator) ever sees it."""

# Words and files that need no report of their own, and why.
OTHERWISE: dict[str, str] = {
    "accounts.AddressChange": "its owner's alone",
    "accounts.ApiToken": "its owner's alone",
    "accounts.AppLogin": "its owner's alone",
    "accounts.Application": "moderators read it and decline",
    "accounts.BlockedAddress": "moderators' alone",
    "accounts.Export": "its owner's alone",
    "accounts.Import": "its owner's alone",
    "accounts.NamePart": "made of the name and the handle",
    "accounts.Device": "its owner's alone",
    "accounts.FormerHandle": "was part of the profile",
    "accounts.Identity": "its owner's alone",
    "accounts.Invitation": "goes by mail, and can be revoked",
    "accounts.MutedWord": "its owner's alone",
    "accounts.PeopleList": "its owner's alone",
    "chat.InviteLink": "its code is chance",
    "chat.Membership": "its owner's alone",
    "chat.MessageMark": "a reaction is one of the owner's set; the rest is its owner's alone",
    "chat.MessageVersion": "moderators' alone",
    "chat.MessageWords": "made of the message",
    "chat.MessageFile": "with its message",
    "chat.Sticker": "the site's own, brought by staff",
    "feed.Collection": "its owner's alone",
    "feed.Draft": "its owner's alone",
    "feed.DraftPicture": "its owner's alone",
    "feed.Reaction": "one of the owner's set",
    "feed.Source": "a hashtag is a word of posts",
    "moderation.Report": "moderators' alone",
    "uploads.Missing": "staff's",
    "uploads.Slot": "its owner's, until it is an upload",
    "uploads.Upload": "by the kinds of uploads below",
}

SITES_OWN = {"sticker"}  # kinds of uploads that staff brings


def has_words_or_files(model: type[Model]) -> bool:
    return any(
        (isinstance(field, CharField | TextField) and not field.choices) or field.related_model is Upload
        for field in model._meta.concrete_fields
    )


def of_members() -> set[type[Model]]:
    """Our tables that name members, or that export or erasure knows, and hold free words or files."""
    held = {User, *(table.model for table in personal.tables)}
    held |= {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model in (Upload, *held)
    }
    ours = {model for model in held if model._meta.app_label in set(settings.ROOMS) - {"core"}}
    return {model for model in ours if has_words_or_files(model)}


def undecided() -> list[str]:
    shown = {model for kind in registry.kinds.values() for model in kind.shows}
    return sorted(model._meta.label for model in of_members() - shown if model._meta.label not in OTHERWISE)


def uploads_undecided() -> list[str]:
    reported = {name for kind in registry.kinds.values() for name in kind.uploads}
    kinds = uploads_registry.kinds.keys() - reported - SITES_OWN
    return sorted(name for name in kinds if not name.startswith("test"))


def test_what_members_see_of_each_other_can_be_reported() -> None:
    missing = undecided()
    assert not missing, FORM.format(missing=", ".join(missing), here=f"OTHERWISE of {__name__}")


def test_every_kind_of_upload_can_be_reported() -> None:
    missing = uploads_undecided()
    assert not missing, FORM.format(missing=", ".join(missing), here="`uploads` of its kind")


def test_what_is_in_no_registry_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "kinds", {})
    assert undecided() == [
        "accounts.ProfileField", "accounts.User", "chat.Conversation", "chat.Message", "feed.Comment", "feed.Post",
        "feed.PostPicture", "feed.Revision", "uploads.Caption", "uploads.LinkPreview",
    ]  # fmt: skip
    assert uploads_undecided() == ["avatar", "comment", "cover", "group", "message", "post", "preview", "voice"]


def test_reasons_name_what_exists_and_is_not_reportable() -> None:
    shown = {model._meta.label for kind in registry.kinds.values() for model in kind.shows}
    labels = {model._meta.label for model in of_members()}
    assert OTHERWISE.keys() <= labels, sorted(OTHERWISE.keys() - labels)
    assert not OTHERWISE.keys() & shown
