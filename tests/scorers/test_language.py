"""Languages of answers, of one sentence in each of 25."""

from __future__ import annotations

import pytest

from assay.core.binding import bind
from assay.core.errors import SuiteError
from assay.metrics import find
from assay.scorers.language import LANGUAGES, InLanguage
from tests.scorers.asked import one

# The same sentence: the river rose in the night, and the bridge was closed.
RIVER = {
    "en": "The river had risen in the night, and the bridge was closed to all traffic.",
    "de": "Der Fluss war in der Nacht gestiegen, und die Brücke war gesperrt.",
    "fr": "La rivière avait monté pendant la nuit et le pont était fermé.",
    "es": "El río había crecido durante la noche y el puente estaba cerrado.",
    "it": "Il fiume era salito durante la notte e il ponte era chiuso.",
    "pt": "O rio subiu durante a noite e a ponte estava fechada ao trânsito.",
    "nl": "De rivier was in de nacht gestegen en de brug was afgesloten.",
    "sv": "Floden hade stigit under natten och bron var avstängd för trafik.",
    "da": "Floden var steget i løbet af natten, og broen var lukket for trafik.",
    "fi": "Joki oli noussut yön aikana, ja silta oli suljettu liikenteeltä.",
    "pl": "Rzeka podniosła się w nocy i most był zamknięty dla ruchu.",
    "cs": "Řeka v noci stoupla a most byl uzavřen pro veškerou dopravu.",
    "hu": "A folyó az éjszaka megáradt, és a hidat lezárták a forgalom elől.",
    "tr": "Nehir gece yükselmişti ve köprü trafiğe kapatılmıştı.",
    "ru": "Ночью река поднялась, и мост был закрыт для движения.",
    "uk": "Уночі річка піднялася, і міст був закритий для руху.",
    "el": "Το ποτάμι είχε φουσκώσει τη νύχτα και η γέφυρα ήταν κλειστή.",
    "ar": "ارتفع منسوب النهر في الليل وكان الجسر مغلقا أمام حركة المرور.",
    "he": "הנהר עלה במהלך הלילה והגשר היה סגור לתנועה.",
    "hi": "रात में नदी का जलस्तर बढ़ गया था और पुल यातायात के लिए बंद था।",
    "ja": "夜の間に川の水位が上がり、橋は通行止めになっていました。",
    "zh": "夜里河水上涨，大桥已经对所有车辆关闭，请绕道而行，谢谢合作。",
    "ko": "밤사이 강물이 불어나 다리가 모든 차량에 통제되었습니다.",
    "vi": "Nước sông dâng lên trong đêm và cây cầu đã bị đóng.",
    "id": "Sungai itu naik pada malam hari dan jembatan ditutup untuk lalu lintas.",
}


NAMES = {
    "en": ["The capital of France is Paris.", "Barack Obama was born in Honolulu, Hawaii, in 1961.",
           "Mozart composed Don Giovanni in Prague and Vienna.",
           "Kilimanjaro is in Tanzania; Mount Kenya is in Kenya."],
    "de": ["Leonardo da Vinci malte die Mona Lisa in Florenz.",
           "Der Amazonas fließt durch Peru, Kolumbien und Brasilien."],
    "fr": ["Mozart a composé Don Giovanni à Prague et à Vienne."],
    "es": ["Leonardo da Vinci pintó la Mona Lisa en Florencia."],
}  # fmt: skip
"""Sentences that are mostly names from elsewhere."""


@pytest.mark.parametrize("code", RIVER)
def test_a_sentence_s_language(code: str) -> None:
    assert one(InLanguage(expected=code), RIVER[code]).value == 1
    found = one(InLanguage(expected="fr" if code != "fr" else "it"), RIVER[code])
    assert found == (0, f"it is {code!r}")


@pytest.mark.parametrize(("code", "text"), [(c, t) for c, texts in NAMES.items() for t in texts])
def test_names_do_not_decide(code: str, text: str) -> None:
    assert one(InLanguage(expected=code), text).value == 1


def test_how_a_text_is_written_does_not_decide() -> None:
    english = InLanguage(expected="en")
    assert one(english, RIVER["en"].upper()).value == 1
    assert one(english, RIVER["en"].replace(" ", "\n")).value == 1
    assert one(english, f"\ud800\x00 {RIVER['en']}").value == 1
    assert one(english, f"```\n{RIVER['en']}\n```").value == 1


def test_each_sample_may_name_its_own() -> None:
    german = RIVER["de"]
    assert one(InLanguage(), german, metadata={"language": "de"}).value == 1
    assert one(InLanguage(field="lang"), german, metadata={"lang": ["en", "fr"]}).value == 0
    assert one(InLanguage(), german).reason == "no language that is known in 'language'"
    assert one(InLanguage(), german, metadata={"language": "xx"}).value is None


def test_what_is_too_short_is_not_scored() -> None:
    for text in ("Paris.", "", "12345 67890 12345 67890 12345", "def add(a, b): return a + b"):
        assert one(InLanguage(expected="en"), text).value is None
    assert one(InLanguage(expected="zh"), "夜里河水上涨，大桥已经关闭").value == 1


def test_languages_that_are_none() -> None:
    with pytest.raises(SuiteError, match="no language 'english'"):
        bind(find("llm.language"), {"expected": "english"})
    with pytest.raises(SuiteError, match="no language 'xx'"):
        bind(find("llm.language"), {"expected": ["de", "xx"]})


def test_the_codes_are_those_of_the_model() -> None:
    from assay.scorers.language import _model

    labels, _ = _model().predict("hello", k=176, threshold=-1.0)
    codes = {label.removeprefix("__label__") for label in labels}
    assert {code for code in codes if len(code) == 2} == set(LANGUAGES)
