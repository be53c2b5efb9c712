"""What the oracle says that pages and API show: people, posts and comments, for each kind of question."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from accounts.models.relations import Audience
from accounts.queries import completion
from socialsite.tests.graphs import Graph, Place, Share, Viewer, is_bare


@dataclass(frozen=True)
class Shown:
    """Marks of the world: people, places of posts, (who, place) of comments."""

    people: frozenset[int] = frozenset()
    posts: frozenset[Place] = frozenset()
    said: frozenset[tuple[int, Place]] = frozenset()


@dataclass(frozen=True)
class Ask:
    """One request: who asks, and whom, which post, which comment it is about."""

    graph: Graph
    viewer: Viewer
    one: int = 0
    place: Place = (0, Audience.values[0])
    sayer: int = 0
    own: bool = True  # of lists: the viewer's
    tab: str = ""  # of a profile

    @property
    def me(self) -> int:
        assert self.viewer is not None
        return self.viewer


def shown(people: Iterable[int] = (), posts: Iterable[Place] = (), said: Iterable[tuple[int, Place]] = ()) -> Shown:
    """Posts and comments show their authors as well."""
    posts, said = frozenset(posts), frozenset(said)
    return Shown(frozenset(people) | {post[0] for post in posts} | {one for one, _post in said}, posts, said)


def cards(ask: Ask, posts: Iterable[Place]) -> Shown:
    """Posts with what stands in them."""
    rows = list(posts)
    return shown(posts=rows + [one.of for one in rows if isinstance(one, Share) and ask.graph.shows(ask.viewer, one)])


def person(ask: Ask) -> Shown:
    return shown(ask.graph.met(ask.viewer, [ask.one]))


def posts_of(ask: Ask) -> Shown:
    return cards(ask, [one for one in ask.graph.posts if one[0] == ask.one and ask.graph.sees(ask.viewer, one)])


def profile(ask: Ask) -> Shown:
    return shown(person(ask).people, posts_of(ask).posts)


def shareable(ask: Ask) -> Shown:
    """The page on which one shares: what, or of a share what that shares; with its author and no other card."""
    graph, me, place = ask.graph, ask.viewer, ask.place
    of = place.of if isinstance(place, Share) else place
    open_to_all = of[1] in ("public", "members") and of[0] not in graph.private
    return shown(posts=[of] if graph.sees(me, place) and graph.sees(me, of) and open_to_all else [])


def _shares(ask: Ask) -> list[Place]:
    seen = ask.graph.sees(ask.viewer, ask.place)
    return [one for one in ask.graph.shares if seen and one.of == ask.place and ask.graph.sees(ask.viewer, one)]


def shares(ask: Ask) -> Shown:
    """Who shared a post, and what they said."""
    return shown(posts=newest(_shares(ask)))


def shares_in_full(ask: Ask) -> Shown:
    return cards(ask, newest(_shares(ask)))


def posts_for_visitors(ask: Ask) -> Shown:
    """What the RSS feed of a person shows to everybody who may see them: nothing, be it their name, if it is closed."""
    if not (ask.graph.meets(None, ask.one) and ask.graph.inside(None, ask.one)):
        return shown()
    return profile(replace(ask, viewer=None))


def tab_of_profile(ask: Ask) -> Shown:
    if ask.tab == "friends":
        return people_of("friends", page=True)(ask)
    return profile(ask) if ask.tab == "posts" else person(ask)


def people_of(ties: str, *, back: bool = False, page: bool = False) -> Callable[[Ask], Shown]:
    """A list of somebody's people; its page says whose it is."""

    def look(ask: Ask) -> Shown:
        graph, me = ask.graph, ask.viewer
        if not graph.meets(me, ask.one):
            return shown()
        rows = graph.met(me, (graph.to if back else graph.of)(ties, ask.one)) if graph.inside(me, ask.one) else set()
        return shown(rows | ({ask.one} if page else set()))

    return look


# Of more than so many people these show some.
AT_MOST = dict.fromkeys(["accounts:api_complete_people", "chat:new"], completion.MOST)


def at_most(name: str, wanted: Shown, found: Shown) -> Shown:
    """What is wanted of a list that may be cut off: what was found, where it is as long as it may be."""
    most = AT_MOST.get(name, len(wanted.people))
    cut = len(found.people) == most < len(wanted.people) and found.people <= wanted.people
    return found if cut else wanted


def own(*ties: str, back: bool = False, met: bool = True) -> Callable[[Ask], Shown]:
    """The viewer's own people."""

    def look(ask: Ask) -> Shown:
        rows = set().union(*((ask.graph.to if back else ask.graph.of)(name, ask.me) for name in ties))
        return shown(ask.graph.met(ask.me, rows) if met else rows)

    return look


def on_list(ask: Ask) -> Shown:
    return shown(ask.graph.met(ask.me, ask.graph.of("listed", ask.me))) if ask.own else shown()


def list_posts(ask: Ask) -> Shown:
    graph, me = ask.graph, ask.me
    on = graph.of("listed", me) if ask.own else set()
    return cards(ask, newest([place for place in graph.posts if place[0] in on and graph.hears(me, place)]))


def tagged(ask: Ask) -> Shown:
    return cards(ask, newest(place for place in ask.graph.tagged if ask.graph.hears(ask.viewer, place)))


