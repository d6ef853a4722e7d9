"""The forms in which other languages say that something has been done, as patterns.

For texts in lower case with straight apostrophes and no commas. As in English, they look for a
person who did something, for a talk that was had, and for something that is said to be attached;
offers (`ich könnte`, `nous pourrions`) have other forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

#: Up to so many words between two; no sentence ends there, since a full stop is no part of a word.
_SOME = r"(?: [\w'-]+){0,8}?"
_FEW = r"(?: [\w'-]+){0,3}?"

_GERMAN = (
    (
        rf"\b(?:(?:ich|wir) hab(?:e|en)?|hab(?:e|en)? (?:ich|wir)|(?:ich|wir) hatten?){_SOME}"
        r" (?:(?:an|durch)ge(?:sehen|schaut|lesen)|geprüft|gelesen|getestet|ausprobiert|untersucht"
        r"|analysiert|gebaut|entwickelt|implementiert|integriert|geschrieben|geöffnet|eröffnet"
        r"|erstellt|eingereicht|geforkt|begutachtet|umgesetzt|programmiert|gesprochen|besprochen)\b"
    ),
    r"\bwie (?:bereits |schon |telefonisch )?(?:besprochen|vereinbart|abgesprochen|versprochen)\b",
    r"\b(?:nach|in|bei|seit) unsere[mnr] (?:\w+ )?(?:gespräch|telefonat|treffen|anruf|austausch)\b",
    (
        r"\banbei\b|\bim anhang (?:finde|ist|liegt|sind)|\b(?:habe|haben) \w+ angehängt\b"
        r"|\bbeigefügt\b"
    ),
    r"\bprototyp (?:ist|läuft|funktioniert) (?:bereits|schon)\b",
)
_FRENCH = (
    (
        rf"\b(?:j'ai|nous avons|on a|j'avais){_FEW} (?:examiné|regardé|lu|relu|testé|analysé|essayé"
        r"|étudié|construit|créé|développé|implémenté|intégré|écrit|ouvert|soumis|forké|parcouru"
        r"|consulté|réalisé|discuté|jeté un (?:œil|coup))\b"
    ),
    r"\bcomme (?:convenu|discuté|promis|évoqué|nous en avons|nous l'avons)\b",
    (
        r"\b(?:suite à|lors de|après|depuis|dans) (?:notre|votre) (?:\w+ )?"
        r"(?:appel|échange|conversation|discussion|entretien|réunion)\b"
    ),
    r"\bci-joint|\ben pièce jointe\b",
    r"\bprototype (?:fonctionne|tourne|marche) déjà\b",
)
_SPANISH = (
    (
        rf"\b(?:he|hemos){_FEW} (?:revisado|analizado|probado|leído|estudiado|examinado|construido"
        r"|creado|desarrollado|implementado|integrado|escrito|abierto|enviado|mirado"
        r"|hablado|echado)\b"
    ),
    r"\b(?:revisé|analicé|probé|leí|implementé|integré|abrí|construí|desarrollé|estudié)\b",
    r"\bcomo (?:acordamos|hablamos|comentamos|discutimos|quedamos|prometí|acordado)\b",
    r"\b(?:tras|en|desde|durante) nuestra (?:\w+ )?(?:llamada|conversación|reunión|charla)\b",
    r"\b(?:te|le|les|os) adjunto\b|^adjunto\b|\badjunto (?:encontrará|está|envío)",
    r"\bprototipo (?:ya )?(?:funciona|está funcionando)(?: ya)?\b",
)
_PORTUGUESE = (
    (
        r"\b(?:revisei|analisei|testei|estudei|examinei|implementei|integrei|construí"
        r"|desenvolvi|criei"
        r"|escrevi|experimentei)\b|\beu (?:li|abri)\b|\bli (?:o|seu|todo o) código\b"
    ),
    r"\b(?:dei|demos) uma olhada\b",
    r"\b(?:conforme|como) (?:combinado|combinamos|conversamos|discutido|discutimos|acordado)\b",
    r"\b(?:em|na|após|durante a?) ?nossa (?:\w+ )?(?:conversa|reunião|ligação|chamada)\b",
    r"\bem anexo\b|\bsegue(?:m)? anex|\banexei\b",
    r"\bprotótipo já (?:funciona|está)\b",
)
_ITALIAN = (
    (
        rf"\b(?:ho|abbiamo){_FEW} (?:esaminato|analizzato|provato|testato|letto|studiato|costruito"
        r"|creato|sviluppato|implementato|integrato|scritto|aperto|inviato|guardato|dato"
        r" un'occhiata)\b"
    ),
    r"\bcome (?:concordato|discusso|promesso|d'accordo|ci siamo detti)\b",
    (
        r"\b(?:dopo la|nella|durante la) nostra (?:\w+ )?(?:chiamata|conversazione|riunione"
        r"|telefonata)"
    ),
    r"\bin allegato\b|\balleg(?:o|hiamo)\b",
    r"\bprototipo (?:già funziona|funziona già|è già)\b",
)
_DUTCH = (
    (
        rf"\b(?:(?:ik|we|wij) (?:heb|hebben)|(?:heb|hebben) (?:ik|we|wij)){_SOME}"
        rf" (?:bekeken|gelezen"
        r"|getest|geprobeerd|onderzocht|geanalyseerd|gebouwd|ontwikkeld|geïmplementeerd"
        r"|geïntegreerd"
        r"|geschreven|geopend|gemaakt|doorgenomen|doorgelezen|besproken)\b"
    ),
    r"\bzoals (?:we )?(?:besproken|afgesproken|beloofd)\b",
    r"\b(?:na|in|tijdens|aanleiding van) ons (?:\w+ )?(?:gesprek|telefoongesprek|overleg)\b",
    r"\bbijgevoegd\b|\bin de bijlage (?:vind|staat|zit)",
    r"\bprototype (?:werkt|draait) al\b",
)
#: Those that put no blanks between words, each with parts of which every match holds one.
_CHINESE = (
    (
        "我",
        (
            "我[们們]?(?:已经|已經|已)?(?:仔细|仔細|认真|認真)?(?:地)?(?:看过|看過|阅读了|閱讀了|查看了|审查了"
            "|審查了|测试了|測試了|试用了|試用了|研究了|分析了|实现了|實現了|开发了|開發了|集成了|整合了|编写了"
            "|構建了|构建了|提交了)"
        ),
    ),
    ("我", "我[们們]?(?:已经|已經)(?:完成|实现|集成|提交|开发|测试|審查|實現|測試)"),
    (
        "如",
        "(?:正)?如(?:我[们們])?(?:之前|上次)?(?:讨论|討論|商定|约定|約定|谈到|談到)",
    ),
    ("上次 我", "(?:上次|我[们們]的)(?:通话|通話|会议|會議|交流|沟通|溝通|谈话|談話)"),
    ("附件 附上", "附件(?:中|里|裡|是|为|為)|随信附上|隨信附上"),
)
_JAPANESE = (
    (
        "コード ソース リポジトリ",
        "(?:コード|ソース|リポジトリ)を?(?:詳しく|じっくり)?(?:拝見|拝読|確認|レビュー|読み)",
    ),
    (
        "しました",
        "(?:実装|統合|開発|テスト|検証|試用|レビュー|分析|作成|提出)(?:いた)?しました",
    ),
    ("ました 試作品", "試し(?:てみ)?ました|作りました|試作品はすでに"),
    (
        "先日 前回の",
        "先日の?(?:お電話|電話|打ち合わせ|会議|お話|ミーティング)|前回の(?:会議|お話|通話|会話|打ち合わせ)",
    ),
    ("した", "(?:お話し|ご相談|相談)した(?:通り|とおり)"),
    ("添付", "を添付|添付(?:ファイル|いたし|しました)"),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


#: Each language's patterns with words of which every match holds one; hardly any is English.
_LATIN = (
    (
        _words(
            """hab habe haben hatte hatten besprochen vereinbart abgesprochen versprochen unserem
            unseren unserer anbei anhang beigefügt prototyp"""
        ),
        _GERMAN,
    ),
    (
        _words(
            """examiné regardé lu relu testé analysé essayé étudié construit créé développé
            implémenté intégré écrit ouvert soumis forké parcouru consulté réalisé discuté œil coup
            comme notre votre ci-joint ci-jointe ci-joints ci-jointes jointe déjà"""
        ),
        _FRENCH,
    ),
    (
        _words(
            """revisado analizado probado leído estudiado examinado construido creado desarrollado
            implementado integrado escrito abierto enviado mirado hablado echado revisé analicé
            probé leí implementé integré abrí construí desarrollé estudié como nuestra adjunto
            prototipo"""
        ),
        _SPANISH,
    ),
    (
        _words(
            """revisei analisei testei estudei examinei implementei integrei construí desenvolvi
            criei escrevi experimentei eu li olhada conforme como nossa anexo anexei segue seguem
            protótipo"""
        ),
        _PORTUGUESE,
    ),
    (
        _words(
            """ho abbiamo concordato discusso promesso d'accordo detti nostra allegato allego
            alleghiamo prototipo"""
        ),
        _ITALIAN,
    ),
    (_words("heb hebben zoals ons bijgevoegd bijlage werkt draait"), _DUTCH),
)
_LATIN_SIGNS = frozenset[str]().union(*(signs for signs, _ in _LATIN))
_EASTERN = tuple((parts.split(), pattern) for parts, pattern in (*_CHINESE, *_JAPANESE))
_WORD = re.compile(r"[\w'-]+")


def foreign_patterns(plain: str) -> list[re.Pattern[str]]:
    """Return the patterns that may match a text, which are none for most English ones."""
    words = _WORD.findall(plain)
    latin: Iterable[str] = ()
    if not _LATIN_SIGNS.isdisjoint(words):
        latin = (pattern for signs, own in _LATIN if not signs.isdisjoint(words) for pattern in own)
    eastern = () if plain.isascii() else _EASTERN
    standing = (pattern for parts, pattern in eastern if any(part in plain for part in parts))
    return [compiled(pattern) for pattern in (*latin, *standing)]


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when the first text needs it: there are many, and few processes do."""
    return re.compile(pattern)


#: What makes the words after it a condition.
FOREIGN_CONDITIONS = (
    "wenn|falls|sobald|nachdem|si|une fois que|dès que|quand|una vez que|cuando|se|quando|zodra"
    "|wanneer|als|如果|一旦"
)
