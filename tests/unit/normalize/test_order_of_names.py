"""Names whose family name does not stand last, in files and in answers."""

import pytest

from enrichcore.fields import extract_person_fields
from enrichcore.ingest.composing import compose
from enrichcore.normalize import person_name_key, split_full_name
from enrichcore.normalize.known_names import family_names, first_names
from enrichcore.store.commit import is_cut_short


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("王 小明", ("小明", "王")), ("王 伟", ("伟", "王")), ("欧阳 锋", ("锋", "欧阳")), ("山田 太郎", ("太郎", "山田")), ("田中 さくら", ("さくら", "田中")),
        ("佐々木 健", ("健", "佐々木")), ("김 민수", ("민수", "김")), ("남궁 민", ("민", "남궁")), ("민수 김", ("민수", "김")), ("小明 欧阳", ("小明", "欧阳")),
        ("太郎 田中", ("太郎", "田中")), ("花子 佐藤", ("花子", "佐藤")), ("一郎 鈴木", ("一郎", "鈴木")), ("健 高橋", ("健", "高橋")), ("田中 健", ("健", "田中")), ("さくら 田中", ("さくら", "田中")), ("鷲見 さくら", ("さくら", "鷲見")),
        ("森 一郎", ("一郎", "森")), ("阎 小明", ("小明", "阎")), ("선우 민수", ("민수", "선우")),
    ],
)  # fmt: skip
def test_the_family_name_stands_first_in_the_letters_of_east_asia(full, parts):
    """Unless the names themselves tell that a system turned them round."""
    assert split_full_name(full) == parts


@pytest.mark.parametrize(
    "full", ["小明 王", "石田 武", "武 石田", "王 小林", "健 森", "一郎 鷲見", "鷲見 一郎", "伟 王", "さくら 鷲見", "ジョン スミス", "ヤマダ タロウ", "卡尔·海因里希 马克思", "王 小明 李", "Lê Vũ", "Tran Nguyen"]
)  # fmt: skip
def test_of_an_order_that_is_not_told_neither_name_is_taken(full):
    """Turned round or not, foreign or not: a wrong name is worse than none."""
    assert split_full_name(full) == (None, None)


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Nguyễn Văn An", ("Văn An", "Nguyễn")), ("NGUYỄN VĂN AN", ("Văn An", "Nguyễn")), ("Trần Thị Mai", ("Thị Mai", "Trần")), ("Nguyễn An", ("An", "Nguyễn")), ("Đặng Thu", ("Thu", "Đặng")),
        ("An Nguyễn", ("An", "Nguyễn")), ("Anh Tuấn Phạm", ("Anh Tuấn", "Phạm")), ("Nguyen Van An", ("Van An", "Nguyen")), ("Thi Van Nguyen", ("Thi Van", "Nguyen")), ("Le Van Minh", ("Van Minh", "Le")),
        ("Nguyễn, Văn An", ("Văn An", "Nguyễn")),
    ],
)  # fmt: skip
def test_the_family_name_of_vietnam_is_known_at_either_end(full, parts):
    """Middle names belong to the given ones."""
    assert split_full_name(full) == parts


@pytest.mark.parametrize(
    ("full", "parts"),
    [("Kim Le", ("Kim", "Le")), ("Mai Van Buren", ("Mai", "Van Buren")), ("Ọkafọ Chukwu", ("Ọkafọ", "Chukwu")), ("Đorđe Petrović", ("Đorđe", "Petrović")), ("Ngọc Smith", ("Ngọc", "Smith")), ("Eva van Tran", ("Eva", "van Tran"))],
)  # fmt: skip
def test_names_of_elsewhere_are_split_as_ever(full, parts):
    """A letter or a word in common makes nobody Vietnamese."""
    assert split_full_name(full) == parts


