"""What `scout doctor` looks at: settings, broker, records, and with `--online` the network."""
