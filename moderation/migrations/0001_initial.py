# Reports.

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('subject_id', models.BigIntegerField()),
                ('reason', models.CharField(choices=[('spam', 'It is spam, or a scam'), ('harassment', 'It bullies or threatens somebody'), ('hate', 'It is hateful towards a group of people'), ('violence', 'It shows violence, or calls for it'), ('sexual', 'It is sexual and should not be here'), ('private', "It shows somebody's private things"), ('pretends', 'It pretends to be somebody else'), ('harm', 'Somebody may be in danger, or hurt themselves'), ('other', 'Something else')], max_length=20)),
                ('words', models.TextField(blank=True)),
                ('copy', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('open', 'open'), ('closed', 'looked at')], default='open', max_length=20)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When its reporter last wrote it.')),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reporter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'id'], name='reports_waiting'), models.Index(fields=['kind', 'subject_id', 'id'], name='reports_about'), models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['closed_at'], name='reports_closed')],
                'constraints': [models.UniqueConstraint(fields=('reporter', 'kind', 'subject_id'), name='report_once')],
            },
        ),
    ]
