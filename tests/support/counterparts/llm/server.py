"""The endpoint: counts what it is asked, and answers well unless it was told of a fault."""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.http_server import PatientServer, serving

_ITEM = re.compile(
    r"(?:\A|\n\n)The (?P<kind>repository is|projects are) (?P<item>[^\n]+?)\.(?: They|\n)"
)
_WORD = re.compile(r"[^\W\d_]{3,60}")
_MARKUP = re.compile(r"```.*?(?:```|\Z)|!?\[[^\]\n]*\]\([^)\n]*\)|[\[\]]|<[^<>]*>", re.DOTALL)
_SAID = re.compile(r"^\W*([^\W\d_]+(?: [^\W\d_]+){2,})", re.MULTILINE)
_PAIR = re.compile(r"^(?P<number>\d+)\. (?P<first>\S+) \+ (?P<second>\S+)$", re.MULTILINE)
#: Words of a README that are quoted as evidence.
_QUOTED_WORDS = 4
_QUOTE_MIN_WORDS = 3
_QUOTE_MAX_CHARACTERS = 150


@dataclass(frozen=True)
class Asked:
    """One request that the endpoint got; `item` is the repository, the group, or the first pair."""

    item: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """Return analysis, verdict, brief or embedding."""
        if self.path.endswith("/embeddings"):
            return "embedding"
        if self.user.startswith("The pairs are:"):
            return "verdict"
        found = _ITEM.search(self.user)
        return "analysis" if found and found["kind"] == "repository is" else "brief"

    @property
    def user(self) -> str:
        """Return the first that the user said."""
        return next(one["content"] for one in self.messages if one["role"] == "user")

    @property
    def texts(self) -> list[str]:
        """Return the texts of which vectors are asked for."""
        texts: list[str] = self.body["input"]
        return texts

    @property
    def messages(self) -> list[dict[str, str]]:
        """Return what was said."""
        messages: list[dict[str, str]] = self.body["messages"]
        return messages


class Handler(BaseHTTPRequestHandler):
    """Reads a request, and leaves the answer to a fault or to `answer_well`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else an answer in two writes takes 40 ms
    server: Server
    #: Whether the last request got a whole completion, which a model is paid for.
    answered = False

    def do_POST(self) -> None:
        """Answer a request for a chat completion, or for vectors."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(_item(body), self.path, headers, body)
        chat = self.server.chat
        self.answered = False
        with chat.counting(asked) as behave:
            time.sleep(chat.latency_s)
            (behave or answer_well)(self, asked)
            if self.answered:
                chat.paid_for(asked)

    def reply(
        self, status: int, body: Any, headers: dict[str, str] | None = None, *, cut: int = 0
    ) -> None:
        """Send an answer; `cut` bytes of what was promised are kept back."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answered = (
            status == 200 and not cut and (b'"choices"' in content or b'"embedding"' in content)
        )
        self.send_response(status)
        if self.server.chat.echo:
            self.send_header("X-Echo", self.server.chat.echo)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) - cut])
        if cut:
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


Behaviour = Callable[[Handler, Asked], None]


class Server(PatientServer):
    """A server that knows whose it is."""

    chat: ChatServer


class ChatServer:
    """What the endpoint was asked, and the faults that are still to come.

    Attributes:
        faults: Behaviours by item, each used once in their order; the keys "analysis", "verdict",
            "brief", "embedding" and "*" are for every item of that kind. The item of a request for
            vectors is its first text.
        always: A behaviour for every request that has no fault of its own.
        injected: The names of the faults that were used, with the items they were about.
        answered: How often each item got a whole completion, good or bad.
        echo: A text that good answers, errors and headers repeat.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: dict[str, deque[Behaviour]] = defaultdict(deque)
        self.always: Behaviour | None = None
        self.concurrent = 0
        self.most_concurrent = 0
        self.url = ""
        self.latency_s = 0.0
        self.echo = ""
        self.injected: list[tuple[str, str]] = []
        self.answered: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._chance: tuple[float, list[Behaviour], random.Random] | None = None

    def sometimes(self, share: float, faults: list[Behaviour], seed: int = 1) -> None:
        """Answer a share of all requests with one of the faults."""
        self._chance = (share, faults, random.Random(seed))

    def fail(self, item: str, *faults: Behaviour) -> None:
        """Let the next requests about an item go wrong."""
        self.faults[item].extend(faults)

    def count(self) -> Counter[str]:
        """Return how often each item was asked about."""
        with self._lock:
            return Counter(one.item for one in self.asked)

    @contextmanager
    def counting(self, asked: Asked) -> Iterator[Behaviour | None]:
        """Note a request for as long as it is being answered, and yield how to answer it."""
        with self._lock:
            self.asked.append(asked)
            self.concurrent += 1
            self.most_concurrent = max(self.most_concurrent, self.concurrent)
            behave = self._fault_for(asked)
            if behave is not None:
                self.injected.append((behave.__name__, asked.item))
            behave = behave or self.always
        try:
            yield behave
        finally:
            with self._lock:
                self.concurrent -= 1

    def paid_for(self, asked: Asked) -> None:
        """Count a completion that was sent whole."""
        with self._lock:
            self.answered[asked.item] += 1

    def _fault_for(self, asked: Asked) -> Behaviour | None:
        for key in (asked.item, asked.kind, "*"):
            if self.faults[key]:
                return self.faults[key].popleft()
        if self._chance and self._chance[2].random() < self._chance[0]:
            return self._chance[2].choice(self._chance[1])
        return None


