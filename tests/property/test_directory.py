"""Whatever rows a client imports in whatever order, the directory keeps people and companies apart, and knows them again."""

from uuid import UUID

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain.directory import STRENGTH, Known, asked, resolve
from enrichcore.domain.ids import ClientId
from enrichcore.domain.keys import WEAK, KeyKind
from enrichcore.domain.pipeline import Entity
from enrichcore.testing import strategies

CLIENT = ClientId(UUID(int=1))
#: Kinds of which one person or company has only one.
UNIQUE = {KeyKind.PERSON_LINKEDIN, KeyKind.COMPANY_DOMAIN, KeyKind.COMPANY_LINKEDIN}

#: Rows of one client: arbitrary keys of people, or of companies.
ROWS = st.sampled_from(Entity).flatmap(lambda entity: st.lists(strategies.row_keys(entity), min_size=1, max_size=12))


class Directory:
    """What an importer keeps of one client: who owns each key, who became known when, and who was merged into whom."""

    def __init__(self):
        self.entities = {}
        self.merged_into = {}
        self.rows = 0

    def owners(self, keys):
        """The known entity behind each of a row's keys."""
        return {key: known for key in asked(keys) for known in self.entities.values() if key in known.keys}

    def resolve(self, keys):
        """Ask whom a row means."""
        return resolve(CLIENT, keys, self.owners(keys), fallback=f"upload/{self.rows}")

    def take(self, keys):
        """Import one row, and record what follows."""
        self.rows += 1
        match = self.resolve(keys)
        if match.is_new:
            assert match.entity_id not in self.entities
            assert match.entity_id not in self.merged_into
            self.entities[match.entity_id] = Known(entity_id=match.entity_id, keys=frozenset(), since=self.rows)
        joined = self.entities[match.entity_id].keys | set(match.new_keys)
        for known, _ in match.merged:
            joined |= self.entities.pop(known.entity_id).keys
            self.merged_into[known.entity_id] = match.entity_id
        self.entities[match.entity_id] = evolve(self.entities[match.entity_id], keys=joined)
        return match

    def stands_for(self, entity_id):
        """Who an entity is today."""
        while entity_id in self.merged_into:
            entity_id = self.merged_into[entity_id]
        return entity_id


def imported(rows):
    """A directory that has taken all these rows."""
    directory = Directory()
    for keys in rows:
        directory.take(keys)
    return directory


def uniques(keys):
    """The keys of which an entity has only one, by kind."""
    return [key for key in keys if key.kind in UNIQUE]


@given(rows=ROWS)
def test_no_one_ever_holds_two_different_unique_keys(rows):
    """Conflicting strong keys never meet in one entity, neither by a merge nor by a row's own new keys."""
    for known in imported(rows).entities.values():
        kinds = [key.kind for key in uniques(known.keys)]
        assert len(kinds) == len(set(kinds))


@given(rows=ROWS)
def test_no_key_has_two_owners(rows):
    """A key means one entity."""
    held = [key for known in imported(rows).entities.values() for key in known.keys]
    assert len(held) == len(set(held))


@given(rows=ROWS)
def test_the_same_row_again_means_the_same_one_and_tells_nothing_new(rows):
    """Importing a row twice changes nothing the second time."""
    directory = Directory()
    for keys in filter(None, rows):
        first = directory.take(keys)
        again = directory.resolve(keys)
        assert (again.entity_id, again.is_new) == (first.entity_id, False)
        assert (again.new_keys, again.merged) == ((), ())


@given(rows=ROWS)
def test_a_merge_needs_strong_keys_of_both_sides_in_one_row(rows):
    """Weak keys never join two known ones; each merge is due to a strong key of the row, and each side had one."""
    directory = Directory()
    for keys in rows:
        before = dict(directory.entities)
        match = directory.take(keys)
        for known, because in match.merged:
            assert because in keys
            assert because.kind not in WEAK
            strong = {key for key in keys if key.kind not in WEAK}
            assert strong & before[known.entity_id].keys
            assert strong & before[match.entity_id].keys or len(match.merged) > 1


