"""Whom the duty room can reach, and who stands in for an empty post. Pure."""

import msgspec

from linkage.response_vocabulary import Post


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the duty room can reach, and how.

    `id` None: no row, a standing contact of data/duty.toml, such as the general duty office.
    `agency_id` None: of the command centre. An empty text is a means the person does not have.
    """

    id: int | None
    name: str
    agency_id: str | None = None
    telephone: str = ""
    mobile: str = ""
    email: str = ""
    webhook: str = ""

    @property
    def reachable(self) -> bool:
        return any((self.telephone, self.mobile, self.email, self.webhook))


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers for a post whenever the roster names nobody who can be reached."""

    post: Post
    person: Person
