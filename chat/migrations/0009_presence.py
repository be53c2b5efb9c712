from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_joined_rev")]

    operations = [
        migrations.AddField(
            model_name="chatmember",
            name="seen_at",
            field=models.DateTimeField(help_text="When they were last here, right to some minutes.", null=True),
        ),
        migrations.AlterField(
            model_name="chatmember",
            name="shows_reading",
            field=models.BooleanField(
                default=True,
                help_text="Others see how far they have read and what has reached them; else neither side does.",
            ),
        ),
    ]
