"""Names whose family name does not stand last, in files and in answers."""

import pytest

from enrichcore.fields import extract_person_fields
from enrichcore.ingest.composing import compose
from enrichcore.normalize import person_name_key, split_full_name


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("王 小明", ("小明", "王")), ("王 伟", ("伟", "王")), ("欧阳 锋", ("锋", "欧阳")), ("山田 太郎", ("太郎", "山田")), ("田中 さくら", ("さくら", "田中")),
        ("佐々木 健", ("健", "佐々木")), ("김 민수", ("민수", "김")), ("남궁 민", ("민", "남궁")), ("민수 김", ("민수", "김")), ("小明 欧阳", ("小明", "欧阳")),
    ],
)  # fmt: skip
def test_the_family_name_stands_first_in_the_letters_of_east_asia(full, parts):
    """Unless the names themselves tell that a system turned them round."""
    assert split_full_name(full) == parts


@pytest.mark.parametrize(
    "full", ["小明 王", "石田 武", "伟 王", "さくら 田中", "ジョン スミス", "ヤマダ タロウ", "卡尔·海因里希 马克思", "王 小明 李", "Lê Vũ", "Tran Nguyen"]
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
    [("山田 太郎", "太郎 山田"), ("小明 王", "王 小明"), ("Nguyễn Văn An", "Văn An Nguyễn"), ("Nguyen Van An", "Nguyễn, Văn An"), ("An Q. Nguyen", "Nguyễn An")],
)  # fmt: skip
def test_a_name_in_either_order_has_one_key(one, other):
    """The same person of two lists is one."""
    assert person_name_key(one) == person_name_key(other)


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
