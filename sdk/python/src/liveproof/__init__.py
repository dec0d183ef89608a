"""Client for liveproof, which scores how authentic a video interview is while it runs.

`Client` reaches a server, `Client.interview` opens an interview on announced tracks, and the `Interview` has two sides:
media, events and challenges go in, updates come out. `Client.submit_review` hands a recording in, to be reviewed by the
server by itself. `liveproof.sync` is the same without asyncio, and
`liveproof.recordings` reads files (it needs PyAV). Results are frozen dataclasses: a `Score`, or a `NoScore` with its
reason, never a number where nothing was measured.
"""

from . import challenges, enums, errors, events, media, results, reviews, session, sync, tracks
from .access import Tls
from .challenges import *  # noqa: F403
from .client import Client, Opening
from .enums import *  # noqa: F403
from .errors import *  # noqa: F403
from .events import *  # noqa: F403
from .interview import Interview, Overflow, Stats, TrackStats, Update
from .media import Chunk, Layout, Plane, picture_chunk, sound_chunk
from .results import *  # noqa: F403
from .retry import Retry
from .reviews import *  # noqa: F403
from .session import *  # noqa: F403
from .tracks import AudioTrack, Participant, Region, Track, VideoTrack

__version__ = "0.1.0"

__all__ = [
    "AudioTrack",
    "Chunk",
    "Client",
    "Interview",
    "Layout",
    "Opening",
    "Overflow",
    "Participant",
    "Plane",
    "Region",
    "Retry",
    "Stats",
    "Tls",
    "Track",
    "TrackStats",
    "Update",
    "VideoTrack",
    "media",
    "picture_chunk",
    "sound_chunk",
    "sync",
    "tracks",
]
__all__ += challenges.__all__
__all__ += enums.__all__
__all__ += errors.__all__
__all__ += events.__all__
__all__ += results.__all__
__all__ += reviews.__all__
__all__ += session.__all__
