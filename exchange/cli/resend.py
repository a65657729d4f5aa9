"""exchange resend: send the bytes of a delivery once more."""

from exchange.cli._decision import decision

command = decision(
    "resend",
    "Send the bytes of a delivery once more.",
    "Send the bytes of the delivery ID once more, to the same place under the same name.",
)
