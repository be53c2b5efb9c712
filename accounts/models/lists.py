"""Lists of people that a member keeps for themselves: home, narrowed to some."""

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from accounts.models.people import User

LISTS_LIMIT = 50  # of one member
PEOPLE_LIMIT = 500  # on one list
NAME_LENGTH = 60


class PeopleList(models.Model):
    """Only its owner knows of it."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="people_lists")
    name = models.CharField(max_length=NAME_LENGTH)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="list_name_once")]
        indexes = [models.Index(fields=["owner", "-id"], name="lists_of")]

    def __str__(self) -> str:
        return f"list {self.pk} of {self.owner_id}"

    def get_absolute_url(self) -> str:
        return reverse("feed:list", args=[self.pk])


class ListedPerson(models.Model):
    list = models.ForeignKey(PeopleList, on_delete=models.CASCADE, related_name="entries")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "person"], name="listed_once")]
        indexes = [models.Index(fields=["list", "-id"], name="listed_in")]

    def __str__(self) -> str:
        return f"{self.person_id} on list {self.list_id}"
