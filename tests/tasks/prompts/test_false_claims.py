from __future__ import annotations

import random
import re

import pytest

from tasks.prompts import false_claims, foreign_claims
from tasks.prompts.false_claims import first_claim
from tests.support.matching import texts_matching


@pytest.mark.parametrize(
    "text",
    [
        "Hi! I reviewed your codebase and loved it.",
        "We have already integrated both projects.",
        "I opened a PR yesterday.",
        "I've opened an issue about it",
        "I’ve forked the repo.",
        "We've been using your library in production.",
        "Our team has tested this on a large dataset.",
        "**I** *reviewed* your code",
        "I have carefully read your source code.",
        "I've read through both codebases.",
        "I looked at your implementation.",
        "I took the liberty of opening a pull request.",
        "I went ahead and built an adapter",
        "After reviewing your codebase, I think …",
        "Having studied your codebase,",
        "A pull request has been opened.",
        "A small prototype is already running.",
        "Our prototype already works.",
        "From our benchmarks it is clear that …",
        "See my PR for details.",
        "If you like it: we built an adapter.",
        "\uff29 reviewed your code",
        "I\nreviewed   your code",
        "Following our call last week, here is the plan.",
        "Following up on our conversation,",
        "As discussed, this is the adapter.",
        "As we agreed, I would start.",
        "I've had a look at your code.",
        "I had a quick look at both.",
        "I took a closer look at your API.",
        "A working prototype is attached.",
        "Attached you find a draft.",
        "Please find the benchmark results attached.",
        "In our last conversation you said yes.",
        "Thanks for the call!",
        "It was great to meet you.",
        "As a long-time user of your library,",
        "I'm attaching a patch.",
        "I have a working prototype.",
        "There is already a working prototype.",
        "We already use your library.",
        "Ich habe Ihren Code angesehen.",
        "Wie besprochen melde ich mich.",
        "Anbei ein erster Prototyp.",
        "Nach unserem Telefonat möchte ich vorschlagen …",
        "Wir haben bereits einen Adapter für beide gebaut.",
        "J’ai regardé votre code.",
        "Comme convenu, voici le plan.",
        "Suite à notre appel,",
        "Vous trouverez ci-joint un prototype.",
        "He revisado su código.",
        "Como acordamos, le escribo.",
        "Tras nuestra última conversación,",
        "Le adjunto un prototipo.",
        "Analisei o código do projeto.",
        "Conforme combinado, segue a ideia.",
        "Em anexo está um protótipo.",
        "Ho esaminato il vostro codice.",
        "Come concordato, ecco l'idea.",
        "In allegato trovate un prototipo.",
        "Ik heb je code bekeken.",
        "Zoals besproken stuur ik dit.",
        "Bijgevoegd vind je een prototype.",
        "我已经测试了你们的代码。",
        "正如我们讨论的那样,",
        "附件中是一个原型。",
        "コードを拝見しました。",
        "先日のお電話でお話しした件です。",
        "試作品を添付します。",
    ],
)
def test_a_claim_of_something_done_is_caught(text: str) -> None:
    assert first_claim(text)


@pytest.mark.parametrize(
    "text",
    [
        "I would like to open a pull request.",
        "We could integrate both.",
        "Once we have integrated X, users would …",
        "If I opened an issue, would that help?",
        "I came across your project while looking for vector databases.",
        "I noticed that both speak Arrow.",
        "Would you review a small prototype?",
        "If you agree, I will open an issue.",
        "A prototype could be built in a week.",
        "This could be tested with a public dataset.",
        "I am writing because the two overlap.",
        "Both are used in production and tested against each other.",
        "A pull request would follow.",
        "An issue could be opened to discuss it.",
        "Tidepool has integrated search. Quiver was built in Rust.",
        "Wi-Fi reviewed",
        "Would a short call be useful?",
        "We could have a look together.",
        "I would be glad to discuss this on a call.",
        "As discussed in your README, plugins are loaded at start.",
        "Thank you for your time.",
        "A working prototype could follow within a week.",
        "Metadata is attached to every record.",
        "The sidecar is attached to each pod.",
        "Could we use your API for that?",
        "If we already use the same format, the adapter is small.",
        "Ich könnte einen Adapter bauen.",
        "Haben Sie Interesse an einem Adapter?",
        "Ich würde gern einen Prototyp bauen und testen.",
        "Nous pourrions intégrer les deux projets.",
        "Une fois que nous avons intégré les deux, …",
        "Podríamos construir un adaptador.",
        "Poderíamos criar um adaptador juntos.",
        "Potremmo costruire un adattatore.",
        "Ik zou een adapter kunnen bouwen.",
        "我们可以一起开发一个适配器。",
        "統合を提案したいと思います。",
        "He is the maintainer.",
    ],
)
def test_offers_wishes_and_facts_about_projects_are_no_claims(text: str) -> None:
    assert first_claim(text) is None


def test_the_claim_itself_is_returned() -> None:
    assert first_claim("Hello, I have already tested your tool.") == "i have already tested"


def test_what_is_written_without_blanks_is_looked_for_by_parts_that_stand_in_it() -> None:
    dice = random.Random(1)
    for _, pattern in foreign_claims._EASTERN:
        texts = texts_matching(pattern, 200, dice)
        assert len(texts) > 1, pattern
        for text in texts:
            found = [one.pattern for one in foreign_claims.foreign_patterns(f"ab {text} cd")]
            assert pattern in found, text
    assert foreign_claims.foreign_patterns("向量数据库") == []


def test_what_is_english_is_looked_for_where_its_words_stand() -> None:
    dice = random.Random(1)
    for _, pattern in false_claims._CLAIMS:
        texts = texts_matching(pattern, 80, dice)
        assert len(texts) > 1, pattern
        for text in texts:
            plain = false_claims._plain(text)
            found = [one.pattern for one in false_claims._english_patterns(plain)]
            assert pattern in found or not re.search(pattern, plain), text
    assert false_claims._english_patterns("a vector database") == []
