"""Secrets that are hard to see: obfuscated, told in prose, in tables, files and on command lines.

`@@` stands for a password that only its surroundings give away, `%%` for a provider's token.
"""

from __future__ import annotations

import base64
import html
import json
import random
import string
from collections.abc import Callable, Iterator
from urllib.parse import quote

from tests.support.redaction_tokens import provider_tokens

#: Command lines.
COMMANDS = (
    "mysql -u root -p@@ shop", "mysqldump --host=db -uroot -p'@@' shop > x.sql", "mysqladmin -p@@ ping",
    "mariadb -h db -p@@", "redis-cli -h cache -a @@ ping", "redis-cli -a '@@' --tls get x",
    "valkey-cli -a @@ info", "sshpass -p @@ ssh bob@host", "sshpass -p '@@' scp a b:",
    "curl -u bob:@@ https://x.example/", "curl -ubob:@@ https://x.example/", 'curl --user "bob:@@" https://x',
    "curl --user=bob:@@ https://x.example", "curl --proxy-user bob:@@ https://x", "wget --password=@@ https://x",
    "wget --http-password=@@ https://x", "docker login -u bob -p @@ registry.example.com",
    "podman login -u bob -p '@@' quay.io", "echo @@ | docker login -u bob --password-stdin",
    "echo '@@' | sudo -S apt update", "echo 'bob:@@' | chpasswd", "psql 'host=db password=@@ user=x'",
    "PGPASSWORD=@@ psql -h db", "MYSQL_PWD=@@ mysql", "mongosh -u bob -p @@ --host db", "mongodump -p '@@' -d x",
    "sqlcmd -S db -U sa -P @@ -Q x", "bcp x out y -U sa -P @@", "ldapsearch -D cn=admin -w @@ -b dc=x",
    "openssl rsa -passin pass:@@ -in k.pem", "openssl enc -aes-256-cbc -k @@ -in a", "7z a -p@@ x.7z dir",
    "unzip -P @@ x.zip", "zip -P @@ x.zip a b", "htpasswd -b .htpasswd bob @@", "sqlplus scott/@@@orcl",
    "rabbitmqctl add_user bob @@", "vault login @@", "net use Z: \\\\srv\\x /user:bob @@",
    "smbclient //srv/x -U bob%@@", "keytool -storepass @@ -list", "keytool -keypass @@ -genkey",
    "gpg --batch --passphrase @@ -d x", "ansible-playbook -e ansible_password=@@ x.yml",
    "kubectl create secret generic x --from-literal=password=@@", "helm install x --set db.password=@@",
    "terraform apply -var='db_password=@@'", "aws configure set aws_secret_access_key @@",
    "npm config set //registry.npmjs.org/:_authToken @@", "git config --global github.token @@",
    "snmpwalk -v3 -A @@ host", "mosquitto_pub -u bob -P @@ -t x", "psexec \\\\host -u bob -p @@ cmd",
    "xfreerdp /u:bob /p:@@ /v:host", "twine upload -u bob -p @@ dist/*", "mount -o username=bob,password=@@ //s /m",
    "java -Dspring.datasource.password=@@ -jar x.jar", "set PASSWORD=@@", "setx API_TOKEN @@",
    "$env:API_TOKEN = '@@'", "+ export API_TOKEN=@@", "++ curl -u bob:@@ https://x.example", "+ PASSWORD=@@",
    "+ mysql -u root -p@@ shop", "fish: set -x API_TOKEN @@",
    "sshpass -p'@@' ssh bob@host", "net use X: \\\\srv\\x @@ /user:bob", "cargo login @@",
    "dotnet nuget push x.nupkg -k @@", "poetry config pypi-token.pypi @@", "poetry config http-basic.x bob @@",
    "CREATE USER bob IDENTIFIED BY '@@';", "enable secret 5 @@", "username bob privilege 15 password 0 @@",
    "snmp-server community @@ RO",
)  # fmt: skip
#: Connection strings and files.
FILES = (
    "bob:@@@tcp(db:3306)/shop?parseTime=true", "bob:@@@unix(/tmp/mysql.sock)/shop", "db.example.com:5432:shop:bob:@@",
    "*:*:*:bob:@@", "localhost:5432:*:bob:@@", "jdbc:postgresql://db/shop?user=bob&password=@@",
    "jdbc:mysql://db:3306/x?user=bob&password=@@&useSSL=true", "jdbc:oracle:thin:bob/@@@//db:1521/x",
    "jdbc:sqlserver://db;databaseName=x;user=sa;password=@@;", "mongodb+srv://bob:@@@cluster0.x.mongodb.net/x",
    "mongodb://bob:@@@a:27017,b:27017/x?replicaSet=r", "mysql+pymysql://bob:@@@db/shop", "mssql://sa:@@@db:1433/x",
    "amqps://bob:@@@mq.example.com/v", "rediss://:@@@cache:6380/0", "smtp://bob:@@@mail.example.com:587",
    "ftp://bob:@@@ftp.example.com/x", "ldap://cn=admin:@@@ldap.example.com", "clickhouse://bob:@@@ch:9000/x",
    "cache:6379,password=@@,ssl=True", "Driver={ODBC Driver 18};Server=db;Uid=sa;Pwd=@@;", "Pwd={@@};Server=db", "UID=sa;PWD=@@;", "PWD = @@",
    "<setting name=\"ClientSecret\"><value>@@</value></setting>", "<key>DBPassword</key>\n  <string>@@</string>",
    "Data Source=db;User ID=sa;Password=@@;Encrypt=yes", "Endpoint=sb://x/;SharedAccessKeyName=R;SharedAccessKey=@@",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=@@", "bob:@@@db.example.com:5432/shop",
    "machine x.example login bob password @@", "machine x.example\n  login bob\n  password @@\n",
    "[client]\nuser=root\npassword=@@\n", "//registry.npmjs.org/:_authToken=@@", "_password=@@", "wpa_passphrase=@@",
    "network={\n  ssid=\"x\"\n  psk=\"@@\"\n}", "PrivateKey = @@", "PresharedKey = @@", "client-key-data: @@",
    "users:\n- name: x\n  user:\n    token: @@\n", "spring.datasource.password=@@", "<password>@@</password>",
    "<add key=\"Password\" value=\"@@\" />", "<setting name=\"ApiToken\">@@</setting>", "password = \"@@\" # local",
    "export DB_PASSWORD='@@'; run", "ENV API_TOKEN=@@", "ARG DB_PASSWORD=@@", "- DB_PASSWORD=@@", "API_TOKEN: '@@'",
    "db_password: !!str @@", "secret_key_base: @@", "requirepass @@", "masterauth @@", "auth_pass @@",
    "bob:$apr1$x8Yz12ab$@@@@", "smtp.login('bob', '@@')", "auth=('bob', '@@')", "HTTPBasicAuth('bob', '@@')",
    "{\"auths\": {\"x\": {\"auth\": \"@@\"}}}", "[default]\naws_secret_access_key = @@", "bind_pw: @@",
)  # fmt: skip
#: Sentences, next lines, tables.
PROSE = (
    "the password is @@", "The password for bob is @@.", "Your new password is: @@", "password was changed to @@",
    "the token is `@@`", "my API key is @@, keep it safe", "login with password @@ please", "use the password '@@'",
    "Passwort ist @@", "temporary password: @@", "the admin password has been reset to @@ today", "token was @@",
    "Password:\n@@", "Password:\n\n    @@\n", "API key:\n  @@", "## Password\n\n@@\n", "password: |\n  @@\n",
    "secret\n------\n@@\n", "Token\n@@\n", "| password | @@ |", "| user | bob |\n| password | @@ |",
    "| user | password |\n|---|---|\n| bob | @@ |", "|user|token|role|\n|:--|:--|--:|\n|bob|@@|admin|",
    " user | password \n------+----------\n bob  | @@\n", "user,password\nbob,@@\n", "id,user,password,role\n1,bob,@@,x\n",
    "user\tpassword\nbob\t@@\n", "user;password\nbob;@@\n", "Username: bob Password: @@", "bob / password @@",
    "密码：@@", "密码是@@", "パスワード: @@", "пароль: @@", "contraseña: @@", "mot de passe : @@", "senha=@@",
    "Passwort: @@", "hasło: @@", "wachtwoord: @@", "şifre: @@", "lösenord: @@", "비밀번호: @@", "密钥=@@", "токен: @@",
)  # fmt: skip
#: Names of variables.
NAMES = (
    "API_KEY", "api_key", "apiKey", "STRIPE_KEY", "SENDGRID_KEY", "DATADOG_APP_KEY", "GITHUB_PAT", "ADO_PAT",
    "BEARER", "API_KEY_1", "API_KEY_PROD", "DB_PASSWORD_STAGING", "TOKEN_V2", "password_old", "SECRET_BACKUP",
    "token2", "dbPassword", "DB_PASS", "ROOT_PW", "SLACK_SIGNING_SECRET", "SECRET_KEY_BASE", "DJANGO_SECRET_KEY",
    "JWT_SECRET", "NEXTAUTH_SECRET", "ENCRYPTION_KEY", "PRIVATE_KEY", "master_key", "x-api-key", "X-Auth-Token",
    "consumer_secret", "webhookSecret", "storage_account_key", "SSH_PASSPHRASE", "service_account_key", "authkey",
    "client.secret", "spring.mail.password", "VAULT_TOKEN", "NPM_TOKEN", "npm_config_//x/:_authToken", "otp_secret",
)  # fmt: skip


