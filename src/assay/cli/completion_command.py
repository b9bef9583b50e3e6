"""``assay completion``."""

from __future__ import annotations

import click

from assay.cli.options import json_option, print_json


@click.command(short_help="Print the completion script for a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def command(shell: str, as_json: bool) -> None:
    """Print the completion script for SHELL.

    \b
    Examples:
      assay completion bash > ~/.local/share/bash-completion/completions/assay
      assay completion zsh > "${fpath[1]}/_assay"
      assay completion fish > ~/.config/fish/completions/assay.fish
    """
    from click.shell_completion import get_completion_class

    from assay.cli.main import assay

    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    script = completer(assay, {}, "assay", "_ASSAY_COMPLETE").source()
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
