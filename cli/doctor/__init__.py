"""What `scout doctor` looks at: settings, database, broker, records; the network if asked."""