def _escape_all(escape: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "".join(map(escape, text))


#: How a token may be written so that its letters are not seen as they are.
DISGUISES: dict[str, Callable[[str], str]] = {
    "zero width": "\u200b".join,
    "soft hyphen": lambda text: text[:7] + "\u00ad" + text[7:],
    "nul": "\0".join,
    "colour": lambda text: text[:5] + "\x1b[31m" + text[5:] + "\x1b[0m",
    "bidi": lambda text: text[:3] + "\u202e" + text[3:],
    "url": _escape_all(lambda char: f"%{ord(char):02X}"),
    "url twice": _escape_all(lambda char: f"%25{ord(char):02x}"),
    "quoted": lambda text: quote(text, safe="").replace("_", "%5F").replace("-", "%2D"),
    "html": _escape_all(lambda char: f"&#{ord(char)};"),
    "html hex": lambda text: html.escape(text).replace("_", "&#x5f;").replace("-", "&#45;"),
    "json": _escape_all(lambda char: f"\\u{ord(char):04x}"),
    "json in json": lambda text: json.dumps(json.dumps(text.replace("_", "\u005f"))),
    "full width": _escape_all(lambda char: chr(ord(char) + 0xFEE0)),
    "base64": lambda text: base64.b64encode(f"x:{text}".encode()).decode(),
}
_ENCODED = ("ghp_", "github_pat_", "glpat-", "AKIA", "AIza", "npm_", "xoxb-", "sk_live_")


def password(dice: random.Random) -> str:
    """Return a password as people and machines make them."""
    letters = string.ascii_letters + string.digits
    kinds = (
        lambda: "".join(dice.choice(letters) for _ in range(dice.randint(14, 32))) + "7x",
        lambda: (
            dice.choice(("Hunter", "Sommer", "Winter", "Dragon")) + f"{dice.randint(100, 9999)}!x"
        ),
        lambda: "".join(dice.choice("0123456789abcdef") for _ in range(31)) + "a",
    )
    return dice.choice(kinds)()


def hard_cases(seed: int) -> Iterator[tuple[str, str, str]]:
    """Yield kind, text and secret; new secrets for every seed."""
    dice = random.Random(seed)
    for kind, templates in (("command", COMMANDS), ("file", FILES), ("prose", PROSE)):
        for template in templates:
            secret = password(dice)
            yield kind, template.replace("@@", secret), secret
    for name in NAMES:
        secret = (
            "".join(dice.choice(string.ascii_letters + string.digits) for _ in range(30)) + "4q"
        )
        for pattern in (
            "{}={}",
            '{}: "{}"',
            "export {}='{}'",
            "os.environ['{}'] = '{}'",
            "--{} {}",
            '{{"{}": "{}"}}',
        ):
            yield "name", pattern.format(name, secret), secret
    for token in provider_tokens(dice):
        for name, disguise in DISGUISES.items():
            if name == "base64" and not token.startswith(_ENCODED):
                continue
            yield f"disguise {name}", f"got {disguise(token)} here", disguise(token)
    for token in provider_tokens(dice)[:6]:  # those of GitHub have a length of their own
        at = len(token) - dice.randint(4, 12)
        yield "wrapped", f"token {token[:at]}\n{token[at:]} end", token[at:]
