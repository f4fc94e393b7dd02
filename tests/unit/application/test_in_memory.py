"""The application does what it promises on the store in memory."""

from tests.contracts.answers_contract import AnsweringContract
from tests.contracts.breakers_contract import (
    BreakersContract,
    DoubtsContract,
    LifeContract,
    PutOffContract,
    ReachContract,
)
from tests.contracts.bulk_contract import BulkContract
from tests.contracts.companies_contract import CompaniesContract
from tests.contracts.control_contract import ControlContract
from tests.contracts.employers_contract import EmployersContract
from tests.contracts.found_keys_contract import FoundKeysContract
from tests.contracts.http_contract import HttpContract
from tests.contracts.imports_contract import ImportingContract
from tests.contracts.left_companies_contract import LeftCompaniesContract
from tests.contracts.limits_contract import BudgetContract, LifetimeContract
from tests.contracts.local_steps_contract import LocalStepsContract, RestingContract
from tests.contracts.paid_once_contract import PaidOnceContract
from tests.contracts.people_contract import PeopleContract
from tests.contracts.runners_contract import RunnersContract
from tests.contracts.second_thoughts_contract import LostContract, RestoredContract
from tests.contracts.set_aside_contract import SetAsideContract, fault  # noqa: F401 - a fixture of the contract
from tests.contracts.stranded_contract import StrandedContract
from tests.contracts.told_elsewhere_contract import ToldElsewhereContract
from tests.contracts.unheard_contract import UnheardContract, UnheardOutcomesContract
from tests.contracts.unmakeable_contract import UnmakeableContract


class TestAnswering(AnsweringContract):
    """See the contract."""


class TestBulk(BulkContract):
    """See the contract."""


class TestCompanies(CompaniesContract):
    """See the contract."""


class TestLeftCompanies(LeftCompaniesContract):
    """See the contract."""


class TestControl(ControlContract):
    """See the contract."""


class TestImporting(ImportingContract):
    """See the contract."""


class TestEmployers(EmployersContract):
    """See the contract."""


class TestFoundKeys(FoundKeysContract):
    """See the contract."""


class TestPeople(PeopleContract):
    """See the contract."""


class TestPaidOnce(PaidOnceContract):
    """See the contract."""


class TestRunners(RunnersContract):
    """See the contract."""


class TestLifetimes(LifetimeContract):
    """See the contract."""


class TestBudgets(BudgetContract):
    """See the contract."""


class TestHttpSteps(HttpContract):
    """See the contract."""


class TestSettingAside(SetAsideContract):
    """See the contract."""


class TestBreakers(BreakersContract):
    """See the contract."""


class TestDoubts(DoubtsContract):
    """See the contract."""


class TestReach(ReachContract):
    """See the contract."""


class TestLives(LifeContract):
    """See the contract."""


class TestStranded(StrandedContract):
    """See the contract."""


class TestRestored(RestoredContract):
    """See the contract."""


class TestLost(LostContract):
    """See the contract."""


class TestPutOff(PutOffContract):
    """See the contract."""


class TestUnheard(UnheardContract):
    """See the contract."""


class TestUnheardOutcomes(UnheardOutcomesContract):
    """See the contract."""


class TestUnmakeable(UnmakeableContract):
    """See the contract."""


class TestLocalSteps(LocalStepsContract):
    """See the contract."""


class TestResting(RestingContract):
    """See the contract."""


class TestToldElsewhere(ToldElsewhereContract):
    """See the contract."""
