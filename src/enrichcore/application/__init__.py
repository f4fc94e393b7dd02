"""What a user of the library calls: import a file, launch a batch, claim and record sends, record answers, ask.

The application loads state from a store, lets the domain decide, and commits what it decided, with everything that was
read as a guard. The same code runs on the store in memory and on PostgreSQL. It may import everything below it (domain,
registry, ingest, fields, store); it knows no web, no command line and no process.
"""

from enrichcore.application.answers import Ack, AckStatus, Incoming
from enrichcore.application.application import Enrichment
from enrichcore.application.errors import (
    ApplicationError,
    CannotLaunch,
    NotInForce,
    RulesNotInForce,
    StaleConfiguration,
    UnknownId,
    UploadUnderWay,
    differing,
)
from enrichcore.application.sending import Send
from enrichcore.application.upload_report import UploadReport

__all__ = [
    "Ack",
    "AckStatus",
    "ApplicationError",
    "CannotLaunch",
    "Enrichment",
    "Incoming",
    "NotInForce",
    "RulesNotInForce",
    "Send",
    "StaleConfiguration",
    "UnknownId",
    "UploadReport",
    "UploadUnderWay",
    "differing",
]
