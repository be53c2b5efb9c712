from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0005_film_sizes")]

    operations = [
        migrations.AddField(
            "upload",
            "taken",
            models.CharField(
                max_length=20,
                default="",
                db_default="",
                blank=True,
                help_text="Which copy of it counts: Slot.taking that won.",
            ),
        ),
    ]
