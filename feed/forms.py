"""What the composer and the edit page take."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models.relations import Audience
from core import errors
from feed.models.polls import CHOICE_LIMIT, CHOICES_LEAST, CHOICES_MOST
from feed.models.posts import PICTURES_LIMIT, TEXT_LIMIT, WARNING_LIMIT
from feed.models.saved import NAME_LENGTH, Collection
from uploads import languages


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Several files; what they are is decided by the uploads room, which looks inside."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files: Sequence[UploadedFile] = data if isinstance(data, list | tuple) else [data] if data else []
        if len(files) > PICTURES_LIMIT:
            raise forms.ValidationError(_("Ten pictures at most, please."), code="many")
        return list(files)


class KeysField(forms.Field):
    """Hidden fields of one name: keys of uploads, or their descriptions beside them."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[str]:
        return [str(one) for one in value or []]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


MINUTE, HOUR, DAY = 60, 3600, 86400


def ends() -> list[tuple[Any, Any]]:
    return [
        ("", _("It does not end")),
        *((n * MINUTE, ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}) for n in (5, 30)),
        *((n * HOUR, ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}) for n in (1, 6)),
        *((n * DAY, ngettext("%(n)d day", "%(n)d days", n) % {"n": n}) for n in (1, 3, 7, 14, 30)),
    ]


