"""The first steps as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.models.people import Welcome


class WelcomeIn(serializers.Serializer[Any]):
    step = serializers.ChoiceField(choices=Welcome.choices)


class WelcomeOut(serializers.Serializer[Any]):
    welcome = serializers.ChoiceField(
        choices=[*Welcome.choices, ("", "Done")], help_text="The first step that you have not done."
    )
