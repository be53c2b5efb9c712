"""What the first of a world keeps: every fourth post, of everybody, whether they may see it or not."""

from feed.models.saved import Collection, SavedPost
from socialsite.tests.graphs import Place, Share
from socialsite.tests.shown import Ask, Shown, cards, newest, shown
from socialsite.tests.worlds import World

TURN = 4


def keep(world: World) -> None:
    """Saves in the order of the posts; every other one is in the collection."""
    owner = world.people[0]
    row = Collection.objects.create(owner=owner, name="Some")
    SavedPost.objects.bulk_create(
        SavedPost(owner=owner, post=world.posts[place], collection=row if turn % 2 else None)
        for turn, place in enumerate(_kept(world.graph.posts))
    )


def collection_id(world: World) -> int:
    return Collection.objects.filter(owner=world.people[0]).values_list("pk", flat=True).first() or 0


def _kept(places: list[Place]) -> list[Place]:
    return places[::TURN]


def saved(ask: Ask) -> Shown:
    kept = _kept(ask.graph.posts) if ask.me == 0 else []
    return cards(ask, newest([place for place in kept if ask.graph.sees(ask.me, place)]))


def collection(ask: Ask) -> Shown:
    """One that is the first's alone."""
    kept = _kept(ask.graph.posts)[1::2] if ask.me == 0 else []
    return cards(ask, newest([place for place in kept if ask.graph.sees(ask.me, place)]))


def others_post(ask: Ask) -> Shown:
    """What one may report: somebody else's post that one sees."""
    seen = ask.place[0] != ask.viewer and ask.graph.sees(ask.viewer, ask.place)
    if not seen or not isinstance(ask.place, Share) or ask.place.words:
        return shown(posts=[ask.place] if seen else [])
    return Shown(people=frozenset({ask.place.who}), posts=frozenset({ask.place.of}))  # the words of what it shares


def others_comment(ask: Ask) -> Shown:
    seen = ask.graph.sees(ask.viewer, ask.place) and ask.graph.meets(ask.viewer, ask.sayer)
    return shown(said=[(ask.sayer, ask.place)] if seen and ask.sayer != ask.viewer else [])


def whose(ask: Ask) -> Shown:
    """The page that keeps a post in a collection names its author, and shows none of its words."""
    return Shown(people=shown(posts=[ask.place] if ask.graph.sees(ask.viewer, ask.place) else []).people)
