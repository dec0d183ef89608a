//! Deliveries that wait, and when each is tried. Pure: times are given.

use std::collections::BTreeMap;
use std::time::Duration;

/// Waits between the tries of a delivery: eight tries within about three and a half hours.
pub(super) const WAITS: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(3_600),
    Duration::from_secs(2 * 3_600),
];
/// Deliveries that may wait; beyond that the one that has been tried most often goes.
pub(super) const MOST_WAITING: usize = 1_024;

/// A notice on its way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Delivery {
    /// Names it; the same for every try, so that a receiver can tell a repetition.
    pub(super) id: String,
    pub(super) body: Vec<u8>,
    /// Tries so far.
    pub(super) tries: usize,
}

/// What waits, by its time. `T` is a point in time.
#[derive(Debug)]
pub(super) struct Waiting<T: Ord + Copy + std::ops::Add<Duration, Output = T>> {
    by_time: BTreeMap<(T, u64), Delivery>,
    number: u64,
}

// === impl Waiting ===

impl<T: Ord + Copy + std::ops::Add<Duration, Output = T>> Waiting<T> {
    pub(super) fn new() -> Self {
        Self {
            by_time: BTreeMap::new(),
            number: 0,
        }
    }

    /// Takes a delivery that is due at `at`; returns the one that had to go for it, if any.
    pub(super) fn add(&mut self, at: T, delivery: Delivery) -> Option<Delivery> {
        self.number += 1;
        self.by_time.insert((at, self.number), delivery);
        if self.by_time.len() <= MOST_WAITING {
            return None;
        }
        let most = self.by_time.iter().max_by_key(|(_, d)| d.tries);
        let key = most.map(|(key, _)| *key)?;
        self.by_time.remove(&key)
    }

    /// When the next one is due.
    pub(super) fn next_at(&self) -> Option<T> {
        self.by_time.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next one, where it is due.
    pub(super) fn due(&mut self, now: T) -> Option<Delivery> {
        let first = self.by_time.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// Everything, due or not.
    pub(super) fn take_all(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.by_time).into_values().collect()
    }

    /// After a try that failed: back into the queue, or returned where that was the last. `jitter` is drawn
    /// from 0 to 1 and stretches the wait to between a half and one and a half of itself, so that many
    /// senders do not come back at once.
    pub(super) fn again(
        &mut self,
        now: T,
        mut delivery: Delivery,
        jitter: f64,
    ) -> Option<Delivery> {
        let Some(wait) = WAITS.get(delivery.tries) else {
            return Some(delivery);
        };
        delivery.tries += 1;
        self.add(now + wait.mul_f64(0.5 + jitter.clamp(0.0, 1.0)), delivery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(id: &str) -> Delivery {
        Delivery {
            id: id.into(),
            body: Vec::new(),
            tries: 0,
        }
    }

    #[test]
    fn a_delivery_is_tried_eight_times_further_and_further_apart() {
        let mut waiting = Waiting::new();
        let mut now = Duration::ZERO;
        waiting.add(now, delivery("a"));
        let mut tries = 0;
        let mut waits = Vec::new();
        let given_up = loop {
            let at = waiting.next_at().unwrap();
            waits.push(at.saturating_sub(now));
            now = at;
            tries += 1;
            let due = waiting.due(now).unwrap();
            if let Some(gone) = waiting.again(now, due, 0.5) {
                break gone;
            }
        };
        assert_eq!((tries, given_up.id.as_str()), (8, "a"));
        assert_eq!(waits[1..], WAITS);
        assert!(waiting.next_at().is_none());
    }

    #[test]
    fn nothing_is_given_out_before_its_time_and_the_queue_is_bounded() {
        let mut waiting = Waiting::new();
        waiting.add(Duration::from_secs(9), delivery("later"));
        assert_eq!(waiting.due(Duration::from_secs(8)), None);
        waiting.add(Duration::from_secs(1), delivery("sooner"));
        assert_eq!(waiting.due(Duration::from_secs(8)).unwrap().id, "sooner");
        let mut tired = delivery("tired");
        tired.tries = 3;
        waiting.add(Duration::from_secs(2), tired);
        for i in 0..MOST_WAITING - 2 {
            let gone = waiting.add(Duration::from_secs(3), delivery(&i.to_string()));
            assert_eq!(gone, None);
        }
        let gone = waiting.add(Duration::from_secs(3), delivery("one more"));
        assert_eq!(gone.unwrap().id, "tired");
        assert_eq!(waiting.take_all().len(), MOST_WAITING);
    }
}
