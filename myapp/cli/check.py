"""check: whether every document can be read and its game can go on from it."""

import click

from myapp.cli import data


@click.command()
@click.option("--dry-run", is_flag=True, help="Only tell, and leave every file as it is.")
@data.command
def check(dry_run: bool) -> None:
    """Look at every document, while the server runs or not.

    A damaged one is moved to the folder set-aside, never deleted; while the server runs, the
    document goes on as it last was good. The exit status is 1 if any was damaged.
    """
    keys = data.documents()
    damaged = [fault for key in keys if (fault := data.store().inspect(key, mend=not dry_run))]
    for fault in damaged:
        click.echo(f"{data.plain(fault)}.")
    if not damaged:
        click.echo(f"{data.many(len(keys), 'document')}, all good.")
        return
    what = "nothing was changed (--dry-run)" if dry_run else "they were set aside"
    click.echo(f"{len(damaged)} of {data.many(len(keys), 'document')} damaged: {what}.")
    raise click.exceptions.Exit(1)
