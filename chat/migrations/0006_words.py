"""The index of what was said: GIN over the terms on PostgreSQL, FTS5 with triggers on SQLite."""

import django.db.models.deletion
from django.db import migrations, models

from core import terms

GIN = (
    "CREATE INDEX chat_messagewords_terms ON chat_messagewords "
    "USING gin (array_to_tsvector(string_to_array(terms, ' ')))"
)
FORGET = (
    "INSERT INTO chat_messagewords_fts (chat_messagewords_fts, rowid, terms) VALUES ('delete', old.message_id, old.terms);"
)
KEEP = "INSERT INTO chat_messagewords_fts (rowid, terms) VALUES (new.message_id, new.terms);"
FTS = [
    "CREATE VIRTUAL TABLE chat_messagewords_fts USING fts5 (terms, content='chat_messagewords', "
    f"content_rowid='message_id', detail=none, {terms.FTS5})",
    f"CREATE TRIGGER chat_messagewords_made AFTER INSERT ON chat_messagewords BEGIN {KEEP} END",
    f"CREATE TRIGGER chat_messagewords_gone AFTER DELETE ON chat_messagewords BEGIN {FORGET} END",
    f"CREATE TRIGGER chat_messagewords_else AFTER UPDATE ON chat_messagewords BEGIN {FORGET} {KEEP} END",
]


def build(apps, schema_editor):
    for statement in [GIN] if schema_editor.connection.vendor == "postgresql" else FTS:
        schema_editor.execute(statement, params=None)


def take_down(apps, schema_editor):
    """The table goes next, and its index and triggers with it."""
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.execute("DROP TABLE chat_messagewords_fts")


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_files")]

    operations = [
        migrations.CreateModel(
            name="MessageWords",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="chat.message",
                    ),
                ),
                ("terms", models.TextField()),
            ],
        ),
        migrations.RunPython(build, take_down),
    ]
