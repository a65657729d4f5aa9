CREATE TRIGGER moves_unchanged BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON moves
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('legal moves change with the schema only');
--;;
CREATE FUNCTION exchange_payment_batch_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT exchange_said('payment', NEW.delivery, '', 'ordered', NEW.event) THEN
    RAISE EXCEPTION 'no event says that these payments were ordered';
  END IF;
  RETURN NEW;
END $$;
--;;
CREATE TRIGGER payment_batch_begins BEFORE INSERT ON payment_batches FOR EACH ROW EXECUTE FUNCTION exchange_payment_batch_begins();
--;;
CREATE TRIGGER payment_begins BEFORE INSERT ON payments FOR EACH ROW WHEN (NEW.stage <> 'ordered')
EXECUTE FUNCTION exchange_refuse('a payment begins as ordered');
--;;
-- Who may see a payment move where: a row of `moves`, and an event of this very step about it or about its file.
CREATE FUNCTION exchange_payment_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  here record;
  present text;
BEGIN
  SELECT b.delivery, b.event, d.stage INTO here FROM payment_batches AS b JOIN deliveries AS d ON d.id = b.delivery
  WHERE b.n = OLD.batch;
  present := CASE WHEN OLD.stage <> 'ordered' THEN OLD.stage WHEN here.stage = 'delivered' THEN 'sent' ELSE 'ordered' END;
  IF NEW.event <= coalesce(OLD.event, here.event)
     OR NOT (exchange_said('payment', 'P' || OLD.n, present, NEW.stage, NEW.event)
             OR exchange_said('payment', here.delivery, present, NEW.stage, NEW.event)) THEN
    RAISE EXCEPTION 'illegal move of a payment, or no event says so';
  END IF;
  RETURN NEW;
END $$;
--;;
CREATE TRIGGER payment_moves BEFORE UPDATE ON payments FOR EACH ROW WHEN (NEW.stage <> OLD.stage)
EXECUTE FUNCTION exchange_payment_moves();
--;;
CREATE TRIGGER payment_facts BEFORE UPDATE OF n, batch, line, key, instruction_id, end_to_end_id, amount, payee, payee_account, reference, invoices, text ON payments
FOR EACH ROW EXECUTE FUNCTION exchange_refuse('the facts of a payment never change');
--;;
CREATE TRIGGER payment_stays BEFORE DELETE ON payments
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('a payment is for ever');
--;;
CREATE TRIGGER payment_batch_facts BEFORE UPDATE ON payment_batches
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('the facts of a batch of payments never change');
--;;
CREATE TRIGGER payment_batch_stays BEFORE DELETE ON payment_batches
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('a batch of payments is for ever');