@pytest.mark.parametrize(
    ("one", "other"),
    [("山田 太郎", "太郎 山田"), ("小明 王", "王 小明"), ("鷲見 一郎", "一郎 鷲見"), ("石田 武", "武 石田"), ("さくら 鷲見", "鷲見 さくら"), ("Nguyễn Văn An", "Văn An Nguyễn"), ("Nguyen Van An", "Nguyễn, Văn An"), ("An Q. Nguyen", "Nguyễn An")],
)  # fmt: skip
def test_a_name_in_either_order_has_one_key(one, other):
    """The same person of two lists is one."""
    assert person_name_key(one) == person_name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("김 민수", "이 민수"), ("박 지훈", "최 지훈"), ("王 芳", "李 芳"), ("민수 김", "민수 이"), ("小明 王", "小明 李"), ("石 武", "林 武"),
        ("Nguyễn Thị Thu Hà", "Nguyễn Thị Hà Thu"), ("Nguyen Thi Thu Ha", "Nguyen Thi Ha Thu"), ("Trần Minh Anh", "Trần Anh Minh"), ("Tran An", "Nguyen An"),
    ],
)  # fmt: skip
def test_a_family_name_of_one_letter_and_the_order_of_given_names_tell_people_apart(one, other):
    """No letter without case is an initial, and only the family name changes its place."""
    assert person_name_key(one) != person_name_key(other)


def test_two_people_of_one_first_name_at_one_company_stay_two():
    """Korean family names are one letter; the same name turned round is the same person."""
    names = ("김 민수", "이 민수", "민수 김")
    one, other, turned = (compose([("person_full_name", name), ("company_name", "에이콘")])[0].keys for name in names)
    assert one == turned != other


@pytest.mark.parametrize(
    ("name", "cut"),
    [("김 민수", False), ("민수 김", False), ("王小明", False), ("Ann Bell", False), ("Ann B.", True), ("A Bell", True), ("Ann", True), (None, True), ("Юлия Ж.", True)],
)  # fmt: skip
def test_an_initial_cuts_a_name_short_and_a_family_name_of_one_letter_does_not(name, cut):
    """A later row with less of a name does not take its place."""
    assert is_cut_short(name) is cut


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ({"full_name": "山田 太郎"}, ("太郎", "山田", "山田 太郎")),
        ({"full_name": "Nguyễn Văn An"}, ("Văn An", "Nguyễn", "Nguyễn Văn An")),
        ({"full_name": "Nguyễn Văn An", "first_name": "An"}, ("An", "Nguyễn", "Nguyễn Văn An")),
        ({"full_name": "Nguyễn Văn An", "last_name": "Nguyễn"}, ("Văn An", "Nguyễn", "Nguyễn Văn An")),
        ({"full_name": "小明 王", "first_name": "小明", "last_name": "王"}, ("小明", "王", "小明 王")),
        ({"full_name": "小明 王"}, (None, None, "小明 王")),
    ],
)
def test_files_and_answers_order_names_alike(cells, names):
    """Columns of parts win over what the full name tells."""
    of_row = compose((f"person_{name}", cell) for name, cell in cells.items())[0].facts
    of_answer = extract_person_fields({"result": {**cells, "job_title": "CFO"}})
    for told in (of_row, of_answer):
        assert tuple(told.get(f"person_{part}_name") for part in ("first", "last", "full")) == names


def test_a_whole_name_of_doubtful_order_in_the_first_names_place_is_a_full_name():
    """It is no first name, and not lost."""
    person, _ = compose([("person_first_name", "小明 王"), ("person_email", "w@a.example")])
    assert person.facts == {"person_full_name": "小明 王", "person_email": "w@a.example"}


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Иванова Анна Сергеевна", ("Анна Сергеевна", "Иванова")), ("Роман Аркадьевич Абрамович", ("Роман Аркадьевич", "Абрамович")), ("Ленин Владимир Ильич", ("Владимир Ильич", "Ленин")),
        ("Ivanov Ivan Ivanovich", ("Ivan Ivanovich", "Ivanov")),
        ("Bondarchuk Oleg Ivanovych", ("Oleg Ivanovych", "Bondarchuk")), ("Petrenko Olena Ivanivna", ("Olena Ivanivna", "Petrenko")), ("Anna Sergeevna Ivanova", ("Anna Sergeevna", "Ivanova")),
        ("John Robert Milanovich", ("John Robert", "Milanovich")), ("Марко Петар Петровић", ("Марко Петар", "Петровић")), ("Анна Иванова", ("Анна", "Иванова")), ("Roman Abramovich", ("Roman", "Abramovich")), ("Иван Петров Иванов", ("Иван Петров", "Иванов")),
    ],
)  # fmt: skip
def test_a_patronymic_tells_the_order(full, parts):
    """The last name stands before the first one or behind the patronymic; last names that end like one change nothing."""
    assert split_full_name(full) == parts


