"""Which values under a secret's name are no secrets: states, placeholders, code, prose."""

from __future__ import annotations

import re

from models.redaction.keys import SECRET_WORDS, Verdict, classify, split_words, word_set
from models.redaction.lazy import lazy
from models.redaction.masked_spans import MASK

# What a name like `token` is followed by in messages and documents. A secret that is one of these
# words protects nothing.
_HARMLESS_WORDS = word_set(
    "true false none null nil yes no on off ok unset set missing present absent required optional "
    "invalid valid expired empty failed failure denied disabled enabled revoked rejected unknown "
    "undefined default redacted filtered masked hidden unused not is are was were has have had a "
    "an the this that these it its to of for from in by with and or if as at be must should can "
    "cannot may will your my our you we use uses using used see how what why when where which "
    "authentication authorization based too "
    "oauth oauth2 basic bearer digest jwt oidc saml ldap kerberos negotiate ntlm apikey "
    # types
    "str bytes int bool any string varchar char text number boolean buffer object unicode secretstr "
    "secretbytes byte double float long void integer symbol uuid unknown never optional tokentype "
    # what documents put there
    "anything something nothing whatever not-needed anon anonymous cloud ollama test demo"
)
_TELLING_WORDS = word_set(
    "token password secret key credential credentials header signature character characters user "
    "enter type please name value error mismatch incorrect wrong bad length long short than then "
    "found match exceeded provided supplied given needed stored used generated against could does "
    "also there here only been being do did but about after before when while because so under over"
)
#: What documents write for a user's password.
EXAMPLE_PASSWORDS = word_set(
    "password pass passwd pw pwd secret user username yourpassword mypassword mypass yourpass"
)
_METAVARS = word_set("TOKEN PASSWORD SECRET KEY TEXT STRING VALUE NAME FILE FILENAME PATH URL USER")
# A name of a secret that stands where a document leaves the secret out: `client_secret`, `APIKey`.
_NAMED_LASTS = SECRET_WORDS | word_set("key pass")
_NAMED_FIRSTS = word_set(
    "my your the some custom api app access auth client user resource owner master account admin "
    "bot bearer refresh private public signing encryption consumer service proxy request personal"
)
_PLACEHOLDER = lazy(
    r"\*+|[xX]{3,}(?:[-_ ][xX]+)*|([A-Za-z])\1{4,}|(?:[a-z]{1,8}[_-]){0,3}(?:\.{3,}|…)|%s|%r|%d|%v|%\(\w+\)s|%\w+%|\?|:\w+"
    r"|\$\{\{? ?[\w.\-]+(?::?[-?=][^{}]*)? ?\}?\}"
    r"|\$\([^()]*\)|\$[A-Za-z_]\w*|\$env:\w+|@[A-Z_]+@|@\w+\.\w+"
    r"|\{\{-? ?[^{}]+ ?-?\}\}|\{[\w.\[\]'\"]*\}|#\{[^{}]+\}|<%=? ?[^<>]+%>"
    r"|<[\w .,'/:|-]*>|\[(?:Filtered|MASKED|redacted|removed|hidden|your[^\]]*|secret)\]"
    r"|(?i:my)?[-_]?(?:SECRET|TOKEN|PASSWORD|API)?[-_]?(?:ACCESS|API|AUTH)?[-_]?(?:KEY|TOKEN|SECRET|PASSWORD)"
    r"|(?:Bearer|bearer|Basic|token|Token) \{[^{}]+\}|(?:Bearer|token) [$%<][^\s]*"
    r"|!(?:Ref|Sub|GetAtt|vault|secret|env_var|ENV)\b.*"
    r"|(?:op|vault|ref\+vault|awssm|gcpsm|azurekv|keyring|env|secretref|secretsmanager|ssm):[^\s]+"
    r"|arn:aws:[^\s]+|projects/[\w-]+/secrets/[^\s]+|@Microsoft\.KeyVault\([^()]*\)"
    r"|(?:file://)?/(?:run|var|etc|path|opt|home|usr|secrets?|mnt|tmp)/[\w./ -]+"
)
# One of these words makes an example of the whole: `your-api-key-here`, `CHANGE_ME`.
_EXAMPLE = lazy(
    r"(?i:(?:^|[^a-z])(?:your|example|placeholder|dummy|change[-_ ]?me|changethis|replace[-_ ]?me"
    r"|replace[-_ ]?with|insert|todo|fixme|redacted|goes[-_ ]here|xxx+|foo|bar|foobar|fake)(?:$|[^a-z]))"
)
_EXAMPLE_LETTERS = lazy(r"[A-Za-z]{1,24}(?:[-_. ][A-Za-z0-9]{1,24}){0,8}|[A-Za-z]{3,24}")
_MAX_HARMLESS_LENGTH = 64
# So much of a token gives nothing away.
_MAX_PART_SHOWN = 8
_NOT_ALPHANUMERIC = lazy(r"[^A-Za-z0-9]+")
_VERSION = lazy(r"v?\d{1,4}(?:\.\d{1,5}){1,3}(?:[.\-]?[a-z]{1,5}\d{0,3})?")
_BOUNDARY = lazy(r"[\s\"',;&)]|$")
_NUMBER = lazy(r"[-+]?\d+(?:[.,:]\d+)*%?[a-z]{0,2}")

