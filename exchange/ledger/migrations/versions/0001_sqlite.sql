-- Who may see an arrival move where: a row of `moves`, an event of this very step, and enough approvals.
CREATE TRIGGER arrival_begins BEFORE INSERT ON arrivals
BEGIN
  SELECT RAISE(ABORT, 'an arrival may not begin at this stage, or no event says so') WHERE NOT EXISTS (
    SELECT 1 FROM moves AS m JOIN events AS e ON e.n = NEW.event
    WHERE m.thing = 'arrival' AND m.old = '' AND m.new = NEW.stage
      AND e.subject = NEW.id AND e.what = 'arrival ' || NEW.stage
      AND m.who IN ('any', CASE e.actor WHEN 'engine' THEN 'machine' ELSE 'person' END));
END;
--;;
CREATE TRIGGER arrival_moves BEFORE UPDATE OF stage, event ON arrivals WHEN NEW.stage <> OLD.stage
BEGIN
  SELECT RAISE(ABORT, 'illegal move of an arrival, or no event says so') WHERE NOT EXISTS (
    SELECT 1 FROM moves AS m JOIN events AS e ON e.n = NEW.event
    WHERE m.thing = 'arrival' AND m.old = OLD.stage AND m.new = NEW.stage
      AND e.n > OLD.event AND e.subject = NEW.id AND e.what = 'arrival ' || NEW.stage
      AND m.who IN ('any', CASE e.actor WHEN 'engine' THEN 'machine' ELSE 'person' END));
  SELECT RAISE(ABORT, 'the arrival is not approved') WHERE NEW.approvals_needed > 0
    AND NEW.stage IN ('approved', 'delivered') AND NOT EXISTS (
      SELECT 1 FROM approvals AS a WHERE a.arrival = NEW.id
      GROUP BY a.statement HAVING count(*) >= NEW.approvals_needed);
  SELECT RAISE(ABORT, 'the arrival waits for approval') WHERE NEW.approvals_needed > 0
    AND OLD.stage = 'written' AND NEW.stage = 'delivered';
  SELECT RAISE(ABORT, 'a delivery of the arrival has no proof yet') WHERE NEW.stage = 'delivered' AND EXISTS (
      SELECT 1 FROM deliveries AS d WHERE d.arrival = NEW.id AND d.stage NOT IN ('delivered', 'withdrawn'));
END;
--;;
-- What an arrival is never changes.
CREATE TRIGGER arrival_facts BEFORE UPDATE OF id, flow, name_raw, name, moved, fingerprint, size, sha256, seen_at, claimed_at ON arrivals
BEGIN
  SELECT RAISE(ABORT, 'the facts of an arrival never change');
END;
--;;
CREATE TRIGGER arrival_stays BEFORE DELETE ON arrivals
BEGIN
  SELECT RAISE(ABORT, 'an arrival is for ever');
END;
--;;
CREATE TRIGGER delivery_begins BEFORE INSERT ON deliveries
BEGIN
  SELECT RAISE(ABORT, 'a delivery may not begin at this stage, or no event says so') WHERE NOT EXISTS (
    SELECT 1 FROM moves AS m JOIN events AS e ON e.n = NEW.event
    WHERE m.thing = 'delivery' AND m.old = '' AND m.new = NEW.stage
      AND e.subject = NEW.id AND e.what = 'delivery ' || NEW.stage);
END;
--;;
CREATE TRIGGER delivery_moves BEFORE UPDATE OF stage, event ON deliveries WHEN NEW.stage <> OLD.stage
BEGIN
  SELECT RAISE(ABORT, 'illegal move of a delivery, or no event says so') WHERE NOT EXISTS (
    SELECT 1 FROM moves AS m JOIN events AS e ON e.n = NEW.event
    WHERE m.thing = 'delivery' AND m.old = OLD.stage AND m.new = NEW.stage
      AND e.n > OLD.event AND e.subject = NEW.id AND e.what = 'delivery ' || NEW.stage
      AND m.who IN ('any', CASE e.actor WHEN 'engine' THEN 'machine' ELSE 'person' END));
END;
--;;
CREATE TRIGGER delivery_facts BEFORE UPDATE OF id, arrival, run, ord, copy, flow, target, name, sha256, size ON deliveries
BEGIN
  SELECT RAISE(ABORT, 'the facts of a delivery never change');
END;
--;;
CREATE TRIGGER delivery_stays BEFORE DELETE ON deliveries
BEGIN
  SELECT RAISE(ABORT, 'a delivery is for ever');
END;
--;;
-- The chain only grows, one link after the other.
CREATE TRIGGER event_follows BEFORE INSERT ON events
BEGIN
  SELECT RAISE(ABORT, 'the event does not follow the last one')
  WHERE NEW.n <> coalesce((SELECT max(n) FROM events), 0) + 1
     OR NEW.prev <> coalesce((SELECT hash FROM events ORDER BY n DESC LIMIT 1), '');
END;
--;;
CREATE TRIGGER event_unchanged BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are never changed');
END;
--;;
CREATE TRIGGER event_stays BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are never deleted');
END;
--;;
CREATE TRIGGER move_unchanged BEFORE UPDATE ON moves
BEGIN
  SELECT RAISE(ABORT, 'legal moves change with the schema only');
END;
--;;
CREATE TRIGGER move_stays BEFORE DELETE ON moves
BEGIN
  SELECT RAISE(ABORT, 'legal moves change with the schema only');
END;
--;;
CREATE TRIGGER move_added BEFORE INSERT ON moves
BEGIN
  SELECT RAISE(ABORT, 'legal moves change with the schema only');
END;
--;;
CREATE TRIGGER approval_unchanged BEFORE UPDATE ON approvals
BEGIN
  SELECT RAISE(ABORT, 'approvals are never changed');
END;
