"""exchange reject: nothing of it goes on."""

from exchange.cli._decision import decision

command = decision(
    "reject",
    "Nothing of it goes on.",
    "Nothing of the arrival ID goes on; what was delivered stays delivered.",
)
