"""接入: wire to alert, and orders back to the wire. The only place that imports paho."""
