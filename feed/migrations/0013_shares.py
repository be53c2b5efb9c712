import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feed", "0012_posts_indexes")]

    operations = [
        migrations.AddField(
            model_name="post",
            name="is_share",
            field=models.BooleanField(db_default=False, default=False, help_text="Says something of another post."),
        ),
        migrations.AddField(
            model_name="post",
            name="shared",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="That post; empty when it is gone for good. Never a share itself.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="shares",
                to="feed.post",
            ),
        ),
        migrations.AddField(
            model_name="post", name="shares_count", field=models.PositiveIntegerField(db_default=0, default=0)
        ),
    ]
