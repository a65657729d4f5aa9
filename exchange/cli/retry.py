"""exchange retry: do the step that failed again."""

from exchange.cli._decision import decision

command = decision(
    "retry",
    "Do the step that failed again.",
    "Do the step that failed again: deliver held deliveries again, or read the held arrival ID again.",
)
