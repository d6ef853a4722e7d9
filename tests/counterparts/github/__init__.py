"""A small GitHub on loopback: the shapes of its REST API, and its troubles when asked for."""

from tests.counterparts.github.faults import Fault
from tests.counterparts.github.server import Counterpart
from tests.counterparts.github.serving import running_github
from tests.counterparts.github.world import World

__all__ = ["Counterpart", "Fault", "World", "running_github"]
