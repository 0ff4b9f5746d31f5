"""联动: the shared record and its rules. No paho, no streamlit."""
