import pytest
from typer.testing import CliRunner

from runners.cli.main import app

VARIABLES = (
    "ACME_CALLBACK_SECRET",
    "ACME_APOLLO_COMPANY_URL",
    "ACME_APOLLO_PERSON_URL",
    "ACME_APOLLO_EMAIL_URL",
    "ACME_CRM_COMPANY_URL",
    "ACME_CRM_PERSON_URL",
    "ACME_CRM_EMAIL_URL",
)


@pytest.fixture
def enrichcore(tmp_path, monkeypatch):
    """The command line in an empty folder, with nothing of ours in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("ENRICHCORE_CONFIG", "ENRICHCORE_DATABASE_URL", "DATABASE_URL", "ENRICHCORE_DEBUG", *VARIABLES):
        monkeypatch.delenv(name, raising=False)
    return lambda *args: CliRunner().invoke(app, [str(arg) for arg in args])