@contextmanager
def chat_server(port: int = 0) -> Iterator[ChatServer]:
    """Run an endpoint for the block."""
    chat = ChatServer()
    server = Server(("127.0.0.1", port), Handler)
    server.chat = chat
    with serving(server) as url:
        chat.url = f"{url}/v1"
        yield chat


def answer_well(handler: Handler, asked: Asked) -> None:
    """Answer as a good model does: valid, with evidence, and with the tokens that it took."""
    if asked.kind == "embedding":
        handler.reply(200, embeddings(asked.texts))
        return
    handler.reply(200, completion(json.dumps(content_for(asked, handler.server.chat.echo))))


def content_for(asked: Asked, echo: str = "") -> dict[str, Any]:
    """Return a valid answer to a request; `echo` is in its text."""
    if asked.kind == "verdict":
        return _verdicts(asked.user)
    content = _analysis(asked.user) if asked.kind == "analysis" else _brief(asked)
    if echo:
        key = "summary" if asked.kind == "analysis" else "pitch"
        content[key] += f" It is reached with {echo} at night."
    return content


def completion(text: str | None, **changes: Any) -> dict[str, Any]:
    """Return a chat completion as OpenAI documents it; `message` and `choice` merge deeper."""
    message = {"role": "assistant", "content": text} | changes.pop("message", {})
    choice = {"index": 0, "message": message, "finish_reason": "stop"} | changes.pop("choice", {})
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "test-model-2026",
        "choices": [choice],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    } | changes


