"""What resembles secrets and is none: code, types, schemas, messages, placeholders, digests."""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from collections.abc import Iterator
from typing import Any

#: What spans several lines in a document.
_DOCUMENTS = (
    "def init(\n    auth: Union[\n        Auth, None\n    ],\n    cookies: Optional[Cookies] = None,\n)",
    "request(\n    cookies=cookies,\n    timeout=timeout,\n)",
    "-H 'Authorization: Bearer <your-master-key>' \\\n  https://x.example\n</details>",
    '"x-api-key": "Bearer <your-master-key>"\n}\n\n[Docs](https://x.example)\n\n</details>',
    "The affected credentials are:\n  - `AzureCliCredential`\n  - `ClientSecretCredential`\n",
    "| Credential | Usage |\n|---|---|\n| [`CliCredential`][cli_ref] | with the CLI |\n",
    "#### --exclude-secrets\n\nSometimes, you want to leave them out.",
    "account login\n    --ap-password PASSWORD          Multiple-system operator account password.",
)
#: Lines of programs and documents; the last column of nothing is a secret.
_LINES = """
PWD=/home/bob
PWD = os.getcwd()
PWD := $(shell pwd)
docker run -v $PWD:/app -w /app x
enable secret rotation for every service
[api-keys]: https://dashboard.example.com/account/apikeys
.. _SENDGRID_API_KEY: https://app.example.com/settings/api_keys
api_key = "sk_test_...", auth="secret_..."
export VECTOR_API_KEY="tpuf_A1..."
export OPENAI_API_KEY="sk-...your_openai_key..."
api_secret = "YYYYYYYYYYYYYYYYYY"
client_secret="CLIENT_SECRET",
oauth = Session(client_secret='client_secret', resource_owner_secret='resource_owner_secret')
InfluxDBClient(url="http://localhost:8086", token="my-token", password="my-password")
http localhost:8000/1/things authorization:custom-token
twilio://AccountSid:AuthToken@FromPhoneNo and parsep://AppID:MasterKey@Hostname
connect(user='user', password='password', database="db")
mailto://myemail:mypass@example.com and irc://user:pass@irc.server/@bob
print("Linode Root Password:", root_pass)
fs = FileSystem(token='anon') or FileSystem(token='path/to/key.json')
Mastodon(access_token = 'pytooter_usercred.secret')
client = OpenAI(api_key="anything", base_url="http://0.0.0.0:4000")
credential={"account_name": "<your_account_name>", "account_key":"<account_access_key>"}
connection_string = "DefaultEndpointsProtocol=https;AccountKey=xxxx;EndpointSuffix=example.net"
https://${USER:-bob}:${PASSWORD}@${HOST:-localhost}/
`tiktoken==0.2.0`, `transformers==4.24.0`
similarity_maps(query_tokens=query_tokens, image=image)
Pipeline(openai_api_key=OPEN_AI_KEY, model="small")
[![Codecov](https://img.shields.io/codecov/c/github/a/b?label=x&token=E30WxqBeJJ)](https://x.example)
    --cookies FILE                  Netscape formatted file to read cookies from
When `AZURE_TOKEN_CREDENTIALS` is set to `ManagedIdentityCredential`, the probe is left out.
* Supports login by password, 2FA, backup codes
<a href="https://x.example/?utm_content=auth">x.example/overview</a>
snmp-server community public RO
GRANT ALL ON x TO bob IDENTIFIED BY 'password'
password: !secret wifi_password
MasterUserPassword: !Ref DBPassword
cargo login --help
m0-large and pa-small are models of ours
key_of_the_cache and cu_of_the_copper
a%E2%80%8Bb, \\xe2\\x80\\x8b and \\U000e0041 are three ways to write it
token = tokenizer.encode(text)
tokens = tokenizer(text, return_tensors="pt")
token = next(tokens)
token = self._next_token()
token = lexer.token()
token: Token = parser.next()
token = stream[i]
token = request.headers.get("Authorization")
token = os.environ["GITHUB_TOKEN"]
token = os.environ.get("GITHUB_TOKEN", "")
token = os.getenv("API_TOKEN")
const token = process.env.API_TOKEN;
const token = process.env["API_TOKEN"];
const token = await getToken();
let token = req.headers['x-access-token'];
token := r.Header.Get("Authorization")
token, err := auth.Token(ctx)
String token = request.getParameter("token");
var token = Configuration["Token"];
$token = $_POST['token'];
$password = $_ENV["DB_PASSWORD"];
password = getpass.getpass("Password: ")
password = input("Password: ")
password = settings.DB_PASSWORD
password = config.get("db", "password")
password = self.password
password=password,
token=token,
api_key=api_key)
api_key=settings.api_key,
client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
client = Client(token=token, password=user_password)
password: str
password: str = Field(min_length=8)
password: Optional[str] = None
token: str | None = None
token: string;
token?: string
password: String,
pub token: Option<String>,
api_key: SecretStr
secret: bytes
secret: &[u8]
def login(user: str, password: str) -> bool:
def verify(token: str, secret: bytes | None = None) -> Claims:
function login(username: string, password: string): Promise<void>
password VARCHAR(255) NOT NULL
password varchar(64),
token TEXT PRIMARY KEY,
ALTER TABLE users ADD COLUMN password TEXT
SELECT password FROM users WHERE id = ?
INSERT INTO users (name, password) VALUES (?, ?)
if token == expected_token:
if not password:
assert token is not None
return token
raise ValueError("password is required")
print(f"token={token}")
secret = secrets.token_hex(32)
secret = crypto.randomBytes(32).toString("hex")
hash = bcrypt.hash(password, 12)
key = hashlib.sha256(password.encode()).digest()
password_hash = generate_password_hash(password)
headers = {"Authorization": f"Bearer {token}"}
headers: { Authorization: `Bearer ${token}` }
-H "Authorization: Bearer $TOKEN"
-H "Authorization: Bearer ${TOKEN}"
-H "Authorization: token YOUR_TOKEN"
-H "X-API-Key: <your-api-key>"
curl -u "$USER:$PASSWORD" https://x.example
curl -u username:password https://x.example
docker run -p 8080:80 -e PASSWORD=$PASSWORD nginx
docker run -u 1000:1000 app
docker run -e API_KEY=your-api-key app
mysql -u root -p shop < dump.sql
mysql -u root -p
mysql -h db -P 3306 -u root -p
redis-cli -a "$REDIS_PASSWORD" ping
psql -h db -p 5432 -U bob
ssh -p 2222 bob@host
mkdir -p build/password
export TOKEN=$(gh auth token)
export GITHUB_TOKEN=<your token>
export API_KEY="your-api-key-here"
export SECRET_KEY=changeme
API_KEY=xxxxxxxxxxxxxxxx
API_KEY=XXXX-XXXX-XXXX
API_KEY=...
API_KEY=
TOKEN=${TOKEN:?must be set}
TOKEN=${TOKEN:-default}
PASSWORD={{ vault_password }}
password: "{{ lookup('env', 'PASSWORD') }}"
password: ${DB_PASSWORD}
password: !Ref DbPassword
password: ENV['PASSWORD']
password: $(PASSWORD)
token: ${{ secrets.GITHUB_TOKEN }}
token: $CI_JOB_TOKEN
secret: op://vault/item/password
secret: arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db
password_file: /run/secrets/db_password
password: /run/secrets/db_password
secretName: my-app-tls
secretKeyRef:
imagePullSecrets:
tokenReview:
token_url: https://auth.example.com/oauth/token
token_endpoint=https://auth.example.com/token
token_type: bearer
token_file = ~/.config/app/token
token-path: /var/run/token
max_tokens: 4096
max_tokens=4096, temperature=0.2
n_tokens=12
tokens_per_second: 41.7
total_tokens: 1200
tokens: 512
num_tokens = len(tokens)
prompt_tokens=15 completion_tokens=20
eos_token: "</s>"
pad_token_id: 0
mask_token=[MASK]
special_tokens: ["<s>", "</s>"]
csrf_token_name: csrf
invalid token: signature expired
error: invalid token: unexpected end of input
jwt: token: signature is invalid
Invalid password: too short
password: must be at least 8 characters
password: required
password: at least one digit is needed
Error: password authentication failed for user "bob"
FATAL: password authentication failed for user "bob"
token: not found
token: expired
token has expired
the token is invalid
the token is missing
the password is wrong
the password is incorrect
The password is stored as a hash.
The token is sent in the header.
The secret is to keep it simple.
the api key is optional
Unexpected token < in JSON at position 0
SyntaxError: Unexpected token '}'
SyntaxError: invalid token (line 1)
unexpected token: 'else'
Bearer token required
Bearer authentication is not supported
WWW-Authenticate: Bearer realm="api"
Authorization: Basic auth is disabled
Authorization header is missing
Cookie consent banner
cookies: accepted
Forgot password? Click here
Reset your password
Enter your password:
Password:
Password: ********
Password (again):
Username or password is incorrect
--password PASSWORD  the password
--token TOKEN        the token to use
--api-key KEY
-p, --password TEXT
-k, --api-key <key>  Your API key
--password-stdin
--token-file FILE
| token | string | The access token |
| password | string | Your password |
| `API_KEY` | yes | The key of your account |
| Option | Type | Default |
| password | str | None |
| Token | Meaning |
* `password` (string, required): the user's password
- `token`: A token that you made on GitHub
- **API key**: get one at https://example.com/keys
See [tokens](https://example.com/tokens) and [secrets](./secrets.md)
Set `GITHUB_TOKEN` to a token with `repo` scope.
You need an API key, which you get from the console.
Secrets are read from the environment.
Keep your token secret: never commit it.
Key: value stores such as Redis
primary key: id
foreign_key: user_id
cache_key = f"repo:{name}"
cache_key: repo:acme/store:5
sort_key=created_at
partition_key: tenant-2024-east
idempotency-key: 123e4567-e89b-12d3-a456-426614174000
public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8 bob@host
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPmJx9q1Zt5Yk bob@laptop
map_key: user-profile-v2
translation_key: settings.password.title
keyboard: qwertz
hotkey: ctrl+shift+p
the key `abc` maps to 12
rank=3 pass=2
pass: 12, fail: 3
pass1: 20 repos
tests passed: 120
auth: oauth2
auth=none
authentication: jwt
author = "Ada Lovelace"
otp: disabled
git clone git@github.com:acme/x.git
git clone https://github.com/acme/x.git
https://user@github.com/acme/x.git
postgresql://user:password@localhost/db
postgres://username:password@host:5432/database
redis://localhost:6379/0
mongodb://localhost:27017
http://localhost:8080/@vite/client
https://unpkg.com/@acme/x@1.2.3/dist/x.js
https://www.npmjs.com/package/@acme/x
https://medium.com/@ada/title-0a1b2c3d4e5f
https://img.shields.io/badge/token-optional-green.svg
https://codecov.io/gh/acme/x/branch/main/graph/badge.svg?token=yenl5fzxxr
https://example.com/oauth/token?grant_type=client_credentials
https://example.com/callback?state=login
https://example.com/page?key=name&value=3
https://hooks.slack.com/services/YOUR/WEBHOOK/URL
https://api.telegram.org/bot<TOKEN>/getMe
mailto:ada@example.com
ada@example.com:Ada Lovelace
src/token.py:12:34: E501 line too long
2026-01-02T03:04:05Z INFO token bucket has 12 tokens
sk-learn-contrib-2024-edition
task-2024-01-02-nightly-build
api-gateway-2024-release-notes
live_streaming_with_python_and_opencv
test_that_tokens_are_parsed_correctly
test_login_with_password2_fails
key-value-store-benchmark-2024
pat-matching-in-python-3
secret_santa_generator
hf_transformers_example
npm_config_registry
re_match_all_the_things
"token_classification": "bert-base-NER"
model: token-classification
topics: token, jwt, auth, password-manager, secret-sharing
password-manager
secret-sharing
token-bucket
pip install python-jose[cryptography] pyjwt==2.8.0
version = "1.2.3"
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
integrity sha512-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+/abcdefghijklmnop==
commit 9fceb02d0ae598e95dc970b74767f19372d61af8
refs/heads/token-rotation
uuid: 123e4567-e89b-12d3-a456-426614174000
etag: "5f2e8a9b-1a2b"
color: #a1b2c3
0x1f4a9c3d5e
base64 is an encoding, not encryption
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
password123 is among the most common passwords of the world
The Password field; the Token type; the Secret class
密码错误，请重试
パスワードを忘れた場合
пароль должен быть длиннее
"""

