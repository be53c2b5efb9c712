"""Listed members by how many follow them. A run that was cut off can be repeated."""

from django.db import migrations, models

from core import indexes


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0018_user")]

    operations = [
        indexes.AddIndex(
            "user",
            models.Index(
                fields=["-followers_count", "-id"], condition=models.Q(is_listed=True), name="user_popular"
            ),
        ),
    ]
