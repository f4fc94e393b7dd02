"""Values into pages: templates with everything escaped, and how numbers, times and states are written."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final

from attrs import frozen
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from markupsafe import Markup

from enrichcore.domain.amounts import amount, counted
from enrichcore.domain.life_cycle import State
from runners.lanes import sent_words

#: Which page of a table is asked for, from 1.
PageNumber = Annotated[int, QueryParameter(ge=1, le=1_000_000)]
#: What stands where nothing is known.
_NOTHING: Final = "\N{EN DASH}"
_CODE: Final = re.compile("`([^`]+)`")
#: Order and colour of states on pages: from what is done, over what is under way, to what went wrong.
STATE_ORDER: Final = (
    State.COMPLETED, State.SKIPPED, State.AWAITING_ANSWER, State.SENDING, State.WAITING_FOR_COMPANY, State.READY,
    State.RETRY_WAIT, State.IN_DOUBT, State.TIMED_OUT, State.FAILED, State.CANCELLED, State.START,
)  # fmt: skip


@frozen(kw_only=True)
class Paging:
    """Which part of a table a page shows."""

    #: From 1.
    number: int
    size: int
    total: int

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1."""
        return self.offset + 1

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.offset + self.size, self.total)

    @property
    def pages(self) -> int:
        """How many pages there are; an empty table has one."""
        return max(1, -(-self.total // self.size))


def rendered(
    template: str, /, *, status_code: int = 200, cookies: list[Cookie] | None = None, **context: Any
) -> Response[str]:
    """A rendered template as an answer."""
    text = environment().get_template(template).render(**context)
    return Response(text, status_code=status_code, media_type=MediaType.HTML, cookies=cookies)


@cache
def environment() -> Environment:
    """The templates; every value is escaped, and a name that is missing is an error."""
    made = Environment(
        loader=PackageLoader("runners.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": number,
        "when": when,
        "words": words,
        "cell": cell,
        "counted": counted,
        "sent": sent_words,
        "coded": coded,
    }
    return made


def number(value: float | Decimal) -> str:
    """A count or an amount, with thousands separated."""
    return amount(value)


def when(value: datetime | None) -> str:
    """A time in UTC, to the second."""
    return _NOTHING if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def words(value: str) -> str:
    """A slug as words."""
    return value.replace("_", " ")


def coded(sentence: str) -> Markup:
    """A sentence, with what stands between backticks as code; all else is escaped."""
    pieces = _CODE.split(sentence)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece for number, piece in enumerate(pieces)
    )


def cell(value: Any) -> str:
    """A field's value in a table."""
    match value:
        case None | "":
            return _NOTHING
        case bool():
            return "yes" if value else "no"
        case datetime():
            return when(value)
        case list() | tuple():
            return ", ".join(map(str, value)) or _NOTHING
    return str(value)
