"""The log's own subscriber: it answers the doctor."""

from core import outbox
from core.events import DoctorAsked
from core.models import Pulse


@outbox.subscribes(DoctorAsked, name="doctor-answer")
def answer_doctor(fact: DoctorAsked) -> None:
    Pulse.objects.update_or_create(name="doctor", defaults={"detail": fact.nonce})
