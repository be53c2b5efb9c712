"""Hashtags of Willowbank: posts about what people talk about say so, and so there are trends."""

from accounts.models.people import User
from core import text
from feed.actions import filing, trends
from feed.models.posts import COUNTED, TEXT_LIMIT, Post
from feed.models.sources import Filing

BATCH = 500
ABOUT = {
    "lantern": "lanterns",
    "bread": "bread",
    "soup": "soup",
    "river": "river",
    "heron": "herons",
    "sing": "choir",
    "choir": "choir",
    "tomato": "gardens",
    "garden": "gardens",
    "bicycle": "repair",
    "mend": "repair",
}


def write(users: list[User], posts: list[Post]) -> None:
    """After reactions and comments. The first of them follows one of the hashtags."""
    changed: dict[int, list[str]] = {}
    for post in posts:
        said = post.text.lower()
        names = sorted({name for word, name in ABOUT.items() if word in said})
        if names and post.audience in COUNTED and len(post.text) < TEXT_LIMIT // 2:
            post.text = f"{post.text}\n\n{' '.join(f'#{name}' for name in names)}"
            post.html = text.render(post.text)
            changed[post.pk] = names
    Post.objects.bulk_update([post for post in posts if post.pk in changed], ["text", "html"], BATCH)
    sources = {source.name or "": source for source in filing.tag_sources(sorted(set(ABOUT.values())))}
    Filing.objects.bulk_create(
        (Filing(source=sources[name], post_id=id) for id, names in changed.items() for name in names),
        batch_size=BATCH,
    )
    filing.subscribe([users[0].pk], sources["lanterns"])
    trends.recount()
