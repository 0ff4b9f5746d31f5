"""多手段: how an agency or a person is reached beside MQTT. Sent by ingest/means."""
