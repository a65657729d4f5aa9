"""What payments are for is kept by the end of the payee's account, so that an IBAN and the number of its country meet. The index is made
anew from the payments when the next ones are entered (`exchange.ledger.paid`).
"""

from __future__ import annotations

from alembic import op


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("DELETE FROM paid")
    connection.exec_driver_sql("DELETE FROM paid_before")
    connection.exec_driver_sql(
        "DELETE FROM booked_elsewhere WHERE kind = 'booking' AND n NOT IN (SELECT min(n) FROM booked_elsewhere WHERE kind = 'booking' "
        "GROUP BY arrival, line, amount, currency, booked, payee_account, reference, invoices, text, end_to_end_id, bank_reference)"
    )
    connection.exec_driver_sql("UPDATE booked_elsewhere SET key = 0 WHERE kind = 'booking'")
