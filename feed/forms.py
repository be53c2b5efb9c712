"""What the composer and the edit page take."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.models.relations import Audience
from feed.models.posts import PICTURES_LIMIT, TEXT_LIMIT


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
    audience = forms.ChoiceField(label=_("Who may see it"), choices=Audience.choices, initial=Audience.MEMBERS)
    pictures = KeysField(required=False)
    alts = KeysField(required=False)
    files = FilesField(  # type: ignore[assignment]
        label=_("Pictures"), required=False, widget=FilesInput(attrs={"accept": "image/*"})
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
    audience = forms.ChoiceField(label=_("Who may see it"), choices=Audience.choices)
