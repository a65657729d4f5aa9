"""exchange release: let a held one go on as it is."""

from exchange.cli._decision import decision

command = decision(
    "release",
    "Let a held one go on as it is.",
    "Let the held arrival or delivery ID go on as it is: a duplicate, a new version, a delivery in doubt.",
)
