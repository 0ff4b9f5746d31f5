"""④ 联动处置: grade, run card, orders, answers, lateness."""
