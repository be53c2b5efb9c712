"""What is there already comes under its sources. Apart from the change of the tables and in short transactions, so that
nobody waits for it. Homes are copied afterwards, by the clock; until then they are read from the sources.
"""

from django.db import migrations, transaction

BATCH = 5000
STEPS = (
    (
        "accounts_user",
        """INSERT INTO feed_source (kind, person_id, subscribers_count, is_merged)
        SELECT 'person', id, 0, FALSE FROM accounts_user WHERE id > %s AND id <= %s ON CONFLICT DO NOTHING""",
    ),
    (
        "accounts_follow",
        """INSERT INTO feed_subscription (member_id, source_id, state, created_at)
        SELECT f.follower_id, s.id, 1, f.created_at FROM accounts_follow f JOIN feed_source s ON s.person_id = f.followed_id
        WHERE f.id > %s AND f.id <= %s ON CONFLICT DO NOTHING""",
    ),
    (
        "accounts_user",
        """INSERT INTO feed_subscription (member_id, source_id, state, created_at)
        SELECT u.id, s.id, 1, u.created_at FROM accounts_user u JOIN feed_source s ON s.person_id = u.id
        WHERE u.id > %s AND u.id <= %s AND EXISTS (SELECT 1 FROM feed_post p WHERE p.author_id = u.id)
        ON CONFLICT DO NOTHING""",
    ),
    (
        "feed_post",
        """INSERT INTO feed_filing (source_id, post_id, is_waiting)
        SELECT s.id, p.id, FALSE FROM feed_post p JOIN feed_source s ON s.person_id = p.author_id
        WHERE p.id > %s AND p.id <= %s AND NOT p.is_brought ON CONFLICT DO NOTHING""",
    ),
    (
        "feed_source",
        """UPDATE feed_source SET subscribers_count =
        (SELECT COUNT(*) FROM feed_subscription s WHERE s.source_id = feed_source.id)
        WHERE id > %s AND id <= %s""",
    ),
)


def file_all(apps, schema_editor):
    connection = schema_editor.connection
    for table, statement in STEPS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")  # noqa: S608  a name from above
            last = cursor.fetchone()[0]
        for start in range(0, last, BATCH):
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute(statement, [start, start + BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("feed", "0005_sources")]

    operations = [migrations.RunPython(file_all, migrations.RunPython.noop, elidable=True)]