def newest(places: Iterable[Place], number: int = 20) -> list[Place]:
    """As they were made: everybody's posts, then everybody's shares."""

    def order(place: Place) -> tuple[bool, int, int]:
        is_share = isinstance(place, Share)
        return is_share, place[0], place.turn if isinstance(place, Share) else Audience.values.index(place[1])

    return sorted(places, key=order)[-number:]


def home(ask: Ask) -> Shown:
    if ask.viewer is None:
        public = [place for place in ask.graph.places if ask.graph.sees(None, place)]
        return shown(posts=newest(public, 3))
    return cards(ask, newest(ask.graph.home(ask.viewer)))


def post(ask: Ask) -> Shown:
    return cards(ask, [ask.place] if ask.graph.sees(ask.viewer, ask.place) else [])


def versions(ask: Ask) -> Shown:
    """The words alone; of a share without any who shared."""
    seen = ask.graph.sees(ask.viewer, ask.place)
    return shown([ask.place[0]] if seen else [], [ask.place] if seen and not is_bare(ask.place) else [])


def thread(ask: Ask) -> Shown:
    return shown(said=[(one, ask.place) for one in ask.graph.says(ask.viewer, ask.place)])


def post_page(ask: Ask) -> Shown:
    return shown(posts=post(ask).posts, said=thread(ask).said)


def edit(ask: Ask) -> Shown:
    """One's own words."""
    mine = ask.place[0] == ask.viewer and ask.graph.sees(ask.viewer, ask.place) and not is_bare(ask.place)
    return Shown(posts=frozenset({ask.place})) if mine else shown()


def comment(ask: Ask) -> Shown:
    """One comment with the replies to it."""
    seen = ask.graph.reads(ask.viewer, ask.place, ask.sayer)
    return _said(ask, {ask.sayer} | ask.graph.answers(ask.viewer, ask.place, ask.sayer) if seen else ())


def comment_live(ask: Ask) -> Shown:
    return comment(ask) if ask.sayer in ask.graph.says(ask.viewer, ask.place) else shown()


def comment_edit(ask: Ask) -> Shown:
    seen = ask.sayer == ask.viewer and ask.graph.sees(ask.viewer, ask.place)
    return shown(said=[(ask.sayer, ask.place)] if seen else [])


def replies(ask: Ask) -> Shown:
    """The second level of the thread that a comment stands in. What was asked for by its address is shown, muted or
    not."""
    graph, place = ask.graph, ask.place
    answered = graph.answered(place, ask.sayer)
    if not _opens(ask):
        return shown()
    first = ask.sayer if answered is None else answered
    return _said(ask, graph.answers(ask.viewer, place, first) | (set() if answered is None else {ask.sayer}))


def thread_page(ask: Ask) -> Shown:
    """A comment's thread under its post."""
    graph, place = ask.graph, ask.place
    if not _opens(ask):
        return shown()
    answered = graph.answered(place, ask.sayer)
    first = ask.sayer if answered is None else answered
    both = {first} if graph.reads(ask.viewer, place, first) else set()
    return shown(posts=[place], said=replies(ask).said | _said(ask, both).said)


def _opens(ask: Ask) -> bool:
    """A comment leads to its thread if it is for the viewer, or if there are replies to it that are."""
    graph, me, place = ask.graph, ask.viewer, ask.place
    to_it = [one for one in graph.talkers(place) if graph.answered(place, one) == ask.sayer]
    return any(graph.reads(me, place, one) for one in [ask.sayer, *to_it])


def _said(ask: Ask, who: Iterable[int]) -> Shown:
    return shown(said=[(one, ask.place) for one in who])


def reacted(ask: Ask) -> Shown:
    """To a post; who talks there reacts as well."""
    graph, me, place = ask.graph, ask.viewer, ask.place
    return shown(graph.met(me, graph.talkers(place)) if graph.sees(me, place) else ())


def reacted_to_comment(ask: Ask) -> Shown:
    """Those who talk there react to the first comment alone."""
    seen = ask.sayer == 0 and ask.graph.reads(ask.viewer, ask.place, 0)
    return shown(ask.graph.met(ask.viewer, ask.graph.talkers(ask.place)) if seen else ())


def own_posts(ask: Ask) -> Shown:
    """The viewer's, and whose post a share of theirs shares, but none of its words."""
    mine = [place for place in ask.graph.posts if place[0] == ask.me and ask.graph.sees(ask.me, place)]
    shared = [place.of[0] for place in mine if isinstance(place, Share) and ask.graph.shows(ask.me, place)]
    return shown(shared, mine)


def own_comments(ask: Ask) -> Shown:
    """The viewer's, with whose post they stand under."""
    places = [place for place in ask.graph.talked if ask.graph.sees(ask.viewer, place)]
    return shown({author for author, _audience in places}, said=[(ask.me, place) for place in places])


def rail(graph: Graph, me: int) -> list[int]:
    """Three whom one may know, or else the newest."""
    common = graph.suggested(me)
    known = sorted(common, key=lambda one: (-common[one], one))
    return (known + sorted(graph.untied(me) - set(known[:3]), reverse=True))[:3] if len(known) < 3 else known[:3]