# A call, an index, an attribute, a reference: `get_token()`, `os.environ["X"]`, `self.token`.
_IDENTIFIER = r"[A-Za-z_$@][\w$]{0,63}"
_CODE = lazy(
    rf"&(?:mut )?\[?\w{{1,16}}\]?(?=[\s,;)]|$)|"
    rf"(?:(?:await|new|not|lambda|return|yield|typeof|&|\*|!)\s{{0,2}})?"
    rf"(?:{_IDENTIFIER}(?:\.|::|->|\?\.))*+{_IDENTIFIER}!?"
    r"(?:\(|\[(?:[\"'A-Za-z_0-9:\-\n]|\])|<[A-Z]\w*)"
)
_ATTRIBUTE = lazy(rf"{_IDENTIFIER}(?:(?:\.|::|->|\?\.){_IDENTIFIER}){{1,8}}+(?:\(\))?")
_NAME = lazy(r"[A-Za-z_][A-Za-z_]{0,63}\d?")
_DIGIT_OR_CASE = lazy(r"\d|[a-z][A-Z]")


def is_secret_value(verdict: Verdict, value: str) -> bool:
    """Whether a text that stands under a name is to be masked.

    Args:
        verdict: What the name says.
        value: The text without quotes around it.
    """
    if verdict is Verdict.HARMLESS or not value or value == MASK or value in _METAVARS:
        return False
    if not any(map(str.isalnum, value[:_MAX_HARMLESS_LENGTH])):
        return False
    if len(value) <= _MAX_HARMLESS_LENGTH * 2 and _is_harmless(value):
        return False
    if verdict is Verdict.GUESS:
        return looks_random(value)
    return verdict is Verdict.SECRET or looks_like_material(value)


def _is_harmless(value: str) -> bool:
    folded = value.casefold()
    if folded in _HARMLESS_WORDS or folded in EXAMPLE_PASSWORDS or _is_name_of_secret(value):
        return True
    if _PLACEHOLDER.fullmatch(value):
        return value[0] != "{" or not looks_random(value.strip("{}"))
    if (" " in value and is_sentence(value)) or _is_place(value) or _VERSION.fullmatch(value):
        return True
    if "..." in value:  # the beginning of one that is left out: `sk-...`, `tpuf_A1...`
        return all(len(part) <= _MAX_PART_SHOWN for part in _NOT_ALPHANUMERIC.split(value))
    if ";" in value and (held := _CONNECTED.findall(value)):
        return not any(is_secret_value(classify(name), text) for name, text in held)
    return (
        bool(_EXAMPLE.search(value))
        and _EXAMPLE_LETTERS.fullmatch(value.strip("<>[]{}")) is not None
    )


def _is_place(value: str) -> bool:
    """`/etc/app/token`, `path/to/key.json`, `https://app.example.com/settings/api_keys`."""
    if _PATH.fullmatch(value) or _FILE.fullmatch(value):
        return all(_WORD.fullmatch(part) or not part for part in _PATH_PARTS.split(value))
    return _WEB_PAGE.fullmatch(value) is not None and all(
        len(part) <= 3 or part.isalpha() or _WORD.fullmatch(part)
        for part in _PATH_PARTS.split(value)
    )


def _is_name_of_secret(value: str) -> bool:
    """`ClientSecret`, `resource_owner_secret`, `my-token`, `ManagedIdentityCredential`."""
    if not _WORDS_JOINED.fullmatch(value):
        return False
    words = split_words(value)
    if len(words) < 2 or words[-1] not in _NAMED_LASTS:
        return False
    is_class = words[-1] in ("credential", "credentials")
    return is_class or words[-2] in _NAMED_FIRSTS or words[0] in ("my", "your")


def is_placeholder_at(text: str, start: int) -> bool:
    """Whether a reference or placeholder stands alone at a place: `token=${TOKEN}`."""
    placeholder = _PLACEHOLDER.match(text, start, start + _MAX_HARMLESS_LENGTH)
    if placeholder is None or not _BOUNDARY.match(text, placeholder.end()):
        return False
    return text[start] != "{" or not looks_random(placeholder.group().strip("{}"))


def is_code_at(text: str, start: int) -> bool:
    """Whether a call or an index stands at a place: `tokenizer.encode(…)`, `os.environ["X"]`."""
    return _CODE.match(text, start, start + 160) is not None


