"""How the tokens of providers look, as templates that are filled at run time.

`{36a}` is 36 letters and digits, `h` hexadecimal, `A` capitals and digits, `w` also `_` and `-`, `b`
Base64, `d` digits, `u` a UUID. A prefix is broken by a dot in brackets, so that no scanner takes
this file for a leak.
"""

from __future__ import annotations

import random
import re
import string

_TEMPLATES = """
ghp[.]_{36a} gho[.]_{36a} ghu[.]_{36a} ghs[.]_{36a} ghr[.]_{76a} github[.]_pat_{22a}_{59a}
glp[.]at-{20w} gld[.]t-{20w} glr[.]t-{20w} glp[.]tt-{40h} glso[.]at-{20w} glo[.]as-{64h} GR13[.]48941{20w}
ATB[.]B{32a} ATAT[.]T3{186b} sk[.]-{48a} sk[.]-proj-{120w} sk[.]-ant-api03-{93w}AA sk[.]-or-v1-{64h}
sk[.]-svcacct-{120w} gs[.]k_{52a} xa[.]i-{80a} ppl[.]x-{48a} r8[.]_{37a} hf[.]_{34a} nvap[.]i-{64w} lsv2[.]_pt_{32h}_{10h}
tgp[.]_v1_{43w} pcs[.]k_{5a}_{60a} fw[.]_{24a} e2[.]b_{40h} ll[.]x-{48w} tvl[.]y-{32a} jin[.]a_{60w}
AK[.]IA{16A} AS[.]IA{16A} AI[.]za{35w} ya[.]29.{60w} GOC[.]SPX-{28w} 1/[.]/0{60w} dop[.]_v1_{64h} doo[.]_v1_{64h}
LTA[.]I{20a} AKI[.]D{32a} HRK[.]U-AA{58w} fo1[.]_{43w} pscal[.]e_tkn_{43w} pscal[.]e_pw_{43w} mdb[.]_sa_sk_{40w}
dap[.]i{32h} pu[.]l-{40h} {14a}.atla[.]sv1.{64w} hv[.]s.{90w} dp[.].pt.{43a} sha256[.]~{43w} sbp[.]_{40h}
AGE-SECRET[.]-KEY-1{58A} CCI[.]PAT_{22a}_{40h} bku[.]a_{40h} sq[.]p_{40h} sntry[.]s_{120b} sntry[.]u_{64h}
NRA[.]K-{27A} glsa[.]_{32a}_{8h} glc[.]_{80b} hcai[.]k_{58a} dt0c[.]01.{24A}.{64A} xox[.]b-{12d}-{12d}-{24a}
xox[.]p-{12d}-{12d}-{12d}-{32h} xap[.]p-1-A{10A}-{13d}-{64h} S[.]K{32h} S[.]G.{22w}.{43w} key[.]-{32h} {32h}[.]-us12
{32h}[.]-{8h}-{8h} xkeysi[.]b-{64h}-{16a} re[.]_{8a}_{24a} pat[.]-na1-{u} sk[.]_live_{24a} rk[.]_live_{24a} sk[.]_test_{99a}
whse[.]c_{32a} sq0[.]atp-{22w} sq0[.]csp-{43w} access[.]-sandbox-{u} FLWSECK[.]_TEST-{32h}-X rzp[.]_live_{14a}
EZA[.]K{54a} shipp[.]o_live_{40h} duffel[.]_test_{43w} shp[.]at_{32h} shp[.]ss_{32h} EA[.]AC{140a} sl[.].{135w}
fig[.]d_{40w} ntn[.]_{46a} secret[.]_{43a} lin[.]_api_{40a} PMA[.]K-{24h}-{34h} CFPA[.]T-{43w} tf[.]p_{59w} rdm[.]e_{70a}
dckr[.]_pat_{27w} npm[.]_{36a} pypi[.]-AgEIcHlwaS5vcmc{80w} rubygem[.]s_{48h} oy[.]2{43a} ci[.]o{32a} AKC[.]p{69a}
sgp[.]_{40h} AP[.]I-{26A} io[.]n_{42a} pn[.]u_{36a} tske[.]y-auth-{12a}-{32a} CLOJAR[.]S_{60a} da[.]2-{26a}
pat{14a}[.].{64h} {6a}_{29a}[.]_mmk 1000[.].{32h}.{32h} {10d}[.]:AA{33w} v1[.].0-{24h}-{146h} sm[.]_pat_{16a}
ops[.]_eyJ{250b} A3[.]-{6A}-{11A}-{5A}-{5A}-{5A} apify[.]_api_{36a} ai[.]o_{28a} p8[.]e-{32a} fio[.]-u-{64w}
dnke[.]y-{26w}-{52w} tk[.]-us-{48w} ic[.]o-{32a} s-s4t2u[.]d-{64h} ory[.]_at_{43w} amzn[.].mws.{u} pk[.]_{7d}_{32A}
wandb[.]_v1_{77a} ctx7s[.]k-{u} AQ[.].Ab8RN6{44w} y[.]0_{55w} 4b1[.]d{38a} end[.]r+{16a} ess[.]u_{60a} CCDB[.]1_{22a}_{40a}
pack[.]agist_uut_{68h} hexp[.]m_{32a} jsr[.]p_{40a} scp-liv[.]e-{32h} bb[.]_live_{27a} rp[.]a_{46a} samsara[.]_api_{30a}
{36h}[.]NRAL {22a}[.]==:{32a} s[.]t.{24h}.{32h}.{32h} pro[.]d:happy-animal-123|{80a} sk[.]-helicone-{7a}-{7a}-{7a}-{7a}
$2[.]b$12${53a} $6[.]${8a}${86a} 00D[.]{12a}!{80a} v2[.].local.{80w} live[.]_{30a} shltm[.]_{40w} patp[.]_{36w}
"""
_PART = re.compile(r"\{(\d*)([aAhwbdu])\}")
_ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "A": string.ascii_uppercase + string.digits,
    "h": "0123456789abcdef",
    "w": string.ascii_letters + string.digits + "_-",
    "b": string.ascii_letters + string.digits + "+/",
    "d": string.digits,
}

