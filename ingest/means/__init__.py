"""多手段发送: notices to gateways, mail servers and paper; no transaction and no screen waits."""
