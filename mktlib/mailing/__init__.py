"""E-mails: how many a person bears, when they are read, the programme they belong to, and whether one may leave."""
