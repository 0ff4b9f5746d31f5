"""预案: grade, response level, run card. Rules propose, people confirm."""
