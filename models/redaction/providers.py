"""The token formats of providers, from their documentation and from public lists of rules.

Facts only: how a token begins, of what it consists, and how long it is at least. Sources: the
rules of gitleaks and Kingfisher, read in November 2026, and the patterns that GitHub and others document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from models.redaction.anchors import Anchor
from models.redaction.lazy import lazy

# A prefix that is shorter than this tells little: so many letters after it are looked at as well.
_TELLING = 5
_SEEN = 6
_JUDGED = 80
# A line that goes on: with a backslash, in quotes that end and begin again, quoted or set in.
_LINE_BREAK = lazy(r"[\\\"'=]{0,2}[ \t]{0,8}(?:\r?\n|\\r?\\n)[ \t>|#*\"'+]{0,16}")
_ALPHABETS = {
    "hex": "A-Fa-f0-9",
    "upper": "A-Z0-9",
    "alnum": "A-Za-z0-9",
    "word": "A-Za-z0-9_",
    "name": r"A-Za-z0-9_\-",
    "dots": r"A-Za-z0-9_\-.",
    "base64": r"A-Za-z0-9+/=_\-",
    "any": r"A-Za-z0-9_\-.=+%~|",
    "hexdash": r"A-Fa-f0-9\-",
}

# One line: prefixes · alphabet · least length of what follows · conditions. `digit`: one must be
# in it, since words follow the prefix too. `mixed`: a digit and, unless it is hexadecimal, a
# capital. `start`: nothing that a word consists of stands before it, since words end so. `=36`: so
# many follow, which tells how much of a token stands on the next line.
_TABLE = """
# Code hosting
ghp_ gho_ ghu_ ghs_ · word · 16 · =36
ghr_ · word · 16 · =76
github_pat_ · word · 16 · =82
glpat- · dots · 16 · =20
glptt- gldt- glrt- glrtr- glcbt- glsoat- gloas- glffct- glft- glimt- glagent- glwt- · dots · 16
GR1348941 feed_token- · name · 16
ATBB · alnum · 24 · start mixed
ATATT3 ATCTT3 BBDC- · base64 · 16
CLOJARS_ · alnum · 40
v1.0- · any · 100
# Language models and their tools
npm_ · alnum · 24 · =36
gsk_ · alnum · 24 · =52
r8_ · alnum · 24 · =37
xai- pplx- phx_ nfp_ nfc_ nfo_ nfu_ nfb_ sbp_ · alnum · 24
api_org_ · alnum · 24
tgp_v1_ sb_secret_ pcsk_ esecret_ flp_ csk- jina_ · name · 20 · digit
nvapi- tvly- lsv2_pt_ lsv2_sk_ llx- · name · 20 · digit
e2b_ fc- cu_ key_ · hex · 32 · start
wandb_v1_ ctx7sk- mka_ AQ.Ab8 · any · 24 · digit
pa- m0- · name · 40 · start mixed
sk-helicone- · name · 24
sk-None- · name · 16
fw_ · alnum · 22 · start mixed
cpk_ · any · 40 · start digit
# Clouds
AKIA ASIA AROA AIDA ABIA ACCA AGPA ANPA ANVA AIPA APKA · upper · 16 · =16
A3T · upper · 17 · start
ABSK · base64 · 100
bedrock-api-key- · base64 · 20
amzn.mws. · name · 32
da2- · alnum · 26 · start digit
AIza · name · 30 · =35
ya29. GOCSPX- · dots · 16
1//0 · name · 30 · start
dop_v1_ doo_v1_ dor_v1_ · hex · 32 · =64
LTAI AKLT · alnum · 16 · start mixed
AKID · alnum · 28 · start mixed
AQVN YCAJE YCN YCM YCO · name · 30 · start mixed
t1. · any · 60 · start mixed
y0_ · name · 50 · start mixed
4b1d · alnum · 38 · start mixed =38
SCW · upper · 17 · start digit
HRKU-A · name · 40
rnd_ vcp_ vci_ vca_ vcr_ vck_ napi_ xau_ ddp_ ddo_ vtwn_ rpa_ · alnum · 20 · digit
cfk_ cfut_ cfat_ · name · 30 · digit
fo1_ · name · 36
fm1r_ fm1a_ fm2_ · base64 · 36
pscale_tkn_ pscale_pw_ pscale_oauth_ pscale_otkn_ · any · 20
mdb_sa_sk_ CCDB1_ essu_ · name · 24
dapi · hex · 32 · =32
dbtc_ dbtu_ · any · 24 · digit
pul- · hex · 32 · =40
hvs. hvb. hvr. · name · 20 · digit
dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. · dots · 32 · digit
ops_eyJ · base64 · 60
A3- · any · 30 · start digit
sha256~ · name · 40
# Continuous integration, quality, monitoring
bkua_ · hex · 32
bkct_ bkpt_ bkaj_ · name · 20 · digit
CCIPAT_ CCIPRJ_ · name · 30
sqp_ squ_ sqa_ · hex · 32 · =40
sntryu_ · hex · 32
sntrys_ sntrya_ sntryi_ · base64 · 32
snyk_uat. snyk_sat. · any · 24
NRAK- NRII- NRJS- NRRA- NRIQ- · name · 19
glsa_ · word · 32 · digit
glc_ · base64 · 32 · digit
hcaik_ hcxik_ hcbik_ hcxmk_ hcamk_ · alnum · 24
dt0c01. dt0s01. dt0s02. dt0s03. dt0s04. dt0s16. · dots · 24
# Chat and mail
xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxe- xoxe. xoxc- xoxd- xapp- xwfp- · any · 10
SK · hex · 32 · start
SG. · dots · 36 · digit =66
key- pubkey- · hex · 32 · start
md- · name · 22 · start mixed
xkeysib- xsmtpsib- · name · 40
re_ · word · 24 · start mixed
pat-na1- pat-na2- pat-na3- pat-eu1- pat-ap1- · name · 32
# Payment and trade
sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ rk_prod_ · any · 10
whsec_ · base64 · 16
sk_sbox_ · name · 20
sk_ · hex · 40 · start
access_token$ · any · 24
sq0atp- sq0csp- sq0idp- EAAAE EAAAl EAAAF EAAAO · name · 20
AQE · base64 · 60 · start mixed
access-sandbox- access-development- access-production- · name · 32
FLWSECK- FLWSECK_TEST- FLWSECK_LIVE- · name · 12
rzp_live_ rzp_test_ · alnum · 14
live_ test_ · alnum · 30 · start mixed
EZAK EZTK · alnum · 40
shippo_live_ shippo_test_ · hex · 32
duffel_live_ duffel_test_ · name · 32
ak_live_ ak_test_ test_sk_ live_sk_ · alnum · 20 · digit
pdl_live_apikey_ pdl_sdbx_apikey_ polar_oat_ polar_pat_ cal_live_ · word · 20
shpat_ shpca_ shppa_ shpss_ shptka_ shpua_ · hex · 32 · =32
secret-live- secret-test- · name · 20
# Social networks and work
EAA · alnum · 80 · start
IGQV IGAA · name · 80 · start
AAAAAAAAAAAAAAAAAAAAA · any · 60
WPL_AP · any · 24
sl. · name · 60 · start
figd_ figo_ figu_ · name · 24
secret_ · alnum · 40 · start mixed
lin_api_ lin_oauth_ · alnum · 24 · =40
ntn_ · alnum · 24 · =46
PMAK- PMAT- · name · 24 · digit
CFPAT- · name · 30
sk.eyJ tk.eyJ · dots · 40
sdk- mob- · hexdash · 36 · start
tfp_ · dots · 30
rdme_ · alnum · 40
keyA · alnum · 40 · start
ory_at_ ory_pat_ ory_rt_ · name · 30
samsara_api_ ramp_sec_ lsxs_pt_ bb_live_ bb_test_ apify_api_ n8n_api_ os_v2_app_ os_v2_org_ tr_dev_ tr_prod_ signkey- · name · 20 · digit
aio_ · alnum · 20 · start mixed
p8e- · alnum · 32 · start
fio-u- · any · 32
ico- · alnum · 32 · start digit
tk-us- · name · 40
dnkey- · name · 40
sm_aat_ sm_pat_ sm_sat_ · alnum · 16
tskey- · name · 16
s-s4t2ud- s-s4t2af- · hex · 32
gb_api_ chpt_ wlu_ dsp_ zpka_ unkey_ · name · 20 · digit
shltm_ · name · 32
flb_live_ flb_test_ · alnum · 20
# Registries and developer tools
packagist_uut_ packagist_ack_ packagist_out_ · hex · 60
hexpm_ jsrp_ tss_ · alnum · 32 · digit
scp-live- scp-test- · hex · 24
endr+ · alnum · 16 · digit
dckr_pat_ dckr_oat_ · name · 24 · =27
pypi-AgE pypi-AgN · name · 32
rubygems_ · hex · 32 · =48
oy2 · alnum · 43 · start
cio · alnum · 32 · start mixed
AKCp cmVmd · alnum · 50
sgp_ slk_ sgd_ · word · 32 · digit
API- · upper · 26 · start digit
ion_ pnu_ pnb_ · alnum · 32 · digit
ubp_ BBFF- · alnum · 24
NF- · alnum · 32 · start digit
VF. · dots · 30 · start
xprv · alnum · 90
nsec1 · alnum · 50
AGE-SECRET-KEY-1 AGE-SECRET-KEY-PQ-1 · alnum · 32
tkn.v1_ · base64 · 24
patp_ persona_production_ persona_sandbox_ · name · 20 · digit
"""


class TokenFormat(Struct, frozen=True):
    """How the tokens of a provider look.

    Attributes:
        prefix: How they begin, in their own case.
        alphabet: The name of what follows in the table of alphabets.
        run: Matches what follows, as long as it goes.
        least: The least length of what follows.
        conditions: See the table.
        nominal: The usual length of what follows; 0 where it varies.
    """

    prefix: str
    alphabet: str
    run: re.Pattern[str]
    least: int
    conditions: frozenset[str]
    nominal: int

    @property
    def anchor(self) -> Anchor:
        """Return what a text in lower case must hold where such a token stands in it."""
        letters = _ALPHABETS["alnum" if self.alphabet == "word" else self.alphabet]
        after = f"[{letters.lower()}]{{{_SEEN}}}" if len(self.prefix) < _TELLING else ""
        return Anchor(self.prefix.lower(), after, start="start" in self.conditions)

    def end_of(self, text: str, start: int) -> int:
        """Return where the token that begins at `start` ends; -1 where there is none."""
        begin = start + len(self.prefix)
        if not self._begins(text, start, begin):
            return -1
        match = self.run.match(text, begin)
        end = match.end() if match else begin
        if end - begin < self.nominal:
            end = _end_on_next_line(text, end, self.run, self.nominal - (end - begin))
        while end > begin and text[end - 1] in ".:-%~|/":
            end -= 1
        return end if end - begin >= self.least else -1

    def _begins(self, text: str, start: int, begin: int) -> bool:
        """Judge by a bounded part: what is no token may be looked at from each of its letters."""
        if "start" in self.conditions and in_word(text, start):
            return False
        if not self.conditions & {"digit", "mixed"}:
            return True
        match = self.run.match(text, begin, begin + _JUDGED)
        head = match.group() if match else ""
        if not any(char.isdigit() for char in head):
            return False
        return "mixed" not in self.conditions or any(char.isupper() for char in head)


def _end_on_next_line(text: str, end: int, run: re.Pattern[str], missing: int) -> int:
    """Where a token ends whose rest stands on the next line, if just that rest stands there."""
    line_break = _LINE_BREAK.match(text, end)
    rest = run.match(text, line_break.end()) if line_break else None
    if line_break is None or rest is None or len(rest.group()) != missing:
        return end
    return rest.end()


def in_word(text: str, at: int) -> bool:
    r"""Whether a letter or digit stands before a place; that of an escape such as `\n` does not."""
    if at == 0 or not text[at - 1].isalnum():
        return False
    return not (at > 1 and text[at - 2] == "\\" and text[at - 1] in "nrtbf")


def token_formats() -> Iterator[TokenFormat]:
    """Yield every format of the table."""
    runs = {name: re.compile(f"[{letters}]*+") for name, letters in _ALPHABETS.items()}
    for line in _TABLE.strip().splitlines():
        if line.startswith("#"):
            continue
        prefixes, alphabet, least, *more = (part.strip() for part in line.split("·"))
        words = " ".join(more).split()
        nominal = next((int(word[1:]) for word in words if word[0] == "="), 0)
        for prefix in prefixes.split():
            yield TokenFormat(
                prefix, alphabet, runs[alphabet], int(least), frozenset(words), nominal
            )
