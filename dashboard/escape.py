"""The one way for text from outside into a string that folium writes into a page.

folium puts popups and tooltips as HTML inside a JavaScript template literal. `html.escape` leaves
`${…}`, the backtick and the backslash, which run there or end the script, and with it the map.
"""

# Every sign that means something to HTML, to a template literal or to a script. In a string that
# is read as HTML in the end, an entity shows as its sign and can do nothing else.
_SIGNS = "&<>\"'`$\\{}/=()"
# They end a line inside a script: most literals may not hold them.
_LINE_ENDS = "\n\r\u2028\u2029\x0b\x0c\x85"
_TABLE = {ord(sign): f"&#{ord(sign)};" for sign in _SIGNS} | {
    ord(end): "&#32;" for end in _LINE_ENDS
}
# HTML has no NUL, and shows the other control characters as boxes or not at all.
_TABLE |= {code: "\ufffd" for code in range(32) if code not in _TABLE and code != 9}


def escape(text: object) -> str:
    """`text` as it reads, for a popup, a tooltip, a DivIcon or any HTML that folium writes."""
    return str(text).translate(_TABLE)
