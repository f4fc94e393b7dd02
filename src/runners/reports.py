"""What an import did, or would do, as the command line's `--json` and the API tell it."""

from typing import Any, Final

from enrichcore.application import UploadReport
from enrichcore.application.estimating import Estimate, StepEstimate
from enrichcore.domain.amounts import credits_said

#: What is told of a step of an estimate, and its heading in tables.
ESTIMATED: Final = {
    "workflow": "step",
    "kind": "kind",
    "entity": "about",
    "concerned": "concerned",
    "to_send": "to send",
    "reused": "known already",
    "under_way": "under way",
    "skipped": "left out",
    "credits": "credits",
}


def report_json(report: UploadReport) -> dict[str, Any]:
    """What an import did, under the names of the contract."""
    return {
        "upload_id": report.upload_id,
        "row_count": report.row_count,
        "person_count": report.person_count,
        "company_count": report.company_count,
        "new_person_count": report.new_person_count,
        "new_company_count": report.new_company_count,
        "duplicate_row_count": report.duplicate_row_count,
        "blank_rows": report.blank_rows,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "notes": report.notes,
        "columns": report.columns,
        "examples": report.examples,
        "mapped": report.mapped,
        # An ambiguous column is not read either; why, the next key says.
        "unmapped": [*report.unmapped, *report.ambiguous],
        "ambiguous": report.ambiguous,
        "saved": report.saved,
        "rejected_count": report.rejected_count,
        "rejected": [{"line": number, "reason": reason} for number, reason in report.rejected],
        "joined": [
            {
                "line": joined.line,
                "entity": joined.entity,
                "id": joined.entity_id,
                "earlier_line": joined.earlier_line,
                "merged": joined.merged,
                "contested": joined.contested,
                "key": {"kind": joined.because.kind, "value": joined.because.value},
                "reason": joined.reason,
            }
            for joined in report.joined
        ],
        "missing": report.missing,
        "sample": [{"line": number, "facts": facts} for number, facts in report.sample],
        "steps": None if report.steps is None else [step_json(step) for step in report.steps],
    }


def step_json(step: StepEstimate) -> dict[str, Any]:
    """One step of an estimate."""
    return {name: getattr(step, name) for name in ESTIMATED}


def budget_said(estimated: Estimate) -> str:
    """Whether the client's budget pays for what a launch would send; empty where there is no budget."""
    left = estimated.budget_left
    if left is None:
        return ""
    if not left and estimated.credits:
        return "The budget is used up: rows wait until it is raised, or credits of its period become free"
    waits = ": rows wait when it is used up" if estimated.credits > left else ""
    return f"The budget has {credits_said(left)} left{waits}"
