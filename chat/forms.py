"""What the chat's pages take in."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm
from chat.models.conversations import ABOUT_LIMIT, LIFETIMES, NAME_LIMIT, Role, Who
from chat.models.members import Writers
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

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="edit_%s", **kwargs)

    text = forms.CharField(label=_("Other words"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 3}))


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
