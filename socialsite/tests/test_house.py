"""The rules of the house that no other tool knows. Each failure shows the right form; docs/architecture.md says why.

Where a rule has exceptions they stand in exceptions.py.
"""

import ast
import dataclasses
import functools
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from core import outbox
from socialsite.tests.exceptions import NO_ACTOR, NOT_ATOMIC, PARTS, SUPERVISORS, WRITERS

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = [name for name in settings.ROOMS if name not in ("core", "socialsite")]

DOORS = {"views", "api", "consumers", "tasks", "forms", "templatetags"}
LONGEST = 450
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}


# Reading the code


@functools.cache
def sources() -> dict[str, ast.Module]:
    """Every Python file of ours that runs on the site, by its path from the top."""
    found = {}
    for top in settings.ROOMS:
        for path in sorted((HOUSE / top).rglob("*.py")):
            parts = path.relative_to(HOUSE).parts
            if not {"tests", "migrations"} & set(parts):
                found["/".join(parts)] = ast.parse(path.read_text(), str(path))
    return found


def in_rooms(*kinds: str) -> Iterator[tuple[str, ast.Module]]:
    """Files of the rooms, of these kinds (`actions` is actions.py or the package actions/), or of every kind."""
    for path, tree in sources().items():
        room, *rest = path.split("/")
        if room in ROOMS and (not kinds or rest[0].removesuffix(".py") in kinds):
            yield path, tree


def dotted(node: ast.AST) -> str:
    """`Post.objects.filter(...)` -> "Post.objects.filter"; what has no name is "?"."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
        case ast.Call(func=func):
            return dotted(func)
        case _:
            return "?"


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def refuse(faults: Iterable[str], form: str) -> None:
    found = list(faults)
    assert not found, "\n  ".join([f"{form}\nbut:", *found])


# Where rows are written


def is_write(call: ast.Call, name: str) -> bool:
    """Whether this looks like Django writing a row, and not a dict, a cache, a picture, a session."""
    receiver, _, method = name.rpartition(".")
    method = method.removeprefix("a") if method.removeprefix("a") in WRITES else method
    if method not in WRITES or not receiver:
        return False
    last = receiver.rpartition(".")[2].lower()
    if last in {"session", "cache", "storage", "default_storage", "headers", "hashlib"} or last.endswith(
        ("_storage", "_cache")
    ):
        return False
    if method in {"save", "delete"}:
        return not call.args  # image.save(file), cache.delete(key), storage.delete(name)
    if method == "update":
        return bool(call.keywords) and not call.args  # {}.update(other), digest.update(bytes)
    return True


def test_only_actions_write_rows() -> None:
    faults = [
        f"{path}:{call.lineno}: {name}(...)"
        for path, tree in in_rooms()
        if path.split("/")[1].removesuffix(".py") not in {"actions", "belongings", "handlers", "management"}
        and path not in WRITERS
        for call, name in calls(tree)
        if is_write(call, name)
    ]
    refuse(faults, "A door calls the action that writes: actions.create_post(actor=request.user, text=words['text'])")


def public_actions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Of the belongings, what erases and brings."""
    for path, tree in in_rooms("actions", "belongings"):
        if path in PARTS:
            continue
        named = ("erase_", "bring_") if "belongings" in path else ("",)
        for node in tree.body:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
            if function and node.name.startswith(named):
                yield f"{path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}.{node.name}", node


