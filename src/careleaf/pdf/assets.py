"""What a page may load: the drawings that came with its Job, and nothing else in the world."""

from collections.abc import Mapping
from mimetypes import guess_type
from typing import Final

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

BASE: Final = "http://leaflet.invalid/"
"""Where a page believes itself to be. Image ids are made from it, so it must be the same in every folder."""


class Assets(URLFetcher):  # type: ignore[misc]  # WeasyPrint carries no types
    """Serves drawings from memory. Anything else stops the page: a hole in a leaflet is not an option."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), fail_on_errors=True)
        self._files = files

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Give the drawing at an address below BASE. Raises FatalURLFetchingError, which is no Exception."""
        del headers
        content = self._files.get(url.removeprefix(BASE)) if url.startswith(BASE) else None
        if content is None:
            raise FatalURLFetchingError(
                f"the page loads {url.removeprefix(BASE)}, which is not in the library"
            )
        return URLFetcherResponse(url, content, {"Content-Type": guess_type(url)[0] or "image/svg+xml"})
