"""An OpenAI-compatible endpoint for chat and vectors on loopback, with faults to switch on."""

from tests.support.counterparts.llm.server import Asked, ChatServer, chat_server

__all__ = ["Asked", "ChatServer", "chat_server"]
