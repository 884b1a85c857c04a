"""Options that several commands share."""

from typing import Annotated, TypeAlias

import typer

Last: TypeAlias = Annotated[
    int, typer.Option("--last", "-n", min=1, max=200, metavar="N", help="How many, newest first.")
]
AsJSON: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print JSON, the same that REST answers.")
]
Cursor: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Go on after this id, the next_cursor of the page before."),
]
Project: TypeAlias = Annotated[
    str | None, typer.Option(metavar="KEY", help="Only this project, such as PAY.")
]
WorkItem: TypeAlias = Annotated[
    str | None, typer.Option(metavar="KEY", help="Only this work item, such as PAY-7.")
]
MemberNamed: TypeAlias = Annotated[
    str, typer.Argument(metavar="MEMBER", help="A member by id, e-mail address or whole name.")
]
SinceWhen: TypeAlias = Annotated[
    str | None,
    typer.Option("--from", metavar="WHEN", help="From this day or moment on; 30 days if left out."),
]
UntilWhen: TypeAlias = Annotated[
    str | None,
    typer.Option("--to", metavar="WHEN", help="Before this day or moment; now if left out."),
]
