"""How often one may do a thing: a sliding window per key, counted in one atomic step.

Counts stand in Redis, shared by all processes, or in this process' memory; while Redis is away each process counts for
itself. What guards a login must outlive a restart and a Redis that is away: `take_sure` counts in the database.
"""

import hashlib
import ipaddress
import logging
import math
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

from core import errors, prepared
from core.models import Count

log = logging.getLogger(__name__)

MEMORY_KEYS = 50_000
PAUSE_SECONDS = 1.0  # after a failure nobody waits for Redis so long


@dataclass(frozen=True)
class Limit:
    """`amount` times in any `seconds`, for each key of its own."""

    name: str
    amount: int
    seconds: int


@dataclass(frozen=True)
class Turn:
    """Whether one more was let, how many are left now, and in how many seconds the next one is."""

    limit: Limit
    allowed: bool
    left: int
    wait: float

    @property
    def headers(self) -> dict[str, str]:
        """The names of the IETF's draft, in the form that most clients read."""
        return {
            "RateLimit-Limit": str(self.limit.amount),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(math.ceil(self.wait)),
        }


ANONYMOUS = Limit("anonymous", 100, 60)
MEMBER = Limit("member", 300, 60)  # of an account, and of each of its logins and tokens
WRITING = Limit("writing", 60, 60)  # posts and comments of one member, through every door


def step(limit: Limit, now: float, turn: int, count: int, before: int) -> tuple[int, int, int, Turn]:
    """One more at `now`, given the window `turn` that was counted last. Returns what is to be kept, and the answer.

    The window before counts by the part of it that still lies within `seconds`. What is refused is not counted: who
    waits as long as they are told is let.
    """
    this, passed = divmod(now, limit.seconds)
    this = int(this)
    if turn != this:
        before = count if turn == this - 1 else 0
        count = 0
    weight = 1 - passed / limit.seconds
    used = before * weight + count
    if used + 1 <= limit.amount + 1e-9:
        left = int(limit.amount - used - 1 + 1e-9)
        return this, count + 1, before, Turn(limit, True, left, limit.seconds - passed)
    if count + 1 <= limit.amount:  # the window before must fade some more
        wait = (weight - (limit.amount - count - 1) / before) * limit.seconds
    else:  # this window is full by itself: it must fade in the next
        wait = limit.seconds - passed + (1 - (limit.amount - 1) / count) * limit.seconds
    return this, count, before, Turn(limit, False, 0, max(wait, 0.001))


# The same as `step` for each key, in Redis and by its clock; what one of them refuses, none counts. Kept: {window,
# count, count of the window before}. Answers with the place of the tightest, from 0.
SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local counted, least, which, refused, longest = {}, nil, 1, nil, 0
for place, key in ipairs(KEYS) do
  local amount, seconds = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place])
  local this = math.floor(now / seconds)
  local passed = now - this * seconds
  local kept = redis.call('HMGET', key, 't', 'c', 'b')
  local turn, count, before = tonumber(kept[1] or -9), tonumber(kept[2] or 0), tonumber(kept[3] or 0)
  if turn ~= this then
    if turn == this - 1 then before = count else before = 0 end
    count = 0
  end
  local weight = 1 - passed / seconds
  local used = before * weight + count
  if used + 1 <= amount + 1e-9 then
    local left = math.floor(amount - used - 1 + 1e-9)
    counted[place] = {this, count + 1, before, seconds}
    if least == nil or left < least then
      least = left
      if not refused then which, longest = place, seconds - passed end
    end
  else
    local wait
    if count + 1 <= amount then wait = (weight - (amount - count - 1) / before) * seconds
    else wait = seconds - passed + (1 - (amount - 1) / count) * seconds end
    if not refused or wait > longest then refused, which, longest = true, place, wait end
  end
end
if refused then return {0, 0, math.ceil(math.max(longest, 0.001) * 1000), which - 1} end
for place, key in ipairs(KEYS) do
  local row = counted[place]
  redis.call('HSET', key, 't', row[1], 'c', row[2], 'b', row[3])
  redis.call('PEXPIRE', key, row[4] * 2000)
end
return {1, least, math.ceil(longest * 1000), which - 1}
"""


class Memory:
    """Counts of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept: dict[str, tuple[int, int, int, float]] = {}  # key -> window, count, before, until

    def take(self, *limits: tuple[Limit, str]) -> Turn:
        """Counts for each (limit, key), or for none if one of them refuses; the tightest answers."""
        now = time.time()
        with self.lock:
            counted, turns = {}, []
            for limit, key in limits:
                *row, answer = step(limit, now, *self.kept.get(key, (-9, 0, 0, 0.0))[:3])
                counted[key] = (row[0], row[1], row[2], now + 2 * limit.seconds)
                turns.append(answer)
            if refused := [turn for turn in turns if not turn.allowed]:
                return max(refused, key=lambda turn: turn.wait)
            if len(self.kept) >= MEMORY_KEYS:
                self._forget(now)
            self.kept.update(counted)
        return min(turns, key=lambda turn: turn.left)

    def _forget(self, now: float) -> None:
        """What is over; if that is too little, the half that ends first."""
        self.kept = {key: row for key, row in self.kept.items() if row[3] > now}
        if len(self.kept) >= MEMORY_KEYS:
            last = sorted(self.kept.items(), key=lambda item: item[1][3])[MEMORY_KEYS // 2 :]
            self.kept = dict(last)

    def clear(self) -> None:
        with self.lock:
            self.kept.clear()


memory = Memory()
_away_until = 0.0


@cache
def _script(url: str) -> Any:
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, max_connections=100)
    return client.register_script(SCRIPT)