def embeddings(texts: list[str], **changes: Any) -> dict[str, Any]:
    """Return vectors as OpenAI documents them, not of length 1; a word is a token."""
    data = [
        {"object": "embedding", "index": number, "embedding": vector_of(text)}
        for number, text in enumerate(texts)
    ]
    tokens = sum(len(text.split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": "test-embed", "usage": usage} | changes


def vector_of(text: str, dimensions: int = 8) -> list[float]:
    """Return numbers from -1 to 1 that follow from the text alone."""
    digest = hashlib.sha256(text.encode()).digest()
    return [digest[place] / 127.5 - 1 for place in range(dimensions)]


def _item(body: dict[str, Any]) -> str:
    """Return what a request is about."""
    if "input" in body:
        return str(body["input"][0])
    user = next(one["content"] for one in body["messages"] if one["role"] == "user")
    if user.startswith("The pairs are:") and (pair := _PAIR.search(user)):
        return f"{pair['first']} {pair['second']}"
    found = _ITEM.search(user)
    return found["item"] if found else "?"


def _analysis(user: str) -> dict[str, Any]:
    return {
        "summary": "An index.",
        "scores": {"interestingness": 0.7, "novelty": 0.5, "collaboration_potential": 0.8},
        "reasons": [{"claim": "It says so.", "evidence": _quote(user)}],
        "signals": {
            "maturity": "active",
            "integration_surface": ["library"],
            "provides": ["an index"],
            "needs": ["vectors"],
        },
        "keywords": ["embeddings", "approximate search", "simd"],
    }


def _quote(user: str) -> str:
    """Return the first words of a README's first line that has enough of them."""
    for line in user.partition("\nREADME:\n")[2].splitlines():
        words = line.lstrip("# ").split()[:_QUOTED_WORDS]
        if len(words) >= _QUOTE_MIN_WORDS:
            return " ".join(words)[:_QUOTE_MAX_CHARACTERS]
    return "not there at all"


def _brief(asked: Asked) -> dict[str, Any]:
    """Return a brief with an interface and a gain for every member, in words of its own README."""
    members = asked.item.split(", ")
    shown = asked.messages[1]["content"]
    sections = {name: _section(name, shown) for name in members}
    quotes = {name: _quote_of(section) for name, section in sections.items()}
    return {
        "title": "A shared index",
        "pitch": "Together they would save both a storage engine.",
        "interfaces": [
            {"repo": name, "interface": quotes[name], "quote": quotes[name]} for name in members
        ],
        "first_step": "A thousand records go from one to the other.",
        "gains": [
            {"repo": name, "gain": f"A reader more: {_own_words(section)}"[:300]}
            for name, section in sections.items()
        ],
        "risks": ["Formats may change."],
        "outreach": {
            "subject": "A shared index?",
            "body": "Hello,\n\nwould that be useful? What exists already stays.",
        },
    }


def _verdicts(user: str) -> dict[str, Any]:
    """Return a yes to every pair, with words of either project."""
    return {
        "verdicts": [
            {
                "pair": int(pair["number"]),
                "fit": 0.8,
                "reason": "What one writes the other could read.",
                "quote_a": _quote_of_judged(pair["first"], user),
                "quote_b": _quote_of_judged(pair["second"], user),
            }
            for pair in _PAIR.finditer(user)
        ]
    }


def _quote_of_judged(name: str, user: str) -> str:
    """Return some words of what a judge is shown of a project's README, or of its description."""
    section = user.partition(f"\nProject {name}\n")[2].partition("\nEND UNTRUSTED")[0]
    return _said_in(section.partition("\nIts README begins: ")[2], _description(section))


def _section(name: str, user: str) -> str:
    """Return what is shown of a project."""
    return user.partition(f"\nProject {name}:\n")[2].partition("\nProject ")[0]


def _description(section: str) -> str:
    return section.partition("\n")[0].removeprefix("Description: ")


def _prose(section: str) -> str:
    """Return what is shown of a project's README without its code, links and tags."""
    readme = section.partition("\nREADME, in parts:\n")[2]
    return "" if readme.startswith("(There is no README") else _MARKUP.sub("\n", readme)


def _own_words(section: str) -> str:
    """Return the words of a project: those of its description, then the common ones."""
    common = [word for word, _ in Counter(_WORD.findall(_prose(section).lower())).most_common()]
    return " ".join(dict.fromkeys([*_WORD.findall(_description(section).lower()), *common]))


def _quote_of(section: str) -> str:
    """Return some words of what is shown of a project's README, or of its description."""
    return _said_in(_prose(section), _description(section))


def _said_in(*texts: str) -> str:
    """Return some words of the first of the texts that has enough in a line."""
    for text in texts:
        found = _SAID.search(text)
        if found:
            return " ".join(found[1].split()[:_QUOTED_WORDS])[:_QUOTE_MAX_CHARACTERS]
    return "not there at all"
