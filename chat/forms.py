"""What the chat's pages take in."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm
from chat.access.retention import DAYS
from chat.models.conversations import ABOUT_LIMIT, LIFETIMES, NAME_LIMIT, Role, Who
from chat.models.files import FILES_LIMIT, MessageFile
from chat.models.members import Circle, Writers
from chat.models.messages import TEXT_LIMIT
from chat.models.polls import CHOICE_LIMIT, CHOICES_LEAST, CHOICES_MOST, QUESTION_LIMIT
from chat.models.stickers import ID_LENGTH
from chat.models.stickers import NAME_LIMIT as STICKER_NAME_LIMIT
from chat.models.words import HAS
from uploads.models import Upload


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Several files; what they are is decided by the uploads room, which looks inside."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if len(given) > FILES_LIMIT:
            raise forms.ValidationError(_("Ten files at most, please."), code="many")
        return given


class LinesField(forms.Field):
    """Several fields of one name; those left empty are none."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[str]:
        return [one for one in value or [] if one.strip()]


class MessageForm(forms.Form):
    """The line one writes into. `client_id` is made with the form, so that a form sent twice stands once."""

    text = forms.CharField(
        label=_("Message"),
        max_length=TEXT_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 1, "placeholder": _("Message")}),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    reply = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]
    uploads = forms.Field(widget=forms.MultipleHiddenInput, required=False)  # keys of what came already

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not (self.errors or given.get("text") or given.get("files") or given.get("uploads")):
            self.add_error("text", _("Write something first."))
        return given

    def keep(self, keys: list[str]) -> None:
        """A refused form brings what it brought once more."""
        assert isinstance(self.data, QueryDict)
        self.data = self.data.copy()
        self.data.setlist("uploads", keys)

    @property
    def words(self) -> dict[str, Any]:
        """All but the files, as the action takes it."""
        return {name: self.cleaned_data[name] for name in ("text", "client_id", "reply")}


class ForwardForm(forms.Form):
    to = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    client_id = forms.UUIDField(widget=forms.HiddenInput)


class EditForm(forms.Form):
    """It stands beside the line one writes into: its ids are others."""

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="edit_%s", **kwargs)

    text = forms.CharField(
        label=_("Other words"), required=False, max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 3})
    )


class DescribeForm(RoomForm):
    """What the pictures of a message show: a field for each, named as its key. It stands beside other forms."""

    def __init__(self, data: Any = None, *, pictures: Sequence[MessageFile]) -> None:
        super().__init__(data, auto_id="alt_%s")
        for place, one in enumerate(pictures, start=1):
            label = _("What does picture %(n)s show?") % {"n": place} if len(pictures) > 1 else _("What does it show?")
            self.fields[str(one.upload.key)] = forms.CharField(
                label=label,
                required=False,
                max_length=Upload.ALT_LENGTH,
                initial=one.upload.alt,
                widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
            )

    @property
    def alts(self) -> dict[uuid.UUID, str]:
        return {uuid.UUID(key): alt for key, alt in self.cleaned_data.items()}


class GroupForm(RoomForm):
    """What a group is called."""

    missing = {"name": _("Give the group a name.")}
    name = forms.CharField(
        label=_("Name of the group"),
        max_length=NAME_LIMIT,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    about = forms.CharField(
        label=_("What it is about"),
        max_length=ABOUT_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )


class GroupSettingsForm(GroupForm):
    who_writes = forms.ChoiceField(label=_("Who may write"), choices=Who.choices)
    who_adds = forms.ChoiceField(label=_("Who may add people"), choices=Who.choices)
    shows_history = forms.BooleanField(
        label=_("Show earlier messages to who joins"),
        required=False,
        help_text=_("Otherwise they see what is said from then on."),
    )
    lifetime = forms.TypedChoiceField(
        label=_("Messages disappear"),
        choices=list(LIFETIMES.items()),
        coerce=int,
        help_text=_("Those sent from now on."),
    )


class LinkForm(RoomForm):
    """How long an invite link stands, and for how many."""

    DAYS = [("", _("No end")), ("1", _("A day")), ("7", _("A week")), ("30", _("30 days"))]
    days = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, required=False, coerce=int, empty_value=None)
    most_uses = forms.IntegerField(
        label=_("For how many people"),
        required=False,
        min_value=1,
        max_value=1000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "placeholder": _("Any number")}),
    )


