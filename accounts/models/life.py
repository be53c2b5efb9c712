"""Members on their way out."""

from django.db import models

from accounts.models.people import User


class Departure(models.Model):
    """A member has asked to be deleted. Until `due_at` they may change their mind; then erasure begins, in batches, and
    this row goes last, with the member's own."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="departure")
    take_messages = models.BooleanField(help_text="What they wrote to others goes, too.")
    asked_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_index=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True, help_text="Erasure has begun; nothing stops it.")

    def __str__(self) -> str:
        return f"{self.user_id} leaves on {self.due_at:%Y-%m-%d}"
