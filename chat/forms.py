"""What the chat's pages take in."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models.messages import TEXT_LIMIT


class MessageForm(forms.Form):
    """The line one writes into. `client_id` is made with the form, so that a form sent twice stands once."""

    text = forms.CharField(
        label=_("Message"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 1, "placeholder": _("Message")})
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    reply = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)


class ForwardForm(forms.Form):
    to = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    client_id = forms.UUIDField(widget=forms.HiddenInput)


class EditForm(forms.Form):
    """It stands beside the line one writes into: its ids are others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="edit_%s", **kwargs)

    text = forms.CharField(label=_("Other words"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 3}))
