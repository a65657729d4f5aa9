CREATE TRIGGER move_added BEFORE INSERT ON moves
BEGIN
  SELECT RAISE(ABORT, 'legal moves change with the schema only');
END;
--;;
CREATE TRIGGER payment_batch_begins BEFORE INSERT ON payment_batches
BEGIN
  SELECT RAISE(ABORT, 'no event says that these payments were ordered') WHERE NOT EXISTS (
    SELECT 1 FROM moves AS m JOIN events AS e ON e.n = NEW.event
    WHERE m.thing = 'payment' AND m.old = '' AND m.new = 'ordered'
      AND e.subject = NEW.delivery AND e.what = 'payment ordered'
      AND m.who IN ('any', CASE e.actor WHEN 'engine' THEN 'machine' ELSE 'person' END));
END;
--;;
CREATE TRIGGER payment_begins BEFORE INSERT ON payments WHEN NEW.stage <> 'ordered'
BEGIN
  SELECT RAISE(ABORT, 'a payment begins as ordered');
END;
--;;
-- Who may see a payment move where: a row of `moves`, and an event of this very step about it or about its file.
CREATE TRIGGER payment_moves BEFORE UPDATE OF stage, event ON payments WHEN NEW.stage <> OLD.stage
BEGIN
  SELECT RAISE(ABORT, 'illegal move of a payment, or no event says so') WHERE NOT EXISTS (
    SELECT 1 FROM events AS e
    JOIN payment_batches AS b ON b.n = OLD.batch
    JOIN deliveries AS d ON d.id = b.delivery
    JOIN moves AS m ON m.thing = 'payment' AND m.new = NEW.stage
      AND m.old = CASE WHEN OLD.stage <> 'ordered' THEN OLD.stage WHEN d.stage = 'delivered' THEN 'sent' ELSE 'ordered' END
    WHERE e.n = NEW.event AND e.n > coalesce(OLD.event, b.event)
      AND e.subject IN ('P' || OLD.n, b.delivery) AND e.what = 'payment ' || NEW.stage
      AND m.who IN ('any', CASE e.actor WHEN 'engine' THEN 'machine' ELSE 'person' END));
END;
--;;
CREATE TRIGGER payment_facts BEFORE UPDATE OF n, batch, line, key, instruction_id, end_to_end_id, amount, payee, payee_account, reference, invoices, text ON payments
BEGIN
  SELECT RAISE(ABORT, 'the facts of a payment never change');
END;
--;;
CREATE TRIGGER payment_stays BEFORE DELETE ON payments
BEGIN
  SELECT RAISE(ABORT, 'a payment is for ever');
END;
--;;
CREATE TRIGGER payment_batch_facts BEFORE UPDATE ON payment_batches
BEGIN
  SELECT RAISE(ABORT, 'the facts of a batch of payments never change');
END;
--;;
CREATE TRIGGER payment_batch_stays BEFORE DELETE ON payment_batches
BEGIN
  SELECT RAISE(ABORT, 'a batch of payments is for ever');
END;