_SCHEMA: dict[str, Any] = {"type": "string", "description": "The token", "minLength": 8}
_VALUES: tuple[Any, ...] = (
    {"password": _SCHEMA},
    {"token": {"type": ["string", "null"], "description": "x"}},
    {
        "properties": {
            "token": {"type": "string"},
            "password": {"type": "string", "format": "password"},
        }
    },
    {"secret": {"$ref": "#/definitions/Secret"}},
    {
        "api_key": {
            "anyOf": [{"type": "string"}, {"type": "null"}],
            "title": "Api Key",
            "default": None,
        }
    },
    {"tokens": {"openai": 1200, "anthropic": 300}},
    {"credentials": {"main": 12, "backup": 3}},
    {"password": "Must be at least 8 characters"},
    {"token": "invalid token: signature expired"},
    {"label": "Password", "placeholder": "Your password"},
    {"api_key": "YOUR_API_KEY"},
    {"api_key": "<your-api-key>"},
    {"password": "${DB_PASSWORD}"},
    {"password": "{{ vault.password }}"},
    {"token": "%TOKEN%"},
    {"token": "***"},
    {"token": "str"},
    {"password": "string"},
    {"secret": "optional"},
    {"usage": {"prompt_tokens": 10, "total_tokens": 30}},
    {"key": "a1b2c3d4e5f6a7b8c9d0"},
    {"cache_key": "a1b2c3d4e5f6a7b8c9d0e1f2"},
    {"sort_key": "2024-01-02#item-12"},
    {"public_key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"},
    {"topics": ["token", "jwt", "password"]},
    ["--top", "50", "--token-file", "/etc/x"],
    ["mysql", "-u", "root", "-p", "3306"],
)


