"""Which names are names of secrets, judged by their last words and never by substrings."""

from __future__ import annotations

import unicodedata
from enum import IntEnum
from functools import lru_cache

from models.redaction.lazy import lazy


class Verdict(IntEnum):
    """What a name says about its value."""

    #: Nothing.
    HARMLESS = 0
    #: A secret if it looks like chance: `STRIPE_KEY`, `GITHUB_PAT`; many keys are none.
    GUESS = 1
    #: A secret if it looks like one: `auth`, `pass`, `tokens` also name modes and counts.
    AMBIGUOUS = 2
    #: A secret, whatever it looks like.
    SECRET = 3


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that are easier to read as text."""
    return frozenset(text.split())


#: A name that ends in one of these names a secret.
SECRET_WORDS = word_set(
    "token secret secrets password passwords passwd passphrase passphrases passcode pwd "
    "passwort kennwort credential credentials creds apikey apikeys authorization "
    "cookie cookies jwt jwts mnemonic apitoken authtoken accesstoken "
    "passw passkey psk presharedkey masterkey storepass keypass secretstring privkey "
    "contrasena senha motdepasse mdp parola sifre haslo heslo salasana jelszo losenord "
    "adgangskode passord wachtwoord kodeord geheimnis sandi "
)
#: The same in other writings, where words are not set apart: a name that ends in one of these.
FOREIGN_WORDS = word_set(
    "contraseña şifre hasło jelszó lösenord пароль токен 密码 密碼 口令 令牌 密钥 密鑰 金鑰 パスワード "
    "暗証番号 トークン 秘密鍵 비밀번호 암호 토큰 סיסמה كلمةالمرور पासवर्ड รหัสผ่าน κωδικός пассворд гасло"
) | {"mot de passe", "mật khẩu", "kata sandi", "كلمة المرور", "секретный ключ", "секрет"}
#: One of these as the last word leaves it to the value.
AMBIGUOUS_WORDS = word_set("tokens auth pass otp totp pw cred bearer clave")
#: And these leave it to whether the value looks like chance.
GUESS_WORDS = word_set("key keys pat")
#: A name that ends in one of these, followed by `key` or `keys`, names a secret.
_KEY_OWNERS = word_set(
    "api access secret private encryption encrypt signing sign auth account master ssh "
    "deploy service client webhook session shared storage license app application admin "
    "root subscription functions signature hmac jwt aes rsa x integration write ingest "
    "privacy decryption decrypt consumer enc preshared shared crypt cipher recovery bot"
)
# Keys of maps, tables and keyboards, and those that are meant to be seen.
_HARMLESS_BEFORE_KEY = word_set(
    "cache primary foreign sort partition idempotency public pub row range hash group dedupe index "
    "map dict shard routing object bucket lookup message translation label column unique natural "
    "composite join search query field property config setting arrow enter shift control escape "
    "hot short shortcut home end page delete backspace tab space data event node tree lock metric "
    "feature flag template param image file blob path registry host issue project item record "
    "entity input output state value next prev press meta alt cmd command option ctrl json yaml "
    "dictionary attribute attr sorting order ordering grouping dedup deduplication distribution "
    "secondary hkey license_plate low high min max first last same new old each any every this"
)
# What is said of a secret without being another thing: `API_KEY_PROD`, `password_old`.
NEUTRAL_SUFFIXES = word_set(
    "prod production prd dev development staging stage stg test testing tst qa uat live sandbox local "
    "ci old new prev previous current backup bak primary secondary main default tmp temp readonly "
    "ro rw admin root value val plain plaintext raw text str string b64 base64 hex encoded env "
    "east west north south eu us asia base data v global shared v1 v2 v3 v4 a b c one two first second"
)
#: The last two words of a name of a secret.
SECRET_PAIRS = (
    frozenset((owner, key) for owner in _KEY_OWNERS for key in ("key", "keys"))
    | frozenset((owner, "pass") for owner in ("db", "user", "smtp", "ftp", "mysql", "http", "mail"))
    | frozenset((owner, "auth") for owner in ("basic", "http", "proxy", "x", "redis"))
    | frozenset(
        (owner, "tokens")
        for owner in ("access", "refresh", "api", "auth", "bearer", "github", "bot", "id")
    )
    | {
        ("mot", "passe"),
        ("session", "id"),
        ("secret", "id"),
        ("pass", "phrase"),
        ("pass", "word"),
        ("seed", "phrase"),
        ("recovery", "code"),
        ("recovery", "codes"),
        ("connection", "string"),
        ("password", "hash"),
        ("password", "digest"),
    }
)
#: Written as one word: `mypassword`, `PGPASSWORD`, `clientsecret`, `sessionid`.
SECRET_ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "sessionid",
    "sessid",
    "authkey",
    "encryptionkey",
    "signingkey",
    "accountkey",
    "sharedkey",
    "passwort",
    "kennwort",
    "contrasena",
)
# Vocabulary of tokenisers and parsers: these tokens are no secrets.
_HARMLESS_BEFORE_TOKEN = word_set(
    "eos bos pad unk cls sep mask stop special unexpected added per input output max min "
    "total prompt completion first last num number"
)
# Scout's own steps, `github_search_pass1: OperationalError`, pass over what there is to find.
_HARMLESS_BEFORE_PASS = frozenset({"search"})
# The shell's working directories, which would otherwise read as passwords.
_HARMLESS_NAMES = frozenset({"PWD", "OLDPWD"})

_MAX_NAME_LENGTH = 128
_FOREIGN_ENDINGS = tuple(sorted(FOREIGN_WORDS))
_WORD = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_REPOSITORY_NAME = lazy(r"[^/\s]+/[^/\s]+")


def classify(name: str) -> Verdict:
    """Judge a dictionary key, variable, header, flag or parameter by its last word or two.

    Args:
        name: The name as it is written, in camelCase, snake_case, kebab-case or with dots.

    Returns:
        What the name says about its value. Names that are too long are harmless here; the text
        itself is scanned all the same.
    """
    if len(name) > _MAX_NAME_LENGTH or name in _HARMLESS_NAMES:
        return Verdict.HARMLESS
    return _classify(name)


@lru_cache(maxsize=4096)  # names repeat in every line and row
def _classify(name: str) -> Verdict:
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    if name.strip().lower().endswith(_FOREIGN_ENDINGS):
        return Verdict.SECRET
    if not name.isascii():
        name = "".join(char for char in unicodedata.normalize("NFKD", name) if char.isascii())
    if _REPOSITORY_NAME.fullmatch(name):
        return Verdict.HARMLESS
    return _judge(split_words(name))


def split_words(name: str) -> list[str]:
    """Split a name into words in lower case, without what is said of it at its end (`_2`, `_OLD`)."""
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and _is_neutral(words):
        words.pop()
    return words


def _is_neutral(words: list[str]) -> bool:
    last, before = words[-1], words[-2]
    if last.isdecimal():
        return before != "pass"
    if last not in NEUTRAL_SUFFIXES or before == "pass":
        return False
    return _judge(words[:-1]) is not Verdict.HARMLESS and (before, last) not in SECRET_PAIRS


def _judge(words: list[str]) -> Verdict:
    if not words:
        return Verdict.HARMLESS
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if (before, last) in SECRET_PAIRS:
        return Verdict.SECRET
    is_parsers = last in ("token", "tokens") and before in _HARMLESS_BEFORE_TOKEN
    if is_parsers or (last == "pass" and before in _HARMLESS_BEFORE_PASS):
        return Verdict.HARMLESS
    if last in SECRET_WORDS or last.endswith(SECRET_ENDINGS):
        return Verdict.SECRET
    if last in GUESS_WORDS and before and before not in _HARMLESS_BEFORE_KEY:
        return Verdict.GUESS
    return Verdict.AMBIGUOUS if last in AMBIGUOUS_WORDS else Verdict.HARMLESS
