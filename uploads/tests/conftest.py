import pytest
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from rest_framework.test import APIClient

from accounts.tests.factories import make_user
from uploads import registry
from uploads.tests import factories


@pytest.fixture(autouse=True)
def _purpose(monkeypatch):
    """A kind of upload of the tests' own."""
    monkeypatch.setattr(registry, "kinds", {})
    factories.register_purpose()


@pytest.fixture
def files(monkeypatch):
    """The storage, in memory and empty: name -> bytes through `names`."""
    from uploads import storage

    memory = InMemoryStorage()
    monkeypatch.setattr(storage, "default_storage", memory)
    return memory


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """The data folder's media."""
    from uploads import storage

    where = FileSystemStorage(location=tmp_path)
    monkeypatch.setattr(storage, "default_storage", where)
    return tmp_path


@pytest.fixture
def owner(db):
    return make_user("olga")


@pytest.fixture
def api(owner):
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def stranger(db):
    return make_user("sven")
