"""How easy a text is to read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bot.reading import ease, grade


def test_long_sentences_and_words_read_harder() -> None:
    """In either language."""
    assert grade("Hold your baby. Talk to her.") < grade("Interdisciplinary collaboration facilitates development.")
    assert ease("Hable con su bebé.") > ease("La colaboración interdisciplinaria facilita el neurodesarrollo.")


def test_a_name_counts_as_one_short_word() -> None:
    """However long it is: nobody spells it out."""
    assert grade("The New Mexico Association for Infant Mental Health can help.") == grade("NMAIMH can help.") == \
        grade("Sam can help.")
    assert ease("Llame a NMAIMH al (505) 331-7138.") == ease("Llame a Ana al Ana.")


def test_languages_do_not_get_in_each_others_way() -> None:
    """Several people preview at once: with one language for the process, a grade would change under a Spanish text."""
    texts = ["Hold your baby and talk to her every day.", "Abrace a su bebé y hable con ella todos los días."]
    alone = grade(texts[0]), ease(texts[1])
    with ThreadPoolExecutor(4) as pool:
        both = list(pool.map(lambda _: (grade(texts[0]), ease(texts[1])), range(50)))
    assert set(both) == {alone}
