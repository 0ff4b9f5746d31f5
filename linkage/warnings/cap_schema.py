"""Is it CAP 1.2? Asked of the schema that OASIS publishes (data/cap), before anything leaves."""

from lxml import etree

from linkage.settings import SHIPPED

_FILE = SHIPPED / "cap" / "CAP-v1.2.xsd"
_SAID = 300


def fault(xml: bytes) -> str | None:
    """What the schema has against it, in its own words; None: it is valid."""
    try:
        document = etree.fromstring(xml, _parser())
    except etree.XMLSyntaxError as why:
        return str(why)[:_SAID]
    # Read anew each time, 1 ms: what it has to say of one document must not reach another's desk.
    schema = etree.XMLSchema(etree.parse(str(_FILE), _parser()))
    if schema.validate(document):
        return None
    return "；".join(f"第 {e.line} 行 {e.message}" for e in schema.error_log)[:_SAID]


def _parser() -> etree.XMLParser:
    # Nothing is fetched and nothing is expanded, whatever the text asks for.
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
