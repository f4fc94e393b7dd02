"""What an import did, or would do, for people."""

from collections.abc import Sequence

from enrichcore.application import UploadReport
from enrichcore.application.estimating import StepEstimate
from enrichcore.application.upload_report import WANTED
from enrichcore.domain.amounts import counted
from runners.cli.showing import line, show_table
from runners.reports import ESTIMATED

#: Rejected and joined rows that people are shown; `--json` lists more.
_SHOWN = 20


def show_report(report: UploadReport, name: str) -> None:
    """Tell people what an import did."""
    done = "imported" if report.upload_id else "would be imported (dry run)"
    line(
        f"{name}: {counted(report.row_count, 'row')} {done}, {counted(report.person_count, 'person')},"
        f" {counted(report.company_count, 'company')}, {counted(report.rejected_count, 'row')} kept aside{_blank(report.blank_rows)}"
    )
    line(_known(report))
    for note in report.notes:
        line(f"Note: {note}")
    show_table(
        ["column", "is read as", "for example"],
        [
            (column, f"{field} (as saved)" if column in report.saved else field, report.examples.get(column, ""))
            for column, field in report.mapped.items()
        ],
    )
    if report.ambiguous:
        show_table(["column", "not read, because it is ambiguous"], report.ambiguous.items())
    if report.unmapped:
        line(f"Not read: {', '.join(report.unmapped)}")
    if report.upload_id is None:
        _show_preview(report)
    if report.joined:
        show_table(["line", "is"], [(joined.line, joined.reason) for joined in report.joined[:_SHOWN]])
        _show_rest(len(report.joined) - _SHOWN)
    if report.rejected:
        show_table(["line", "kept aside because"], report.rejected[:_SHOWN])
        _show_rest(report.rejected_count - _SHOWN)
    if report.upload_id and report.rejected:
        line(f"The rows kept aside, as a file: enrichcore rejected {report.upload_id} --out rejected.csv")
    if report.upload_id and report.person_count:
        line(f"Upload {report.upload_id}; start it with: enrichcore launch {report.upload_id}")


def show_steps(steps: Sequence[StepEstimate]) -> None:
    """Tell people what a launch would send."""
    show_table(list(ESTIMATED.values()), [[getattr(step, name) for name in ESTIMATED] for step in steps])


def _blank(rows: int) -> str:
    return f", {counted(rows, 'blank row')} passed over" if rows else ""


def _known(report: UploadReport) -> str:
    """How many were known already, and how many rows told of someone twice."""
    people, companies = report.new_person_count, report.new_company_count
    again = report.duplicate_row_count
    told = (
        f"New: {counted(people, 'person')}, {counted(companies, 'company')}; known already:"
        f" {counted(report.person_count - people, 'person')}, {counted(report.company_count - companies, 'company')}"
    )
    return f"{told}; {counted(again, 'row')} {'is' if again == 1 else 'are'} of people of earlier rows"


def _show_preview(report: UploadReport) -> None:
    """What a dry run tells beside: the first rows, what is missing, and what a launch would send."""
    if report.sample:
        line("The first rows are read as (all their fields with --json):")
        show_table(
            ["line", *WANTED], [(number, *(facts.get(fact) for fact in WANTED)) for number, facts in report.sample]
        )
    if any(report.missing.values()):
        show_table(["not told", "rows"], [(fact, count) for fact, count in report.missing.items() if count])
    if report.steps:
        line("A launch would do:")
        show_steps(report.steps)


def _show_rest(rest: int) -> None:
    if rest > 0:
        line(f"and {rest:,} more; --json lists them")
