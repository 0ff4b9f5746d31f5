"""④ 联动处置: every agency's share of an incident, from order to end; needs and units."""