def take(limit: Limit, who: object) -> Turn:
    """Counts one more of `limit` for `who` (an id, an address), unless that would be too many."""
    return take_all((limit, who))


def take_all(*limits: tuple[Limit, object]) -> Turn:
    """Counts one more of each (limit, who) in one step, or of none if that would be too many of one; the tightest
    answers."""
    global _away_until
    keys = [f"socialsite:limit:{limit.name}:{who}" for limit, who in limits]
    if settings.REDIS_URL and time.monotonic() >= _away_until:
        try:
            amounts = [number for limit, _who in limits for number in (limit.amount, limit.seconds)]
            let, left, wait, place = _script(settings.REDIS_URL)(keys=keys, args=amounts)
        except (redis.RedisError, OSError) as error:
            _away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("limits count in this process alone: Redis does not answer (%s)", type(error).__name__)
        else:
            return Turn(limits[place][0], bool(let), int(left), wait / 1000)
    return memory.take(*((limit, key) for (limit, _who), key in zip(limits, keys, strict=True)))


def take_sure(limit: Limit, who: object) -> Turn:
    """The same in the database, under the lock of its row: it holds across restarts and without Redis."""
    now = time.time()
    with transaction.atomic():
        row = _row(limit, who)
        turn, count, before, answer = step(limit, now, row.turn, row.count, row.before)
        Count.objects.filter(pk=row.pk).update(
            turn=turn, count=count, before=before, until=int(now) + 2 * limit.seconds
        )
    return answer


def once(name: str, of: object, *, seconds: int) -> bool:
    """Whether this is the first time in so many seconds: of all who ask at once one hears yes, whatever is away or has
    begun anew. One statement; the row is forgotten with the counts."""
    values = {"key": _digest(Limit(name, 1, seconds), of), "turn": -9, "until": int(time.time()) + seconds}
    return bool(prepared.execute(ONCE, values))


ONCE = """
    INSERT INTO core_count (key, turn, count, before, until) VALUES (%(key)s, %(turn)s, 0, 0, %(until)s)
    ON CONFLICT DO NOTHING RETURNING key
"""


def give_back_sure(limit: Limit, who: object) -> None:
    """What was taken last did not matter (the password was right)."""
    with transaction.atomic():
        row = _row(limit, who)
        if row.count:
            Count.objects.filter(pk=row.pk).update(count=row.count - 1)


def forget_sure(limit: Limit, who: object) -> None:
    """Counting begins anew."""
    Count.objects.filter(key=_digest(limit, who)).delete()


def _digest(limit: Limit, who: object) -> str:
    """Nobody reads an address or a name out of it."""
    return hashlib.sha256(f"{settings.SECRET_KEY}:{limit.name}:{who}".encode()).hexdigest()


def _row(limit: Limit, who: object) -> Count:
    """Locked; made first where it is missing."""
    digest = _digest(limit, who)
    rows = Count.objects.select_for_update()
    row = rows.filter(key=digest).first()
    if row is None:
        Count.objects.bulk_create([Count(key=digest)], ignore_conflicts=True)
        row = rows.get(key=digest)
    return row


def prune() -> int:
    """Forgets counts that limit nobody any more; returns how many."""
    gone, _by_model = Count.objects.filter(until__lt=int(time.time())).delete()
    return gone


def check(limit: Limit, who: object) -> Turn:
    """TooMany when it is one too many."""
    turn = take(limit, who)
    if not turn.allowed:
        raise errors.TooMany(retry_after=math.ceil(turn.wait))
    return turn


# -- Whose turn it is -------------------------------------------------------------------------------------------------


def network(address: str) -> str:
    """Whom an address belongs to: in IPv6 everybody has a /64 of them."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(one, ipaddress.IPv4Address):
        return address
    return str(one.ipv4_mapped or ipaddress.ip_network((int(one), 64), strict=False))


def is_within(address: str, networks: list[str]) -> bool:
    """Whether an address is one of these, or in one of these networks."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(one in ipaddress.ip_network(each, strict=False) for each in networks)


def take_for(member_id: int | None, login: object, address: str) -> Turn | None:
    """One more request: members count by their account and by the login or token that asks, others by their network.
    None for those who are never counted."""
    if is_monitor(address):
        return None
    if member_id is None:
        return take(ANONYMOUS, network(address))
    by_login = ((Limit(f"{MEMBER.name}-login", MEMBER.amount, MEMBER.seconds), login),) if login else ()
    return take_all((MEMBER, member_id), *by_login)


def is_monitor(address: str) -> bool:
    """Addresses of RATE_LIMIT_EXEMPT ask as often as they like."""
    return is_within(address, settings.RATE_LIMIT_EXEMPT)
