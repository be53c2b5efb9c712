"""Everything that happens in Willowbank, decided before a row is written: the same for the same seed and moment."""

from bisect import bisect
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from socialsite.demo import people, pictures, selves, words
from socialsite.demo.people import Person
from socialsite.demo.words import Deck

DAYS = 150  # of posts
POSTS_EACH = 5.5
# How many write at each hour of the day.
HOURS = [2, 1, 0.5, 0.3, 0.5, 1.5, 4, 8, 9, 7, 6, 6, 8, 8, 6, 5, 6, 9, 12, 14, 15, 13, 8, 4]
THANKS = [
    "Thank you, {first}!", "Ha, I knew you would say that.", "Yes, do come!", "I will ask and tell you here.",
    "Thank you all, this is why I like it here.", "You are very kind.", "On {weekday}, I think.", "That made me laugh.",
    "I owe you one.", "Good question. I have no idea.",
]  # fmt: skip


@dataclass
class Remark:
    """A comment."""

    author: int
    text: str
    at: datetime
    reactions: dict[int, str] = field(default_factory=dict)


@dataclass
class Entry:
    """A post; people are numbers, their place in Plan.people."""

    author: int
    text: str
    at: datetime
    topic: str
    audience: str
    pictures: list[str] = field(default_factory=list)
    edited_at: datetime | None = None
    comments: list[Remark] = field(default_factory=list)
    reactions: dict[int, str] = field(default_factory=dict)
    warmth: int | None = None  # of a hundred who might react, where that is not left to chance


@dataclass
class Talk:
    """A conversation of two. `unread` lines at its end, all by one person, have not been read by the other."""

    one: int
    other: int
    lines: list[tuple[int, str, datetime]] = field(default_factory=list)
    unread: int = 0


