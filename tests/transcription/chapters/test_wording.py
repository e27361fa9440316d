"""Claims about the words that chapters are found and named by."""

from transcription.chapters import wording


def test_a_title_is_what_sets_a_chapter_apart() -> None:
    parts = [
        ["Bugün kira sözleşmesini konuşacağız.", "Yeni kira sözleşmesi mart ayında başlıyor.", "Depozito iki aylık."],
        ["Şimdi işe alım.", "Muhasebeye iki kişi alıyoruz, işe alım ilanı yarın çıkar.", "İlan İzmir'de yayımlanacak."],
        ["Son olarak yazıcılar.", "Yazıcılar bozuk, yazıcı servisi Salı günü geliyor."],
    ]
    found = wording.titles(parts, "tr")
    assert "sözleşme" in found[0]
    assert found[2].lower().startswith("yazıcı")
    assert all(title and title[0] == title[0].upper() and len(title) <= 60 for title in found)


def test_a_pair_that_comes_again_is_one_term_and_a_name_keeps_its_capital() -> None:
    parts = [
        ["We met Elizabeth Bennet.", "So Elizabeth Bennet danced.", "And Elizabeth Bennet laughed."],
        ["The garden was green.", "A garden gate."],
    ]
    first, second = wording.titles(parts, "en")
    assert "Elizabeth Bennet" in first
    assert second.startswith("Garden")


def test_turkish_words_are_folded_as_turkish() -> None:
    assert wording.words("IŞIK ve İSTANBUL'da ışıklar", "tr") == ["ışık", "istanbul", "ışıklar"]
    assert wording.words("IT IS A LIGHTHOUSE, isn't it", "en") == ["lighthouse"]


def test_a_part_in_which_no_word_stands_out_is_numbered() -> None:
    assert wording.titles([["ve bu da"], ["çok daha"]], "tr") == ["Bölüm 1", "Bölüm 2"]
    assert wording.titles([["and so on"]], "en") == ["Chapter 1"]
