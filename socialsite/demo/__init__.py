"""Willowbank, a made-up small river town: its people, what they write and the pictures they show."""