def harmless_values(seed: int) -> Iterator[Any]:
    """Yield everything harmless; digests and ids are new for every seed."""
    dice = random.Random(seed)
    lines = [line for line in _LINES.splitlines() if line]
    yield from lines
    yield from _DOCUMENTS
    yield from (f"    {line}" for line in lines)
    yield from (f"{line}  # see docs" for line in lines if '"' not in line)
    for value in _VALUES:
        yield value
        yield {"nested": [value]}
    for _ in range(40):
        digest = hashlib.sha256(str(dice.random()).encode())
        some_id = uuid.UUID(int=dice.getrandbits(128), version=4)
        yield from (
            digest.hexdigest(), digest.hexdigest()[:40], digest.hexdigest()[:7], str(some_id),
            f"sha256:{digest.hexdigest()}", f"commit {digest.hexdigest()[:40]}", f"etag={digest.hexdigest()[:32]}",
            f"config_hash={digest.hexdigest()[:16]}", f"sha256-{base64.b64encode(digest.digest()).decode()}",
            {"git_sha": digest.hexdigest()[:40], "id": str(some_id), "etag": f'W/"{digest.hexdigest()[:32]}"'},
            f"https://github.com/acme/x/commit/{digest.hexdigest()[:40]}", f"request_id={some_id}",
            f"trace-{digest.hexdigest()[:32]}", f"image@sha256:{digest.hexdigest()}", f"chunk-{digest.hexdigest()[:20]}.js",
            f"key {digest.hexdigest()[:12]} was evicted", f"id:{dice.getrandbits(60)}",
        )  # fmt: skip
