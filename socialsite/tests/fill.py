"""What stands in the addresses that the walk of test_doors takes."""

from typing import Any

# What a parameter of a route may be, where it is no member, post, comment or list of the world.
FILL: dict[str, list[Any]] = {
    "key": ["8f5d2c1e-1111-4222-8333-444455556666"],
    "variant": ["320"],
    "number": [1],
    "ending": ["webp"],
    "language": ["en"],
    "token": ["nothing"],
    "provider_id": ["nothing"],
    "step": ["picture"],
    "token_id": [1],
    "tab": ["posts", "about", "friends"],
    "person": ["nobody"],
    "handle": ["nobody"],
    "id": [1],
    "code": ["nothing"],
    "user": [1],
    "link": [1],
    "seq": [1],
    "pack": ["pip", "nothing"],
}
# Who else's rows an id may name, by the beginning of the route.
PEOPLE, POSTS, COMMENTS, LISTS, COLLECTIONS = (
    "api/v1/users/",
    ("posts/", "api/v1/posts/"),
    ("comments/", "api/v1/comments/"),
    "lists/",
    ("saved/", "collections/"),
)
# Staff's, with tests of its own; documents, which take a second each and are the same for everybody.
OUTSIDE = ("admin/", "api/v1/schema/", "api/v1/docs/", "styleguide/")