class RoleForm(RoomForm):
    role = forms.ChoiceField(choices=Role.choices)


class ChatSettingsForm(RoomForm):
    writers = forms.ChoiceField(
        label=_("Who may begin a conversation with you"),
        choices=Writers.choices,
        widget=forms.RadioSelect,
        help_text=_("The same people may add you to groups. Who talks with you already goes on doing so."),
    )
    presence = forms.ChoiceField(
        label=_("Who sees when you are here"),
        choices=Circle.choices,
        widget=forms.RadioSelect,
        help_text=_("Whether you are online, and when you were last. You see it of the same people, if they let you."),
    )
    shows_reading = forms.BooleanField(
        label=_("Show what you have read"),
        required=False,
        help_text=_("Others see what has reached you and what you have read. Without it you do not see theirs either."),
    )


class SearchForm(RoomForm):
    """What somebody looks for among their messages."""

    q = forms.CharField(label=_("Words"), max_length=100, required=False, strip=True)
    conversation = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    sender = forms.CharField(
        label=_("From"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "@", "autocapitalize": "none", "autocomplete": "off"}),
    )
    since = forms.DateField(label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    has = forms.ChoiceField(label=_("With"), choices=[("", _("Anything")), *HAS], required=False)


class DayForm(forms.Form):
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date", "class": "inp"}))


class RetentionForm(RoomForm):
    kept_days = forms.TypedChoiceField(label=_("Messages are kept"), choices=list(DAYS.items()), coerce=int)


class StickerForm(forms.Form):
    """The page of stickers: each is a button. `client_id` is made with the page; each sticker's is made of it, so that
    one pressed twice stands once, and another one is another."""

    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    sticker = forms.CharField(max_length=ID_LENGTH)
    reply = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**63 - 1)

    @property
    def sending(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {**given, "client_id": uuid.uuid5(given["client_id"], given["sticker"])}


class PackForm(RoomForm):
    missing = {"name": _("Give it a name.")}
    name = forms.CharField(
        label=_("Name of the pack"),
        max_length=STICKER_NAME_LIMIT,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class NewStickerForm(RoomForm):
    missing = {"name": _("Give it a name: not everybody can see it.")}
    file = forms.FileField(
        label=_("A picture"),
        widget=forms.FileInput(attrs={"accept": "image/png,image/webp,image/avif"}),
        error_messages={"required": _("Choose a picture first."), "empty": _("This file is empty.")},
        help_text=_("PNG, WebP or AVIF, best without a background and 512 pixels wide and high."),
    )
    name = forms.CharField(
        label=_("What it shows"),
        max_length=STICKER_NAME_LIMIT,
        help_text=_("In a few plain words, for those who do not see it."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class PollForm(RoomForm):
    """What one asks the others; choices that are left empty are none."""

    missing = {"question": _("Ask something first.")}
    ENDS = [
        ("", _("When you end it")),
        ("3600", _("In an hour")),
        ("86400", _("In a day")),
        ("259200", _("In three days")),
        ("604800", _("In a week")),
    ]
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    question = forms.CharField(
        label=_("Question"),
        max_length=QUESTION_LIMIT,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    choices = LinesField(required=False, label=_("Choices"))
    is_multiple = forms.BooleanField(label=_("Several choices are allowed"), required=False)
    is_anonymous = forms.BooleanField(
        label=_("Nobody sees who voted for what"), required=False, help_text=_("Otherwise everybody here does.")
    )
    ends_in = forms.TypedChoiceField(
        label=_("The poll ends"), choices=ENDS, required=False, coerce=int, empty_value=None
    )
    choice_limit = CHOICE_LIMIT

    def choice_rows(self) -> list[dict[str, Any]]:
        """Fields for choices: what was written, and empty ones up to the most there may be; script shows the first two
        of those and more when they are wanted."""
        given = (self["choices"].value() or [])[:CHOICES_MOST]
        rows = given + [""] * (CHOICES_MOST - len(given))
        return [
            {"place": place, "value": value, "is_spare": place > max(CHOICES_LEAST, len(given))}
            for place, value in enumerate(rows, start=1)
        ]
