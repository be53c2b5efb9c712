"""What the pages of reports take."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.base import RoomForm
from moderation.models import WORDS_LIMIT, Reason


class ReportForm(RoomForm):
    missing = {"reason": _("Choose what is wrong with it.")}
    reason = forms.ChoiceField(label=_("What is wrong?"), choices=Reason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("More, in your words"),
        required=False,
        strip=False,
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class CloseForm(forms.Form):
    """Which reports the moderator had before them."""

    seen = forms.DateTimeField()
    number = forms.IntegerField(min_value=1)