#: Addresses that are secrets; the part after the bar is what must go.
WEBHOOKS = (
    "https://hooks.sl[.]ack.com/services/T{8A}/B{8A}/|{24a}",
    "https://hooks.sl[.]ack.com/workflows/T{8A}/A{8A}/{18d}/|{24a}",
    "https://disc[.]ord.com/api/webhooks/{18d}/|{68w}",
    "https://disc[.]ordapp.com/api/v10/webhooks/{18d}/|{68w}",
    "https://contoso.webhook.off[.]ice.com/webhookb2/{u}@{u}/IncomingWebhook/|{32h}/{u}",
    "https://out[.]look.office.com/webhook/{u}@{u}/IncomingWebhook/|{32h}/{u}",
    "https://hooks.zap[.]ier.com/hooks/catch/{7d}/|{7a}",
    "https://maker.if[.]ttt.com/trigger/event/with/key/|{22w}",
    "https://open.fei[.]shu.cn/open-apis/bot/v2/hook/|{u}",
    "https://qyapi.wei[.]xin.qq.com/cgi-bin/webhook/send?key=|{u}",
    "https://oapi.ding[.]talk.com/robot/send?access_token=|{64h}",
    "https://chat.google[.]apis.com/v1/spaces/AAAA{7a}/messages?key=AI[.]za{35w}&token=|{43w}",
    "https://api.tele[.]gram.org/bot|{10d}:AA{33w}/sendMessage",
    "https://chat.example.com/hooks/|{26a}",
    "https://prod-12.westus.logic.az[.]ure.com/workflows/{32h}/triggers/manual/paths/invoke?sig=|{43w}",
)


def filled(template: str, dice: random.Random) -> str:
    """Return a template with chance in its places; every part has a digit and both cases."""

    def chance(match: re.Match[str]) -> str:
        length, kind = int(match.group(1) or 0), match.group(2)
        if kind == "u":
            return "-".join(_some("h", size, dice) for size in (8, 4, 4, 4, 12))
        return _some(kind, length, dice)

    return _PART.sub(chance, template).replace("[.]", "")


def _some(kind: str, length: int, dice: random.Random) -> str:
    letters = [dice.choice(_ALPHABETS[kind]) for _ in range(length)]
    if kind in "aAwb" and length >= 5:
        letters[1] = dice.choice(string.digits)
        letters[2] = dice.choice(string.ascii_uppercase)
    if kind in "awb" and length >= 5:
        letters[3] = dice.choice(string.ascii_lowercase)
    if kind in "wb" and letters:
        letters[0], letters[-1] = dice.choice(string.ascii_letters), dice.choice(string.digits)
    return "".join(letters)


def provider_tokens(dice: random.Random) -> list[str]:
    """Return one token of every provider; new ones for every seed."""
    return [filled(template, dice) for template in _TEMPLATES.split()]
