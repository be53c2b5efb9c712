"""The model of cards of links moves to uploads (its 0011); nothing changes in the database."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feed", "0018_explore_indexes"), ("uploads", "0011_linkpreview")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="post",
                    name="preview",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="posts",
                        to="uploads.linkpreview",
                    ),
                ),
                migrations.DeleteModel(name="LinkPreview"),
            ]
        )
    ]