@dataclass
class Plan:
    now: datetime
    people: list[Person]
    joined: list[datetime]
    portraits: list[str]
    covers: list[str] = field(default_factory=list)
    told: list[selves.Told] = field(default_factory=list)
    follows: list[tuple[int, int]] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)
    private: set[int] = field(default_factory=set)
    requests: list[tuple[int, int]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = {
            "who": [person.name for person in self.people[:60]],
            "first": [one.first for one in self.people[:60]],
        }

    @property
    def pictures(self) -> list[str]:
        """Every picture that is shown anywhere, once."""
        shown = {*self.portraits, *self.covers} - {""}
        return sorted(shown.union(*(entry.pictures for entry in self.entries)))


def make(*, count: int, seed: int, now: datetime) -> Plan:
    """Each part has its own source of chance, so that a change in one does not turn the others over."""

    def chance(part: str) -> Random:
        return Random(f"{seed} {count} {part}")

    everybody = people.make(chance("people"), count)
    plan = Plan(now, everybody, _joined(chance("joined"), count, now), _portraits(chance("portraits"), everybody))
    _block(chance("blocks"), plan)
    _ask(chance("requests"), plan)
    _follow(chance("follows"), plan)
    _write(chance("posts"), plan)
    _answer(chance("answers"), plan)
    _talk(chance("talks"), plan)
    plan.covers = selves.covers(chance("covers"), everybody)
    plan.told = selves.tell(chance("told"), everybody)
    return plan


def _joined(rng: Random, count: int, now: datetime) -> list[datetime]:
    days = sorted((rng.uniform(1, DAYS + 260) for _ in range(count)), reverse=True)
    return [now - timedelta(days=one) for one in days]


def _portraits(rng: Random, everybody: list[Person]) -> list[str]:
    """Those known have theirs, most others one in other colours, and some none."""
    decks = {men: Deck(rng, pictures.portraits(men=men)) for men in (True, False)}
    return [
        f"portrait:{one.portrait}" if one.portrait else decks[one.is_man].deal() if rng.random() < 0.62 else ""
        for one in everybody
    ]


def _block(rng: Random, plan: Plan) -> None:
    """Member 0 blocks a few, so that their list is not empty; some others do not get on either."""
    far = range(len(people.KNOWN), len(plan.people))
    pairs = {(0, one) for one in rng.sample(far, min(3, len(far) // 2))}
    for _ in range(len(far) // 60):
        pairs.add((*rng.sample(far, 2),))  # type: ignore[arg-type]
    plan.blocks = sorted(pairs)


def _ask(rng: Random, plan: Plan) -> None:
    """Member 0 is private, as is one in twelve; some wait for their answer, and they for that of another."""
    apart = {*plan.blocks, *((b, a) for a, b in plan.blocks)}
    far = range(len(people.KNOWN), len(plan.people))
    near = [one for one in far if (0, one) not in apart]
    others = rng.sample(near, max(1, len(near) // 12))
    asks = {(0, others[0]), *((one, 0) for one in rng.sample(near, min(3, len(near))))}
    for asked in others:
        asks |= {(one, asked) for one in rng.sample(far, rng.choice([0, 0, 1, 3]))}
    plan.private = {0, *others}
    plan.requests = sorted((one, asked) for one, asked in asks if one != asked and (one, asked) not in apart)


def _follow(rng: Random, plan: Plan) -> None:
    """People follow the famous, and those who care for the same things."""
    apart = {*plan.blocks, *((b, a) for a, b in plan.blocks), *plan.requests}
    ties: set[tuple[int, int]] = set()
    everybody = range(len(plan.people))
    topics = [set(person.topics) for person in plan.people]
    for me in everybody:
        count = min(len(plan.people) - 1, 3 + int(rng.lognormvariate(2.5, 0.7)))
        mine = topics[me]
        weights = list(
            accumulate(one.fame * (1 + 3 * len(mine & topics[place])) for place, one in enumerate(plan.people))
        )
        chosen = set(rng.choices(everybody, cum_weights=weights, k=count))
        if me == 0:
            chosen |= set(range(1, len(people.KNOWN)))
        ties |= {(me, one) for one in chosen if one != me and one < len(plan.people) and (me, one) not in apart}
    # Many follow back.
    ties |= {(b, a) for a, b in sorted(ties) if rng.random() < 0.3 / plan.people[b].fame ** 0.5 and (b, a) not in apart}
    plan.follows = rng.sample(sorted(ties), len(ties))


def _times(rng: Random, count: int, now: datetime) -> list[datetime]:
    """More of them lately than long ago, and by the rhythm of a day."""
    latest = now - timedelta(minutes=max(one.minutes_ago for one in words.newest()))
    times: list[datetime] = []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    while len(times) < count:
        day = int(DAYS * rng.random() ** 1.4)
        hour = rng.choices(range(24), HOURS)[0]
        at = midnight - timedelta(days=day) + timedelta(hours=hour, seconds=rng.randrange(3600))
        if at < latest:
            times.append(at)
    return sorted(times)


def _write(rng: Random, plan: Plan) -> None:
    topics = words.topics()
    decks = {name: Deck(rng, topic.posts) for name, topic in topics.items()}
    said: dict[int, set[str]] = {}
    recent: deque[str] = deque(maxlen=80)
    shown: deque[str] = deque(maxlen=14)
    times = _times(rng, int(len(plan.people) * POSTS_EACH), plan.now)
    weights = list(accumulate(person.talk for person in plan.people))
    before = -1
    for at in times:
        author = _author(rng, plan, weights, at, before)
        person = plan.people[author]
        name = rng.choices(person.topics, range(len(person.topics) + 2, 2, -1))[0]
        text = _text(rng, decks[name], said.setdefault(author, set()), recent, plan)
        entry = Entry(
            author, text, at, name, rng.choices(["members", "public", "followers", "only_me"], [58, 32, 8, 2])[0]
        )
        if rng.random() < 0.42:
            many = rng.choices([1, 2, 3, 4, 5, 6], [70, 13, 8, 5, 2, 2])[0]
            fresh = [one for one in topics[name].pictures if one not in shown]
            entry.pictures = rng.sample(fresh, min(many, len(fresh)))
            shown.extend(entry.pictures)
            if entry.pictures and rng.random() < 0.06:
                entry.text = ""
        if rng.random() < 0.04 and entry.text:
            entry.edited_at = min(at + timedelta(minutes=rng.randint(1, 60)), plan.now)
        plan.entries.append(entry)
        before = author
    _newest(plan)
    # Chance may leave everybody's words as they were: one that all may read was put right in any case.
    open_ones = [
        one for one in plan.entries if one.audience == "public" and one.text and one.author not in plan.private
    ]
    corrected = open_ones[len(open_ones) // 2]
    corrected.edited_at = min(corrected.at + timedelta(minutes=5), plan.now)


def _newest(plan: Plan) -> None:
    """What those whom everybody knows have just written, so that somebody always has."""
    known = {person.handle: place for place, person in enumerate(plan.people)}
    for one in reversed(words.newest()):
        at = plan.now - timedelta(minutes=one.minutes_ago)
        entry = Entry(known[one.author], one.text, at, one.topic, one.audience, list(one.pictures), warmth=one.warmth)
        step = timedelta(minutes=one.minutes_ago) / (len(one.comments) + 1)
        for place, (who, what) in enumerate(one.comments, 1):
            entry.comments.append(Remark(known[who], what, at + step * place))
        plan.entries.append(entry)


def _author(rng: Random, plan: Plan, weights: list[float], at: datetime, before: int) -> int:
    """Somebody who is here by then, and not the one who wrote last."""
    for _ in range(50):
        author = bisect(weights, rng.random() * weights[-1])
        if author != before and plan.joined[author] < at:
            return author
    return 0 if before else 1


def _text(rng: Random, deck: Deck, said: set[str], recent: deque[str], plan: Plan) -> str:
    for _ in range(12):
        template = deck.deal()
        text = words.fill(rng, template, plan.names)
        if text not in recent and template not in said:
            break
    said.add(template)
    recent.append(text)
    return text


def _answer(rng: Random, plan: Plan) -> None:
    """Comments and reactions, mostly of those who follow, and never across a block."""
    followers: list[list[int]] = [[] for _ in plan.people]
    for one, other in plan.follows:
        followers[other].append(one)
    hidden: list[set[int]] = [set() for _ in plan.people]
    for one, other in plan.blocks:
        hidden[one].add(other)
        hidden[other].add(one)
    for entry in plan.entries:
        if entry.audience == "only_me":
            continue
        fame = plan.people[entry.author].fame
        near = followers[entry.author]
        if entry.audience != "followers" and entry.author not in plan.private:
            near = near + rng.sample(range(len(plan.people)), min(len(plan.people), 5 + int(fame * 3)))
        crowd = [
            one
            for one in near
            if one != entry.author and one not in hidden[entry.author] and plan.joined[one] < entry.at
        ]
        if crowd:
            _react(rng, plan, entry, crowd)
            if entry.warmth is None:
                _comment(rng, plan, entry, crowd, hidden)


def _kind(rng: Random, topic: str) -> str:
    return rng.choice(["like", "like", "love", *words.topics()[topic].kinds])


def _react(rng: Random, plan: Plan, entry: Entry, crowd: Sequence[int]) -> None:
    age = (plan.now - entry.at) / timedelta(hours=5)
    wanted = rng.paretovariate(1.2) * (1 + plan.people[entry.author].fame / 2 + bool(entry.pictures) * 2) * min(1, age)
    if entry.warmth is not None:
        wanted = len(crowd) * entry.warmth / 100
    for one in rng.sample(sorted(set(crowd)), min(len(set(crowd)), int(wanted))):
        entry.reactions[one] = _kind(rng, entry.topic)


def _comment(rng: Random, plan: Plan, entry: Entry, crowd: Sequence[int], hidden: list[set[int]]) -> None:
    if rng.random() < 0.3:
        return
    topic = words.topics()[entry.topic]
    if topic.language != "en":
        crowd = [one for one in crowd if entry.topic in plan.people[one].topics]
    names = {**plan.names, "first": [plan.people[entry.author].first]}
    lines = rng.sample(topic.comments, len(topic.comments))
    count = min(len(lines), int(rng.paretovariate(1.15) * (0.7 + plan.people[entry.author].fame / 9)))
    at, thanked, authors = entry.at, False, list[int]()
    for line in lines[:count]:
        at += timedelta(minutes=1 + rng.expovariate(1 / 45) * (1 + len(entry.comments) / 3), seconds=rng.randrange(60))
        if at > plan.now or not crowd:
            return
        author = rng.choice(crowd)
        if any(one in hidden[author] for one in authors):
            continue
        authors.append(author)
        entry.comments.append(
            Remark(author, words.fill(rng, line, names), at, _cheers(rng, plan, entry, crowd, author, at))
        )
        if not thanked and topic.language == "en" and rng.random() < 0.22:
            at += timedelta(minutes=rng.randint(1, 30))
            if at > plan.now:
                return
            thanked = True
            to = {**plan.names, "first": [plan.people[author].first]}
            entry.comments.append(Remark(entry.author, words.fill(rng, rng.choice(THANKS), to), at))


def _cheers(rng: Random, plan: Plan, entry: Entry, crowd: Sequence[int], author: int, at: datetime) -> dict[int, str]:
    if rng.random() < 0.6 or plan.now - at < timedelta(minutes=2):
        return {}
    some = rng.sample(crowd, min(len(crowd), int(rng.paretovariate(1.4))))
    apart = {pair for pair in plan.blocks if author in pair}
    return {
        one: _kind(rng, entry.topic) for one in some if one != author and not {(one, author), (author, one)} & apart
    }


def _talk(rng: Random, plan: Plan) -> None:
    """Who follows each other writes to each other. Member 0 has many conversations, one of them long."""
    threads = {str(place): thread for place, thread in enumerate(words.threads())}
    deck, last = Deck(rng, sorted(threads)), Deck(rng, words.last_words())
    apart = {*plan.blocks, *((b, a) for a, b in plan.blocks)}
    size = len(plan.people)
    pairs = {(0, one) for one in range(1, min(size, 13))}
    ties = set(plan.follows)
    friends = sorted((one, other) for one, other in ties if one < other and (other, one) in ties)
    pairs |= set(rng.sample(friends, min(len(friends), int(size * 0.8))))
    for place, (one, other) in enumerate(sorted(pairs - apart)):
        talk = Talk(one, other)
        many = len(threads) if (one, other) == (0, 3) else rng.choices([1, 2, 3, 5], [40, 30, 20, 10])[0]
        starts = sorted(plan.now - timedelta(hours=2 + 24 * 60 * rng.random() ** 2.2) for _ in range(many))
        at = starts[0] - timedelta(days=1)
        for start, thread in zip(starts, _different(many, deck, threads), strict=True):
            at = max(start, at + timedelta(hours=1))
            voices = {"A": one, "B": other} if rng.random() < 0.5 else {"A": other, "B": one}
            names = {**plan.names, "first": [rng.choice(plan.names["first"])]}
            for voice, line in thread:
                at += timedelta(seconds=rng.randint(8, 240))
                talk.lines.append((voices[voice], words.fill(rng, line, names), at))
        talk.lines = [line for line in talk.lines if line[2] < plan.now]
        _last_words(rng, plan, talk, last, waiting=one == 0 and place in (0, 2, 5))
        if talk.lines:
            plan.talks.append(talk)


def _different(many: int, deck: Deck, threads: dict[str, list[tuple[str, str]]]) -> list[list[tuple[str, str]]]:
    """So many threads, none twice."""
    names: list[str] = []
    while len(names) < many:
        name = deck.deal()
        if name not in names:
            names.append(name)
    return [threads[name] for name in names]


def _last_words(rng: Random, plan: Plan, talk: Talk, deck: Deck, *, waiting: bool) -> None:
    """What has been said just now and may not have been read."""
    if not waiting and rng.random() > 0.2:
        return
    speaker = talk.other if waiting else rng.choice([talk.one, talk.other])
    lines = [deck.deal() for _ in range(rng.randint(1, 3))]
    at = plan.now - timedelta(minutes=rng.randint(6, 200))
    if talk.lines and talk.lines[-1][2] > at:
        return
    for line in lines:
        talk.lines.append((speaker, words.fill(rng, line, plan.names), at))
        at += timedelta(seconds=rng.randint(5, 50))
    if waiting or rng.random() < 0.6:
        talk.unread = len(lines)
