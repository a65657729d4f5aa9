-- What an event must say so that a row may have this stage.
CREATE FUNCTION exchange_said(p_thing text, p_id text, p_old text, p_new text, p_event bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM moves AS m JOIN events AS e ON e.n = p_event
    WHERE m.thing = p_thing AND m.old = p_old AND m.new = p_new
      AND e.subject = p_id AND e.what = p_thing || ' ' || p_new
      AND m.who IN ('any', CASE e.actor WHEN 'engine' THEN 'machine' ELSE 'person' END))
$$;
--;;
CREATE FUNCTION exchange_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0];
END $$;
--;;
CREATE FUNCTION exchange_arrival_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT exchange_said('arrival', NEW.id, '', NEW.stage, NEW.event) THEN
    RAISE EXCEPTION 'an arrival may not begin at this stage, or no event says so';
  END IF;
  RETURN NEW;
END $$;
--;;
CREATE TRIGGER arrival_begins BEFORE INSERT ON arrivals FOR EACH ROW EXECUTE FUNCTION exchange_arrival_begins();
--;;
-- Who may see an arrival move where: a row of `moves`, an event of this very step, and enough approvals.
CREATE FUNCTION exchange_arrival_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.event <= OLD.event OR NOT exchange_said('arrival', NEW.id, OLD.stage, NEW.stage, NEW.event) THEN
    RAISE EXCEPTION 'illegal move of an arrival, or no event says so';
  END IF;
  IF NEW.approvals_needed > 0 AND NEW.stage IN ('approved', 'delivered') AND NOT EXISTS (
      SELECT 1 FROM approvals AS a WHERE a.arrival = NEW.id
      GROUP BY a.statement HAVING count(*) >= NEW.approvals_needed) THEN
    RAISE EXCEPTION 'the arrival is not approved';
  END IF;
  IF NEW.approvals_needed > 0 AND OLD.stage = 'written' AND NEW.stage = 'delivered' THEN
    RAISE EXCEPTION 'the arrival waits for approval';
  END IF;
  IF NEW.stage = 'delivered' AND EXISTS (
      SELECT 1 FROM deliveries AS d WHERE d.arrival = NEW.id AND d.stage NOT IN ('delivered', 'withdrawn')) THEN
    RAISE EXCEPTION 'a delivery of the arrival has no proof yet';
  END IF;
  RETURN NEW;
END $$;
--;;
CREATE TRIGGER arrival_moves BEFORE UPDATE ON arrivals FOR EACH ROW WHEN (NEW.stage <> OLD.stage)
EXECUTE FUNCTION exchange_arrival_moves();
--;;
-- What an arrival is never changes.
CREATE TRIGGER arrival_facts BEFORE UPDATE OF id, flow, name_raw, name, moved, fingerprint, size, sha256, seen_at, claimed_at ON arrivals
FOR EACH ROW EXECUTE FUNCTION exchange_refuse('the facts of an arrival never change');
--;;
CREATE TRIGGER arrival_stays BEFORE DELETE ON arrivals
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('an arrival is for ever');
--;;
CREATE FUNCTION exchange_delivery_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT exchange_said('delivery', NEW.id, '', NEW.stage, NEW.event) THEN
    RAISE EXCEPTION 'a delivery may not begin at this stage, or no event says so';
  END IF;
  RETURN NEW;
END $$;
--;;
CREATE TRIGGER delivery_begins BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION exchange_delivery_begins();
--;;
CREATE FUNCTION exchange_delivery_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.event <= OLD.event OR NOT exchange_said('delivery', NEW.id, OLD.stage, NEW.stage, NEW.event) THEN
    RAISE EXCEPTION 'illegal move of a delivery, or no event says so';
  END IF;
  RETURN NEW;
END $$;
--;;
CREATE TRIGGER delivery_moves BEFORE UPDATE ON deliveries FOR EACH ROW WHEN (NEW.stage <> OLD.stage)
EXECUTE FUNCTION exchange_delivery_moves();
--;;
CREATE TRIGGER delivery_facts BEFORE UPDATE OF id, arrival, run, ord, copy, flow, target, name, sha256, size ON deliveries
FOR EACH ROW EXECUTE FUNCTION exchange_refuse('the facts of a delivery never change');
--;;
CREATE TRIGGER delivery_stays BEFORE DELETE ON deliveries
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('a delivery is for ever');
--;;
-- The chain only grows, one link after the other.
CREATE FUNCTION exchange_event_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.n <> coalesce((SELECT max(n) FROM events), 0) + 1
     OR NEW.prev <> coalesce((SELECT hash FROM events ORDER BY n DESC LIMIT 1), '') THEN
    RAISE EXCEPTION 'the event does not follow the last one';
  END IF;
  RETURN NEW;
END $$;
--;;
CREATE TRIGGER event_follows BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION exchange_event_follows();
--;;
CREATE TRIGGER event_unchanged BEFORE UPDATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('events are never changed');
--;;
CREATE TRIGGER event_stays BEFORE DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('events are never deleted');
--;;
CREATE TRIGGER moves_unchanged BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON moves
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('legal moves change with the schema only');
--;;
CREATE TRIGGER approval_unchanged BEFORE UPDATE ON approvals
FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse('approvals are never changed');
