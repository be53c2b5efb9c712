"""The form that all others are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms

from core import errors


class RoomForm(forms.Form):
    """A form whose refusals come from below: `mending()` turns errors.Invalid into an error of its field."""

    missing: dict[str, Any] = {}  # what to say beside a field that was left empty

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in self.missing.items():
            self.fields[name].error_messages["required"] = words

    @contextmanager
    def mending(self, default: str | None = None) -> Iterator[None]:
        try:
            yield
        except (errors.Invalid, errors.Conflict, errors.TooLarge, errors.Busy) as error:
            self.add_error(error.field if error.field in self.fields else default, str(error.message))

    def _by_rule(self, field: str, rule: Callable[[str], str]) -> str:
        try:
            return rule(self.cleaned_data[field])
        except errors.Invalid as error:
            raise forms.ValidationError(str(error.message)) from None