def test_every_action_is_one_transaction() -> None:
    def atomic(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        return any(dotted(decorator) == "transaction.atomic" for decorator in node.decorator_list)

    faults = [
        f"{name} (line {node.lineno})" for name, node in public_actions() if not atomic(node) and name not in NOT_ATOMIC
    ]
    refuse(
        faults,
        "@transaction.atomic\ndef create_post(*, actor: User, text: str) -> Post:    (or a reason in NOT_ATOMIC)",
    )


def test_every_action_says_who_acts_and_takes_keywords_only() -> None:
    faults = []
    for name, node in public_actions():
        arguments = node.args
        if arguments.args or arguments.posonlyargs or arguments.vararg:
            faults.append(f"{name} (line {node.lineno}) takes positional arguments")
        # Erasing and bringing are done by a worker, for a member who has asked for it.
        who = "member" if node.name.startswith(("erase_", "bring_")) else "actor"
        if name not in NO_ACTOR and (not arguments.kwonlyargs or arguments.kwonlyargs[0].arg != who):
            faults.append(f"{name} (line {node.lineno}) does not begin with actor (or a reason in NO_ACTOR)")
    refuse(faults, "def create_post(*, actor: User, text: str) -> Post:")


def test_doors_ask_access_and_queries() -> None:
    faults = [
        f"{path}:{node.lineno}: {dotted(node)}"
        for path, tree in in_rooms(*DOORS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}
    ]
    refuse(
        faults,
        "post = access.access_post(request.user, post_id, to='comment'), or page = queries.home(viewer=..., after=...)",
    )


def test_hidden_and_absent_answer_alike() -> None:
    faults = [
        f"{path}:{line}: {name}"
        for path, tree in sources().items()
        for line, name in imports(tree)
        if name.endswith(("get_object_or_404", "get_list_or_404", "aget_object_or_404"))
    ]
    refuse(faults, "post = access.access_post(viewer, post_id): the same NotFound for hidden and absent")


def test_lists_of_exceptions_name_what_exists() -> None:
    names = {name for name, _ in public_actions()}
    stale = sorted((NOT_ATOMIC.keys() | NO_ACTOR.keys()) - names) + sorted(
        (SUPERVISORS.keys() | WRITERS.keys() | PARTS) - sources().keys()
    )
    refuse(stale, "Take out of the lists above what is no more")


# What is announced


def announced() -> list[outbox.Kind]:
    """Every event of the site; tests declare some of their own."""
    return [kind for _, kind in sorted(outbox.kinds.items()) if ".tests." not in kind.fact.__module__]


def test_no_signals_and_no_save_override() -> None:
    faults = []
    for path, tree in sources().items():
        signals = ("django.db.models.signals", "django.dispatch")
        faults += [f"{path}:{line}: {name}" for line, name in imports(tree) if name.startswith(signals)]
        faults += [
            f"{path}:{method.lineno}: {node.name}.{method.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and path.split("/")[1].startswith("models")
            for method in node.body
            if isinstance(method, ast.FunctionDef) and method.name in {"save", "delete", "asave", "adelete"}
        ]
    refuse(
        faults,
        "outbox.emit(PostCreated(post_id=post.pk)) in the action, @outbox.subscribes(PostCreated, ...) in handlers.py",
    )


PLAIN = {int, str, bool, float, types.NoneType}
TELLING = re.compile(
    r"(^|_)(text|body|email|mail|phone|address|ip|password|token|secret|first_name|last_name|display_name|title)($|_)"
)


def is_plain(kind: object) -> bool:
    arguments = [argument for argument in typing.get_args(kind) if argument is not Ellipsis]
    return kind in PLAIN or (bool(arguments) and all(is_plain(argument) for argument in arguments))


def test_events_are_frozen_and_carry_ids_and_plain_values_only() -> None:
    faults = []
    for kind in announced():
        if not (dataclasses.is_dataclass(kind.fact) and kind.fact.__dataclass_params__.frozen):
            faults.append(f"{kind.name} is no frozen dataclass")
        hints = typing.get_type_hints(kind.fact)
        faults += [
            f"{kind.name}.{name}: {hint}" for name, hint in hints.items() if not is_plain(hint) or TELLING.search(name)
        ]
    refuse(
        faults,
        '@outbox.event(subject="post:{post_id}")\nclass PostCreated:\n    post_id: int  (never text, names, addresses)',
    )


def test_every_event_is_declared_in_events_py() -> None:
    faults = [
        f"{path}:{node.lineno}: {node.name}"
        for path, tree in sources().items()
        if path.split("/")[1].removesuffix(".py") == "events"
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and not any(dotted(decorator) == "outbox.event" for decorator in node.decorator_list)
    ]
    faults += [
        f"{kind.name} stands in {kind.fact.__module__}" for kind in announced() if ".events" not in kind.fact.__module__
    ]
    refuse(faults, '@outbox.event(subject="post:{post_id}") on every class of events.py, and nowhere else')


def test_every_event_stands_in_docs() -> None:
    document = HOUSE / "docs" / "events.md"
    told = document.read_text() if document.exists() else ""

    def row(kind: outbox.Kind) -> str:
        fields = ", ".join(field.name for field in dataclasses.fields(kind.fact))
        return f"| `{kind.name}` | {fields} | {(kind.fact.__doc__ or 'when').splitlines()[0]} |"

    rows = [row(kind) for kind in announced() if f"`{kind.name}`" not in told]
    refuse(rows, "Every event has its line in docs/events.md")
    gone = sorted(set(re.findall(r"^\| `(\w+\.\w+)`", told, re.M)) - {kind.name for kind in announced()})
    refuse(gone, "docs/events.md tells only of events that exist")


# What goes wrong


def test_broad_excepts_stand_only_in_supervisors() -> None:
    def broad(node: ast.ExceptHandler) -> bool:
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        return any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds)

    faults = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        if path not in SUPERVISORS
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and broad(node)
    ]
    faults += [
        f"{path}:{call.lineno}: {name}"
        for path, tree in sources().items()
        if path not in SUPERVISORS
        for call, name in calls(tree)
        if name.endswith("suppress")
        and any(dotted(argument) in {"Exception", "BaseException"} for argument in call.args)
    ]
    refuse(
        faults,
        "except (OSError, redis.RedisError): name what may go wrong; SUPERVISORS lists the rest, with reasons",
    )


