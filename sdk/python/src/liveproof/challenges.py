"""Challenges: what may be issued, what was asked, and what became of it.

The way of one: `Issued` (show its prompt, then say so with `Interview.challenge_shown`) -> `Opened` -> `Concluded`,
or, where it was not done, once `Reprompt` -> shown again -> `Opened` -> `Concluded`. A challenge that was declined,
cancelled, not shown in time or not performed says nothing about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from . import _wire
from .enums import (
    ChallengeKind,
    ChallengeMode,
    ChallengeNeed,
    ChallengeOutcome,
    ChallengeSide,
    ChallengeStanding,
    ScreenColour,
)
from .results import Evidence, NoScore

__all__ = [
    "ChallengeCapability",
    "ChallengeParameters",
    "ChallengePolicy",
    "ChallengeRecord",
    "ChallengeResult",
    "ChallengeTexts",
    "ChallengeUpdate",
    "Concluded",
    "Issued",
    "NotCarriedOut",
    "NotPerformed",
    "Opened",
    "Performed",
    "Refused",
    "Reprompt",
    "TracePoint",
]


@dataclass(frozen=True, slots=True)
class ChallengePolicy:
    """Which challenges the server may issue in an interview, and when. 0 or empty = the server's default."""

    mode: ChallengeMode = ChallengeMode.MANUAL
    #: Kinds that may be issued; empty = every kind of the catalogue.
    kinds: tuple[ChallengeKind, ...] = ()
    #: Language of the texts as a BCP 47 tag; empty = "en".
    locale: str = ""
    #: What the candidate cannot or does not want to do; nothing that needs it is ever issued.
    opt_outs: tuple[ChallengeNeed, ...] = ()
    #: Only challenges that need no movement and no flashes.
    accessible_only: bool = False
    max_automatic: int = 0
    first_after_s: int = 0
    min_spacing_s: int = 0
    max_random_wait_s: int = 0


@dataclass(frozen=True, slots=True)
class ChallengeCapability:
    """What one kind can and cannot be judged on in this interview."""

    participant_id: str
    kind: ChallengeKind
    standing: ChallengeStanding
    available: bool
    #: What is judged and what is not, or why it is not available.
    detail: str
    needs: tuple[ChallengeNeed, ...]


@dataclass(frozen=True, slots=True)
class ChallengeParameters:
    """How exactly a challenge is asked for. What does not belong to its kind is 0 or empty."""

    count: int = 0
    hand: ChallengeSide = ChallengeSide.UNSPECIFIED
    direction: ChallengeSide = ChallengeSide.UNSPECIFIED
    hold_ms: int = 0
    #: How long the client waits before it shows the prompt, milliseconds.
    delay_ms: int = 0
    colours: tuple[ScreenColour, ...] = ()
    colour_ms: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChallengeTexts:
    """The texts of a challenge in one language."""

    locale: str
    prompt: str
    #: Why we ask.
    reason: str
    #: What somebody can do who cannot perform it.
    alternative: str


@dataclass(frozen=True, slots=True)
class ChallengeRecord:
    """What was decided about a challenge and when, signed; docs/challenges.md says how to verify it."""

    version: int
    session_id: str
    challenge_id: str
    participant_id: str
    kind: ChallengeKind
    parameters: ChallengeParameters
    issued_us: int
    nonce: bytes
    previous_mac: bytes
    shown_us: int | None
    deadline_us: int | None
    attempt: int
    outcome: str
    key_id: str
    mac: bytes


@dataclass(frozen=True, slots=True)
class Performed:
    """It was done as asked."""


@dataclass(frozen=True, slots=True)
class NotPerformed:
    """It was not done as asked; never evidence of manipulation."""

    detail: str


@dataclass(frozen=True, slots=True)
class NotCarriedOut:
    """It was declined, taken back, not shown in time, or the interview ended before."""

    detail: str


@dataclass(frozen=True, slots=True)
class TracePoint:
    """One point of a challenge's course; the protocol's `TracePoint` says what the value is, by kind."""

    time_us: int
    value: float


_STATUS = _wire.OneOf(
    {
        "performed": Performed,
        "not_performed": NotPerformed,
        "not_measurable": NoScore,
        "not_carried_out": NotCarriedOut,
    }
)


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """What became of a challenge that was put to the candidate."""

    challenge_id: str
    kind: ChallengeKind
    count: int
    #: Signal that judged it; empty where none does.
    signal: str
    prompt_end_us: int
    deadline_us: int
    #: Only a challenge that was performed can count for or against. None: stated by a later server only.
    status: Annotated[Performed | NotPerformed | NoScore | NotCarriedOut | None, _STATUS]
    onset_us: int | None
    #: From the prompt's end to the onset; negative when the movement came first.
    reaction_ms: float | None
    passes: int
    evidence: tuple[Evidence, ...]
    #: Natural logarithm, positive = manipulated; None where no number was given.
    llr: float | None
    trace: tuple[TracePoint, ...]
    attempt: int
    record: ChallengeRecord | None
    #: Words on a movement that set in too early; empty otherwise. No evidence by itself.
    early_reaction: str
    prompt_uncertainty_ms: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A challenge was drawn: show its prompt."""

    kind: ChallengeKind
    parameters: ChallengeParameters
    texts: ChallengeTexts
    issued_us: int
    #: Unless it is said to be shown by then, it expires.
    show_by_us: int
    answer_ms: int
    standing: ChallengeStanding
    standing_words: str
    nonce: bytes
    record: ChallengeRecord | None
    alternative_of: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A request, or what was said of a challenge, was not taken in."""

    #: Names the field and what was expected.
    detail: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The prompt was shown; the window is open."""

    attempt: int
    shown_us: int
    deadline_us: int


@dataclass(frozen=True, slots=True)
class Reprompt:
    """It was not done as asked: show this prompt, once, and say so with attempt 2."""

    texts: ChallengeTexts
    show_by_us: int
    first: ChallengeResult | None


@dataclass(frozen=True, slots=True)
class Concluded:
    """The last word on a challenge."""

    outcome: ChallengeOutcome
    result: ChallengeResult | None
    words: str


_STATE = _wire.OneOf(
    {"issued": Issued, "refused": Refused, "open": Opened, "reprompt": Reprompt, "concluded": Concluded}
)


@dataclass(frozen=True, slots=True)
class ChallengeUpdate:
    """What becomes of a challenge, as it happens."""

    #: Empty where a request was refused.
    challenge_id: str
    participant_id: str
    #: Id of the request; empty where the server issued it by itself.
    request_id: str
    #: None: a state of a later version.
    state: Annotated[Issued | Refused | Opened | Reprompt | Concluded | None, _STATE]
