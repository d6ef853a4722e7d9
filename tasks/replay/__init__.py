"""Computing a run's results again from what it stored: no network, no model, nothing written."""

from tasks.replay.replay import Part, Replay, replay_run

__all__ = ["Part", "Replay", "replay_run"]
