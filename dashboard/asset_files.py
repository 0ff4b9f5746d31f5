"""Files that a browser keeps but asks about, so that an update is seen at once."""

from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles


class _Revalidated(StaticFiles):
    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def asset_files(folder: Path) -> StaticFiles:
    return _Revalidated(directory=folder)
