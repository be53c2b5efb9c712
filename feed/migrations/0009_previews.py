"""Nothing in here looks through a table; the indexes of posts come in 0010."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feed', '0008_talk'),
        ('uploads', '0002_previews'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='post',
            name='show_preview',
            field=models.BooleanField(db_default=True, default=True, help_text='The author may take it away.'),
        ),
        migrations.CreateModel(
            name='LinkPreview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.TextField(help_text='In the one spelling of core.fetch.')),
                ('digest', models.CharField(help_text='SHA-256 of the address.', max_length=64, unique=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('ready', 'Ready'), ('failed', 'Failed, to be tried again'), ('none', 'Nothing to show')], default='waiting', max_length=8)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('description', models.CharField(blank=True, max_length=400)),
                ('site_name', models.CharField(blank=True, max_length=80)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, help_text="Next attempt; also the end of a worker's claim. Empty when done.", null=True)),
                ('fetched_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, help_text='A post written later has it fetched again.', null=True)),
                ('wanted_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When a post with this link was written last.')),
                ('upload', models.OneToOneField(blank=True, help_text="Nobody's.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='uploads.upload')),
            ],
        ),
        migrations.AddField(
            model_name='post',
            name='preview',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='posts', to='feed.linkpreview'),
        ),
        migrations.AddIndex(
            model_name='linkpreview',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='preview_due'),
        ),
        migrations.AddIndex(
            model_name='linkpreview',
            index=models.Index(fields=['wanted_at'], name='preview_wanted'),
        ),
        migrations.AddConstraint(
            model_name='linkpreview',
            constraint=models.CheckConstraint(condition=models.Q(('due_at__isnull', False), ('state__in', ('ready', 'none')), _connector='OR'), name='preview_due_while_open'),
        ),
        migrations.AddConstraint(
            model_name='linkpreview',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'ready'), ('title', ''), _negated=True), name='preview_ready_has_title'),
        ),
    ]
