"""What somebody wants, and which offers are that: every word, or one that means the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.categories import Categories, Category
from p2pshare.domain.matching import OTHER, Asked, Hit, Offered, Vocabulary, judge
from p2pshare.domain.synonyms import Synonyms

TOOLS = Category(
    "power-tools",
    {"en": "Power tools", "de": "Elektrowerkzeug"},
    {"en": ("drill", "sander"), "de": ("Bohrmaschine",)},
)
CAMPING = Category("camping", {"en": "Camping and hiking"}, {"en": ("tent",)})
VOCABULARY = Vocabulary(
    Categories([TOOLS, CAMPING]),
    Synonyms(
        [
            ("drill", "Bohrmaschine", "perceuse"),
            ("cordless drill", "Akkuschrauber", "visseuse sans fil"),
            ("ladder", "Leiter", "échelle"),
            ("tent", "tienda de campaña"),
            ("car", "Auto"),
        ]
    ),
)


def hit(want: str, title: str, *tags: str, category: str = "", asked_in: str = "") -> Hit | None:
    return judge(VOCABULARY.asked(want, asked_in), VOCABULARY.offered(title, tags, category))


def why(want: str, title: str, *tags: str, category: str = "", asked_in: str = "") -> str | None:
    found = hit(want, title, *tags, category=category, asked_in=asked_in)
    return None if found is None else found.why()


@pytest.mark.parametrize(
    ("want", "title", "said"),
    [
        ("Drill", "Drill", "'Drill' is in the title"),
        ("drill", "An old DRILL, 500 W", "'drill' is in the title"),
        ("drills", "Drill", "'drills' is in the title"),
        ("Échelle", "echelle", "'Échelle' is in the title"),
        ("echelle", "Échelles", "'echelle' is in the title"),
        ("Straße", "STRASSE", "'Straße' is in the title"),
        ("lad", "Ladder", "'Ladder' begins with 'lad'"),
        ("drill", "Drilling machine", "'Drilling' begins with 'drill'"),
        ("cars", "Car", "'cars' is in the title"),
        ("Bohr", "Bohrmaschinenset", "'Bohrmaschinenset' begins with 'Bohr'"),
        ("drill", "Bohrmaschine", "'drill' means 'Bohrmaschine'"),
        ("drills", "Bohrmaschinen", "'drills' means 'Bohrmaschine'"),
        ("Tienda de campaña", "Tent", "'Tienda de campaña' means 'tent'"),
        ("tent", "Una tienda grande de campaña", "'tent' means 'tienda de campaña'"),
        ("cordless drill", "Drill, cordless", "'cordless drill' is in the title"),
        ("cordless drill", "Akkuschrauber", "'cordless drill' means 'Akkuschrauber'"),
        ("I need a drill, please!", "Perceuse", "'drill' means 'perceuse'"),
        ("drill ladder", "Leiter, drill", "'drill' is in the title, 'ladder' means 'Leiter'"),
        ("TV", "TV", "'TV' is in the title"),
        ("梯", "梯", "'梯' is in the title"),
    ],
)
def test_what_matches_and_why(want: str, title: str, said: str) -> None:
    assert why(want, title) == said


@pytest.mark.parametrize(
    ("want", "title"),
    [
        ("drill", "Hammer"),
        ("drill", "Mandrill"),
        ("la", "Ladder"),
        ("cordless drill", "Cordless lamp"),
        ("drill ladder", "Ladder"),
        ("tent", "Tentacles"),
        ("cars", "Carpet"),
        ("ladder", "Leiterwagen"),
        ("TV", "TVs"),
        ("for the", "for the garden"),
        ("", "Drill"),
        ("!", "!"),
        ("4", "4"),
    ],
)
def test_what_does_not_match(want: str, title: str) -> None:
    assert hit(want, title) is None


def test_tags_and_category() -> None:
    assert why("drill", "Makita", "drill", "DIY") == "'drill' is in the tags"
    assert why("dri", "Makita", "drill") == "'drill' begins with 'dri'"
    assert why("Elektrowerkzeug", "Makita", category="power-tools") == (
        "'Elektrowerkzeug' is its category"
    )
    assert why("hiking camping", "Stove", category="camping") is None
    assert why("camping and hiking", "Stove", category="Camping") == (
        "'camping and hiking' is its category"
    )
    assert why("drill", "Sander", category="power-tools") is None, "a category is not a thing"
    assert why("drill", "Drill", category="power tools", asked_in="Bohrmaschine") == (
        "'drill' is in the title, the same category"
    )
    assert why("model train", "Model train", category="Railways", asked_in="railways") == (
        "'model' is in the title, 'train' is in the title, the same category"
    )
    assert why("drill", "Drill", asked_in="") == "'drill' is in the title"


def test_closer_offers_rank_first() -> None:
    offers = [
        hit("drill", "Drill", category="power-tools", asked_in="power-tools"),
        hit("drill", "Drill with bits", category="power-tools", asked_in="power-tools"),
        hit("drill", "Drill", category="camping", asked_in="power-tools"),
        hit("drill", "Makita", "drill", asked_in="power-tools"),
        hit("drill", "Bohrmaschine", asked_in="power-tools"),
        hit("drill", "Makita", "perceuse", asked_in="power-tools"),
    ]
    ranks = [(one.distance, one.more) for one in offers if one is not None]
    assert len(ranks) == len(offers)
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_saved_searches_say_so() -> None:
    literal, other = hit("ladder", "Ladder"), hit("ladder", "Leiter")
    assert literal is not None
    assert other is not None
    assert literal.why("ladder") == "your saved search 'ladder': 'ladder' is in the title"
    assert other.why("ladder") == "your saved search 'ladder': 'ladder' means 'Leiter'"
    assert Hit(0, 0, ()).why("ladder") == "your saved search 'ladder'"


def test_a_search_in_one_category() -> None:
    asked = VOCABULARY.asked("ladder", "camping", only_category=True)
    assert judge(asked, VOCABULARY.offered("Ladder", (), "Camping")) is not None
    assert judge(asked, VOCABULARY.offered("Ladder", (), "power-tools")) is None
    assert judge(asked, VOCABULARY.offered("Ladder", (), "")) is None
    everything = VOCABULARY.asked("", "camping", only_category=True)
    assert everything
    found = judge(everything, VOCABULARY.offered("Stove", (), "camping"))
    assert found == Hit(0, 1, ("the same category",))
    assert not VOCABULARY.asked("", "", only_category=True)
    assert not VOCABULARY.asked("", "camping")


@pytest.mark.parametrize(
    ("title", "category", "place"),
    [
        ("Drill", "", "power-tools"),
        ("An old Bohrmaschine", "", "power-tools"),
        ("Power tools", "", "power-tools"),
        ("Drill", "camping", "camping"),
        ("Drill", "Camping and hiking", "camping"),
        ("Drill", "Model trains", "model trains"),
        ("Accordion", "", OTHER),
        ("for the", "", OTHER),
        ("", "", OTHER),
    ],
)
def test_where_a_want_belongs(title: str, category: str, place: str) -> None:
    assert VOCABULARY.place(title, category) == place


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("Drill", True),
        ("Bohrmaschinen, grün", True),
        ("Cordless drill", False),
        ("Drill for the tent", False),
        ("Drill bits", True),
        ("Drilling", False),
        ("Hammer", False),
        ("", False),
    ],
)
def test_what_a_title_speaks_of(title: str, is_one: bool) -> None:
    assert VOCABULARY.is_a(title, "drill") is is_one


# --- properties -----------------------------------------------------------------------------

THINGS = ["drill", "Bohrmaschine", "Leiter", "échelle", "cordless drill", "Lampe", "été", "saw"]
TEXTS = st.lists(st.sampled_from(THINGS), min_size=1, max_size=4).map(" ".join)
ANY_CATEGORY = st.sampled_from(["", "power-tools", "Camping", "railways"])
OFFERS = st.builds(
    VOCABULARY.offered,
    title=TEXTS,
    tags=st.lists(st.sampled_from(THINGS), max_size=2).map(tuple),
    category=ANY_CATEGORY,
)
ASKED = st.builds(VOCABULARY.asked, text=TEXTS, category=ANY_CATEGORY)


@given(TEXTS, st.data())
def test_the_same_words_match_in_any_order_case_and_accents(text: str, data: st.DataObject) -> None:
    words = data.draw(st.permutations(text.split()))
    decomposed = unicodedata.normalize("NFD", " ".join(words).upper())
    title = "".join(one for one in decomposed if not unicodedata.combining(one))
    found = hit(text, title)
    assert found is not None
    assert found.distance == 0


@given(ASKED, OFFERS, TEXTS)
def test_more_words_in_an_offer_never_undo_a_match(
    asked: Asked, offered: Offered, more: str
) -> None:
    before = judge(asked, offered)
    after = judge(asked, Offered(f"{offered.title} {more}", offered.tags, offered.category))
    if before is not None:
        assert after is not None
        assert after.distance <= before.distance


@given(ASKED, OFFERS)
def test_fewer_words_in_a_want_never_undo_a_match(asked: Asked, offered: Offered) -> None:
    if judge(asked, offered) is not None:
        for place in range(len(asked.terms)):
            fewer = asked.terms[:place] + asked.terms[place + 1 :]
            if fewer:
                assert judge(Asked(fewer, asked.category), offered) is not None


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_judged(want: str, title: str) -> None:
    found = hit(want, title)
    if found is not None:
        assert found.reasons
        assert VOCABULARY.asked(want)


@given(st.text(max_size=60))
def test_whatever_says_something_matches_itself(text: str) -> None:
    assert (hit(text, text) is not None) == bool(VOCABULARY.asked(text))
