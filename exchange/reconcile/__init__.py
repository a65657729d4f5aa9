"""Deciding what a bank transaction paid. Pure: documents in, decisions out; nothing here touches the world."""
