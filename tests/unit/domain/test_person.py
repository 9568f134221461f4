"""domain.person: the last name a person gave themselves."""

from p2pshare.domain.bodies import PersonProfile
from p2pshare.domain.person import PersonState, fold_person


def test_the_last_profile_gives_the_name(make, ada):
    first = make.entry(ada, "person.profile", PersonProfile(name="Ada"), time_ms=9000)
    second = make.entry(ada, "person.profile", PersonProfile(name="Ada L."), own=[first], time_ms=1)
    expected = PersonState(person=ada, name="Ada L.", profile_entry=second.entry_id)
    assert fold_person(ada, [first, second]) == expected
    assert fold_person(ada, [second, first, second]) == expected


def test_of_concurrent_profiles_the_greater_id_stays(make, ada):
    profiles = [make.entry(ada, "person.profile", PersonProfile(name=str(n))) for n in range(6)]
    last = max(profiles, key=lambda entry: entry.entry_id)
    assert fold_person(ada, profiles).profile_entry == last.entry_id


def test_others_cannot_name_a_person(make, ada, ben):
    own = make.entry(ada, "person.profile", PersonProfile(name="Ada"))
    foreign = make.entry(ben, "person.profile", PersonProfile(name="Thief"), after=[own])
    assert fold_person(ada, [own, foreign]).name == "Ada"
    assert fold_person(ada, [foreign]) is None


def test_an_erased_profile_leaves_the_one_before(make, ada):
    first = make.entry(ada, "person.profile", PersonProfile(name="Ada"))
    erased = make.entry(ada, "person.profile", None, own=[first])
    assert fold_person(ada, [erased, first]).name == "Ada"
    assert fold_person(ada, [erased]) is None
    assert fold_person(ada, []) is None