@given(rows=st.lists(strategies.row_keys(Entity.PERSON, values=("a@x", "b@x", "c@y")), min_size=1, max_size=12))
def test_a_name_alone_never_finds_someone_with_another_address_at_the_same_mail_domain(rows):
    """Whom only a weak key of the row finds has one of its addresses, or none at its mail domains."""
    directory = Directory()
    for keys in rows:
        before = dict(directory.entities)
        match = directory.take(keys)
        held = before[match.entity_id].keys if match.entity_id in before else frozenset()
        if held and not any(key in held for key in keys if key.kind not in WEAK):
            theirs = {key.value.partition("@")[2] for key in held if key.kind is KeyKind.PERSON_EMAIL}
            assert not any(key.value.partition("@")[2] in theirs for key in keys if key.kind is KeyKind.PERSON_EMAIL)


@given(rows=ROWS)
def test_the_oldest_stays(rows):
    """Of those that are merged, the one that became known first keeps its id."""
    directory = Directory()
    for keys in rows:
        before = dict(directory.entities)
        match = directory.take(keys)
        for known, _ in match.merged:
            assert before[match.entity_id].since < before[known.entity_id].since


@given(rows=ROWS)
def test_a_row_joins_no_one_whom_it_contradicts(rows):
    """Those that a row merges hold no other unique key than the row's, unless a stronger or equal key of it found them."""
    directory = Directory()
    for keys in rows:
        match = directory.take(keys)
        after = directory.entities[match.entity_id].keys
        for number, key in enumerate(keys) if match.merged else ():
            if key.kind in UNIQUE and key not in after and all(other.kind is not key.kind for other in keys[:number]):
                assert any(found in after for found in keys if STRENGTH[found.kind] <= STRENGTH[key.kind])


def directory_keys(entities):
    """Every key that someone holds."""
    return {key for known in entities.values() for key in known.keys}


@given(rows=ROWS)
def test_every_key_of_a_row_has_a_place(rows):
    """A key of a row is afterwards the row's entity's, someone else's and said to be so, or a second unique one."""
    directory = Directory()
    for keys in rows:
        match = directory.take(keys)
        mine = directory.entities[match.entity_id].keys
        held = directory_keys(directory.entities)
        for key in keys:
            if key in mine:
                assert key not in match.contested
            elif key.kind not in WEAK and key in held:
                assert key in match.contested
            elif key not in held:
                assert any(other.kind is key.kind and other != key for other in uniques(mine))


@given(rows=ROWS)
def test_a_strongest_key_decides_whom_a_row_means(rows):
    """A row whose strongest key is known means its owner, or whom that one is merged into."""
    directory = Directory()
    for keys in rows:
        owner = directory.owners(keys).get(keys[0]) if keys and keys[0].kind not in WEAK else None
        match = directory.take(keys)
        if owner is not None:
            assert directory.stands_for(owner.entity_id) == match.entity_id


@given(rows=ROWS)
def test_all_rows_again_make_no_one_new(rows):
    """Importing the whole file again makes no new entity, whatever merges it brings."""
    rows = [keys for keys in rows if keys]
    directory = imported(rows)
    known = set(directory.entities)
    for keys in rows:
        assert not directory.take(keys).is_new
    assert set(directory.entities) <= known


@given(rows=ROWS)
def test_the_same_rows_make_the_same_directory(rows):
    """Nothing is left to chance: ids and owners depend on the rows alone."""
    assert imported(rows).entities == imported(rows).entities


@given(numbers=st.lists(st.integers(0, 5), min_size=2, max_size=5, unique=True))
def test_rows_without_keys_are_each_someone_new(numbers):
    """A row that has no key is named by its place, and two such rows are never taken for one."""
    ids = {resolve(CLIENT, [], {}, fallback=f"upload/{number}").entity_id for number in numbers}
    assert len(ids) == len(numbers)