def test_a_name_with_a_patronymic_has_one_key_in_either_order():
    """And another one for another father."""
    assert person_name_key("Иванов Иван Иванович") == person_name_key("Иван Иванович Иванов")
    assert person_name_key("Иванов Иван Иванович") != person_name_key("Иванов Иван Петрович")


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("DUPONT Jean", ("Jean", "Dupont")), ("TANAKA Taro", ("Taro", "Tanaka")), ("WANG Xiaoming", ("Xiaoming", "Wang")), ("KOVÁCS János", ("János", "Kovács")), ("María GARCÍA LÓPEZ", ("María", "García López")),
        ("Anne LE GALL", ("Anne", "le Gall")), ("Anne DE LA TOUR", ("Anne", "de la Tour")), ("DE LA TOUR Anne", ("Anne", "de la Tour")), ("Luis DEL RIO", ("Luis", "del Rio")), ("Dr. Jean M. DUPONT", ("Jean", "Dupont")),
        ("Jean-Paul DUPONT", ("Jean-Paul", "Dupont")), ("O'BRIEN Pat", ("Pat", "O'Brien")), ("TORRES Ximena", ("Ximena", "Torres")), ("TORRES Odalys", ("Odalys", "Torres")), ("QUILLWOOD Ximena", ("Ximena", "Quillwood")), ("VEXLIM Osta", ("Osta", "Vexlim")), ("Anne ROY", ("Anne", "Roy")), ("VAN DIJK Eva", ("Eva", "van Dijk")),
    ],
)  # fmt: skip
def test_the_last_name_in_capitals_is_known_at_either_end(full, parts):
    """Its particles are small letters, as of a last name alone."""
    assert split_full_name(full) == parts
    of_row = compose([("person_full_name", full), ("company_name", "Acorn")])[0].facts
    of_answer = extract_person_fields({"result": {"name": full}})
    for told in (of_row, of_answer):
        assert tuple(told[f"person_{part}_name"] for part in ("first", "last", "full")) == (*parts, " ".join(parts))


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("JP Morgan", ("JP", "Morgan")), ("AJ Smith", ("AJ", "Smith")), ("LI Na", ("LI", "Na")), ("MARY Smith", ("Mary", "Smith")), ("MICHAELA Quillwood", ("Michaela", "Quillwood")), ("Dupont JEAN", ("Dupont", "Jean")), ("ANN BELL", ("Ann", "Bell")),
        ("XIMENA Torres", ("Ximena", "Torres")), ("ODALYS Torres", ("Odalys", "Torres")),
        ("Ann Bell MBA", ("Ann", "Bell")), ("Ann Bell CISSP PMP", ("Ann", "Bell")), ("Ann Bell PMO", ("Ann Bell", "PMO")), ("Eva van DIJK", ("Eva", "van Dijk")), ("ANA Lopez", ("ANA", "Lopez")), ("VAN Morrison", ("VAN", "Morrison")),
    ],
)  # fmt: skip
def test_initials_first_names_and_degrees_in_capitals_are_no_last_name(full, parts):
    """What may be one of these changes nothing."""
    assert split_full_name(full) == parts


@pytest.mark.parametrize("full", ["DUPONT Jean", "Dupont, Jean"])
def test_a_name_whose_order_is_told_fills_what_a_column_leaves_out(full):
    """Without the comma."""
    person, _ = compose([("person_full_name", full), ("person_first_name", "Jean"), ("company_name", "Acorn")])
    names = [person.facts[f"person_{part}_name"] for part in ("first", "last", "full")]
    assert names == ["Jean", "Dupont", "Jean Dupont"]


def test_no_name_is_listed_as_a_first_and_as_a_last_one():
    """As they are compared: folded."""
    assert first_names().isdisjoint(family_names())
