from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_name_parts_fill")]

    operations = [
        migrations.AddIndex(
            model_name="friendrequest",
            index=models.Index(
                condition=models.Q(("declined_at__isnull", True)), fields=["asker", "-id"], name="friend_sent"
            ),
        ),
        migrations.AddIndex(
            model_name="followrequest",
            index=models.Index(
                condition=models.Q(("declined_at__isnull", True)), fields=["asker", "-id"], name="request_sent"
            ),
        ),
    ]
