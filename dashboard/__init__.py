"""席位: the record shown to people, and their decisions. The only place that imports streamlit."""
