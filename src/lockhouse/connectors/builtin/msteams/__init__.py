"""Microsoft Teams: messages, replies, channels, teams."""
