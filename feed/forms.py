"""What the composer and the edit page take."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.models.relations import Audience
from core import errors
from feed.models.posts import PICTURES_LIMIT, TEXT_LIMIT
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


class PostForm(forms.Form):
    """`pictures` and `alts` come from the uploader, beside each other; `files` and `descriptions` (one line a file)
    from those without script."""

    text = forms.CharField(label=_("Your post"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3}))
    audience = forms.ChoiceField(label=_("Who can see it"), choices=Audience.choices, initial=Audience.MEMBERS)
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
    without_preview = forms.BooleanField(label=_("No card for the link"), required=False)
    client_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def lines(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["descriptions"].splitlines()]

    def picture_rows(self) -> list[dict[str, str]]:
        """Uploads that a refused form keeps."""
        keys, alts = self["pictures"].value() or [], self["alts"].value() or []
        return [{"key": key, "alt": alts[place] if place < len(alts) else ""} for place, key in enumerate(keys)]

    text_limit = TEXT_LIMIT

    @property
    def shows_previews(self) -> bool:
        return settings.LINK_PREVIEWS


class EditForm(forms.Form):
    text = forms.CharField(
        label=_("Your post"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"})
    )
    audience = forms.ChoiceField(label=_("Who can see it"), choices=Audience.choices)


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
