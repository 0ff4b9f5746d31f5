"""态势总览: the live map with the queue beside it."""

from dashboard import area_dialog, desk, live_acts, maps, pressing
from dashboard.seat import take_seat

desk.page_header("态势总览")
pressing.strip()
seat = take_seat()
drawn = maps.situation(desk.incident_in_url(), str(seat.actor), live_acts.offered(seat))
told = maps.show(drawn, key="situation_map", height=720)
live_acts.heed(told, seat)
area_dialog.heed(told)