def is_reference(value: str, name: str = "") -> bool:
    """Whether a bare value is the name of something in a program: `self.token`, `access_token`."""
    if value == name:
        return True
    if name and value.lower() == re.split(r"[^A-Za-z]", name.strip("-").lower())[-1]:
        return name.islower() and value != "secret"
    if _ATTRIBUTE.fullmatch(value):
        parts = [part for part in re.split(r"\.|::|->|\?\.", value.removesuffix("()")) if part]
        return all(_NAME.fullmatch(part) for part in parts) and not looks_random(value)
    several = "_" in value.strip("_") or _DIGIT_OR_CASE.search(value) is not None
    return several and bool(_NAME.fullmatch(value)) and classify(value) >= Verdict.GUESS


def is_sentence(text: str) -> bool:
    """Whether a text is words of English about a secret rather than one: `Must be 8 characters`."""
    words = [word.strip(".,;:!?()'\"") for word in text.split()]
    if len(words) < 2 or any(
        re.search(r"\d[A-Za-z]|[A-Za-z]\d|[!@$%^&*]|\w#|#\w", word) for word in words[:4]
    ):
        return False
    telling = _HARMLESS_WORDS | _TELLING_WORDS
    return any(word.casefold() in telling for word in words[:5])


def looks_like_material(value: str) -> bool:
    """Whether a value under an ambiguous name is a secret rather than a mode, a count or prose."""
    if (
        len(value) < 6
        or " " in value.strip()
        or (len(value) <= _MAX_HARMLESS_LENGTH and _NUMBER.fullmatch(value))
    ):
        return False
    return len(value) >= 12 or not (value.isalpha() and (value.islower() or value.istitle()))


_WORDS_JOINED = lazy(r"[A-Za-z]{2,32}(?:[_-]?[A-Za-z]{1,32}){0,6}")
_PATH = lazy(r"(?:\.{1,2}|~)?(?:/[\w.\-]{0,64}){1,16}")
# What a connection string holds: `DefaultEndpointsProtocol=https;AccountKey=xxxx`.
_CONNECTED = lazy(r"(?:\A|;)([A-Za-z_ ]{2,40})=([^;]*)")
# The page that a link leads to, and a file that holds a secret: `[api-keys]: https://…/api_keys`.
_WEB_PAGE = lazy(r"https?://(?:[A-Za-z0-9-]{1,63}\.){1,4}[a-z]{2,12}(?:/[\w.\-]{0,64}){0,16}")
_FILE = lazy(
    r"(?:[\w.\-]{1,64}/){0,8}[\w\-]{1,64}"
    r"\.(?:json|ya?ml|toml|ini|txt|env|cfg|conf|pem|crt|cert|secret|token)"
)
_PATH_PARTS = lazy(r"[:/._\-~]+")
_RANDOM = lazy(r"[A-Za-z0-9+/=_\-.~!@#$%^*]{16,}")
_SEPARATOR = lazy(r"[-_./+=~]+")
_UUID = lazy(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_WORD = lazy(r"[A-Z]?[a-z]{2,}\d?|[A-Z]{2,}\d?|v?\d{1,4}")


def looks_random(value: str) -> bool:
    """Whether a value looks like chance: long, of letters and digits, and not made of words."""
    if not _RANDOM.fullmatch(value) or _UUID.fullmatch(value):
        return False
    if not any(char.isdigit() for char in value) or not any(char.isalpha() for char in value):
        return False
    parts = [part for part in _SEPARATOR.split(value) if part]
    words = sum(len(part) for part in parts if _WORD.fullmatch(part))
    return words * 2 < len(value)


def is_plain_word(value: str) -> bool:
    """Whether a value is one word in lower case, as keywords and topics are."""
    return value.isascii() and value.replace("-", "").isalpha() and value.islower()


def is_material(value: str) -> bool:
    """Whether a word in a sentence is a password or token rather than English."""
    value = value.strip("\"'`*_")
    if not 6 <= len(value) <= 4096 or any(map(str.isspace, value)) or value == MASK:
        return False
    if _is_harmless(value):
        return False
    if _NUMBER.fullmatch(value) or "://" in value or value.startswith(("http", "www.", "./", "/")):
        return False
    letters = any(char.isalpha() for char in value)
    others = sum(1 for char in value if not char.isalpha() and char not in "-'’_./,")
    mixed = bool(re.search(r"[a-z][A-Z]", value)) and not _ATTRIBUTE.fullmatch(value)
    if not letters:
        return others >= 8
    if _is_word_list(value):
        return False
    return others >= 1 or (mixed and len(value) >= 12)


def _is_word_list(value: str) -> bool:
    """`two-factor`, `OAuth2.0`, `sha256`, `v1.2.3`, `utf-8`, `base64`, `e.g`."""
    parts = [part for part in re.split(r"[-_./,:]+", value.rstrip("()?!:;,.")) if part]
    return all(
        re.fullmatch(
            r"[A-Z]?[a-z]*\d{0,3}|[A-Z]+\d{0,3}|\d+[a-z]{0,2}|[A-Z][a-z]*[A-Z][a-z]+\d?", part
        )
        for part in parts
    )
