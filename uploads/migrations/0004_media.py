import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('uploads', '0003_slots'),
    ]

    operations = [
        migrations.CreateModel(
            name='Caption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(help_text='As in <track srclang>: en, pt-BR.', max_length=16)),
                ('text', models.TextField(help_text='WebVTT, checked and written anew by uploads.captions.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='upload',
            name='upload_ready_has_size',
        ),
        migrations.AddField(
            model_name='upload',
            name='captions',
            field=models.JSONField(blank=True, db_default=[], default=list, help_text='What Caption holds, without words: [{"id": 1, "language": "en"}].'),
        ),
        migrations.AddField(
            model_name='upload',
            name='codec',
            field=models.CharField(blank=True, db_default='', default='', help_text='As it came: h264, aac.', max_length=60),
        ),
        migrations.AddField(
            model_name='upload',
            name='duration',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Milliseconds; 0 for pictures.'),
        ),
        migrations.AddField(
            model_name='upload',
            name='medium',
            field=models.CharField(choices=[('picture', 'Picture'), ('video', 'Video'), ('audio', 'Sound')], db_default='picture', default='picture', max_length=8),
        ),
        migrations.AddField(
            model_name='upload',
            name='progress',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Percent prepared, now and then.'),
        ),
        migrations.AddField(
            model_name='upload',
            name='renditions',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='Of a video or sound, those made so far: {"480p": {"w": 854, "h": 480, "bytes": 9000000}}.'),
        ),
        migrations.AddField(
            model_name='caption',
            name='upload',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='uploads.upload'),
        ),
        migrations.AddConstraint(
            model_name='caption',
            constraint=models.UniqueConstraint(fields=('upload', 'language'), name='caption_once_a_language'),
        ),
    ]