# Files


def test_no_file_is_too_long() -> None:
    files = [HOUSE / path for path in sources()]
    files += [path for top in settings.ROOMS for path in (HOUSE / top).rglob("tests/**/*.py")]
    files += [
        path for folder in ("templates", "static", "e2e", "bench", "deploy") for path in (HOUSE / folder).rglob("*")
    ]
    faults = [
        f"{path.relative_to(HOUSE)}: {lines} lines"
        for path in sorted(set(files))
        if path.suffix in {".py", ".html", ".css", ".js", ".mjs"} and not {"vendor", "node_modules"} & set(path.parts)
        if (lines := len(path.read_text().splitlines())) > LONGEST
    ]
    refuse(faults, f"A file over {LONGEST} lines becomes a package of nouns (actions/posts.py)")


def test_names_say_something() -> None:
    empty = {"utils.py", "helpers.py", "common.py", "misc.py", "util.py", "signals.py", "managers.py", "services.py"}
    faults = [path for path in sources() if path.rpartition("/")[2] in empty]
    refuse(faults, "A file is named by its purpose: access.py, queries.py, actions.py, or a noun (images.py)")


def test_packages_do_not_re_export() -> None:
    faults = [
        path
        for path, tree in in_rooms()
        if path.endswith("__init__.py")
        and not path.endswith("models/__init__.py")  # where Django looks: it imports its modules, no names
        and any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in tree.body)
    ]
    refuse(faults, "from feed import actions; actions.create_post(...): an __init__.py holds a docstring at most")


# Contracts


def test_every_room_is_under_contract() -> None:
    config = tomllib.loads((HOUSE / "pyproject.toml").read_text())["tool"]["importlinter"]
    apps, inside = config["contracts"]
    layered = {name.strip() for layer in apps["layers"] for name in layer.split("|")}
    present = {path.parent.name for path in HOUSE.glob("*/apps.py")} | {"socialsite"}
    assert present == set(settings.ROOMS) == set(config["root_packages"]) == layered, (
        "a room stands in settings.ROOMS and in [tool.importlinter]"
    )
    assert set(inside["containers"]) == set(ROOMS)