def warning_field() -> forms.CharField:
    return forms.CharField(
        label=_("Content warning"),
        help_text=_("What to know before it is unfolded. Words, pictures and all are folded behind it."),
        required=False,
        max_length=WARNING_LIMIT,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class MoreForm(forms.Form):
    """What a post may have besides words and pictures."""

    warning = warning_field()
    comments_off = forms.BooleanField(label=_("Nobody can comment"), required=False)
    poll = KeysField(required=False)
    is_multiple = forms.BooleanField(label=_("Several choices are allowed"), required=False)
    ends_in = forms.TypedChoiceField(
        label=_("The poll ends after"), choices=ends, required=False, coerce=int, empty_value=None
    )

    choice_limit = CHOICE_LIMIT

    @property
    def choices_given(self) -> list[str]:
        """A browser sends all the fields, also those that were left empty."""
        return [one for one in self["poll"].value() or [] if one.strip()]

    def choice_rows(self) -> list[dict[str, Any]]:
        """Fields for choices: what was written, and empty ones up to the most there may be; script shows the first
        few."""
        given = self.choices_given[:CHOICES_MOST]
        values = [*given, *[""] * (CHOICES_MOST - len(given))]
        return [
            {"place": place, "value": value, "is_spare": place > max(CHOICES_LEAST, len(given))}
            for place, value in enumerate(values, 1)
        ]

    @staticmethod
    def from_parts(parts: dict[str, Any]) -> dict[str, Any]:
        """What `more` gave, as the form begins with it again."""
        poll = parts.get("poll") or {}
        return {
            "warning": parts.get("warning", ""),
            "comments_off": parts.get("comments_off", False),
            "poll": poll.get("choices", []),
            "is_multiple": poll.get("is_multiple", False),
            "ends_in": poll.get("ends_in"),
        }

    def more(self) -> dict[str, Any]:
        """As the action takes it: choices that were left empty are none."""
        given = self.cleaned_data
        choices = self.choices_given
        poll = {"choices": choices, "is_multiple": given["is_multiple"], "ends_in": given["ends_in"]}
        return {
            "warning": given["warning"],
            "comments_off": given["comments_off"],
            "poll": poll if choices else None,
        }


class MomentField(forms.CharField):
    """Date and time as a browser's field has them, without a zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        try:
            return datetime.fromisoformat(words).replace(tzinfo=None) if words else None
        except ValueError:
            raise forms.ValidationError(_("Choose a date and a time."), code="invalid") from None


def moment_in(naive: datetime | None, zone: str) -> datetime | None:
    """The moment that a clock in this zone shows so; without one the site's."""
    if naive is None:
        return None
    try:
        return naive.replace(tzinfo=ZoneInfo(zone or settings.TIME_ZONE)).astimezone(UTC)
    except (ValueError, KeyError, OSError, OverflowError):
        raise forms.ValidationError(_("This time zone is not known here."), code="zone") from None


class PicturesForm(forms.Form):
    """`pictures` and `alts` come from the uploader, beside each other; `files` and `descriptions` (one line a file)
    from those without script."""

    pictures = KeysField(required=False)
    alts = KeysField(required=False)
    files = FilesField(  # type: ignore[assignment]
        label=_("Pictures"), required=False, widget=FilesInput(attrs={"accept": "image/*,video/*,audio/*"})
    )
    descriptions = forms.CharField(
        label=_("What the pictures show"),
        help_text=_("One line for each picture, for those who cannot see it."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    uploads: dict[str, Any] = {}  # by key, for the pictures that are shown

    def lines(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["descriptions"].splitlines()]

    def picture_rows(self) -> list[dict[str, Any]]:
        """Uploads that the form holds: of a draft, of a post, or of what was refused."""
        keys, alts = self["pictures"].value() or [], self["alts"].value() or []
        return [
            {"key": key, "alt": alts[at] if at < len(alts) else "", "upload": self.uploads.get(str(key).lower())}
            for at, key in enumerate(keys)
        ]


class PostForm(MoreForm, PicturesForm):
    text = forms.CharField(label=_("Your post"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3}))
    audience = forms.ChoiceField(label=_("Who can see it"), choices=Audience.choices, initial=Audience.MEMBERS)
    without_preview = forms.BooleanField(label=_("No card for the link"), required=False)
    client_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    revision = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    publish_at = MomentField(label=_("When it shall appear"), required=False)

    def clean_publish_at(self) -> datetime | None:
        return moment_in(self.cleaned_data["publish_at"], self.data.get("zone", ""))

    def content(self) -> dict[str, Any]:
        """What making a post and keeping a draft take."""
        given = self.cleaned_data
        return {
            "text": given["text"],
            "audience": given["audience"],
            "pictures": given["pictures"],
            "alts": given["alts"],
            "client_id": given["client_id"] or None,
            "show_preview": not given["without_preview"],
            **self.more(),
        }

    text_limit = TEXT_LIMIT

    @property
    def shows_previews(self) -> bool:
        return settings.LINK_PREVIEWS


class EditForm(PicturesForm):
    """`pictured` says that the pictures came along: left out, they stay as they are."""

    text = forms.CharField(
        label=_("Your post"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto", "data-complete": ""}),
    )
    warning = warning_field()
    audience = forms.ChoiceField(label=_("Who can see it"), choices=Audience.choices)
    pictured = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ShareForm(forms.Form):
    """`widest` is the audience of what is shared."""

    text = forms.CharField(
        label=_("Say something about it"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    audience = forms.ChoiceField(label=_("Who can see it"), choices=Audience.choices, initial=Audience.MEMBERS)
    client_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, widest: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = Audience.choices[Audience.values.index(widest) :]  # type: ignore[attr-defined]


class CollectionForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the collection"),
        max_length=NAME_LENGTH,
        error_messages={"required": _("Give the collection a name.")},
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class SaveForm(forms.Form):
    """In which collection a post is kept; a new one goes before a chosen one."""

    collection = forms.ChoiceField(label=_("Keep it in"), required=False, widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Or in a new collection"),
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, collections: Sequence[Collection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("No collection")), *((str(row.pk), row.name) for row in collections)]
        self.fields["collection"].choices = choices  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        chosen = self.cleaned_data["collection"]
        return {"collection_id": int(chosen) if chosen else None, "name": self.cleaned_data["name"]}


class CommentForm(forms.Form):
    """`picture` and `alt` come from the uploader; `file` from those without script."""

    post = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    parent = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1, required=False)
    text = forms.CharField(required=False, strip=False)
    picture = forms.CharField(required=False, max_length=64)
    alt = forms.CharField(required=False, strip=False)
    client_id = forms.CharField(required=False, max_length=64)

    def given(self) -> dict[str, Any]:
        """What the action takes; without a post there is nothing to write under."""
        valid = self.is_valid()
        if "post" in self.errors:
            raise errors.NotFound
        self.post_id, self.parent_id = self.cleaned_data.pop("post"), self.cleaned_data.get("parent")
        if not valid:
            field = next(iter(self.errors))
            raise errors.Invalid(str(self.errors[field][0]), field=field)
        return {**self.cleaned_data, "post_id": self.post_id, "client_id": self.cleaned_data["client_id"] or None}

    def keep(self, picture: str) -> None:
        self.data = {**self.data.dict(), "picture": picture}  # type: ignore[attr-defined]


class CommentEditForm(forms.Form):
    text = forms.CharField(
        label=_("Your comment"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"})
    )


class ReactionForm(forms.Form):
    """One of the owner's own."""

    emoji = forms.CharField(label=_("Emoji"), max_length=30)
    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("What it says, for those who cannot see it: Party, Thanks.")
    )


class CaptionsForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=languages.choices)
    file = forms.FileField(
        label=_("WebVTT file"), allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ".vtt,text/vtt"})
    )
