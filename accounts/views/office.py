"""What every page of the site's office shows around itself."""

from typing import Any

from accounts.queries import doors as door_queries
from accounts.views.base import Request


def of(request: Request, here: str) -> dict[str, Any]:
    """The context of the menu: the pages that are there for the viewer, and which one this is."""
    return {"here": here, "pages": door_queries.office(request.user)}
