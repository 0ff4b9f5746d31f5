"""④ 联动处置: orders, answers, needs: every agency's share of an incident, from issue to end."""
