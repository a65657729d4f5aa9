"""exchange approve: these very bytes may be sent."""

from exchange.cli._decision import decision

command = decision(
    "approve",
    "These very bytes may be sent.",
    "Approve that the very bytes that the arrival ID waits to send may be sent.",
)
