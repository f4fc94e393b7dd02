"""What `enrichcore init` writes: a commented configuration with both shipped workstreams and one example client."""

from importlib.resources import files
from pathlib import Path
from uuid import UUID

from enrichcore.registry.errors import ConfigurationExistsError
from enrichcore.registry.parse import FILE_NAME

#: The example client's id in the template.
EXAMPLE_ID = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"


def init_text(client_id: UUID | None = None) -> str:
    """The configuration to start from.

    Args:
        client_id: The example client's id; a fixed one by default.
    """
    text = files(__package__ or "").joinpath("enrichcore.toml.template").read_text("utf-8")
    return text.replace(EXAMPLE_ID, str(client_id)) if client_id else text


def write_template(folder: Path, client_id: UUID | None = None) -> Path:
    """Writes `enrichcore.toml` into a folder, made where it is not there, and returns the file's path.

    Args:
        folder: Where the file goes.
        client_id: The example client's id; a fixed one by default.

    Raises:
        ConfigurationExistsError: There is such a file already; it is left as it is.
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(init_text(client_id))
    except FileExistsError as error:
        raise ConfigurationExistsError(path) from error
    return path
