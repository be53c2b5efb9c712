"""The form that makes an invitation."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm

DAYS = [(1, _("1 day")), (7, _("7 days")), (14, _("14 days")), (30, _("30 days")), (90, _("90 days"))]


class InvitationForm(RoomForm):
    missing = {"uses": _("For how many people?")}
    uses = forms.IntegerField(
        label=_("For how many people?"),
        initial=1,
        min_value=1,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    days = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, coerce=int, initial=14)
    email = forms.CharField(
        label=_("Send it to"),
        max_length=254,
        required=False,
        help_text=_("An e-mail address. Leave it empty for a link that you pass on yourself."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )
    only_email = forms.BooleanField(label=_("Good for this address alone"), required=False)
