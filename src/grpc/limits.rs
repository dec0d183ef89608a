//! Bounds of the door: connections in all and by address, calls by tenant, and how often a refusal is
//! logged.

use crate::core::TenantId;
use crate::telemetry::OpenConnection;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Bounds of the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorLimits {
    /// Connections in all.
    pub max_connections: u32,
    /// Connections of one address; of IPv6, of one /64, which is what one customer has.
    pub max_connections_per_address: u32,
    /// From the connection to the first bytes of HTTP/2, TLS included.
    pub handshake_timeout: Duration,
    /// Metadata of a call, as HTTP/2 counts it.
    pub max_header_bytes: u32,
    /// Calls a minute of one tenant; a tenant's own limit in the key file wins.
    pub max_requests_per_min: u32,
}

impl Default for DoorLimits {
    /// Of one address as many as of all: behind a proxy all have the proxy's.
    fn default() -> Self {
        Self {
            max_connections: 256,
            max_connections_per_address: 256,
            handshake_timeout: Duration::from_secs(10),
            max_header_bytes: 16 << 10,
            max_requests_per_min: 600,
        }
    }
}

// === connections ===

/// Which connections are open.
#[derive(Debug)]
pub(super) struct Connections {
    total: u32,
    per_address: u32,
    open: Mutex<HashMap<IpAddr, u32>>,
}

/// A place among the connections; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    address: IpAddr,
    connections: Arc<Connections>,
    _counted: OpenConnection,
}

impl Connections {
    pub(super) fn new(limits: &DoorLimits) -> Arc<Self> {
        Arc::new(Self {
            total: limits.max_connections,
            per_address: limits.max_connections_per_address,
            open: Mutex::default(),
        })
    }

    /// Takes a place; else says which bound is met.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Result<Place, &'static str> {
        let address = customer(peer);
        let mut open = self.lock();
        if open.values().sum::<u32>() >= self.total {
            return Err("total");
        }
        let own = open.entry(address).or_default();
        if *own >= self.per_address {
            return Err("address");
        }
        *own += 1;
        Ok(Place {
            address,
            connections: Arc::clone(self),
            _counted: OpenConnection::begin(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        // Numbers only: a panic cannot leave the table half changed.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        if let Some(own) = open.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// What counts as one address: IPv4, also mapped into IPv6, as it is; of IPv6 the first 64 bits.
fn customer(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let network = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}

// === calls ===

/// Calls that each tenant has left: a bucket of a minute's calls that fills steadily.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<TenantId, Bucket>>);

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// Takes a call of `per_min`; else says when there is one again. The table is bounded by the
    /// tenants of the key file.
    pub(super) fn take(
        &self,
        tenant: &TenantId,
        per_min: u32,
        now: Instant,
    ) -> Result<(), Duration> {
        let full = f64::from(per_min);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Bucket {
            left: full,
            at: now,
        };
        let bucket = buckets.entry(tenant.clone()).or_insert_with(fresh);
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + since * full / 60.0).min(full);
        bucket.at = now;
        if bucket.left < 1.0 {
            let wait = (1.0 - bucket.left) * 60.0 / full;
            return Err(Duration::from_secs_f64(wait));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

// === the log ===

/// Lets one line a second of each cause into the log, so that strangers cannot fill it.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<HashMap<&'static str, (Instant, u64)>>);

impl Quiet {
    /// How many were kept back since the last line, where a line may be written now.
    pub(super) fn pass(&self, cause: &'static str, now: Instant) -> Option<u64> {
        let mut causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match causes.get_mut(cause) {
            Some((last, kept)) if now.saturating_duration_since(*last) < Duration::from_secs(1) => {
                *kept += 1;
                None
            }
            Some((last, kept)) => {
                *last = now;
                Some(std::mem::take(kept))
            }
            None => {
                causes.insert(cause, (now, 0));
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_bounded_in_all_and_by_customer() {
        let limits = DoorLimits {
            max_connections: 4,
            max_connections_per_address: 2,
            ..DoorLimits::default()
        };
        let all = Connections::new(&limits);
        let enter = |peer: &str| all.enter(peer.parse().unwrap());
        let first = enter("10.0.0.1").unwrap();
        let _mapped = enter("::ffff:10.0.0.1").unwrap();
        assert_eq!(enter("10.0.0.1").unwrap_err(), "address");
        let _v6 = [enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap()];
        assert_eq!(enter("10.0.0.2").unwrap_err(), "total");
        drop(first);
        assert_eq!(enter("2001:db8::ffff:3").unwrap_err(), "address");
        let _other = enter("2001:db8:0:1::1").unwrap();
        assert_eq!(all.lock().len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_come_back_with_time_and_tenants_do_not_share_them() {
        let rates = Rates::default();
        let (a, b) = (TenantId::parse("a").unwrap(), TenantId::parse("b").unwrap());
        let take = |tenant: &TenantId| rates.take(tenant, 3, Instant::now());
        for _ in 0..3 {
            take(&a).unwrap();
        }
        assert_eq!(take(&a), Err(Duration::from_secs(20)));
        take(&b).unwrap();
        tokio::time::advance(Duration::from_secs(20)).await;
        take(&a).unwrap();
        assert!(take(&a).is_err());
        tokio::time::advance(Duration::from_secs(3_600)).await;
        for _ in 0..3 {
            take(&a).unwrap();
        }
        assert!(take(&a).is_err(), "no more than a minute's calls pile up");
    }

    #[tokio::test(start_paused = true)]
    async fn one_line_a_second_of_each_cause() {
        let quiet = Quiet::default();
        let pass = |cause| quiet.pass(cause, Instant::now());
        assert_eq!(pass("a"), Some(0));
        assert_eq!((pass("a"), pass("a")), (None, None));
        assert_eq!(pass("b"), Some(0));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(pass("a"), Some(2));
        assert_eq!(pass("a"), None);
    }
}
