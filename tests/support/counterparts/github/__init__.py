"""A small GitHub on loopback: the shapes of its REST API, and its troubles when asked for."""

from tests.support.counterparts.github.faults import Fault
from tests.support.counterparts.github.server import Counterpart
from tests.support.counterparts.github.serving import running_github
from tests.support.counterparts.github.world import World

__all__ = ["Counterpart", "Fault", "World", "running_github"]
